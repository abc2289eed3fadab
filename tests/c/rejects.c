/* oap_reject: each of the eight, and what it tells of its place, field and limit. */
#include "frames.h"

/* A session that has sent its HELLO takes these bytes; the reject that it gives. */
static oap_reject rejected(const oap_config *config, const wire *w, oap_status wanted)
{
    uint8_t out[64];
    size_t size, used = 0;
    oap_row rows[4];
    oap_frame_table table;
    oap_reject reject;
    oap_session *session = new_session(config);
    oap_status status = OAP_STATUS_OK;
    CHECK_STATUS(OAP_STATUS_OK, send_frame(session, hello_frame(NULL), out, sizeof out, &size));
    while (status == OAP_STATUS_OK && used < w->len) {
        status = oap_session_recv(session, w->at + used, w->len - used, rows, 4, &table);
        used += status == OAP_STATUS_OK ? table.consumed : 0;
    }
    if (status == OAP_STATUS_OK)
        status = oap_session_finish(session);
    CHECK_STATUS(wanted, status);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_reject(session, &reject));
    CHECK(reject.code == (uint32_t)wanted && reject.detail_len > 0);
    oap_session_free(session);
    return reject;
}

static void a_first_frame_that_is_no_hello_is_bad_hello(void)
{
    wire w = {0};
    add_start(&w, "a");
    const oap_reject reject = rejected(NULL, &w, OAP_STATUS_BAD_HELLO);
    CHECK(reject.offset == 0 && reject.at == w.len);
}

static void forbidden_feature_bits_are_bad_hello_pq(void)
{
    wire w = {0};
    oap_config *config = NULL;
    add_hello(&w);
    CHECK_STATUS(OAP_STATUS_OK, oap_config_new(&config));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_allow_pq_hello_flags(config, false));
    const oap_reject reject = rejected(config, &w, OAP_STATUS_BAD_HELLO_PQ);
    CHECK(says(reject.field, reject.field_len, "HELLO.features"));
    oap_config_free(config);
}

static void a_length_over_max_frame_is_frame_oversize_at_its_fourth_byte(void)
{
    wire w = {0};
    add_hello(&w);
    const size_t hello = w.len;
    memcpy(w.at + w.len, "\x00\x10\x00\x01", 4);
    w.len += 4;
    const oap_reject reject = rejected(NULL, &w, OAP_STATUS_FRAME_OVERSIZE);
    CHECK(reject.offset == hello && reject.at == hello + 4);
    CHECK(reject.has_limit && reject.limit == OAP_MAX_FRAME_BYTES);
    CHECK(says(reject.field, reject.field_len, "length"));
}

static void another_kind_is_unknown_envelope_at_the_fifth_byte(void)
{
    wire w = {0};
    add_ack(&w, 1);
    w.at[4] = 0x99;
    const oap_reject reject = rejected(NULL, &w, OAP_STATUS_UNKNOWN_ENVELOPE);
    CHECK(reject.at == 5 && !reject.has_limit);
}

static void a_broken_header_is_header_malformed_at_its_end(void)
{
    wire w = {0};
    add_data(&w, 1, NULL, "abc");
    w.at[8] = 0x18;
    const oap_reject reject = rejected(NULL, &w, OAP_STATUS_HEADER_MALFORMED);
    CHECK(reject.offset == 0 && reject.at == 10);
}

static void data_without_its_obj_is_missing_obj_before_its_body(void)
{
    wire w = {0};
    add_hello(&w);
    add_start(&w, "objects/v1");
    const size_t frame = w.len;
    add_data(&w, 1, NULL, "abc");
    w.len -= 3;
    const oap_reject reject = rejected(NULL, &w, OAP_STATUS_MISSING_OBJ);
    CHECK(reject.offset == frame && reject.at == w.len);
    CHECK(says(reject.field, reject.field_len, "DATA.obj"));
}

static void an_ack_of_nothing_is_credit_violation(void)
{
    wire w = {0};
    add_hello(&w);
    add_ack(&w, 1);
    const oap_reject reject = rejected(NULL, &w, OAP_STATUS_CREDIT_VIOLATION);
    CHECK(says(reject.field, reject.field_len, "ACK.up_to"));
}

static void an_input_that_ends_inside_a_frame_is_truncated(void)
{
    wire w = {0};
    add_hello(&w);
    const size_t hello = w.len;
    add_start(&w, "a");
    w.len -= 1;
    const oap_reject reject = rejected(NULL, &w, OAP_STATUS_TRUNCATED);
    CHECK(reject.offset == hello && reject.at == w.len);
}

static void a_stream_decoder_and_a_decoder_tell_the_same(void)
{
    const uint8_t short_length[] = {0, 0, 0, 7};
    oap_row row;
    oap_frame_table table;
    oap_reject one, other;
    oap_decoder *decoder = NULL;
    oap_stream_decoder *stream_decoder = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_new(NULL, &decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_new(NULL, &stream_decoder));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, oap_decoder_decode(decoder, short_length, 4, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED,
                 oap_stream_decoder_feed(stream_decoder, short_length, 4, &row, 1, &table));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_reject(decoder, &one));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_reject(stream_decoder, &other));
    CHECK(one.at == 4 && other.at == 4 && one.code == other.code && one.field == other.field);
    oap_stream_decoder_free(stream_decoder);
    oap_decoder_free(decoder);
}

int main(void)
{
    RUN(a_first_frame_that_is_no_hello_is_bad_hello);
    RUN(forbidden_feature_bits_are_bad_hello_pq);
    RUN(a_length_over_max_frame_is_frame_oversize_at_its_fourth_byte);
    RUN(another_kind_is_unknown_envelope_at_the_fifth_byte);
    RUN(a_broken_header_is_header_malformed_at_its_end);
    RUN(data_without_its_obj_is_missing_obj_before_its_body);
    RUN(an_ack_of_nothing_is_credit_violation);
    RUN(an_input_that_ends_inside_a_frame_is_truncated);
    RUN(a_stream_decoder_and_a_decoder_tell_the_same);
    return summary();
}
