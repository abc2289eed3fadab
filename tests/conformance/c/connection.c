#include "connection.h"

#include "envelope.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 16, PIECES = 8 };

/* What a step does: gives NULL and adds to the outcome, or why the step can't be understood. */
typedef const char *action(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome);

static const char *truth(const json_t *value)
{
    return json_is_true(value) ? NULL : "false is no action";
}

static const char *receive_bytes(oap_connection *connection, uint64_t now, bytes input, json_t *frames)
{
    oap_row rows[ROWS];
    oap_frame_table table;
    for (size_t at = 0; at < input.len; at += table.consumed) {
        oap_status status =
            oap_connection_receive(connection, now, input.at + at, input.len - at, rows, ROWS, &table);
        if (status != OAP_STATUS_OK)
            return oap_status_name(status);
        for (size_t i = 0; i < table.rows; i++)
            json_array_append_new(frames, envelope_of_row(&rows[i], table.bytes));
    }
    return NULL;
}

static const char *do_receive(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    bytes input;
    const char *why = read_hex(value, &input);
    if (why != NULL)
        return why;
    json_t *frames = json_array();
    why = receive_bytes(connection, now, input, frames);
    json_object_set_new(outcome, "frames", frames);
    free(input.at);
    return why;
}

static const char *do_receive_end(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    (void)outcome;
    oap_connection_receive_end(connection, now);
    return truth(value);
}

/* What a send came to. */
static const char *sent(oap_status status, json_t *outcome)
{
    const char *key = "refused", *what = oap_reject_label((uint32_t)status);
    switch (status) {
    case OAP_STATUS_OK:
        return NULL;
    case OAP_STATUS_WAITS_HANDSHAKE:
        key = "waits", what = "handshake";
        break;
    case OAP_STATUS_WAITS_CREDIT:
        key = "waits", what = "credit";
        break;
    case OAP_STATUS_WAITS_ROOM:
        key = "waits", what = "room";
        break;
    case OAP_STATUS_CLOSED:
        what = "closed";
        break;
    default:
        break;
    }
    if (what == NULL)
        return oap_status_name(status);
    json_object_set_new(outcome, key, json_string(what));
    return NULL;
}

static const char *do_start(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    if (!json_is_string(value))
        return "start is not a string";
    size_t len = json_string_length(value);
    return sent(oap_connection_start(connection, now, json_string_value(value), len), outcome);
}

static const char *do_data(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    bytes body;
    const char *why = read_hex(value, &body);
    if (why != NULL)
        return why;
    why = sent(oap_connection_data(connection, now, NULL, 0, body.at, body.len, NULL), outcome);
    free(body.at);
    return why;
}

static const char *do_end(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    uint32_t status;
    const char *why = read_u32(value, &status);
    return why != NULL ? why : sent(oap_connection_end_stream(connection, now, status), outcome);
}

static const char *do_take(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    uint64_t frames;
    const char *why = read_count(value, &frames);
    (void)outcome;
    if (why == NULL)
        oap_connection_take(connection, now, (size_t)frames);
    return why;
}

static const char *do_ack(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    uint64_t up_to;
    const char *why = read_u64(value, &up_to);
    return why != NULL ? why : sent(oap_connection_acknowledge(connection, now, up_to), outcome);
}

static const char *do_cancel(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    (void)now, (void)outcome;
    oap_connection_cancel_send(connection);
    return truth(value);
}

static const char *do_write(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    oap_piece pieces[PIECES];
    uint64_t most;
    size_t count;
    bytes written = {0};
    const char *why = read_count(value, &most);
    if (why != NULL)
        return why;
    oap_connection_transmit(connection, now, pieces, PIECES, &count);
    for (size_t i = 0; i < count && written.len < most; i++) {
        size_t room = (size_t)most - written.len;
        append(&written, pieces[i].bytes, pieces[i].len < room ? pieces[i].len : room);
    }
    json_object_set_new(outcome, "bytes", hex_value(written.at, written.len));
    oap_connection_transmitted(connection, now, written.len);
    free(written.at);
    return NULL;
}

static const char *do_timeout(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    (void)outcome;
    oap_connection_handle_timeout(connection, now);
    return truth(value);
}

static const char *do_close(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    uint64_t within = OAP_CLOSE_TIMEOUT;
    const char *why = json_is_true(value) ? NULL : read_count(value, &within);
    (void)outcome;
    if (why == NULL)
        oap_connection_close(connection, now, within);
    return why;
}

static const char *do_abort(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    (void)now, (void)outcome;
    oap_connection_abort(connection);
    return truth(value);
}

static const char *do_fail(oap_connection *connection, uint64_t now, const json_t *value, json_t *outcome)
{
    (void)now, (void)outcome;
    oap_connection_transport_failed(connection);
    return truth(value);
}

static const struct {
    const char *name;
    action *run;
} ACTIONS[] = {
    {"receive", do_receive}, {"receive_end", do_receive_end}, {"start", do_start},     {"data", do_data},
    {"end", do_end},         {"take", do_take},               {"ack", do_ack},         {"cancel", do_cancel},
    {"write", do_write},     {"timeout", do_timeout},         {"close", do_close},     {"abort", do_abort},
    {"fail", do_fail},
};

static json_t *reason_of(const oap_connection *connection, uint8_t code)
{
    oap_reject reject;
    uint32_t peer_code;
    const char *text, *name = oap_end_reason_name(code);
    size_t len;
    if (code == OAP_END_REJECT && oap_connection_reject(connection, &reject) == OAP_STATUS_OK)
        return json_sprintf("%s:%s", name, oap_reject_label(reject.code));
    if (code == OAP_END_PEER_ERROR &&
        oap_connection_peer_error(connection, &peer_code, &text, &len) == OAP_STATUS_OK)
        return json_sprintf("%s:%u", name, peer_code);
    return json_string(name);
}

static void add_state(const oap_connection *connection, json_t *outcome)
{
    oap_connection_info info;
    oap_connection_inspect(connection, &info);
    json_object_set_new(outcome, "state", json_string(oap_connection_state_name(info.state)));
    json_object_set_new(outcome, "wants_read", json_boolean(info.wants_read));
    json_object_set_new(outcome, "wants_write", json_boolean(info.wants_write));
    if (info.has_timeout)
        json_object_set_new(outcome, "timeout", json_integer((json_int_t)info.timeout_ns));
    if (info.end_reason != OAP_END_NONE)
        json_object_set_new(outcome, "ended", reason_of(connection, info.end_reason));
}

static const char *step(oap_connection *connection, const json_t *json, json_t *outcome)
{
    uint64_t now;
    if (json_object_size(json) != 2 || read_count(json_object_get(json, "at"), &now) != NULL)
        return "a step is a time and one action";
    for (size_t i = 0; i < sizeof ACTIONS / sizeof *ACTIONS; i++) {
        const json_t *value = json_object_get(json, ACTIONS[i].name);
        if (value != NULL) {
            const char *why = ACTIONS[i].run(connection, now, value, outcome);
            add_state(connection, outcome);
            return why;
        }
    }
    return "a step has no action";
}

static const char *run_steps(oap_connection *connection, const json_t *steps, json_t *outcomes)
{
    const char *why = NULL;
    for (size_t i = 0; why == NULL && i < json_array_size(steps); i++) {
        json_t *outcome = json_object();
        why = step(connection, json_array_get(steps, i), outcome);
        json_array_append_new(outcomes, outcome);
    }
    return why;
}

static uint64_t *option(oap_connection_options *options, const char *name)
{
    const struct {
        const char *name;
        uint64_t *at;
    } fields[] = {
        {"handshake_timeout_ns", &options->handshake_timeout_ns},
        {"idle_timeout_ns", &options->idle_timeout_ns},
        {"stall_timeout_ns", &options->stall_timeout_ns},
        {"close_timeout_ns", &options->close_timeout_ns},
        {"receive_buffer", &options->receive_buffer},
        {"receive_limit", &options->receive_limit},
        {"send_buffer", &options->send_buffer},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].at;
    return NULL;
}

static const char *read_options(json_t *json, oap_connection_options *options)
{
    const char *name, *why = NULL;
    json_t *value;
    oap_config_error error;
    oap_connection_options_init(options);
    if (!json_is_object(json))
        return "options is not an object";
    json_object_foreach(json, name, value)
    {
        uint64_t *number = option(options, name);
        if (number != NULL)
            why = read_count(value, number);
        else if (strcmp(name, "auto_ack") == 0 && json_is_boolean(value))
            options->auto_ack = json_is_true(value);
        else
            why = "an option is unknown, or of the wrong type";
        if (why != NULL)
            return why;
    }
    return oap_connection_options_check(options, &error) == OAP_STATUS_OK ? NULL : "an option is out of its range";
}

const char *connection(const json_t *request, const settings *settings, json_t **answer)
{
    const json_t *steps = json_object_get(request, "steps");
    oap_connection_options options;
    oap_connection *connection;
    const char *why = read_options(json_object_get(request, "options"), &options);
    if (why != NULL)
        return why;
    if (!json_is_array(steps))
        return "steps is not a list";
    if (oap_connection_new(settings->config, &options, 0, &connection) != OAP_STATUS_OK)
        return "no connection";
    json_t *outcomes = json_array();
    why = run_steps(connection, steps, outcomes);
    *answer = json_pack("{s:o}", "outcomes", outcomes);
    oap_connection_free(connection);
    return why;
}
