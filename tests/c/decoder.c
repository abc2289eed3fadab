/* oap_decoder_* and oap_decode: the caller's own buffer. */
#include "frames.h"

#include <stdlib.h>

static oap_decoder *new_decoder(void)
{
    oap_decoder *decoder = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_new(NULL, &decoder));
    return decoder;
}

static void an_empty_input_needs_a_prefix(void)
{
    oap_decoder *decoder = new_decoder();
    oap_row row;
    oap_frame_table table;
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, NULL, 0, &row, 1, &table));
    CHECK(table.rows == 0 && table.consumed == 0 && table.need == OAP_PREFIX_BYTES);
    oap_decoder_free(decoder);
}

static void many_rows_take_all_frames_in_one_call(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row rows[16];
    oap_frame_table table;
    add_all_kinds(&w);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at, w.len, rows, 16, &table));
    CHECK(table.bytes == w.at && table.rows == 6 && table.consumed == w.len);
    CHECK(table.need == OAP_PREFIX_BYTES);
    for (uint8_t i = 0; i < 6; i++)
        CHECK(rows[i].kind == OAP_KIND_HELLO + i);
    oap_decoder_free(decoder);
}

static void one_row_takes_one_frame_a_call(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    size_t at = 0;
    add_all_kinds(&w);
    for (uint8_t i = 0; i < 6; i++) {
        CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at + at, w.len - at, &row, 1, &table));
        CHECK(table.rows == 1 && row.kind == OAP_KIND_HELLO + i);
        CHECK((table.need == 0) == (i < 5));
        at += table.consumed;
    }
    CHECK(at == w.len);
    oap_decoder_free(decoder);
}

static void rows_over_the_input_are_refused(void)
{
    oap_decoder *decoder = new_decoder();
    oap_row rows[4] = {{0}};
    oap_frame_table table;
    const uint8_t *inside = (const uint8_t *)rows + sizeof rows[0];
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_decoder_decode(decoder, inside, 8, rows, 2, &table));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_decode(NULL, inside, 8, rows + 1, &table));
    /* Side by side is apart; the bytes are a length of 0. */
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, oap_decoder_decode(decoder, inside, 8, rows, 1, &table));
    oap_decoder_free(decoder);
}

static void no_row_takes_no_frame(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_frame_table table;
    add_ack(&w, 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at, w.len, NULL, 0, &table));
    CHECK(table.rows == 0 && table.consumed == 0 && table.need == 0);
    oap_decoder_free(decoder);
}

static void need_names_prefix_header_and_body_in_turn(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table = {0};
    size_t given[5] = {0}, steps = 0;
    add_data(&w, 1, OBJ, "abc");
    do {
        CHECK(steps < 4);
        CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at, given[steps], &row, 1, &table));
        given[steps + 1] = given[steps] + table.need;
        steps++;
    } while (table.rows == 0 && steps < 4);
    CHECK(given[1] == OAP_PREFIX_BYTES && given[2] == w.len - 3 && given[3] == w.len);
    CHECK(table.rows == 1 && steps == 4);
    oap_decoder_free(decoder);
}

static void a_byte_more_each_call_gives_the_same_frames(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    size_t at = 0;
    uint8_t found = 0;
    add_all_kinds(&w);
    for (size_t end = 1; end <= w.len; end++) {
        CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at + at, end - at, &row, 1, &table));
        CHECK(table.need > 0 && end + table.need <= w.len + OAP_PREFIX_BYTES);
        at += table.consumed;
        if (table.rows == 1)
            CHECK(row.kind == OAP_KIND_HELLO + found++);
    }
    CHECK(found == 6 && at == w.len);
    oap_decoder_free(decoder);
}

static void frames_before_a_bad_one_come_first(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row rows[4];
    oap_frame_table table;
    add_ack(&w, 1);
    add_ack(&w, 2);
    w.at[14] = 0x99;
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at, w.len, rows, 4, &table));
    CHECK(table.rows == 1 && table.consumed == 10 && table.need == 0);
    CHECK_STATUS(OAP_STATUS_UNKNOWN_ENVELOPE, oap_decoder_decode(decoder, w.at + 10, w.len - 10, rows, 4, &table));
    oap_decoder_free(decoder);
}

static void a_reject_writes_no_output_and_stays_until_reset(void)
{
    const uint8_t bad[] = {0, 0, 0, 10, 0x99};
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row rows[2];
    oap_frame_table table;
    SOIL(rows);
    SOIL(table);
    add_ack(&w, 1);
    CHECK_STATUS(OAP_STATUS_UNKNOWN_ENVELOPE, oap_decoder_decode(decoder, bad, sizeof bad, rows, 2, &table));
    CHECK_STATUS(OAP_STATUS_UNKNOWN_ENVELOPE, oap_decoder_decode(decoder, w.at, w.len, rows, 2, &table));
    CHECK_STATUS(OAP_STATUS_UNKNOWN_ENVELOPE, oap_decoder_finish(decoder, NULL, 0));
    CHECK(IS_SOILED(rows) && IS_SOILED(table));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_reset(decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at, w.len, rows, 2, &table));
    CHECK(table.rows == 1);
    oap_decoder_free(decoder);
}

static void a_reject_after_a_good_header_writes_no_output(void)
{
    const uint8_t two_seqs[] = {0, 0, 0, 12, OAP_KIND_DATA, 0, 0, 4, 8, 1, 8, 2};
    oap_decoder *decoder = new_decoder();
    oap_row rows[2];
    oap_frame_table table;
    SOIL(rows);
    SOIL(table);
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED,
                 oap_decoder_decode(decoder, two_seqs, sizeof two_seqs, rows, 2, &table));
    CHECK(IS_SOILED(rows) && IS_SOILED(table));
    oap_decoder_free(decoder);
}

static void without_a_reject_there_is_nothing_to_tell(void)
{
    oap_decoder *decoder = new_decoder();
    oap_reject reject;
    SOIL(reject);
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_decoder_reject(decoder, &reject));
    CHECK(IS_SOILED(reject));
    oap_decoder_free(decoder);
}

static void finish_says_whether_the_input_ended_inside_a_frame(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    add_ack(&w, 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_finish(decoder, NULL, 0));
    CHECK_STATUS(OAP_STATUS_TRUNCATED, oap_decoder_finish(decoder, w.at, 1));
    CHECK_STATUS(OAP_STATUS_TRUNCATED, oap_decoder_finish(decoder, NULL, 0));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_reset(decoder));
    CHECK_STATUS(OAP_STATUS_TRUNCATED, oap_decoder_finish(decoder, w.at, w.len - 1));
    oap_decoder_free(decoder);
}

static void a_reset_in_the_middle_of_a_frame_starts_anew(void)
{
    oap_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_data(&w, 1, NULL, "abc");
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at, w.len - 1, &row, 1, &table));
    CHECK(table.rows == 0 && table.need == 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_reset(decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, w.at, w.len, &row, 1, &table));
    CHECK(table.rows == 1 && row.body_len == 3);
    oap_decoder_free(decoder);
}

/* The prefix and header of a DATA frame of so many bytes. */
static void put_data_head(uint8_t *at, uint32_t length)
{
    const uint8_t rest[] = {OAP_KIND_DATA, 0, 0, 2, 8, 1};
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(length >> (24 - 8 * i));
    memcpy(at + 4, rest, sizeof rest);
}

static void a_data_of_exactly_one_mebibyte_is_taken(void)
{
    oap_decoder *decoder = new_decoder();
    uint8_t *frame = calloc(OAP_MAX_FRAME_BYTES, 1);
    oap_row row;
    oap_frame_table table;
    CHECK(frame != NULL);
    put_data_head(frame, OAP_MAX_FRAME_BYTES);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, frame, OAP_MAX_FRAME_BYTES - 1, &row, 1, &table));
    CHECK(table.rows == 0 && table.need == 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, frame, OAP_MAX_FRAME_BYTES, &row, 1, &table));
    CHECK(table.rows == 1 && row.body_len == OAP_MAX_FRAME_BYTES - 10);
    free(frame);
    oap_decoder_free(decoder);
}

static void a_byte_over_one_mebibyte_is_refused_with_four_bytes(void)
{
    oap_decoder *decoder = new_decoder();
    uint8_t head[10];
    oap_row row;
    oap_frame_table table;
    put_data_head(head, OAP_MAX_FRAME_BYTES + 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, head, 3, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_FRAME_OVERSIZE, oap_decoder_decode(decoder, head, 4, &row, 1, &table));
    oap_decoder_free(decoder);
}

static void a_length_that_no_object_has_is_out_of_range(void)
{
    oap_decoder *decoder = new_decoder();
    const size_t rows_at_most = SIZE_MAX / 2 / sizeof(oap_row);
    const uint8_t byte = 0;
    oap_row row;
    oap_frame_table table;
    SOIL(table);
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE,
                 oap_decoder_decode(decoder, &byte, SIZE_MAX / 2 + 1, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_decoder_decode(decoder, &byte, SIZE_MAX, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE,
                 oap_decoder_decode(decoder, &byte, 1, &row, rows_at_most + 1, &table));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_decoder_finish(decoder, &byte, SIZE_MAX / 2 + 1));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_decode(NULL, &byte, SIZE_MAX / 2 + 1, &row, &table));
    CHECK(IS_SOILED(table));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(decoder, &byte, 1, &row, 1, &table));
    oap_decoder_free(decoder);
}

static void decode_without_a_handle_takes_the_frame_at_the_front(void)
{
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_ack(&w, 9);
    add_ack(&w, 10);
    CHECK_STATUS(OAP_STATUS_OK, oap_decode(NULL, w.at, w.len, &row, &table));
    CHECK(table.rows == 1 && table.consumed == 10 && table.need == 0 && row.seq == 9);
    CHECK_STATUS(OAP_STATUS_OK, oap_decode(NULL, w.at, 9, &row, &table));
    CHECK(table.rows == 0 && table.consumed == 0 && table.need == 1);
    w.at[4] = 0;
    CHECK_STATUS(OAP_STATUS_UNKNOWN_ENVELOPE, oap_decode(NULL, w.at, w.len, &row, &table));
}

static void two_decoders_know_nothing_of_each_other(void)
{
    const uint8_t bad[] = {0, 0, 0, 0};
    oap_decoder *one = new_decoder(), *other = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_ack(&w, 1);
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, oap_decoder_decode(one, bad, sizeof bad, &row, 1, &table));
    oap_decoder_free(one);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_decode(other, w.at, w.len, &row, 1, &table));
    oap_decoder_free(other);
}

int main(void)
{
    RUN(an_empty_input_needs_a_prefix);
    RUN(many_rows_take_all_frames_in_one_call);
    RUN(one_row_takes_one_frame_a_call);
    RUN(no_row_takes_no_frame);
    RUN(need_names_prefix_header_and_body_in_turn);
    RUN(a_byte_more_each_call_gives_the_same_frames);
    RUN(frames_before_a_bad_one_come_first);
    RUN(a_reject_writes_no_output_and_stays_until_reset);
    RUN(a_reject_after_a_good_header_writes_no_output);
    RUN(without_a_reject_there_is_nothing_to_tell);
    RUN(finish_says_whether_the_input_ended_inside_a_frame);
    RUN(a_reset_in_the_middle_of_a_frame_starts_anew);
    RUN(a_data_of_exactly_one_mebibyte_is_taken);
    RUN(a_byte_over_one_mebibyte_is_refused_with_four_bytes);
    RUN(a_length_that_no_object_has_is_out_of_range);
    RUN(decode_without_a_handle_takes_the_frame_at_the_front);
    RUN(rows_over_the_input_are_refused);
    RUN(two_decoders_know_nothing_of_each_other);
    return summary();
}
