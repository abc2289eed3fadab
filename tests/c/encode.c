/* oap_encode: a frame of each kind into the caller's buffer. */
#include "frames.h"

#include <stdlib.h>

#define LONGEST_TEXT 1024

/* One call for each kind, always with the same frame. */
typedef oap_status encoder(uint8_t *out, size_t capacity, size_t *size);

static oap_status hello(uint8_t *out, size_t capacity, size_t *size)
{
    const oap_hello longest = {OAP_MAX_FRAME_BYTES, UINT64_MAX, OAP_PROTOCOL_VERSION, 1024, true, true};
    return encode_frame(hello_frame(&longest), out, capacity, size);
}

static oap_status start(uint8_t *out, size_t capacity, size_t *size)
{
    char stream[LONGEST_TEXT];
    memset(stream, 's', sizeof stream);
    return encode_frame(start_frame(stream, sizeof stream), out, capacity, size);
}

static oap_status data(uint8_t *out, size_t capacity, size_t *size)
{
    return encode_frame(data_frame(UINT64_MAX, OBJ, strlen(OBJ), (const uint8_t *)"abc", 3), out, capacity, size);
}

static oap_status ack(uint8_t *out, size_t capacity, size_t *size)
{
    return encode_frame(ack_frame(UINT64_MAX), out, capacity, size);
}

static oap_status end(uint8_t *out, size_t capacity, size_t *size)
{
    return encode_frame(end_frame(UINT64_MAX, 65535), out, capacity, size);
}

static oap_status error(uint8_t *out, size_t capacity, size_t *size)
{
    char reason[LONGEST_TEXT];
    memset(reason, 'r', sizeof reason);
    return encode_frame(error_frame(65535, reason, sizeof reason), out, capacity, size);
}

static encoder *const ENCODERS[] = {hello, start, data, ack, end, error};
enum { KINDS = sizeof ENCODERS / sizeof *ENCODERS };

static void too_little_room_tells_the_size_that_then_suffices(void)
{
    for (int i = 0; i < KINDS; i++) {
        size_t needed = 0, size = 0;
        CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL, ENCODERS[i](NULL, 0, &needed));
        uint8_t *out = malloc(needed);
        CHECK(out != NULL);
        memset(out, DIRT, needed);
        CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL, ENCODERS[i](out, needed - 1, &size));
        CHECK(size == needed && is_soiled(out, needed));
        CHECK_STATUS(OAP_STATUS_OK, ENCODERS[i](out, needed, &size));
        CHECK(size == needed && out[4] == OAP_KIND_HELLO + i);
        free(out);
    }
}

static void max_head_bytes_and_the_body_always_suffice(void)
{
    size_t longest = 0;
    for (int i = 0; i < KINDS; i++) {
        uint8_t out[OAP_MAX_HEAD_BYTES + 3];
        size_t size = 0;
        CHECK_STATUS(OAP_STATUS_OK, ENCODERS[i](out, sizeof out, &size));
        longest = size > longest ? size : longest;
    }
    CHECK(longest == OAP_MAX_HEAD_BYTES);
}

static void what_is_decoded_is_what_was_encoded(void)
{
    wire w = {0};
    for (int i = 0; i < KINDS; i++) {
        oap_row row;
        oap_frame_table table;
        CHECK_STATUS(OAP_STATUS_OK, ENCODERS[i](w.at, sizeof w.at, &w.len));
        CHECK_STATUS(OAP_STATUS_OK, oap_decode(NULL, w.at, w.len, &row, &table));
        CHECK(table.rows == 1 && table.consumed == w.len && row.kind == OAP_KIND_HELLO + i);
    }
}

static void one_mebibyte_can_be_encoded_and_a_byte_more_cannot(void)
{
    const size_t most = OAP_MAX_FRAME_BYTES - 10;
    uint8_t *body = calloc(most + 1, 1), *out = malloc(OAP_MAX_FRAME_BYTES);
    size_t size = 0;
    CHECK(body != NULL && out != NULL);
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(data_frame(1, NULL, 0, body, most), out, OAP_MAX_FRAME_BYTES, &size));
    CHECK(size == OAP_MAX_FRAME_BYTES);
    CHECK_STATUS(OAP_STATUS_FRAME_OVERSIZE,
                 encode_frame(data_frame(1, NULL, 0, body, most + 1), out, OAP_MAX_FRAME_BYTES, &size));
    CHECK(size == OAP_MAX_FRAME_BYTES);
    free(out);
    free(body);
}

static void fields_that_break_their_rule_are_refused_and_write_nothing(void)
{
    const oap_hello version_2 = {OAP_MAX_FRAME_BYTES, 0, 2, 0, false, false};
    const oap_hello window_0 = {OAP_MAX_FRAME_BYTES, 0, OAP_PROTOCOL_VERSION, 0, false, true};
    uint8_t out[256];
    size_t size;
    SOIL(out);
    SOIL(size);
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, encode_frame(hello_frame(&version_2), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, encode_frame(hello_frame(&window_0), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, encode_frame(start_frame(NULL, 0), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, encode_frame(start_frame("a\nb", 3), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, encode_frame(start_frame("\xc3", 1), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED,
                 encode_frame(data_frame(1, "b3:", 3, NULL, 0), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, encode_frame(end_frame(1, 65536), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, encode_frame(error_frame(65536, NULL, 0), out, sizeof out, &size));
    CHECK(IS_SOILED(out) && IS_SOILED(size));
}

static void a_refusal_names_the_field_and_the_limit(void)
{
    oap_reject refusal;
    const oap_frame over = error_frame(65536, NULL, 0), good = error_frame(1, NULL, 0);
    CHECK_STATUS(OAP_STATUS_OK, oap_encode_refusal(&over, &refusal));
    CHECK(refusal.code == OAP_STATUS_HEADER_MALFORMED && refusal.has_limit && refusal.limit == 65535);
    CHECK(refusal.field_len == 10 && memcmp(refusal.field, "ERROR.code", 10) == 0 && refusal.offset == 0);
    SOIL(refusal);
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_encode_refusal(&good, &refusal));
    CHECK_STATUS(OAP_STATUS_NULL_POINTER, oap_encode_refusal(NULL, &refusal));
    CHECK_STATUS(OAP_STATUS_NULL_POINTER, oap_encode_refusal(&over, NULL));
    CHECK(IS_SOILED(refusal));
}

static void an_obj_that_is_there_and_empty_is_malformed(void)
{
    uint8_t out[64];
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(data_frame(1, NULL, 0, NULL, 0), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, encode_frame(data_frame(1, "", 0, NULL, 0), out, sizeof out, &size));
}

static void an_empty_reason_and_an_empty_body_are_good(void)
{
    wire w = {0};
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(error_frame(1, NULL, 0), ROOM(&w), &size));
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(data_frame(1, NULL, 0, NULL, 0), ROOM(&w), &size));
    CHECK(size == 10);
}

/* A frame whose body or text lies at that place of the output of 64 bytes. */
static oap_status data_from(size_t at)
{
    uint8_t all[192];
    size_t size;
    memset(all, 'x', sizeof all);
    return encode_frame(data_frame(1, NULL, 0, all + at, 32), all + 64, 64, &size);
}

static oap_status obj_from(size_t at)
{
    char all[512];
    size_t size;
    memset(all, 'x', sizeof all);
    memcpy(all + at, OBJ, strlen(OBJ));
    return encode_frame(data_frame(1, all + at, strlen(OBJ), NULL, 0), (uint8_t *)all + 128, 128, &size);
}

static oap_status start_from(size_t at)
{
    char all[192];
    size_t size;
    memset(all, 'x', sizeof all);
    return encode_frame(start_frame(all + at, 32), (uint8_t *)all + 64, 64, &size);
}

static oap_status reason_from(size_t at)
{
    char all[192];
    size_t size;
    memset(all, 'x', sizeof all);
    return encode_frame(error_frame(1, all + at, 32), (uint8_t *)all + 64, 64, &size);
}

static void an_input_inside_the_output_overlaps(void)
{
    CHECK_STATUS(OAP_STATUS_OVERLAP, data_from(64));
    CHECK_STATUS(OAP_STATUS_OVERLAP, data_from(80));
    CHECK_STATUS(OAP_STATUS_OVERLAP, obj_from(150));
    CHECK_STATUS(OAP_STATUS_OVERLAP, start_from(80));
    CHECK_STATUS(OAP_STATUS_OVERLAP, reason_from(80));
}

static void a_byte_of_overlap_at_either_end_is_enough(void)
{
    CHECK_STATUS(OAP_STATUS_OVERLAP, data_from(64 - 31));
    CHECK_STATUS(OAP_STATUS_OVERLAP, data_from(127));
    CHECK_STATUS(OAP_STATUS_OVERLAP, obj_from(128 - 66));
    CHECK_STATUS(OAP_STATUS_OVERLAP, obj_from(255));
    CHECK_STATUS(OAP_STATUS_OVERLAP, start_from(64 - 31));
    CHECK_STATUS(OAP_STATUS_OVERLAP, reason_from(127));
}

static void neighbours_do_not_overlap(void)
{
    CHECK_STATUS(OAP_STATUS_OK, data_from(32));
    CHECK_STATUS(OAP_STATUS_OK, data_from(128));
    CHECK_STATUS(OAP_STATUS_OK, obj_from(128 - 67));
    CHECK_STATUS(OAP_STATUS_OK, obj_from(256));
    CHECK_STATUS(OAP_STATUS_OK, start_from(32));
    CHECK_STATUS(OAP_STATUS_OK, reason_from(128));
}

/* What is not of a frame's kind is soiled: hello_frame and the like leave it so. */
static void a_frame_of_no_kind_is_out_of_range(void)
{
    uint8_t out[64];
    size_t size;
    SOIL(size);
    for (int kind = 0; kind < 256; kind++) {
        if (kind >= OAP_KIND_HELLO && kind <= OAP_KIND_ERROR)
            continue;
        oap_frame frame = {sizeof frame, (uint8_t)kind, 0, 0, NULL, 0, NULL, 0, NULL};
        CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_encode(&frame, out, sizeof out, &size));
    }
    CHECK(IS_SOILED(size));
}

static oap_status encode_as(oap_frame frame, size_t struct_size)
{
    uint8_t out[64];
    size_t size;
    frame.struct_size = struct_size;
    return oap_encode(&frame, out, sizeof out, &size);
}

/* Those of an older header, had it ended there. */
static void a_structure_that_holds_the_fields_of_its_kind_is_enough(void)
{
    const size_t after_seq = offsetof(oap_frame, seq) + sizeof(uint64_t);
    const size_t after_text = offsetof(oap_frame, text_len) + sizeof(size_t);
    const oap_frame data = data_frame(1, NULL, 0, NULL, 0);
    CHECK_STATUS(OAP_STATUS_OK, encode_as(ack_frame(1), after_seq));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_as(ack_frame(1), after_seq - 1));
    CHECK_STATUS(OAP_STATUS_OK, encode_as(end_frame(1, 0), after_seq));
    CHECK_STATUS(OAP_STATUS_OK, encode_as(data, after_text));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_as(data, after_text - 1));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_as(data, 0));
}

static void fields_of_a_later_header_must_be_zero(void)
{
    struct later {
        oap_frame frame;
        uint64_t field;
    } later = {ack_frame(1), 0};
    uint8_t out[64];
    size_t size;
    later.frame.struct_size = sizeof later;
    CHECK_STATUS(OAP_STATUS_OK, oap_encode(&later.frame, out, sizeof out, &size));
    later.field = 1;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_encode(&later.frame, out, sizeof out, &size));
    later.frame.struct_size = SIZE_MAX; /* as one that nobody set */
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_encode(&later.frame, out, sizeof out, &size));
}

static void a_frame_that_is_not_aligned_is_a_status(void)
{
    union {
        oap_frame aligned;
        uint8_t bytes[sizeof(oap_frame) + 1];
    } place;
    uint8_t out[64];
    size_t size;
    SOIL(size);
    memset(&place, 0, sizeof place);
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_encode((const void *)(place.bytes + 1), out, sizeof out, &size));
    CHECK(IS_SOILED(size));
}

/* `size` inside the body, the text or the output: it would destroy what it lies in. */
static void a_size_inside_the_body_the_text_or_the_output_overlaps(void)
{
    union {
        size_t size;
        uint8_t bytes[64];
        char text[64];
    } in;
    uint8_t out[64];
    memset(&in, 'x', sizeof in);
    CHECK_STATUS(OAP_STATUS_OVERLAP, encode_frame(data_frame(1, NULL, 0, in.bytes, 8), out, sizeof out, &in.size));
    CHECK_STATUS(OAP_STATUS_OVERLAP, encode_frame(data_frame(1, NULL, 0, in.bytes + 7, 8), out, sizeof out, &in.size));
    CHECK_STATUS(OAP_STATUS_OVERLAP, encode_frame(start_frame(in.text, 8), out, sizeof out, &in.size));
    CHECK_STATUS(OAP_STATUS_OVERLAP, encode_frame(ack_frame(1), in.bytes + 7, 32, &in.size));
    CHECK(in.text[0] == 'x');
    const oap_frame beside = data_frame(1, NULL, 0, in.bytes + sizeof(size_t), 8);
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(beside, out, sizeof out, &in.size));
}

static void a_length_that_no_object_has_is_out_of_range(void)
{
    const size_t over = SIZE_MAX / 2 + 1;
    const uint8_t byte = 0;
    uint8_t out[64];
    size_t size;
    SOIL(size);
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_frame(start_frame("a", over), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_frame(data_frame(1, "a", over, NULL, 0), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_frame(data_frame(1, NULL, 0, &byte, over), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_frame(error_frame(1, "a", SIZE_MAX), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_frame(ack_frame(1), out, over, &size));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, encode_frame(end_frame(1, 1), out, SIZE_MAX, &size));
    CHECK(IS_SOILED(size));
}

int main(void)
{
    RUN(too_little_room_tells_the_size_that_then_suffices);
    RUN(max_head_bytes_and_the_body_always_suffice);
    RUN(what_is_decoded_is_what_was_encoded);
    RUN(one_mebibyte_can_be_encoded_and_a_byte_more_cannot);
    RUN(fields_that_break_their_rule_are_refused_and_write_nothing);
    RUN(a_refusal_names_the_field_and_the_limit);
    RUN(an_obj_that_is_there_and_empty_is_malformed);
    RUN(an_empty_reason_and_an_empty_body_are_good);
    RUN(an_input_inside_the_output_overlaps);
    RUN(a_byte_of_overlap_at_either_end_is_enough);
    RUN(neighbours_do_not_overlap);
    RUN(a_frame_of_no_kind_is_out_of_range);
    RUN(a_structure_that_holds_the_fields_of_its_kind_is_enough);
    RUN(fields_of_a_later_header_must_be_zero);
    RUN(a_frame_that_is_not_aligned_is_a_status);
    RUN(a_size_inside_the_body_the_text_or_the_output_overlaps);
    RUN(a_length_that_no_object_has_is_out_of_range);
    return summary();
}
