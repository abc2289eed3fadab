/* Valid arguments for every function: null_sweep.py puts NULL in the place of one at a time. */
#ifndef NULL_SWEEP_H
#define NULL_SWEEP_H

#include "frames.h"

static struct {
    oap_config *config;
    oap_decoder *decoder;
    oap_stream_decoder *stream_decoder;
    oap_session *session;
    oap_connection *connection;
    oap_monitor *monitor;
} made;

static oap_config *config;
static oap_decoder *decoder;
static oap_stream_decoder *stream_decoder;
static oap_session *session;
static oap_connection *connection;
static oap_connection_options options;
static oap_connection_info info;
static oap_piece piece;
static oap_monitor *monitor;
static oap_monitor_limits limits;
static oap_readiness readiness;
static oap_snapshot snapshot;
static oap_hello hello = {OAP_MAX_FRAME_BYTES, 0, OAP_PROTOCOL_VERSION, 0, false, false};
static const oap_frame ack_to_send = {sizeof ack_to_send, OAP_KIND_ACK, 0, 1, NULL, 0, NULL, 0, NULL};
static oap_config_error config_error;
static oap_reject reject;
static oap_flow flow;
static oap_frame_table table;
static oap_encoded encoded;
static oap_row row, ack_row;
static const uint8_t ack[] = {0, 0, 0, 10, OAP_KIND_ACK, 0, 0, 2, 8, 1};
static uint8_t out[128];
static char page[8192];
static size_t size;
static const uint32_t body_size = 1;
static uint32_t code;
static uint64_t seq;
static const char *text;

static void set_up(void)
{
    memset(&made, 0, sizeof made);
    CHECK_STATUS(OAP_STATUS_OK, oap_config_new(&config));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_new(NULL, &decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_stream_decoder_new(NULL, &stream_decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_session_new(NULL, &session));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_options_init(&options));
    CHECK_STATUS(OAP_STATUS_OK, oap_connection_new(NULL, NULL, 0, &connection));
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(NULL, &monitor));
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_default_limits(&limits));
    CHECK_STATUS(OAP_STATUS_OK, oap_decode(NULL, ack, sizeof ack, &ack_row, &table));
}

static void tear_down(void)
{
    oap_config_free(made.config);
    oap_decoder_free(made.decoder);
    oap_stream_decoder_free(made.stream_decoder);
    oap_session_free(made.session);
    oap_connection_free(made.connection);
    oap_monitor_free(made.monitor);
    oap_config_free(config);
    oap_decoder_free(decoder);
    oap_stream_decoder_free(stream_decoder);
    oap_session_free(session);
    oap_connection_free(connection);
    oap_monitor_free(monitor);
}

/* Whatever the call came to, it was not for a NULL. */
static bool is_taken(oap_status status)
{
    return status != OAP_STATUS_NULL_POINTER;
}

#endif
