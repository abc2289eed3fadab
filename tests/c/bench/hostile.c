/* What hostile bytes cost, a byte, beside honest ones: streams that end in each reject, unknown fields in relaxed mode,
   and streams that trickle. */
#include "cases.h"

#include <oap.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 16, MOST_ROWS = ROOM / OAP_PREFIX_BYTES };

typedef struct stream {
    work bytes; /* first, to be found by it */
    oap_config *config;
    oap_status verdict; /* what its end comes to */
    uint8_t room[ROOM];
} stream;

static oap_row rows[MOST_ROWS];

static void add(stream *stream, const void *bytes, size_t len)
{
    if (stream->bytes.size + len > ROOM)
        abort();
    memcpy(stream->room + stream->bytes.size, bytes, len);
    stream->bytes.size += len;
}

static void add_frame(stream *stream, uint8_t kind, const void *header, size_t header_len)
{
    const size_t length = OAP_PREFIX_BYTES + header_len;
    const uint8_t prefix[OAP_PREFIX_BYTES] = {0, 0, (uint8_t)(length >> 8), (uint8_t)length, kind, 0,
                                              (uint8_t)(header_len >> 8), (uint8_t)header_len};
    add(stream, prefix, sizeof prefix);
    add(stream, header, header_len);
}

#define ADD_FRAME(stream, kind, header) add_frame((stream), (kind), (header), sizeof(header) - 1)

static stream *new_stream(oap_status verdict)
{
    stream *made = calloc(1, sizeof *made);
    if (made == NULL || oap_config_new(&made->config) != OAP_STATUS_OK ||
        oap_config_set_ack_window_frames(made->config, OAP_MAX_ACK_WINDOW) != OAP_STATUS_OK)
        abort();
    made->bytes.wire = made->room;
    made->verdict = verdict;
    return made;
}

static stream *new_tiny_stream(oap_status verdict)
{
    const work *tiny = work_named("tiny");
    stream *made = new_stream(verdict);
    add(made, tiny->wire, tiny->size);
    return made;
}

/* On a stream that a session takes. */
static stream *new_session_stream(oap_status verdict)
{
    const work *tiny = work_named("tiny");
    stream *made = new_stream(verdict);
    ADD_FRAME(made, OAP_KIND_HELLO, "\x08\x01\x10\x80\x80\x40");
    ADD_FRAME(made, OAP_KIND_START, "\x0a\x01s");
    add(made, tiny->wire, tiny->size);
    return made;
}

/* What costs most a byte and is honest: nothing but fields, which are read by the table. */
static stream *new_end_stream(void)
{
    stream *made = new_stream(OAP_STATUS_OK);
    for (int i = 0; i < 1000; i++)
        ADD_FRAME(made, OAP_KIND_END, "\x08\x07\x10\x00");
    return made;
}

/* Headers of 2 KiB, all of it fields that nobody knows. */
static stream *new_strange_stream(void)
{
    uint8_t header[OAP_MAX_HEADER_BYTES] = {0x08, 0x01};
    stream *made = new_stream(OAP_STATUS_OK);
    for (size_t at = 2; at < sizeof header; at += 2)
        header[at] = 0x78;
    for (int i = 0; i < 8; i++)
        add_frame(made, OAP_KIND_ACK, header, sizeof header);
    if (oap_config_set_strict_headers(made->config, false) != OAP_STATUS_OK)
        abort();
    return made;
}

/* A decoder for the whole stream. */
static size_t decoded(const work *work)
{
    const stream *stream = (const void *)work;
    oap_decoder *decoder;
    oap_frame_table table;
    size_t at = 0;
    if (oap_decoder_new(stream->config, &decoder) != OAP_STATUS_OK)
        return 0;
    oap_status status;
    do {
        status = oap_decoder_decode(decoder, work->wire + at, work->size - at, rows, MOST_ROWS, &table);
        if (status == OAP_STATUS_OK)
            at += table.consumed;
    } while (status == OAP_STATUS_OK && table.more);
    if (status == OAP_STATUS_OK)
        status = oap_decoder_finish(decoder, work->wire + at, work->size - at);
    oap_decoder_free(decoder);
    return status == stream->verdict ? work->size : 0;
}

/* A session for the whole stream. */
static size_t received(const work *work)
{
    const stream *stream = (const void *)work;
    const oap_frame own = {.struct_size = sizeof own, .kind = OAP_KIND_HELLO};
    uint8_t hello[OAP_MAX_HEAD_BYTES];
    oap_session *session;
    oap_frame_table table;
    size_t at = 0, size;
    if (oap_session_new(stream->config, &session) != OAP_STATUS_OK ||
        oap_session_send(session, &own, hello, sizeof hello, &size) != OAP_STATUS_OK)
        return 0;
    oap_status status;
    do {
        status = oap_session_recv(session, work->wire + at, work->size - at, rows, MOST_ROWS, &table);
        if (status == OAP_STATUS_OK)
            at += table.consumed;
    } while (status == OAP_STATUS_OK && table.more);
    oap_session_free(session);
    return status == stream->verdict ? work->size : 0;
}

/* A byte a call. */
static size_t trickled(const work *work)
{
    const stream *stream = (const void *)work;
    oap_stream_decoder *decoder;
    oap_frame_table table;
    oap_status status = OAP_STATUS_OK;
    if (oap_stream_decoder_new(stream->config, &decoder) != OAP_STATUS_OK)
        return 0;
    for (size_t at = 0; status == OAP_STATUS_OK && at < work->size; at++)
        status = oap_stream_decoder_feed(decoder, work->wire + at, 1, rows, MOST_ROWS, &table);
    oap_stream_decoder_free(decoder);
    return status == stream->verdict ? work->size : 0;
}

static bench_case *add_stream(bench_case *to, const char *what, stream *stream, size_t (*run)(const work *))
{
    const work *bytes = &stream->bytes;
    *to = (bench_case){"c", what, "oap", "byte", run, "hostile", bytes, bytes->size, bytes->size};
    return to + 1;
}

static stream *ending(oap_status verdict, uint8_t kind, const char *header, size_t header_len)
{
    stream *made = new_tiny_stream(verdict);
    add_frame(made, kind, header, header_len);
    return made;
}

#define ENDING(status, kind, header) ending((status), (kind), (header), sizeof(header) - 1)

static stream *ending_early(oap_status verdict, const void *bytes, size_t len)
{
    stream *made = new_tiny_stream(verdict);
    add(made, bytes, len);
    return made;
}

static stream *without_obj(void)
{
    stream *made = new_session_stream(OAP_STATUS_MISSING_OBJ);
    ADD_FRAME(made, OAP_KIND_END, "\x08\xe8\x07\x10\x00");
    ADD_FRAME(made, OAP_KIND_START, "\x0a\x07objects");
    ADD_FRAME(made, OAP_KIND_DATA, "\x08\xe9\x07");
    return made;
}

static stream *out_of_turn(void)
{
    stream *made = new_session_stream(OAP_STATUS_CREDIT_VIOLATION);
    ADD_FRAME(made, OAP_KIND_DATA, "\x08\x07");
    return made;
}

static stream *with_features(void)
{
    stream *made = ENDING(OAP_STATUS_BAD_HELLO_PQ, OAP_KIND_HELLO, "\x08\x01\x10\x80\x80\x40\x18\x01");
    if (oap_config_set_allow_pq_hello_flags(made->config, false) != OAP_STATUS_OK)
        abort();
    return made;
}

size_t add_hostile(bench_case *all)
{
    static const uint8_t oversize[] = {0x00, 0x10, 0x00, 0x01}, stranger[] = {0, 0, 0, 8, 0x99};
    bench_case *to = all;
    to = add_stream(to, "honest: DATA of 32 bytes", new_tiny_stream(OAP_STATUS_OK), decoded);
    to = add_stream(to, "honest: END, the dearest a byte", new_end_stream(), decoded);
    to = add_stream(to, "reject: bad_hello", ENDING(OAP_STATUS_BAD_HELLO, OAP_KIND_HELLO, "\x08\x02"), decoded);
    to = add_stream(to, "reject: bad_hello_pq", with_features(), decoded);
    to = add_stream(to, "reject: frame_oversize", ending_early(OAP_STATUS_FRAME_OVERSIZE, oversize, sizeof oversize), decoded);
    to = add_stream(to, "reject: unknown_envelope", ending_early(OAP_STATUS_UNKNOWN_ENVELOPE, stranger, 5), decoded);
    to = add_stream(to, "reject: header_malformed", ENDING(OAP_STATUS_HEADER_MALFORMED, OAP_KIND_ACK, "\x08\x80\x00"), decoded);
    to = add_stream(to, "reject: truncated", ending_early(OAP_STATUS_TRUNCATED, stranger, 3), decoded);
    to = add_stream(to, "relaxed: unknown fields of 2 bytes", new_strange_stream(), decoded);
    to = add_stream(to, "session: honest", new_session_stream(OAP_STATUS_OK), received);
    to = add_stream(to, "session: missing_obj", without_obj(), received);
    to = add_stream(to, "session: credit_violation", out_of_turn(), received);
    return (size_t)(to - all);
}

size_t add_trickled(bench_case *all)
{
    stream *malformed = ENDING(OAP_STATUS_HEADER_MALFORMED, OAP_KIND_ACK, "\x08\x80\x00");
    bench_case *to = all;
    to = add_stream(to, "byte by byte: honest DATA", new_tiny_stream(OAP_STATUS_OK), trickled);
    to = add_stream(to, "byte by byte: unknown fields, relaxed", new_strange_stream(), trickled);
    to = add_stream(to, "byte by byte: header_malformed", malformed, trickled);
    return (size_t)(to - all);
}
