/* One end of a connection that counts: a server answers each stream with its length, a client sends one stream and waits
 * for the answer. It does no I/O: poll.c and uv.c move its bytes. */
#include <oap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum stage { IDLE, START, BODY, END };

/* A stream of the peer's that has ended and is not answered. */
struct ended {
    uint64_t bytes;
    size_t frames;
};

typedef struct counter {
    oap_connection *engine;
    oap_connection_info info;
    bool is_client;
    uint64_t bytes;      /* of the peer's stream */
    size_t frames;       /* of it, given and not taken */
    struct ended *ended; /* those from `first` on wait; the engine bounds them, since they are not taken */
    size_t first, end, room;
    enum stage stage; /* of the stream that goes out */
    uint64_t left;    /* of its body */
    char text[24];    /* the answer, NUL-terminated */
} counter;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A client sends a stream of so many bytes. False: there is no memory. */
static bool counter_open(counter *c, bool is_client, uint64_t bytes)
{
    oap_connection_options options = {.struct_size = sizeof options};
    *c = (counter){.is_client = is_client, .stage = is_client ? START : IDLE, .left = bytes};
    oap_connection_options_init(&options);
    options.idle_timeout_ns = 300 * 1000000000ull;
    options.receive_limit = 4 << 20; /* of streams whose answers wait for credit */
    return oap_connection_new(NULL, &options, now_ns(), &c->engine) == OAP_STATUS_OK;
}

static void counter_free(counter *c)
{
    oap_connection_free(c->engine);
    free(c->ended);
}

/* For one more stream that has ended: half of the room is free, or there is twice as much. */
static bool make_room(counter *c)
{
    if (c->end < c->room)
        return true;
    if (c->first > c->room / 2) {
        c->end -= c->first;
        memmove(c->ended, c->ended + c->first, c->end * sizeof *c->ended);
        c->first = 0;
        return true;
    }
    void *more = realloc(c->ended, (c->room * 2 + 8) * sizeof *c->ended);
    if (more != NULL) {
        c->ended = more;
        c->room = c->room * 2 + 8;
    }
    return more != NULL;
}

static void on_end(counter *c)
{
    if (c->is_client) {
        oap_connection_take(c->engine, now_ns(), SIZE_MAX); /* what is not taken is not acknowledged */
        oap_connection_close(c->engine, now_ns(), OAP_CLOSE_TIMEOUT);
        return;
    }
    if (!make_room(c)) {
        oap_connection_abort(c->engine);
        return;
    }
    c->ended[c->end++] = (struct ended){.bytes = c->bytes, .frames = c->frames};
    c->frames = 0;
}

static void on_frame(counter *c, const oap_row *row, const uint8_t *bytes)
{
    c->frames++;
    if (row->kind == OAP_KIND_START)
        c->bytes = 0;
    if (row->kind == OAP_KIND_DATA)
        c->bytes += row->body_len;
    if (row->kind == OAP_KIND_DATA && c->is_client)
        snprintf(c->text, sizeof c->text, "%.*s", (int)row->body_len, (const char *)bytes + row->body_offset);
    if (row->kind == OAP_KIND_END)
        on_end(c);
}

/* Takes what was read. */
static void counter_receive(counter *c, const uint8_t *chunk, size_t len)
{
    oap_row rows[64];
    oap_frame_table table = {.more = true};
    for (size_t at = 0; table.more; at += table.consumed) {
        if (oap_connection_receive(c->engine, now_ns(), chunk + at, len - at, rows, 64, &table) != OAP_STATUS_OK)
            return;
        for (size_t i = 0; i < table.rows; i++)
            on_frame(c, &rows[i], table.bytes);
    }
}

static oap_status send_body(counter *c)
{
    static const uint8_t zeros[OAP_STREAM_CHUNK_BYTES];
    oap_status status = OAP_STATUS_OK;
    while (status == OAP_STATUS_OK && c->left > 0) {
        uint64_t most = c->info.max_body < sizeof zeros ? c->info.max_body : sizeof zeros;
        size_t len = (size_t)(c->left < most ? c->left : most);
        const uint8_t *body = c->is_client ? zeros : (const uint8_t *)c->text;
        status = oap_connection_data(c->engine, now_ns(), NULL, 0, body, len, NULL);
        c->left -= status == OAP_STATUS_OK ? len : 0;
    }
    return status;
}

static oap_status send_stage(counter *c)
{
    oap_connection_inspect(c->engine, &c->info);
    if (c->stage == START)
        return oap_connection_start(c->engine, now_ns(), c->is_client ? "notes" : "count", 5);
    return c->stage == BODY ? send_body(c) : oap_connection_end_stream(c->engine, now_ns(), 0);
}

/* Whether there is something to send. */
static bool has_work(counter *c)
{
    if (c->stage == IDLE && c->first < c->end) {
        unsigned long long bytes = c->ended[c->first].bytes;
        c->left = (uint64_t)snprintf(c->text, sizeof c->text, "%llu", bytes);
        c->stage = START;
    }
    return c->stage != IDLE;
}

/* A stream is written whole. The one that it answers is dealt with: its credit goes back. */
static void sent(counter *c)
{
    c->stage = IDLE;
    if (!c->is_client)
        oap_connection_take(c->engine, now_ns(), c->ended[c->first++].frames);
    if (c->first == c->end)
        c->first = c->end = 0;
}

/* Sends and takes what can be sent and taken now. */
static void counter_move(counter *c)
{
    oap_status status = OAP_STATUS_OK;
    while (has_work(c) && (status = send_stage(c)) == OAP_STATUS_OK) {
        if (c->stage == END)
            sent(c);
        else
            c->stage++;
    }
    if (c->first == c->end || status == OAP_STATUS_CLOSED) {
        oap_connection_take(c->engine, now_ns(), SIZE_MAX); /* all of it */
        c->frames = 0;
    }
    oap_connection_inspect(c->engine, &c->info);
}

static bool counter_has_ended(const counter *c)
{
    return c->info.state == OAP_CONNECTION_ENDED;
}

/* Milliseconds until the engine wants to be called, at most `most`. */
static int counter_timeout(const counter *c, int most)
{
    uint64_t now = now_ns(), due = c->info.timeout_ns;
    uint64_t ms = due > now ? (due - now) / 1000000 + 1 : 0;
    return c->info.has_timeout && ms < (uint64_t)most ? (int)ms : most;
}

/* Tells how it ended. */
static void counter_report(const counter *c)
{
    const char *answer = c->is_client ? c->text : "";
    printf("ended %s%s%s\n", oap_end_reason_name(c->info.end_reason), *answer ? " " : "", answer);
}
