/* oap_stream_decoder_*: chunks in any split, and the staging buffer. */
#include "frames.h"

#include <stdlib.h>

static oap_stream_decoder *new_decoder(void)
{
    oap_stream_decoder *decoder = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_new(NULL, &decoder));
    return decoder;
}

/* Feeds a chunk that holds at most one frame's end; tells how many frames came. */
static size_t feed(oap_stream_decoder *decoder, const uint8_t *chunk, size_t len, oap_row *row,
                   oap_frame_table *table)
{
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(decoder, chunk, len, row, 1, table));
    CHECK(table->consumed == len && table->need > 0);
    return table->rows;
}

static void whole_frames_stay_in_the_chunk(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row rows[8];
    oap_frame_table table;
    add_all_kinds(&w);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(decoder, w.at, w.len, rows, 8, &table));
    CHECK(table.bytes == w.at && table.rows == 6 && table.consumed == w.len);
    CHECK(oap_stream_decoder_staged(decoder) == 0);
    oap_stream_decoder_free(decoder);
}

static void a_frame_cut_across_three_chunks_comes_out_whole(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_data(&w, 7, OBJ, "abcdef");
    CHECK(feed(decoder, w.at, 5, &row, &table) == 0);
    CHECK(oap_stream_decoder_staged(decoder) == 5);
    CHECK(feed(decoder, w.at + 5, w.len - 8, &row, &table) == 0);
    CHECK(oap_stream_decoder_staged(decoder) == w.len - 3 && table.need == 3);
    CHECK(feed(decoder, w.at + w.len - 3, 3, &row, &table) == 1);
    CHECK(memcmp(table.bytes, w.at, w.len) == 0 && table.bytes != w.at);
    CHECK(says((const char *)table.bytes + row.text_offset, row.text_len, OBJ));
    CHECK(says((const char *)table.bytes + row.body_offset, row.body_len, "abcdef"));
    CHECK(oap_stream_decoder_staged(decoder) == 0);
    oap_stream_decoder_free(decoder);
}

static void single_bytes_give_the_same_frames(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    size_t found = 0;
    add_all_kinds(&w);
    for (size_t i = 0; i < w.len; i++) {
        if (feed(decoder, w.at + i, 1, &row, &table) == 1)
            CHECK(row.kind == OAP_KIND_HELLO + found++);
    }
    CHECK(found == 6);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_finish(decoder));
    oap_stream_decoder_free(decoder);
}

static void what_follows_a_staged_frame_is_left_for_the_next_call(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row rows[4];
    oap_frame_table table;
    add_ack(&w, 1);
    add_ack(&w, 2);
    add_ack(&w, 3);
    CHECK(feed(decoder, w.at, 4, rows, &table) == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(decoder, w.at + 4, 26, rows, 4, &table));
    CHECK(table.rows == 1 && table.consumed == 6 && table.need == 0 && rows[0].seq == 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(decoder, w.at + 10, 20, rows, 4, &table));
    CHECK(table.rows == 2 && table.consumed == 20 && table.bytes == w.at + 10 && rows[1].seq == 3);
    oap_stream_decoder_free(decoder);
}

static void no_row_takes_no_frame(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_ack(&w, 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(decoder, w.at, w.len, NULL, 0, &table));
    CHECK(table.rows == 0 && table.consumed == 0 && table.need == 0);
    CHECK(feed(decoder, w.at, 4, &row, &table) == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(decoder, w.at + 4, 6, NULL, 0, &table));
    CHECK(table.rows == 0 && table.consumed == 0 && table.need == 0);
    CHECK(feed(decoder, w.at + 4, 6, &row, &table) == 1);
    oap_stream_decoder_free(decoder);
}

static void a_staged_frame_stays_until_the_next_call(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    oap_reject reject;
    add_data(&w, 7, NULL, "abc");
    CHECK(feed(decoder, w.at, 6, &row, &table) == 0);
    CHECK(feed(decoder, w.at + 6, w.len - 6, &row, &table) == 1);
    CHECK(oap_stream_decoder_staged(decoder) == 0);
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_stream_decoder_reject(decoder, &reject));
    CHECK(memcmp(table.bytes, w.at, w.len) == 0);
    oap_stream_decoder_free(decoder);
}

/* A DATA of 1 MiB in chunks of 64 KiB. */
static void no_more_than_what_has_come_is_staged(void)
{
    oap_stream_decoder *decoder = new_decoder();
    uint8_t *frame = malloc(OAP_MAX_FRAME_BYTES), *body = calloc(OAP_MAX_FRAME_BYTES - 10, 1);
    size_t size = 0;
    oap_row row = {0};
    oap_frame_table table;
    CHECK(frame != NULL && body != NULL);
    const oap_frame data = data_frame(1, NULL, 0, body, OAP_MAX_FRAME_BYTES - 10);
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(data, frame, OAP_MAX_FRAME_BYTES, &size));
    for (size_t at = 0; at < size; at += OAP_STREAM_CHUNK_BYTES) {
        CHECK(oap_stream_decoder_staged(decoder) == at);
        size_t found = feed(decoder, frame + at, OAP_STREAM_CHUNK_BYTES, &row, &table);
        CHECK(found == (at + OAP_STREAM_CHUNK_BYTES == size));
    }
    CHECK(row.body_len == OAP_MAX_FRAME_BYTES - 10);
    oap_stream_decoder_free(decoder);
    free(body);
    free(frame);
}

static void a_reject_comes_with_its_first_telling_byte_and_stays_until_reset(void)
{
    const uint8_t oversize[] = {0, 16, 0, 1};
    oap_stream_decoder *decoder = new_decoder();
    oap_row rows[2];
    oap_frame_table table;
    oap_reject reject;
    for (size_t i = 0; i < 3; i++)
        CHECK(feed(decoder, oversize + i, 1, rows, &table) == 0);
    SOIL(rows);
    SOIL(table);
    for (int i = 0; i < 2; i++)
        CHECK_STATUS(OAP_STATUS_FRAME_OVERSIZE,
                     oap_stream_decoder_feed(decoder, oversize + 3, 1, rows, 2, &table));
    CHECK(IS_SOILED(rows) && IS_SOILED(table));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_reject(decoder, &reject));
    CHECK(reject.offset == 0 && reject.at == 4);
    CHECK_STATUS(OAP_STATUS_FRAME_OVERSIZE, oap_stream_decoder_finish(decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_reset(decoder));
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_stream_decoder_reject(decoder, &reject));
    oap_stream_decoder_free(decoder);
}

static void finish_inside_a_frame_is_truncated(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_ack(&w, 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_finish(decoder));
    CHECK(feed(decoder, w.at, w.len, &row, &table) == 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_finish(decoder));
    CHECK(feed(decoder, w.at, 9, &row, &table) == 0);
    CHECK_STATUS(OAP_STATUS_TRUNCATED, oap_stream_decoder_finish(decoder));
    CHECK_STATUS(OAP_STATUS_TRUNCATED, oap_stream_decoder_feed(decoder, w.at, w.len, &row, 1, &table));
    oap_stream_decoder_free(decoder);
}

static void a_reset_drops_what_is_staged(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_ack(&w, 1);
    CHECK(feed(decoder, w.at, 9, &row, &table) == 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_reset(decoder));
    CHECK(oap_stream_decoder_staged(decoder) == 0);
    CHECK(feed(decoder, w.at, w.len, &row, &table) == 1);
    CHECK(row.seq == 1 && table.bytes == w.at);
    oap_stream_decoder_free(decoder);
}

static void an_empty_chunk_changes_nothing(void)
{
    oap_stream_decoder *decoder = new_decoder();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_ack(&w, 1);
    CHECK(feed(decoder, w.at, 3, &row, &table) == 0);
    CHECK(feed(decoder, NULL, 0, &row, &table) == 0);
    CHECK(table.need == 5 && oap_stream_decoder_staged(decoder) == 3);
    oap_stream_decoder_free(decoder);
}

static void a_length_that_no_object_has_is_out_of_range(void)
{
    oap_stream_decoder *decoder = new_decoder();
    const uint8_t byte = 0;
    oap_row row;
    oap_frame_table table;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE,
                 oap_stream_decoder_feed(decoder, &byte, SIZE_MAX / 2 + 1, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE,
                 oap_stream_decoder_feed(decoder, &byte, 1, &row, SIZE_MAX / 2, &table));
    CHECK(oap_stream_decoder_staged(decoder) == 0);
    oap_stream_decoder_free(decoder);
}

int main(void)
{
    RUN(whole_frames_stay_in_the_chunk);
    RUN(a_frame_cut_across_three_chunks_comes_out_whole);
    RUN(single_bytes_give_the_same_frames);
    RUN(what_follows_a_staged_frame_is_left_for_the_next_call);
    RUN(no_row_takes_no_frame);
    RUN(a_staged_frame_stays_until_the_next_call);
    RUN(no_more_than_what_has_come_is_staged);
    RUN(a_reject_comes_with_its_first_telling_byte_and_stays_until_reset);
    RUN(finish_inside_a_frame_is_truncated);
    RUN(a_reset_drops_what_is_staged);
    RUN(an_empty_chunk_changes_nothing);
    RUN(a_length_that_no_object_has_is_out_of_range);
    return summary();
}
