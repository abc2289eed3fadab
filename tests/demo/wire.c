#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

void fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("demo-client: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    exit(1);
}

static void fail_io(const char *what)
{
    bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;
    fail("%s: %s", what, late ? "the peer took too long" : strerror(errno));
}

static void set(int fd, int level, int option, const void *value, socklen_t len)
{
    if (setsockopt(fd, level, option, value, len) != 0)
        fail_io("setsockopt");
}

static void bind_to(int fd, const char *source)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, source, &at.sin_addr) != 1)
        fail("%s is no IPv4 address", source);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0)
        fail_io(source);
}

static int open_socket(const char *source, const struct addrinfo *to)
{
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd < 0)
        return -1;
    const struct timeval timeout = {.tv_sec = WIRE_TIMEOUT_SECONDS};
    set(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    set(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    set(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (source != NULL)
        bind_to(fd, source);
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int dial(const char *source, const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        fail("%s:%s: %s", host, port, gai_strerror(error));
    int fd = -1;
    for (const struct addrinfo *to = found; to != NULL && fd < 0; to = to->ai_next)
        fd = open_socket(source, to);
    if (fd < 0)
        fail_io("connect");
    freeaddrinfo(found);
    return fd;
}

wire *wire_open(const char *host, const char *port)
{
    return wire_open_from(NULL, host, port);
}

wire *wire_open_from(const char *source, const char *host, const char *port)
{
    wire *w = calloc(1, sizeof *w);
    if (w == NULL)
        fail("out of memory");
    oap_status status = oap_session_new(NULL, &w->session);
    if (status != OAP_STATUS_OK)
        fail("oap_session_new: %s", oap_status_name(status));
    w->socket = dial(source, host, port);
    return w;
}

void wire_close(wire *w)
{
    close(w->socket);
    oap_session_free(w->session);
    free(w);
}

/* The peer has closed; most likely it said why before. */
static _Noreturn void fail_closed(wire *w)
{
    for (;;)
        wire_await(w);
}

void wire_send_bytes(wire *w, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(w->socket, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
            fail_closed(w);
        if (sent < 0)
            fail_io("send");
        bytes += sent;
        len -= (size_t)sent;
    }
}

void wire_send_if_open(wire *w, const uint8_t *bytes, size_t len)
{
    ssize_t sent = send(w->socket, bytes, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EPIPE && errno != ECONNRESET)
        fail_io("send");
}

static _Noreturn void fail_refused(wire *w, oap_status status)
{
    /* The peer's ERROR is what ended it, among the frames that have not been looked at. */
    while (oap_session_has_ended(w->session))
        wire_await(w);
    oap_reject why;
    if (oap_session_refusal(w->session, &why) != OAP_STATUS_OK)
        fail("a frame was not encoded: %s", oap_status_name(status));
    fail("a frame was refused: %s: %.*s %.*s", oap_reject_label(why.code), (int)why.field_len, why.field,
         (int)why.detail_len, why.detail);
}

static void send_frame(wire *w, const oap_frame *frame)
{
    size_t size = 0;
    oap_status status = oap_session_send(w->session, frame, w->output, sizeof w->output, &size);
    if (status != OAP_STATUS_OK)
        fail_refused(w, status);
    wire_send_bytes(w, w->output, size);
}

void wire_greet(wire *w)
{
    const oap_frame own = {.struct_size = sizeof own, .kind = OAP_KIND_HELLO};
    send_frame(w, &own);
    while (!oap_session_is_established(w->session))
        wire_await(w);
}

void wire_send_start(wire *w, const char *stream)
{
    const oap_frame start = {
        .struct_size = sizeof start, .kind = OAP_KIND_START, .text = stream, .text_len = strlen(stream)};
    send_frame(w, &start);
}

void wire_send_data(wire *w, uint64_t seq, const char *obj, const uint8_t *body, size_t len)
{
    while (wire_outbound(w).credit == 0)
        wire_await(w);
    const oap_frame data = {.struct_size = sizeof data, .kind = OAP_KIND_DATA, .seq = seq, .body = body, .body_len = len,
                            .text = obj, .text_len = obj == NULL ? 0 : strlen(obj)};
    send_frame(w, &data);
}

void wire_send_end(wire *w, uint64_t seq)
{
    const oap_frame end = {.struct_size = sizeof end, .kind = OAP_KIND_END, .seq = seq};
    send_frame(w, &end);
}

oap_flow wire_outbound(const wire *w)
{
    oap_flow flow = {0};
    oap_status status = oap_session_outbound(w->session, &flow);
    if (status != OAP_STATUS_OK)
        fail("oap_session_outbound: %s", oap_status_name(status));
    return flow;
}

void wire_half_close(wire *w)
{
    if (shutdown(w->socket, SHUT_WR) != 0)
        fail_io("shutdown");
}

/* Whether bytes came; not so at the end of the input. */
static bool read_some(wire *w)
{
    ssize_t got;
    do
        got = recv(w->socket, w->input, sizeof w->input, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno != ECONNRESET)
        fail_io("recv");
    if (got < 0) /* closed on bytes that were on their way */
        got = 0;
    w->input_len = (size_t)got;
    w->input_taken = 0;
    return got > 0;
}

static void fill_table(wire *w)
{
    oap_status status = oap_session_recv(w->session, w->input + w->input_taken, w->input_len - w->input_taken, w->rows,
                                         WIRE_ROWS, &w->table);
    if (status != OAP_STATUS_OK)
        fail("what the peer sent is rejected: %s", oap_status_name(status));
    w->input_taken += w->table.consumed;
    w->row_next = 0;
}

const oap_row *wire_next(wire *w)
{
    while (w->row_next == w->table.rows) {
        if (w->input_taken == w->input_len && !read_some(w))
            return NULL;
        fill_table(w);
    }
    return &w->rows[w->row_next++];
}

const oap_row *wire_await(wire *w)
{
    const oap_row *row = wire_next(w);
    if (row == NULL)
        fail("the peer closed the connection");
    if (row->kind == OAP_KIND_ERROR)
        fail("the peer sent ERROR %u: %.*s", (unsigned)row->value, (int)row->text_len,
             (const char *)w->table.bytes + row->text_offset);
    return row;
}

bool wire_text_is(const wire *w, const oap_row *row, const char *text)
{
    return row->text_len == strlen(text) && memcmp(w->table.bytes + row->text_offset, text, row->text_len) == 0;
}

uint32_t receive_receipt(wire *w)
{
    const oap_row *row;
    do
        row = wire_await(w);
    while (row->kind != OAP_KIND_START);
    if (!wire_text_is(w, row, "receipt"))
        fail("the peer opened another stream than the receipt");
    do
        row = wire_await(w);
    while (row->kind != OAP_KIND_END);
    return row->value;
}
