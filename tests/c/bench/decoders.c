/* Frames from bytes: one call for all of them, one call a frame, and pieces. */
#include "cases.h"
#include "floor.h"
#include "http2.h"

#include <oap.h>
#include <stdlib.h>
#include <time.h>

static oap_row rows[MOST_FRAMES];

static oap_monitor *the_monitor(void)
{
    static oap_monitor *monitor;
    if (monitor == NULL && oap_monitor_new(NULL, &monitor) != OAP_STATUS_OK)
        abort();
    return monitor;
}

static oap_decoder *new_decoder(const oap_monitor *monitor)
{
    oap_decoder *decoder;
    if (oap_decoder_new(NULL, &decoder) != OAP_STATUS_OK ||
        (monitor != NULL && oap_decoder_set_monitor(decoder, monitor) != OAP_STATUS_OK))
        abort();
    return decoder;
}

/* Frames found, up to `capacity` a call. */
static size_t decode(oap_decoder *decoder, const work *work, size_t capacity)
{
    size_t found = 0, at = 0;
    oap_frame_table table;
    for (; at < work->size; at += table.consumed, found += table.rows)
        if (oap_decoder_decode(decoder, work->wire + at, work->size - at, rows, capacity, &table) != OAP_STATUS_OK)
            return 0;
    return found;
}

static size_t table(const work *work)
{
    static oap_decoder *decoder;
    decoder = decoder != NULL ? decoder : new_decoder(NULL);
    return decode(decoder, work, MOST_FRAMES);
}

static size_t one(const work *work)
{
    static oap_decoder *decoder;
    decoder = decoder != NULL ? decoder : new_decoder(NULL);
    return decode(decoder, work, 1);
}

static size_t table_monitored(const work *work)
{
    static oap_decoder *decoder;
    decoder = decoder != NULL ? decoder : new_decoder(the_monitor());
    return decode(decoder, work, MOST_FRAMES);
}

static size_t one_monitored(const work *work)
{
    static oap_decoder *decoder;
    decoder = decoder != NULL ? decoder : new_decoder(the_monitor());
    return decode(decoder, work, 1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

/* As a host does that wants the histograms. */
static size_t one_timed(const work *work)
{
    static oap_decoder *decoder;
    size_t found = 0, at = 0;
    oap_frame_table table;
    decoder = decoder != NULL ? decoder : new_decoder(the_monitor());
    for (; at < work->size; at += table.consumed, found += table.rows) {
        const uint64_t start = now();
        oap_status status = oap_decoder_decode(decoder, work->wire + at, work->size - at, rows, 1, &table);
        oap_monitor_observe_read(the_monitor(), now() - start);
        if (status != OAP_STATUS_OK)
            return 0;
    }
    return found;
}

static size_t split(const work *work)
{
    static oap_stream_decoder *decoder;
    size_t found = 0;
    oap_frame_table table;
    if (decoder == NULL && oap_stream_decoder_new(NULL, &decoder) != OAP_STATUS_OK)
        abort();
    for (size_t at = 0; at < work->size; at += work->chunk) {
        size_t left = work->size - at, len = left < work->chunk ? left : work->chunk;
        for (size_t used = 0; used < len; used += table.consumed, found += table.rows)
            if (oap_stream_decoder_feed(decoder, work->wire + at + used, len - used, rows, MOST_FRAMES, &table) !=
                OAP_STATUS_OK)
                return 0;
    }
    return found;
}

static size_t by_hand(const work *work)
{
    static floor_row floor_rows[MOST_FRAMES];
    size_t consumed = 0;
    size_t found = floor_decode(work->wire, work->size, floor_rows, MOST_FRAMES, &consumed);
    return consumed == work->size ? found : 0;
}

static size_t core_table(const work *work)
{
    return rust_table(work->wire, work->size, rows, MOST_FRAMES);
}

static size_t core_one(const work *work)
{
    return rust_one(work->wire, work->size);
}

static size_t core_split(const work *work)
{
    return rust_split(work->wire, work->size, rows, MOST_FRAMES, work->chunk);
}

static const bench_case whole[] = {
    {.language = "c", .what = "by hand", .role = "floor", .run = by_hand},
    {.language = "c", .what = "table", .role = "oap", .run = table},
    {.language = "c", .what = "table, monitored", .role = "oap", .run = table_monitored},
    {.language = "c", .what = "one call a frame", .role = "oap", .run = one},
    {.language = "c", .what = "one call a frame, monitored", .role = "oap", .run = one_monitored},
    {.language = "c", .what = "one call a frame, monitored and timed", .role = "oap", .run = one_timed},
    {.language = "c", .what = "the core in Rust: table", .role = "floor", .run = core_table},
    {.language = "c", .what = "the core in Rust: one call a frame", .role = "floor", .run = core_one},
    {.language = "c", .what = "nghttp2", .role = "peer", .run = http2_decode},
    {.language = "cpp", .what = "table", .role = "oap", .run = cpp_table},
    {.language = "cpp", .what = "one call a frame", .role = "oap", .run = cpp_one},
    {.language = "cpp", .what = "one call a frame, monitored and timed", .role = "oap", .run = cpp_timed},
    {.language = "cpp", .what = "object", .role = "oap", .run = cpp_frames},
};

static const bench_case pieces[] = {
    {.language = "c", .what = "by hand, whole", .role = "floor", .run = by_hand},
    {.language = "c", .what = "stream decoder", .role = "oap", .run = split},
    {.language = "c", .what = "the core in Rust: stream decoder", .role = "floor", .run = core_split},
    {.language = "c", .what = "nghttp2", .role = "peer", .run = http2_decode},
    {.language = "cpp", .what = "stream decoder", .role = "oap", .run = cpp_split},
};

size_t add_decoders(bench_case *all, const work *work)
{
    const bool whole_work = work->chunk == work->size;
    const bench_case *from = whole_work ? whole : pieces;
    const size_t count = whole_work ? sizeof whole / sizeof *whole : sizeof pieces / sizeof *pieces;
    for (size_t i = 0; i < count; i++) {
        all[i] = from[i];
        all[i].unit = "frame";
        all[i].work = work->name;
        all[i].units = all[i].seen = work->frames;
        all[i].on = work;
    }
    return count;
}
