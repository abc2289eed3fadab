#include "envelope.h"

#include <stdlib.h>
#include <string.h>

static const char *read_text(const json_t *value, envelope *read)
{
    if (!json_is_string(value))
        return "a text is not a string";
    read->text = json_string_value(value);
    read->text_len = json_string_length(value);
    return NULL;
}

static const char *read_hello(const json_t *json, envelope *read)
{
    oap_hello *hello = &read->hello;
    const json_t *features = json_object_get(json, "features");
    const json_t *ack_window = json_object_get(json, "ack_window");
    const char *why = read_u32(json_object_get(json, "version"), &hello->version);
    if (why == NULL)
        why = read_u64(json_object_get(json, "max_frame"), &hello->max_frame);
    if (why == NULL && features != NULL)
        why = read_u64(features, &hello->features);
    if (why == NULL && ack_window != NULL)
        why = read_u32(ack_window, &hello->ack_window);
    hello->has_features = features != NULL;
    hello->has_ack_window = ack_window != NULL;
    return why;
}

static const char *read_data(const json_t *json, envelope *read)
{
    const json_t *obj = json_object_get(json, "obj"), *body = json_object_get(json, "body");
    uint64_t len = 0;
    const char *why = read_u64(json_object_get(json, "seq"), &read->seq);
    if (why == NULL && obj != NULL)
        why = read_text(obj, read);
    if (why == NULL)
        why = read_hex(body, &read->body);
    if (why == NULL)
        why = read_count(json_object_get(json, "len"), &len);
    return why == NULL && len != read->body.len ? "len is not the length of body" : why;
}

static const char *read_end(const json_t *json, envelope *read)
{
    const char *why = read_u64(json_object_get(json, "seq"), &read->seq);
    return why != NULL ? why : read_u32(json_object_get(json, "status"), &read->value);
}

static const char *read_error(const json_t *json, envelope *read)
{
    const char *why = read_u32(json_object_get(json, "code"), &read->value);
    return why != NULL ? why : read_text(json_object_get(json, "reason"), read);
}

static uint8_t kind_named(const char *name)
{
    const char *known;
    for (uint8_t kind = 1; (known = oap_kind_name(kind)) != NULL; kind++)
        if (strcmp(known, name) == 0)
            return kind;
    return 0;
}

static const char *const FIELDS[][6] = {
    [OAP_KIND_HELLO] = {"kind", "version", "max_frame", "features", "ack_window"},
    [OAP_KIND_START] = {"kind", "stream"},
    [OAP_KIND_DATA] = {"kind", "seq", "obj", "len", "body"},
    [OAP_KIND_ACK] = {"kind", "up_to"},
    [OAP_KIND_END] = {"kind", "seq", "status"},
    [OAP_KIND_ERROR] = {"kind", "code", "reason"},
};

const char *read_envelope(const json_t *json, envelope *read)
{
    const char *name = json_string_value(json_object_get(json, "kind"));
    *read = (envelope){.kind = kind_named(name != NULL ? name : "")};
    if (read->kind == 0)
        return "an envelope has no known kind";
    if (!has_only(json, FIELDS[read->kind]))
        return "an envelope has an unknown field";
    switch (read->kind) {
    case OAP_KIND_HELLO:
        return read_hello(json, read);
    case OAP_KIND_START:
        return read_text(json_object_get(json, "stream"), read);
    case OAP_KIND_DATA:
        return read_data(json, read);
    case OAP_KIND_ACK:
        return read_u64(json_object_get(json, "up_to"), &read->seq);
    case OAP_KIND_END:
        return read_end(json, read);
    default:
        return read_error(json, read);
    }
}

void free_envelope(envelope *envelope)
{
    free(envelope->body.at);
}

size_t room_for(const envelope *envelope)
{
    return OAP_MAX_HEAD_BYTES + envelope->body.len;
}

static oap_frame frame_of(const envelope *e)
{
    return (oap_frame){.struct_size = sizeof(oap_frame),
                       .kind = e->kind,
                       .value = e->value,
                       .seq = e->seq,
                       .body = e->body.at,
                       .body_len = e->body.len,
                       .text = e->text,
                       .text_len = e->text_len,
                       .hello = &e->hello};
}

oap_status encode_envelope(const envelope *e, uint8_t *out, size_t capacity, size_t *size)
{
    const oap_frame frame = frame_of(e);
    return oap_encode(&frame, out, capacity, size);
}

oap_status send_envelope(oap_session *session, const envelope *e, uint8_t *out, size_t capacity, size_t *size)
{
    const oap_frame frame = frame_of(e);
    return oap_session_send(session, &frame, out, capacity, size);
}

static void put_hello(json_t *json, const oap_row *row)
{
    json_object_set_new(json, "version", json_integer(OAP_PROTOCOL_VERSION));
    json_object_set_new(json, "max_frame", u64_value(row->value));
    if (row->flags & OAP_HAS_FEATURES)
        json_object_set_new(json, "features", u64_value(row->seq));
    if (row->flags & OAP_HAS_ACK_WINDOW)
        json_object_set_new(json, "ack_window", json_integer(row->ack_window));
}

static void put_text(json_t *json, const char *name, const oap_row *row, const uint8_t *bytes)
{
    json_object_set_new(json, name, json_stringn((const char *)bytes + row->text_offset, row->text_len));
}

static void put_data(json_t *json, const oap_row *row, const uint8_t *bytes)
{
    json_object_set_new(json, "seq", u64_value(row->seq));
    if (row->flags & OAP_HAS_OBJ)
        put_text(json, "obj", row, bytes);
    json_object_set_new(json, "len", json_integer(row->body_len));
    json_object_set_new(json, "body", hex_value(bytes + row->body_offset, row->body_len));
}

json_t *envelope_of_row(const oap_row *row, const uint8_t *bytes)
{
    json_t *json = json_object();
    json_object_set_new(json, "kind", json_string(oap_kind_name(row->kind)));
    switch (row->kind) {
    case OAP_KIND_HELLO:
        put_hello(json, row);
        break;
    case OAP_KIND_START:
        put_text(json, "stream", row, bytes);
        break;
    case OAP_KIND_DATA:
        put_data(json, row, bytes);
        break;
    case OAP_KIND_ACK:
        json_object_set_new(json, "up_to", u64_value(row->seq));
        break;
    case OAP_KIND_END:
        json_object_set_new(json, "seq", u64_value(row->seq));
        json_object_set_new(json, "status", json_integer(row->value));
        break;
    case OAP_KIND_ERROR:
        json_object_set_new(json, "code", json_integer(row->value));
        put_text(json, "reason", row, bytes);
        break;
    }
    return json;
}
