#include "work.h"

#include "floor.h"

#include <oap.h>
#include <stdlib.h>
#include <string.h>

static const char OBJ[] = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

enum { HTTP2_HEAD = 9, HTTP2_DATA = 0, HTTP2_WINDOW_UPDATE = 8, CHUNK = 1460 };

static void *room(size_t size)
{
    void *room = malloc(size);
    if (room == NULL)
        abort();
    return room;
}

/* The head of an HTTP/2 frame on stream 1. */
static size_t http2_head(uint8_t *out, size_t body, uint8_t type)
{
    const uint8_t head[HTTP2_HEAD] = {(uint8_t)(body >> 16), (uint8_t)(body >> 8), (uint8_t)body, type, 0, 0, 0, 0, 1};
    memcpy(out, head, sizeof head);
    return sizeof head;
}

static work data_work(const char *name, size_t frames, size_t body, bool obj)
{
    const size_t obj_len = obj ? OBJ_BYTES : 0;
    uint8_t *bytes = memset(room(body), 0x5a, body);
    uint8_t *wire = room(frames * (OAP_MAX_HEAD_BYTES + body)), *http2 = room(frames * (HTTP2_HEAD + obj_len + body));
    size_t at = 0, http2_at = 0, size;
    oap_frame frame = {.struct_size = sizeof frame, .kind = OAP_KIND_DATA, .body = bytes, .body_len = body,
                       .text = obj ? OBJ : NULL, .text_len = obj_len};
    for (frame.seq = 1; frame.seq <= frames; frame.seq++) {
        if (oap_encode(&frame, wire + at, OAP_MAX_HEAD_BYTES + body, &size) != OAP_STATUS_OK)
            abort();
        at += size;
        http2_at += http2_head(http2 + http2_at, obj_len + body, HTTP2_DATA);
        memcpy(http2 + http2_at, OBJ, obj_len);
        memcpy(http2 + http2_at + obj_len, bytes, body);
        http2_at += obj_len + body;
    }
    free(bytes);
    return (work){name, frames, obj, wire, at, http2, http2_at, at};
}

static work ack_work(size_t frames)
{
    static const uint8_t one[4] = {0, 0, 0, 1};
    uint8_t *wire = room(frames * OAP_MAX_HEAD_BYTES), *http2 = room(frames * (HTTP2_HEAD + sizeof one));
    size_t at = 0, http2_at = 0, size;
    oap_frame frame = {.struct_size = sizeof frame, .kind = OAP_KIND_ACK};
    for (frame.seq = 1; frame.seq <= frames; frame.seq++) {
        if (oap_encode(&frame, wire + at, OAP_MAX_HEAD_BYTES, &size) != OAP_STATUS_OK)
            abort();
        at += size;
        http2_at += http2_head(http2 + http2_at, sizeof one, HTTP2_WINDOW_UPDATE);
        memcpy(http2 + http2_at, one, sizeof one);
        http2_at += sizeof one;
    }
    return (work){"ack", frames, false, wire, at, http2, http2_at, at};
}

const work *all_works(void)
{
    static work works[6];
    if (works[0].name == NULL) {
        works[0] = data_work("tiny", MOST_FRAMES, TINY_BODY, false);
        works[1] = ack_work(MOST_FRAMES);
        works[2] = data_work("obj", 200, 4 << 10, true);
        works[3] = data_work("obj64k", 64, 64 << 10, true);
        works[4] = works[0];
        works[4].name = "split";
        works[4].chunk = CHUNK;
    }
    return works;
}

const work *work_named(const char *name)
{
    const work *found = all_works();
    while (strcmp(found->name, name) != 0)
        found++;
    return found;
}
