/* Wire bytes for the tests, and sessions that have met. */
#ifndef FRAMES_H
#define FRAMES_H

#include "check.h"

#define OBJ "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct wire {
    uint8_t at[4096];
    size_t len;
} wire;

/* Frames of each kind. What their kind does not have is soiled: nobody may read it. */
static inline oap_frame frame_of(uint8_t kind)
{
    oap_frame frame;
    SOIL(frame);
    frame.struct_size = sizeof frame;
    frame.kind = kind;
    return frame;
}

static inline oap_frame hello_frame(const oap_hello *hello)
{
    oap_frame frame = frame_of(OAP_KIND_HELLO);
    frame.hello = hello;
    return frame;
}

static inline oap_frame start_frame(const char *stream, size_t len)
{
    oap_frame frame = frame_of(OAP_KIND_START);
    frame.text = stream;
    frame.text_len = len;
    return frame;
}

static inline oap_frame data_frame(uint64_t seq, const char *obj, size_t obj_len, const uint8_t *body, size_t body_len)
{
    oap_frame frame = frame_of(OAP_KIND_DATA);
    frame.seq = seq;
    frame.text = obj;
    frame.text_len = obj_len;
    frame.body = body;
    frame.body_len = body_len;
    return frame;
}

static inline oap_frame ack_frame(uint64_t up_to)
{
    oap_frame frame = frame_of(OAP_KIND_ACK);
    frame.seq = up_to;
    return frame;
}

static inline oap_frame end_frame(uint64_t seq, uint32_t status)
{
    oap_frame frame = frame_of(OAP_KIND_END);
    frame.seq = seq;
    frame.value = status;
    return frame;
}

static inline oap_frame error_frame(uint32_t code, const char *reason, size_t len)
{
    oap_frame frame = frame_of(OAP_KIND_ERROR);
    frame.value = code;
    frame.text = reason;
    frame.text_len = len;
    return frame;
}

static inline oap_status encode_frame(oap_frame frame, uint8_t *out, size_t capacity, size_t *size)
{
    return oap_encode(&frame, out, capacity, size);
}

static inline oap_status send_frame(oap_session *session, oap_frame frame, uint8_t *out, size_t capacity, size_t *size)
{
    return oap_session_send(session, &frame, out, capacity, size);
}

/* The bytes that the output of a call starts at, and how many fit. */
#define ROOM(w) (w)->at + (w)->len, sizeof(w)->at - (w)->len

static inline void add_hello(wire *w)
{
    const oap_hello hello = {OAP_MAX_FRAME_BYTES, 5, OAP_PROTOCOL_VERSION, 16, true, true};
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(hello_frame(&hello), ROOM(w), &size));
    w->len += size;
}

static inline void add_start(wire *w, const char *stream)
{
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(start_frame(stream, strlen(stream)), ROOM(w), &size));
    w->len += size;
}

static inline void add_data(wire *w, uint64_t seq, const char *obj, const char *body)
{
    size_t size = 0;
    size_t obj_len = obj != NULL ? strlen(obj) : 0;
    CHECK_STATUS(OAP_STATUS_OK,
                 encode_frame(data_frame(seq, obj, obj_len, (const uint8_t *)body, strlen(body)), ROOM(w), &size));
    w->len += size;
}

static inline void add_ack(wire *w, uint64_t up_to)
{
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(ack_frame(up_to), ROOM(w), &size));
    w->len += size;
}

static inline void add_end(wire *w, uint64_t seq, uint32_t status)
{
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(end_frame(seq, status), ROOM(w), &size));
    w->len += size;
}

static inline void add_error(wire *w, uint32_t code, const char *reason)
{
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, encode_frame(error_frame(code, reason, strlen(reason)), ROOM(w), &size));
    w->len += size;
}

/* One of each kind. */
static inline void add_all_kinds(wire *w)
{
    add_hello(w);
    add_start(w, "objects/v1");
    add_data(w, 7, OBJ, "abc");
    add_ack(w, 7);
    add_end(w, 7, 300);
    add_error(w, 65535, "bye");
}

static inline oap_session *new_session(const oap_config *config)
{
    oap_session *session = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_new(config, &session));
    return session;
}

/* All of `bytes` is taken in one call, and `rows` frames are in it. */
static inline void take_all(oap_session *session, const uint8_t *bytes, size_t len, size_t rows)
{
    oap_row found[8];
    oap_frame_table table;
    CHECK_STATUS(OAP_STATUS_OK, oap_session_recv(session, bytes, len, found, 8, &table));
    CHECK(table.rows == rows && table.consumed == len);
}

/* `from` says its HELLO to `to`. */
static inline void greet(oap_session *from, oap_session *to)
{
    uint8_t out[64];
    size_t size = 0;
    CHECK_STATUS(OAP_STATUS_OK, send_frame(from, hello_frame(NULL), out, sizeof out, &size));
    take_all(to, out, size, 1);
}

static inline oap_session *new_session_that_met(const oap_config *config, oap_session *peer)
{
    oap_session *session = new_session(config);
    greet(session, peer);
    greet(peer, session);
    return session;
}

#endif
