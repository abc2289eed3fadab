/* Rows: their layout, what each kind's row holds, and oap_encode_rows, the way back. */
#include "frames.h"

typedef struct found {
    wire wire;
    oap_row rows[6];
    oap_frame_table table;
} found;

static void decode_all_kinds(found *f)
{
    oap_decoder *decoder = NULL;
    memset(f, 0, sizeof *f);
    add_all_kinds(&f->wire);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_new(NULL, &decoder));
    CHECK_STATUS(OAP_STATUS_OK,
                 oap_decoder_decode(decoder, f->wire.at, f->wire.len, f->rows, 6, &f->table));
    CHECK(f->table.rows == 6);
    oap_decoder_free(decoder);
}

static bool text_is(const found *f, const oap_row *row, const char *text)
{
    return says((const char *)f->table.bytes + row->text_offset, row->text_len, text);
}

static void a_row_has_the_layout_of_the_abi(void)
{
    CHECK(sizeof(oap_row) == 32);
    CHECK(offsetof(oap_row, seq) == 0 && offsetof(oap_row, body_offset) == 8);
    CHECK(offsetof(oap_row, body_len) == 12 && offsetof(oap_row, text_offset) == 16);
    CHECK(offsetof(oap_row, value) == 20 && offsetof(oap_row, text_len) == 24);
    CHECK(offsetof(oap_row, header_len) == 26 && offsetof(oap_row, ack_window) == 28);
    CHECK(offsetof(oap_row, kind) == 30 && offsetof(oap_row, flags) == 31);
}

static void each_kind_fills_its_fields(void)
{
    found f;
    decode_all_kinds(&f);
    const oap_row *hello = &f.rows[0], *start = &f.rows[1], *data = &f.rows[2];
    const oap_row *ack = &f.rows[3], *end = &f.rows[4], *error = &f.rows[5];
    CHECK(hello->value == OAP_MAX_FRAME_BYTES && hello->seq == 5 && hello->ack_window == 16);
    CHECK(hello->flags == (OAP_HAS_FEATURES | OAP_HAS_ACK_WINDOW));
    CHECK(text_is(&f, start, "objects/v1"));
    CHECK(data->seq == 7 && data->flags == OAP_HAS_OBJ && text_is(&f, data, OBJ));
    CHECK(says((const char *)f.table.bytes + data->body_offset, data->body_len, "abc"));
    CHECK(ack->seq == 7 && ack->flags == 0);
    CHECK(end->seq == 7 && end->value == 300);
    CHECK(error->value == 65535 && text_is(&f, error, "bye"));
}

static void a_row_tells_where_its_frame_stands(void)
{
    found f;
    decode_all_kinds(&f);
    size_t at = 0;
    for (size_t i = 0; i < 6; i++) {
        const oap_row *row = &f.rows[i];
        CHECK(row->body_offset - row->header_len - OAP_PREFIX_BYTES == at);
        CHECK(row->kind == OAP_KIND_DATA || row->body_len == 0);
        at += OAP_PREFIX_BYTES + (size_t)row->header_len + row->body_len;
    }
    CHECK(at == f.wire.len);
}

static void encoded_rows_are_the_bytes_they_came_from(void)
{
    found f;
    uint8_t out[4096];
    oap_encoded encoded;
    decode_all_kinds(&f);
    CHECK_STATUS(OAP_STATUS_OK,
                 oap_encode_rows(f.rows, 6, f.wire.at, f.wire.len, out, sizeof out, &encoded));
    CHECK(encoded.rows == 6 && encoded.written == f.wire.len);
    CHECK(memcmp(out, f.wire.at, f.wire.len) == 0);
}

static void rows_that_do_not_fit_wait_for_the_next_call(void)
{
    found f;
    uint8_t out[120];
    oap_encoded encoded;
    size_t rows = 0, written = 0, calls = 0;
    decode_all_kinds(&f);
    for (; rows < 6; calls++) {
        CHECK_STATUS(OAP_STATUS_OK, oap_encode_rows(f.rows + rows, 6 - rows, f.wire.at, f.wire.len, out,
                                                    sizeof out, &encoded));
        CHECK(encoded.rows > 0 && memcmp(out, f.wire.at + written, encoded.written) == 0);
        rows += encoded.rows;
        written += encoded.written;
    }
    CHECK(written == f.wire.len && calls == 2);
}

static void no_rows_are_encoded_to_nothing(void)
{
    oap_encoded encoded = {9, 9};
    CHECK_STATUS(OAP_STATUS_OK, oap_encode_rows(NULL, 0, NULL, 0, NULL, 0, &encoded));
    CHECK(encoded.rows == 0 && encoded.written == 0);
}

/* What is told of a row must be what became of it. */
static void check_refusal(const oap_row *row, oap_status encoded)
{
    oap_reject refusal;
    SOIL(refusal);
    const bool rule = encoded >= OAP_STATUS_BAD_HELLO && encoded <= OAP_STATUS_TRUNCATED;
    const bool bounds = encoded == OAP_STATUS_OUT_OF_BOUNDS;
    CHECK_STATUS(rule ? OAP_STATUS_OK : bounds ? OAP_STATUS_OUT_OF_BOUNDS : OAP_STATUS_ABSENT,
                 oap_encode_rows_refusal(row, (const uint8_t *)"abc", 3, &refusal));
    CHECK(rule ? refusal.code == (uint32_t)encoded && refusal.field_len > 0 : IS_SOILED(refusal));
}

/* Encodes one row of its own over the bytes "abc"; the outputs must stay as they were on failure. */
static oap_status encode_row(oap_row row, size_t capacity)
{
    uint8_t out[128];
    oap_encoded encoded;
    SOIL(out);
    SOIL(encoded);
    oap_status status = oap_encode_rows(&row, 1, (const uint8_t *)"abc", 3, out, capacity, &encoded);
    CHECK(status == OAP_STATUS_OK || (IS_SOILED(out) && IS_SOILED(encoded)));
    check_refusal(&row, status);
    return status;
}

static void a_first_row_that_cannot_be_encoded_tells_why(void)
{
    oap_row row = {0};
    CHECK_STATUS(OAP_STATUS_UNKNOWN_ENVELOPE, encode_row(row, 128));
    row.kind = OAP_KIND_ACK;
    CHECK_STATUS(OAP_STATUS_BUFFER_TOO_SMALL, encode_row(row, 9));
    CHECK_STATUS(OAP_STATUS_OK, encode_row(row, 10));
    row.kind = OAP_KIND_START;
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, encode_row(row, 128));
    row.kind = OAP_KIND_HELLO;
    CHECK_STATUS(OAP_STATUS_BAD_HELLO, encode_row(row, 128));
}

static void a_row_that_names_bytes_beyond_its_buffer_is_out_of_bounds(void)
{
    oap_row row = {0};
    row.kind = OAP_KIND_DATA;
    row.body_len = 3;
    CHECK_STATUS(OAP_STATUS_OK, encode_row(row, 128));
    row.body_offset = 1;
    CHECK_STATUS(OAP_STATUS_OUT_OF_BOUNDS, encode_row(row, 128));
    row.body_offset = UINT32_MAX;
    row.body_len = UINT32_MAX;
    CHECK_STATUS(OAP_STATUS_OUT_OF_BOUNDS, encode_row(row, 128));
    row.kind = OAP_KIND_START;
    row.text_len = 3;
    CHECK_STATUS(OAP_STATUS_OK, encode_row(row, 128));
    row.text_offset = 1;
    CHECK_STATUS(OAP_STATUS_OUT_OF_BOUNDS, encode_row(row, 128));
}

static void rows_before_a_bad_one_are_encoded(void)
{
    oap_row rows[2] = {{0}};
    uint8_t out[64];
    oap_encoded encoded;
    rows[0].kind = OAP_KIND_ACK;
    CHECK_STATUS(OAP_STATUS_OK, oap_encode_rows(rows, 2, NULL, 0, out, sizeof out, &encoded));
    CHECK(encoded.rows == 1 && encoded.written == 10);
}

static void an_output_over_rows_or_bytes_overlaps(void)
{
    oap_row rows[4] = {{0}};
    uint8_t *memory = (uint8_t *)rows;
    oap_encoded encoded;
    rows[0].kind = OAP_KIND_ACK;
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_encode_rows(rows, 1, NULL, 0, memory + 31, 64, &encoded));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_encode_rows(rows, 1, memory + 63, 32, memory + 32, 32, &encoded));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_encode_rows(rows, 1, memory + 32, 32, memory + 63, 32, &encoded));
    CHECK_STATUS(OAP_STATUS_OK, oap_encode_rows(rows, 1, memory + 32, 32, memory + 64, 32, &encoded));
}

static void a_length_that_no_object_has_is_out_of_range(void)
{
    oap_row row = {0};
    const uint8_t byte = 0;
    uint8_t out[64];
    oap_encoded encoded;
    const size_t over = SIZE_MAX / 2 + 1, rows_over = SIZE_MAX / 2 / sizeof row + 1;
    row.kind = OAP_KIND_ACK;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE,
                 oap_encode_rows(&row, rows_over, &byte, 1, out, sizeof out, &encoded));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_encode_rows(&row, 1, &byte, over, out, sizeof out, &encoded));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_encode_rows(&row, 1, &byte, 1, out, over, &encoded));
}

int main(void)
{
    RUN(a_row_has_the_layout_of_the_abi);
    RUN(each_kind_fills_its_fields);
    RUN(a_row_tells_where_its_frame_stands);
    RUN(encoded_rows_are_the_bytes_they_came_from);
    RUN(rows_that_do_not_fit_wait_for_the_next_call);
    RUN(no_rows_are_encoded_to_nothing);
    RUN(a_first_row_that_cannot_be_encoded_tells_why);
    RUN(a_row_that_names_bytes_beyond_its_buffer_is_out_of_bounds);
    RUN(rows_before_a_bad_one_are_encoded);
    RUN(an_output_over_rows_or_bytes_overlaps);
    RUN(a_length_that_no_object_has_is_out_of_range);
    return summary();
}
