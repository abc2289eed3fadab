/* oap_config_*: what may be set, what is refused, and what it does. */
#include "frames.h"

static oap_config *new_config(void)
{
    oap_config *config = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_config_new(&config));
    return config;
}

static oap_hello hello_of(const oap_config *config)
{
    oap_hello hello;
    oap_session *session = new_session(config);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_hello(session, &hello));
    oap_session_free(session);
    return hello;
}

static void a_new_configuration_holds_the_defaults(void)
{
    oap_config *config = new_config();
    const oap_hello by_config = hello_of(config), by_null = hello_of(NULL);
    CHECK(by_config.version == OAP_PROTOCOL_VERSION && by_null.version == OAP_PROTOCOL_VERSION);
    CHECK(by_config.max_frame == OAP_MAX_FRAME_BYTES && by_null.max_frame == OAP_MAX_FRAME_BYTES);
    CHECK(by_config.has_ack_window && by_config.ack_window == OAP_DEFAULT_ACK_WINDOW);
    CHECK(by_null.has_ack_window && by_null.ack_window == OAP_DEFAULT_ACK_WINDOW);
    CHECK(!by_config.has_features && !by_null.has_features);
    oap_config_free(config);
}

static void numbers_reach_the_hello(void)
{
    oap_config *config = new_config();
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_ack_window_frames(config, 64));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_max_frame(config, 8192));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_features(config, UINT64_MAX));
    const oap_hello hello = hello_of(config);
    CHECK(hello.ack_window == 64 && hello.max_frame == 8192);
    CHECK(hello.has_features && hello.features == UINT64_MAX);
    oap_config_free(config);
}

static void features_of_zero_are_said_and_unset_ones_are_not(void)
{
    oap_config *config = new_config();
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_features(config, 0));
    CHECK(hello_of(config).has_features);
    CHECK_STATUS(OAP_STATUS_OK, oap_config_unset_features(config));
    CHECK(!hello_of(config).has_features);
    oap_config_free(config);
}

static void ack_window_frames_takes_its_range_and_nothing_beyond(void)
{
    oap_config *config = new_config();
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_ack_window_frames(config, 0));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_ack_window_frames(config, 1));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_ack_window_frames(config, OAP_MAX_ACK_WINDOW));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_ack_window_frames(config, OAP_MAX_ACK_WINDOW + 1));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_ack_window_frames(config, UINT64_MAX));
    CHECK(hello_of(config).ack_window == OAP_MAX_ACK_WINDOW);
    oap_config_free(config);
}

static void max_frame_takes_its_range_and_nothing_beyond(void)
{
    oap_config *config = new_config();
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_max_frame(config, OAP_MIN_MAX_FRAME - 1));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_max_frame(config, OAP_MIN_MAX_FRAME));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_max_frame(config, OAP_MAX_FRAME_BYTES + 1));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_max_frame(config, UINT64_MAX));
    CHECK(hello_of(config).max_frame == OAP_MIN_MAX_FRAME);
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_max_frame(config, OAP_MAX_FRAME_BYTES));
    oap_config_free(config);
}

static void an_unknown_rollover_policy_is_out_of_range(void)
{
    oap_config *config = new_config();
    oap_config_error error;
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_seq_rollover_policy(config, OAP_SEQ_ROLLOVER_WRAP));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_seq_rollover_policy(config, OAP_SEQ_ROLLOVER_ERROR));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_seq_rollover_policy(config, -1));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_seq_rollover_policy(config, 2));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_get_error(config, &error));
    CHECK(says(error.field, error.field_len, "seq_rollover_policy"));
    CHECK(error.value == 2 && error.min == OAP_SEQ_ROLLOVER_ERROR && error.max == OAP_SEQ_ROLLOVER_WRAP);
    oap_config_free(config);
}

static void a_refused_value_is_told_with_its_field_and_range(void)
{
    oap_config *config = new_config();
    oap_config_error error;
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_max_frame(config, 2000000));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_get_error(config, &error));
    CHECK(says(error.field, error.field_len, "max_frame"));
    CHECK(error.value == 2000000 && error.min == OAP_MIN_MAX_FRAME && error.max == OAP_MAX_FRAME_BYTES);
    oap_config_free(config);
}

static void without_a_refused_value_the_error_is_absent(void)
{
    oap_config *config = new_config();
    oap_config_error error;
    SOIL(error);
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_config_get_error(config, &error));
    CHECK_STATUS(OAP_STATUS_OUT_OF_RANGE, oap_config_set_max_frame(config, 0));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_strict_headers(config, true));
    CHECK_STATUS(OAP_STATUS_ABSENT, oap_config_get_error(config, &error));
    CHECK(IS_SOILED(error));
    oap_config_free(config);
}

/* Decodes an ACK whose reserved byte is 1. */
static oap_status decode_reserved(const oap_config *config)
{
    const uint8_t ack[] = {0, 0, 0, 10, OAP_KIND_ACK, 1, 0, 2, 8, 1};
    oap_row row;
    oap_frame_table table;
    return oap_decode(config, ack, sizeof ack, &row, &table);
}

static void strict_headers_decide_what_a_decoder_takes(void)
{
    oap_config *config = new_config();
    CHECK_STATUS(OAP_STATUS_HEADER_MALFORMED, decode_reserved(config));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_strict_headers(config, false));
    CHECK_STATUS(OAP_STATUS_OK, decode_reserved(config));
    oap_config_free(config);
}

static void feature_bits_can_be_forbidden(void)
{
    oap_config *config = new_config();
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_hello(&w);
    CHECK_STATUS(OAP_STATUS_OK, oap_decode(config, w.at, w.len, &row, &table));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_allow_pq_hello_flags(config, false));
    CHECK_STATUS(OAP_STATUS_BAD_HELLO_PQ, oap_decode(config, w.at, w.len, &row, &table));
    oap_config_free(config);
}

/* A DATA without an obj on an object stream. */
static oap_status send_without_obj(const oap_config *config)
{
    uint8_t out[64];
    size_t size;
    oap_session *peer = new_session(NULL), *session = new_session_that_met(config, peer);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(session, start_frame("objects", 7), out, sizeof out, &size));
    oap_status status = send_frame(session, data_frame(1, NULL, 0, NULL, 0), out, sizeof out, &size);
    oap_session_free(session);
    oap_session_free(peer);
    return status;
}

static void object_streams_need_an_obj_unless_that_is_switched_off(void)
{
    oap_config *config = new_config();
    CHECK_STATUS(OAP_STATUS_MISSING_OBJ, send_without_obj(config));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_enforce_obj_header_on_objects(config, false));
    CHECK_STATUS(OAP_STATUS_OK, send_without_obj(config));
    oap_config_free(config);
}

/* The DATA that follows seq 2^64 - 1. */
static oap_status send_past_the_last_seq(const oap_config *config)
{
    uint8_t out[64];
    size_t size;
    oap_session *peer = new_session(NULL), *session = new_session_that_met(config, peer);
    CHECK_STATUS(OAP_STATUS_OK, send_frame(session, start_frame("a", 1), out, sizeof out, &size));
    CHECK_STATUS(OAP_STATUS_OK,
                 send_frame(session, data_frame(UINT64_MAX, NULL, 0, NULL, 0), out, sizeof out, &size));
    oap_status status = send_frame(session, data_frame(0, NULL, 0, NULL, 0), out, sizeof out, &size);
    oap_session_free(session);
    oap_session_free(peer);
    return status;
}

static void the_rollover_policy_says_what_follows_the_last_seq(void)
{
    oap_config *config = new_config();
    CHECK_STATUS(OAP_STATUS_CREDIT_VIOLATION, send_past_the_last_seq(config));
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_seq_rollover_policy(config, OAP_SEQ_ROLLOVER_WRAP));
    CHECK_STATUS(OAP_STATUS_OK, send_past_the_last_seq(config));
    oap_config_free(config);
}

static void a_handle_keeps_its_own_copy_of_the_configuration(void)
{
    oap_config *config = new_config();
    oap_hello hello;
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_max_frame(config, 8192));
    oap_session *session = new_session(config);
    CHECK_STATUS(OAP_STATUS_OK, oap_config_set_max_frame(config, 4096));
    oap_config_free(config);
    CHECK_STATUS(OAP_STATUS_OK, oap_session_hello(session, &hello));
    CHECK(hello.max_frame == 8192);
    oap_session_free(session);
}

int main(void)
{
    RUN(a_new_configuration_holds_the_defaults);
    RUN(numbers_reach_the_hello);
    RUN(features_of_zero_are_said_and_unset_ones_are_not);
    RUN(ack_window_frames_takes_its_range_and_nothing_beyond);
    RUN(max_frame_takes_its_range_and_nothing_beyond);
    RUN(an_unknown_rollover_policy_is_out_of_range);
    RUN(a_refused_value_is_told_with_its_field_and_range);
    RUN(without_a_refused_value_the_error_is_absent);
    RUN(strict_headers_decide_what_a_decoder_takes);
    RUN(feature_bits_can_be_forbidden);
    RUN(object_streams_need_an_obj_unless_that_is_switched_off);
    RUN(the_rollover_policy_says_what_follows_the_last_seq);
    RUN(a_handle_keeps_its_own_copy_of_the_configuration);
    return summary();
}
