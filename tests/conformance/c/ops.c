#include "ops.h"

#include "connection.h"
#include "envelope.h"
#include "monitor.h"
#include "take.h"

#include <stdlib.h>
#include <string.h>

static json_t *verdict(json_t *frames, oap_status reject, size_t at)
{
    if (reject == OAP_STATUS_OK)
        return json_pack("{s:O, s:n}", "frames", frames, "reject");
    return json_pack("{s:O, s:{s:s, s:I}}", "frames", frames, "reject", "label", oap_reject_label((uint32_t)reject),
                     "at", (json_int_t)at);
}

static const char *decode_chunks(const json_t *request, oap_stream_decoder *decoder, json_t *frames, json_t **answer)
{
    const json_t *chunks = json_object_get(request, "chunks");
    oap_status reject = OAP_STATUS_OK, status = OAP_STATUS_OK;
    size_t pushed = 0, at = 0;
    if (!json_is_array(chunks))
        return "chunks is not a list";
    if (!json_is_boolean(json_object_get(request, "finish")))
        return "finish is neither true nor false";
    for (size_t i = 0; i < json_array_size(chunks); i++) {
        const char *why =
            take_hex(stream_decoder_takes, decoder, json_array_get(chunks, i), frames, &pushed, &status);
        if (why != NULL)
            return why;
        if (reject == OAP_STATUS_OK) {
            reject = status;
            at = pushed;
        }
    }
    if (reject == OAP_STATUS_OK && json_is_true(json_object_get(request, "finish")))
        reject = oap_stream_decoder_finish(decoder);
    *answer = verdict(frames, reject, at);
    return NULL;
}

static const char *decode(const json_t *request, const settings *settings, json_t **answer)
{
    oap_stream_decoder *decoder;
    if (oap_stream_decoder_new(settings->config, &decoder) != OAP_STATUS_OK)
        return "no stream decoder";
    json_t *frames = json_array();
    const char *why = decode_chunks(request, decoder, frames, answer);
    json_decref(frames);
    oap_stream_decoder_free(decoder);
    return why;
}

static const char *decode_table(bytes input, oap_row *rows, size_t capacity, const settings *settings,
                                json_t **answer)
{
    oap_decoder *decoder;
    if (oap_decoder_new(settings->config, &decoder) != OAP_STATUS_OK)
        return "no decoder";
    json_t *frames = json_array();
    oap_status reject = take(decoder_takes, decoder, input, rows, capacity, frames);
    *answer = verdict(frames, reject, input.len);
    json_decref(frames);
    oap_decoder_free(decoder);
    return NULL;
}

static const char *table(const json_t *request, const settings *settings, json_t **answer)
{
    uint32_t capacity;
    bytes input;
    const char *why = read_u32(json_object_get(request, "rows"), &capacity);
    if (why == NULL && capacity == 0)
        why = "rows = 0 is not at least 1";
    if (why == NULL)
        why = read_hex(json_object_get(request, "bytes"), &input);
    if (why != NULL)
        return why;
    oap_row *rows = allot(capacity * sizeof *rows);
    why = decode_table(input, rows, capacity, settings, answer);
    free(rows);
    free(input.at);
    return why;
}

static oap_status add_frame(const envelope *envelope, bytes *wire)
{
    size_t size = 0;
    uint8_t *out = allot(room_for(envelope));
    oap_status status = encode_envelope(envelope, out, room_for(envelope), &size);
    append(wire, out, size);
    free(out);
    return status;
}

/* Encodes each frame; of the first that can't be, `refused` tells the status. */
static const char *add_frames(const json_t *frames, bytes *wire, oap_status *refused)
{
    for (size_t i = 0; i < json_array_size(frames); i++) {
        envelope envelope;
        const char *why = read_envelope(json_array_get(frames, i), &envelope);
        if (why == NULL && *refused == OAP_STATUS_OK)
            *refused = add_frame(&envelope, wire);
        free_envelope(&envelope);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static bool rows_give_the_same(bytes wire, oap_row *rows, size_t count, uint8_t *out)
{
    oap_decoder *decoder;
    oap_frame_table table = {0};
    oap_encoded encoded = {0};
    if (oap_decoder_new(NULL, &decoder) != OAP_STATUS_OK)
        return false;
    oap_status decoded = oap_decoder_decode(decoder, wire.at, wire.len, rows, count, &table);
    oap_decoder_free(decoder);
    return decoded == OAP_STATUS_OK && table.rows == count &&
           oap_encode_rows(rows, count, wire.at, wire.len, out, wire.len, &encoded) == OAP_STATUS_OK &&
           encoded.rows == count && encoded.written == wire.len && memcmp(out, wire.at, wire.len) == 0;
}

static const char *check_rows(bytes wire, size_t count)
{
    if (count == 0)
        return NULL;
    oap_row *rows = allot(count * sizeof *rows);
    uint8_t *out = allot(wire.len);
    bool same = rows_give_the_same(wire, rows, count, out);
    free(out);
    free(rows);
    return same ? NULL : "oap_encode_rows gives other bytes than oap_encode";
}

static const char *encode(const json_t *request, const settings *settings, json_t **answer)
{
    const json_t *frames = json_object_get(request, "frames");
    oap_status refused = OAP_STATUS_OK;
    bytes wire = {0};
    (void)settings;
    if (!json_is_array(frames))
        return "frames is not a list";
    const char *why = add_frames(frames, &wire, &refused);
    if (why == NULL && refused == OAP_STATUS_OK)
        why = check_rows(wire, json_array_size(frames));
    if (why == NULL && refused == OAP_STATUS_OK)
        *answer = json_pack("{s:o}", "bytes", hex_value(wire.at, wire.len));
    else if (why == NULL)
        *answer = json_pack("{s:s}", "error", oap_reject_label((uint32_t)refused));
    free(wire.at);
    return why;
}

static const char *send_to(oap_session *session, const envelope *envelope, json_t **outcome)
{
    size_t size = 0;
    uint8_t *out = allot(room_for(envelope));
    oap_status status = send_envelope(session, envelope, out, room_for(envelope), &size);
    if (status == OAP_STATUS_OK)
        *outcome = json_pack("{s:o}", "bytes", hex_value(out, size));
    else
        *outcome = json_pack("{s:s}", "refused", oap_reject_label((uint32_t)status));
    free(out);
    return *outcome != NULL ? NULL : oap_status_name(status);
}

static const char *send_step(oap_session *session, const json_t *json, json_t **outcome)
{
    envelope envelope;
    const char *why = read_envelope(json, &envelope);
    if (why == NULL)
        why = send_to(session, &envelope, outcome);
    free_envelope(&envelope);
    return why;
}

static const char *recv_step(oap_session *session, const json_t *hex, json_t **outcome)
{
    json_t *frames = json_array();
    oap_status status = OAP_STATUS_OK;
    size_t pushed = 0;
    const char *why =
        hex != NULL ? take_hex(session_takes, session, hex, frames, &pushed, &status) : NULL;
    if (hex == NULL)
        status = oap_session_finish(session);
    *outcome = json_pack("{s:o}", "frames", frames);
    if (status != OAP_STATUS_OK)
        json_object_set_new(*outcome, "reject", json_string(oap_reject_label((uint32_t)status)));
    return why;
}

static const char *step(oap_session *session, const json_t *json, json_t **outcome)
{
    const json_t *hex = json_object_get(json, "recv"), *envelope = json_object_get(json, "send");
    if (json_object_size(json) == 1 && envelope != NULL)
        return send_step(session, envelope, outcome);
    if (json_object_size(json) == 1 && (hex != NULL || json_is_true(json_object_get(json, "finish"))))
        return recv_step(session, hex, outcome);
    return "a step is none of recv, send, finish";
}

static const char *run_steps(oap_session *session, const json_t *steps, json_t *outcomes)
{
    const char *why = NULL;
    for (size_t i = 0; why == NULL && i < json_array_size(steps); i++) {
        json_t *outcome = NULL;
        why = step(session, json_array_get(steps, i), &outcome);
        if (outcome != NULL)
            json_array_append_new(outcomes, outcome);
    }
    return why;
}

static const char *session(const json_t *request, const settings *settings, json_t **answer)
{
    const json_t *steps = json_object_get(request, "steps");
    oap_session *session;
    if (!json_is_array(steps))
        return "steps is not a list";
    if (oap_session_new(settings->config, &session) != OAP_STATUS_OK)
        return "no session";
    json_t *outcomes = json_array();
    const char *why = run_steps(session, steps, outcomes);
    *answer = json_pack("{s:o}", "outcomes", outcomes);
    oap_session_free(session);
    return why;
}

static json_t *names(const char *(*name)(size_t), size_t first)
{
    json_t *list = json_array();
    for (size_t i = first; name(i) != NULL; i++)
        json_array_append_new(list, json_string(name(i)));
    return list;
}

static const char *kind_name(size_t index)
{
    return oap_kind_name((uint8_t)index);
}

static const char *reject_label(size_t index)
{
    return oap_reject_label((uint32_t)index);
}

static const char *constants(const json_t *request, const settings *settings, json_t **answer)
{
    (void)request, (void)settings;
    *answer = json_pack("{s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "max_frame_bytes", OAP_MAX_FRAME_BYTES,
                        "max_header_bytes", OAP_MAX_HEADER_BYTES, "stream_chunk_bytes", OAP_STREAM_CHUNK_BYTES,
                        "version", OAP_PROTOCOL_VERSION, "kinds", names(kind_name, 1), "reject_labels",
                        names(reject_label, 1), "metrics", names(oap_metric_name, 0), "readiness_keys",
                        names(oap_readiness_key, 0));
    return NULL;
}

static const struct operation {
    const char *name;
    const char *(*run)(const json_t *request, const settings *settings, json_t **answer);
    const char *keys[5];
} OPERATIONS[] = {
    {"decode", decode, {"op", "config", "chunks", "finish"}},
    {"table", table, {"op", "config", "bytes", "rows"}},
    {"encode", encode, {"op", "frames"}},
    {"session", session, {"op", "config", "steps"}},
    {"monitor", monitor, {"op", "config", "events"}},
    {"connection", connection, {"op", "config", "options", "steps"}},
    {"constants", constants, {"op"}},
};

static const struct operation *operation_of(const json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "op"));
    for (size_t i = 0; name != NULL && i < sizeof OPERATIONS / sizeof *OPERATIONS; i++)
        if (strcmp(OPERATIONS[i].name, name) == 0)
            return &OPERATIONS[i];
    return NULL;
}

static bool has_config(const struct operation *operation)
{
    return operation->keys[1] != NULL && strcmp(operation->keys[1], "config") == 0;
}

/* The settings of an operation without a config are the defaults. */
static const char *settings_of(const json_t *request, const struct operation *operation, settings *settings)
{
    json_t *none = json_object();
    const json_t *config = has_config(operation) ? json_object_get(request, "config") : none;
    const char *why = read_settings(config, operation->run == monitor, settings);
    json_decref(none);
    return why;
}

const char *answer_request(const json_t *request, json_t **answer)
{
    const struct operation *operation = operation_of(request);
    settings settings;
    if (operation == NULL)
        return "op is none of decode, table, encode, session, monitor, constants";
    if (!has_only(request, operation->keys))
        return "a request has an unknown key";
    const char *why = settings_of(request, operation, &settings);
    if (why == NULL)
        why = operation->run(request, &settings, answer);
    free_settings(&settings);
    return why;
}
