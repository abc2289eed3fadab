#include "hostile.h"

#include "wire.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

static const uint8_t BODY[] = {'a', 'b', 'c'};

/* Not that of BODY. */
static const char OTHER_ADDRESS[] = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* The bytes of a case. They are encoded apart from any session: a session would refuse them. */
typedef struct bytes {
    size_t len;
    uint8_t at[4096];
} bytes;

static void add(bytes *out, const void *more, size_t len)
{
    memcpy(out->at + out->len, more, len);
    out->len += len;
}

static void add_frame(bytes *out, const oap_frame *frame)
{
    size_t size = 0;
    oap_status status = oap_encode(frame, out->at + out->len, sizeof out->at - out->len, &size);
    if (status != OAP_STATUS_OK)
        fail("a frame was not encoded: %s", oap_status_name(status));
    out->len += size;
}

static void add_start(bytes *out, const char *stream)
{
    const oap_frame frame = {
        .struct_size = sizeof frame, .kind = OAP_KIND_START, .text = stream, .text_len = strlen(stream)};
    add_frame(out, &frame);
}

static void add_data(bytes *out, uint64_t seq)
{
    const oap_frame frame = {
        .struct_size = sizeof frame, .kind = OAP_KIND_DATA, .seq = seq, .body = BODY, .body_len = sizeof BODY};
    add_frame(out, &frame);
}

static void add_ack(bytes *out, uint64_t up_to)
{
    const oap_frame frame = {.struct_size = sizeof frame, .kind = OAP_KIND_ACK, .seq = up_to};
    add_frame(out, &frame);
}

static void add_hello(bytes *out)
{
    const oap_hello hello = {.version = OAP_PROTOCOL_VERSION, .max_frame = OAP_MAX_FRAME_BYTES};
    const oap_frame frame = {.struct_size = sizeof frame, .kind = OAP_KIND_HELLO, .hello = &hello};
    add_frame(out, &frame);
}

static void oversize(bytes *out)
{
    const uint32_t length = OAP_MAX_FRAME_BYTES + 1;
    const uint8_t prefix[] = {length >> 24, length >> 16 & 0xff, length >> 8 & 0xff, length & 0xff};
    add(out, prefix, sizeof prefix);
}

static void unknown_kind(bytes *out)
{
    add(out, (const uint8_t[]){0, 0, 0, OAP_PREFIX_BYTES, 0x99}, 5);
}

/* up_to = 1 as 81 00 where 01 would do. */
static void bad_header(bytes *out)
{
    add(out, (const uint8_t[]){0, 0, 0, 11, OAP_KIND_ACK, 0, 0, 3, 0x08, 0x81, 0x00}, 11);
}

static void missing_obj(bytes *out)
{
    add_start(out, "objects/hostile");
    add_data(out, 1);
}

/* One DATA more than the window. They are a few hundred bytes that one send puts into one segment, so the peer reads
 * them at once and has no occasion to acknowledge some before the last. */
static void no_credit(bytes *out)
{
    add_start(out, "hostile");
    for (uint64_t seq = 1; seq <= OAP_DEFAULT_ACK_WINDOW + 1; seq++)
        add_data(out, seq);
}

static void no_stream(bytes *out)
{
    add_data(out, 1);
}

static void seq_jump(bytes *out)
{
    add_start(out, "hostile");
    add_data(out, 1);
    add_data(out, 3);
}

static void ack_ahead(bytes *out)
{
    add_ack(out, 1);
}

static void first_is_start(bytes *out)
{
    add_start(out, "hostile");
}

static void half_a_frame(bytes *out)
{
    add_start(out, "hostile");
    out->len /= 2;
}

typedef struct hostile {
    const char *name;
    void (*bytes)(bytes *out);
    uint32_t expected; /* a reject's code */
    bool unannounced;  /* without a HELLO before */
    bool half_close;
} hostile;

static const hostile CASES[] = {
    {.name = "oversize: length 1,048,577, 4 bytes", .bytes = oversize, .expected = OAP_STATUS_FRAME_OVERSIZE},
    {.name = "unknown kind 0x99, 5 bytes", .bytes = unknown_kind, .expected = OAP_STATUS_UNKNOWN_ENVELOPE},
    {.name = "bad header: a varint too long", .bytes = bad_header, .expected = OAP_STATUS_HEADER_MALFORMED},
    {.name = "no credit: window + 1 DATA", .bytes = no_credit, .expected = OAP_STATUS_CREDIT_VIOLATION},
    {.name = "DATA without a stream", .bytes = no_stream, .expected = OAP_STATUS_CREDIT_VIOLATION},
    {.name = "DATA with a seq left out", .bytes = seq_jump, .expected = OAP_STATUS_CREDIT_VIOLATION},
    {.name = "ACK of what was never sent", .bytes = ack_ahead, .expected = OAP_STATUS_CREDIT_VIOLATION},
    {.name = "DATA without its obj", .bytes = missing_obj, .expected = OAP_STATUS_MISSING_OBJ},
    {.name = "half a frame, then the end", .bytes = half_a_frame, .expected = OAP_STATUS_TRUNCATED, .half_close = true},
    {.name = "a first frame that is START", .bytes = first_is_start, .expected = OAP_STATUS_BAD_HELLO,
     .unannounced = true},
    {.name = "a second HELLO", .bytes = add_hello, .expected = OAP_STATUS_BAD_HELLO},
};

static void print_cells(const char *name, const char *expected, const char *got, const char *ok)
{
    printf("%-36s  %-17s  %-17s  %s\n", name, expected, got, ok);
}

static bool print_row(const char *name, const char *expected, const char *got, bool ok)
{
    print_cells(name, expected, got, ok ? "yes" : "NO");
    return ok;
}

/* The peer's ERROR; NULL where it closed without one. */
static const oap_row *receive_error(wire *w)
{
    const oap_row *row;
    do
        row = wire_next(w);
    while (row != NULL && row->kind != OAP_KIND_ERROR);
    return row;
}

static bool run_case(const char *host, const char *port, const hostile *c)
{
    const char *expected = oap_reject_label(c->expected);
    bytes out = {0};
    c->bytes(&out);
    wire *w = wire_open(host, port);
    if (!c->unannounced)
        wire_greet(w);
    wire_send_bytes(w, out.at, out.len);
    if (c->half_close)
        wire_half_close(w);
    const oap_row *error = receive_error(w);
    const char *got = error == NULL ? NULL : oap_reject_label(error->value);
    bool ok = error != NULL && error->value == c->expected && wire_text_is(w, error, expected);
    wire_close(w);
    return print_row(c->name, expected, got == NULL ? "no reject" : got, ok);
}

/* Well-formed bytes that are not those of their address: no reject, but a receipt that says so. */
static bool run_wrong_address(const char *host, const char *port)
{
    wire *w = wire_open(host, port);
    wire_greet(w);
    wire_send_start(w, "objects/hostile");
    wire_send_data(w, 1, OTHER_ADDRESS, BODY, sizeof BODY);
    wire_send_end(w, 1);
    uint32_t status = receive_receipt(w);
    wire_close(w);
    char got[32];
    snprintf(got, sizeof got, "receipt status %u", (unsigned)status);
    return print_row("bytes of another address", "receipt status 1", got, status == 1);
}

bool hostile_cases(const char *host, const char *port)
{
    bool ok = true;
    print_cells("hostile case", "expected", "got", "ok");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        ok = run_case(host, port, &CASES[i]) && ok;
    return run_wrong_address(host, port) && ok;
}
