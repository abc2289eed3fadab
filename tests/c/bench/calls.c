/* What a call costs, and bytes from frames. */
#include "cases.h"
#include "floor.h"
#include "http2.h"

#include <oap.h>
#include <stdlib.h>

enum { CALLS = 1000, SEVERAL = 64, TINY_FRAME = OAP_PREFIX_BYTES + 2 + TINY_BODY };

static uint8_t out[MOST_FRAMES * (OAP_MAX_HEAD_BYTES + TINY_BODY)];
static const uint8_t body[TINY_BODY];

static size_t by_hand(const work *work)
{
    size_t at = 0;
    for (uint64_t seq = 1; seq <= work->frames; seq++)
        at += floor_encode(seq, body, sizeof body, out + at);
    return at;
}

static size_t one_by_one(const work *work)
{
    oap_frame frame = {.struct_size = sizeof frame, .kind = OAP_KIND_DATA, .body = body, .body_len = sizeof body};
    size_t at = 0, size;
    for (frame.seq = 1; frame.seq <= work->frames; frame.seq++, at += size)
        if (oap_encode(&frame, out + at, sizeof out - at, &size) != OAP_STATUS_OK)
            return 0;
    return at;
}

/* The frames of a table, in one call. */
static size_t in_rows(const work *work)
{
    static oap_row rows[MOST_FRAMES];
    oap_encoded encoded;
    if (rows[0].kind == 0)
        for (size_t i = 0; i < MOST_FRAMES; i++)
            rows[i] = (oap_row){.kind = OAP_KIND_DATA, .seq = i + 1, .body_len = sizeof body};
    if (oap_encode_rows(rows, work->frames, body, sizeof body, out, sizeof out, &encoded) != OAP_STATUS_OK)
        return 0;
    return encoded.rows == work->frames ? encoded.written : 0;
}

static size_t by_the_core(const work *work)
{
    return rust_encode(work->frames, body, sizeof body);
}

static size_t by_http2(const work *work)
{
    return http2_encode(work->frames) == work->frames ? work->size : 0;
}

size_t add_encoders(bench_case *all)
{
    const bench_case encoders[] = {
        {.language = "c", .what = "by hand", .role = "floor", .run = by_hand},
        {.language = "c", .what = "oap_encode", .role = "oap", .run = one_by_one},
        {.language = "c", .what = "oap_encode_rows", .role = "oap", .run = in_rows},
        {.language = "c", .what = "the core in Rust: encode_to", .role = "floor", .run = by_the_core},
        {.language = "c", .what = "nghttp2", .role = "peer", .run = by_http2},
        {.language = "cpp", .what = "encode", .role = "oap", .run = cpp_encode},
    };
    const work *tiny = work_named("tiny");
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        all[i] = encoders[i];
        all[i].unit = "frame";
        all[i].work = "encode";
        all[i].on = tiny;
        all[i].units = tiny->frames;
        all[i].seen = tiny->size;
    }
    return sizeof encoders / sizeof *encoders;
}

/* Frames that each of CALLS calls finds at the front of the bytes. */
static size_t decode(const work *work, size_t len, size_t capacity, size_t frames)
{
    static oap_decoder *decoder;
    static oap_row rows[SEVERAL];
    oap_frame_table table;
    if (decoder == NULL && oap_decoder_new(NULL, &decoder) != OAP_STATUS_OK)
        abort();
    for (size_t i = 0; i < CALLS; i++)
        if (oap_decoder_decode(decoder, work->wire, len, rows, capacity, &table) != OAP_STATUS_OK ||
            table.rows != frames)
            return 0;
    return CALLS;
}

static size_t empty(const work *work)
{
    (void)work;
    for (size_t i = 0; i < CALLS; i++)
        if (oap_abi_version() != OAP_ABI_VERSION)
            return 0;
    return CALLS;
}

static size_t one(const work *work)
{
    return decode(work, TINY_FRAME, 1, 1);
}

/* As who can't know that there is but one. */
static size_t one_of_many(const work *work)
{
    return decode(work, TINY_FRAME, SEVERAL, 1);
}

static size_t sixty_four(const work *work)
{
    return decode(work, SEVERAL * TINY_FRAME, SEVERAL, SEVERAL);
}

static size_t set_up(const work *work)
{
    (void)work;
    for (size_t i = 0; i < CALLS; i++) {
        oap_decoder *decoder;
        if (oap_decoder_new(NULL, &decoder) != OAP_STATUS_OK)
            return 0;
        oap_decoder_free(decoder);
    }
    return CALLS;
}

size_t add_calls(bench_case *all)
{
    const bench_case calls[] = {
        {.language = "c", .what = "empty", .role = "floor", .unit = "call", .run = empty},
        {.language = "c", .what = "one", .role = "oap", .unit = "call", .run = one},
        {.language = "c", .what = "one, with room for 64", .role = "oap", .unit = "call", .run = one_of_many},
        {.language = "c", .what = "sixtyfour", .role = "oap", .unit = "call", .run = sixty_four},
        {.language = "c", .what = "decoder made and freed", .role = "oap", .unit = "call", .run = set_up},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        all[i] = calls[i];
        all[i].work = "calls";
        all[i].on = work_named("tiny");
        all[i].units = all[i].seen = CALLS;
    }
    return sizeof calls / sizeof *calls;
}
