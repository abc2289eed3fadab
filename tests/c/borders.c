/* What a caller can get wrong with memory and the library sees: misaligned rows, outputs over inputs, a handle's own
   staging buffer given back to it, no memory for a handle. */
#include "frames.h"

/* Bytes of the staging buffer of a session that has a whole frame there. */
typedef struct staged {
    oap_session *session;
    oap_stream_decoder *decoder;
    oap_frame_table of_session, of_decoder;
} staged;

static staged new_staged(void)
{
    staged s;
    wire w = {0};
    oap_row row;
    add_hello(&w);
    s.session = new_session(NULL);
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_new(NULL, &s.decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(s.session, w.at, 9, &row, 1, &s.of_session));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(s.session, w.at + 9, w.len - 9, &row, 1, &s.of_session));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(s.decoder, w.at, 9, &row, 1, &s.of_decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(s.decoder, w.at + 9, w.len - 9, &row, 1, &s.of_decoder));
    CHECK(s.of_session.rows == 1 && s.of_decoder.rows == 1);
    return s;
}

static void free_staged(staged *s)
{
    oap_session_free(s->session);
    oap_stream_decoder_free(s->decoder);
}

static void a_handle_refuses_its_own_staging_buffer_as_input(void)
{
    staged s = new_staged();
    oap_row row;
    oap_frame_table table;
    const uint8_t *of_session = s.of_session.bytes, *of_decoder = s.of_decoder.bytes;
    SOIL(table);
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_recv(s.session, of_session, 8, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_recv(s.session, of_session + 8, 2, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_stream_decoder_feed(s.decoder, of_decoder, 8, &row, 1, &table));
    CHECK(IS_SOILED(table));
    free_staged(&s);
}

static void another_handles_staging_buffer_is_bytes_like_any(void)
{
    staged s = new_staged();
    oap_row row;
    oap_frame_table table;
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_feed(s.decoder, s.of_session.bytes, 8, &row, 1, &table));
    free_staged(&s);
}

typedef union rows_and_bytes {
    oap_row rows[4];
    oap_frame_table table;
    uint8_t bytes[4 * sizeof(oap_row)];
} rows_and_bytes;

static void misaligned_rows_are_a_status(void)
{
    oap_decoder *decoder;
    oap_stream_decoder *stream;
    oap_session *session = new_session(NULL);
    static rows_and_bytes at;
    uint8_t out[64], ack[] = {0, 0, 0, 10, OAP_KIND_ACK, 0, 0, 2, 8, 1};
    oap_frame_table table;
    oap_encoded encoded;
    oap_row *rows = (void *)(at.bytes + 1);
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_new(NULL, &decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_new(NULL, &stream));
    SOIL(table);
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_decoder_decode(decoder, ack, sizeof ack, rows, 1, &table));
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_decode(NULL, ack, sizeof ack, rows, &table));
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_stream_decoder_feed(stream, ack, sizeof ack, rows, 1, &table));
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_session_recv(session, ack, sizeof ack, rows, 1, &table));
    CHECK_STATUS(OAP_STATUS_MISALIGNED, oap_encode_rows(rows, 1, NULL, 0, out, sizeof out, &encoded));
    CHECK(IS_SOILED(table));
    oap_decoder_free(decoder);
    oap_stream_decoder_free(stream);
    oap_session_free(session);
}

static void a_table_inside_the_rows_or_the_input_overlaps(void)
{
    rows_and_bytes at;
    SOIL(at);
    uint8_t ack[] = {0, 0, 0, 10, OAP_KIND_ACK, 0, 0, 2, 8, 1};
    oap_session *session = new_session(NULL);
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_decode(NULL, ack, sizeof ack, at.rows, &at.table));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_recv(session, ack, sizeof ack, at.rows, 1, &at.table));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_session_recv(session, at.bytes, 10, NULL, 0, &at.table));
    CHECK(IS_SOILED(at));
    oap_session_free(session);
}

static void an_encoded_inside_the_rows_the_bytes_or_the_output_overlaps(void)
{
    union {
        oap_row rows[2];
        oap_encoded encoded;
        uint8_t bytes[2 * sizeof(oap_row)];
    } in;
    oap_row rows[1] = {{1, 0, 0, 0, 0, 0, 0, 0, OAP_KIND_ACK, 0}};
    uint8_t out[64];
    memset(&in, 0, sizeof in);
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_encode_rows(in.rows, 1, NULL, 0, out, sizeof out, &in.encoded));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_encode_rows(rows, 1, in.bytes, 16, out, sizeof out, &in.encoded));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_encode_rows(rows, 1, NULL, 0, in.bytes, 32, &in.encoded));
}

static void a_page_over_its_size_overlaps(void)
{
    union {
        size_t size;
        char page[16];
    } in;
    oap_monitor *monitor;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(NULL, &monitor));
    CHECK_STATUS(OAP_STATUS_OVERLAP, oap_monitor_text(monitor, in.page, sizeof in.page, &in.size));
    oap_monitor_free(monitor);
}

static void bytes_of_length_0_are_handed_back_as_they_came(void)
{
    const uint8_t byte = 0;
    oap_row row;
    oap_frame_table table;
    oap_session *session = new_session(NULL);
    CHECK_STATUS(OAP_STATUS_OK, oap_decode(NULL, &byte, 0, &row, &table));
    CHECK(table.bytes == &byte);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(session, &byte, 0, &row, 1, &table));
    CHECK(table.bytes == &byte);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(session, NULL, 0, &row, 1, &table));
    CHECK(table.bytes == NULL);
    oap_session_free(session);
}

int main(void)
{
    RUN(a_handle_refuses_its_own_staging_buffer_as_input);
    RUN(another_handles_staging_buffer_is_bytes_like_any);
    RUN(misaligned_rows_are_a_status);
    RUN(a_table_inside_the_rows_or_the_input_overlaps);
    RUN(an_encoded_inside_the_rows_the_bytes_or_the_output_overlaps);
    RUN(a_page_over_its_size_overlaps);
    RUN(bytes_of_length_0_are_handed_back_as_they_came);
    return summary();
}
