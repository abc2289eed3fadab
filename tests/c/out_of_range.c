/* Prints the table of docs/c.md: what is out of range, the status that is returned, and what the library says of it. */
#include <oap.h>
#include <stdio.h>
#include <string.h>

static oap_config *config;

static void row(const char *given, oap_status status, const char *said)
{
    printf("| `%s` | `%s` | %s |\n", given, oap_status_name(status), said);
}

static const char *said_of(const oap_config_error *error)
{
    static char text[128];
    snprintf(text, sizeof text, "`%.*s = %llu is not in %llu..=%llu`", (int)error->field_len, error->field,
             (unsigned long long)error->value, (unsigned long long)error->min, (unsigned long long)error->max);
    return text;
}

static void set(const char *given, oap_status status)
{
    oap_config_error error;
    bool told = oap_config_get_error(config, &error) == OAP_STATUS_OK;
    row(given, status, told ? said_of(&error) : "");
}

static void check(const char *given, const oap_connection_options *options)
{
    oap_config_error error;
    oap_status status = oap_connection_options_check(options, &error);
    row(given, status, status == OAP_STATUS_OUT_OF_RANGE ? said_of(&error) : "");
}

/* A frame that a session refuses: it says which field, and what of it. */
static void send_frame(const char *given, oap_frame frame)
{
    static uint8_t out[1 << 12];
    static char text[128];
    size_t size;
    oap_session *session;
    oap_reject refusal;
    frame.struct_size = sizeof frame;
    if (oap_session_new(NULL, &session) != OAP_STATUS_OK)
        return;
    oap_status status = oap_session_send(session, &frame, out, sizeof out, &size);
    *text = '\0';
    if (oap_session_refusal(session, &refusal) == OAP_STATUS_OK) {
        int at = snprintf(text, sizeof text, "`%.*s %.*s", (int)refusal.field_len, refusal.field, (int)refusal.detail_len, refusal.detail);
        at += refusal.has_limit ? snprintf(text + at, sizeof text - (size_t)at, " (limit %llu)", (unsigned long long)refusal.limit) : 0;
        snprintf(text + at, sizeof text - (size_t)at, "`");
    }
    row(given, status, text);
    oap_session_free(session);
}

static void settings(void)
{
    oap_connection_options options;
    set("oap_config_set_ack_window_frames(config, 0)", oap_config_set_ack_window_frames(config, 0));
    set("oap_config_set_ack_window_frames(config, -1)", oap_config_set_ack_window_frames(config, (uint64_t)-1));
    set("oap_config_set_max_frame(config, 4095)", oap_config_set_max_frame(config, 4095));
    set("oap_config_set_seq_rollover_policy(config, -1)", oap_config_set_seq_rollover_policy(config, -1));
    oap_connection_options_init(&options);
    options.send_buffer = 0;
    check("options.send_buffer = 0", &options);
    oap_connection_options_init(&options);
    options.close_timeout_ns = UINT64_MAX;
    check("options.close_timeout_ns = UINT64_MAX", &options);
}

static void frames(void)
{
    static char name[1025];
    static uint8_t body[1 << 20];
    const oap_hello hello = {.version = 2, .max_frame = 4096};
    memset(name, 'x', sizeof name);
    send_frame(".kind = 7", (oap_frame){.kind = 7});
    send_frame(".kind = OAP_KIND_HELLO, .hello->version = 2", (oap_frame){.kind = OAP_KIND_HELLO, .hello = &hello});
    send_frame(".kind = OAP_KIND_START, .text_len = 0", (oap_frame){.kind = OAP_KIND_START, .text = ""});
    send_frame(".kind = OAP_KIND_START, .text_len = 1025", (oap_frame){.kind = OAP_KIND_START, .text = name, .text_len = 1025});
    send_frame(".kind = OAP_KIND_DATA, .text_len = 3", (oap_frame){.kind = OAP_KIND_DATA, .text = "b3:", .text_len = 3});
    send_frame(".kind = OAP_KIND_DATA, .body_len = 1048576", (oap_frame){.kind = OAP_KIND_DATA, .body = body, .body_len = sizeof body});
    send_frame(".kind = OAP_KIND_END, .value = 65536", (oap_frame){.kind = OAP_KIND_END, .value = 65536});
    send_frame(".kind = OAP_KIND_ERROR, .value = UINT32_MAX", (oap_frame){.kind = OAP_KIND_ERROR, .value = UINT32_MAX});
}

static void calls(void)
{
    const uint8_t wire[4] = {0};
    oap_row rows[1];
    oap_frame_table table;
    oap_decoder *decoder;
    if (oap_decoder_new(NULL, &decoder) != OAP_STATUS_OK)
        return;
    row("oap_decoder_decode(…, wire, SIZE_MAX, …)", oap_decoder_decode(decoder, wire, SIZE_MAX, rows, 1, &table), "");
    row("oap_decoder_decode(…, NULL, 4, …)", oap_decoder_decode(decoder, NULL, 4, rows, 1, &table), "");
    row("oap_decoder_decode(NULL, …)", oap_decoder_decode(NULL, wire, 4, rows, 1, &table), "");
    oap_decoder_free(decoder);
}

int main(void)
{
    if (oap_config_new(&config) != OAP_STATUS_OK)
        return 1;
    settings();
    frames();
    calls();
    oap_config_free(config);
    return 0;
}
