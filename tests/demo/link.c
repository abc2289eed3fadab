#include "link.h"

#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PIECES = 16, ROWS = 64, MOST_MS = 60000 };

uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void link_open(link_t *link, const char *host, const char *port, const uint8_t *bodies, on_frame *on_frame,
               void *application)
{
    oap_connection_options options;
    oap_connection_options_init(&options);
    options.idle_timeout_ns = (uint64_t)TIMEOUT_SECONDS * 1000000000;
    *link = (link_t){.body = bodies, .on_frame = on_frame, .application = application};
    link->socket = dial(host, port);
    fcntl(link->socket, F_SETFL, fcntl(link->socket, F_GETFL) | O_NONBLOCK);
    oap_status status = oap_connection_new(NULL, &options, now_ns(), &link->engine);
    if (status != OAP_STATUS_OK)
        fail("oap_connection_new: %s", oap_status_name(status));
}

void link_close(link_t *link)
{
    oap_connection_free(link->engine);
    close(link->socket);
}

static bool has_failed(ssize_t result)
{
    return result < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

static void give_frames(link_t *link, const uint8_t *bytes, size_t len)
{
    oap_row rows[ROWS];
    oap_frame_table table;
    for (size_t at = 0; at < len; at += table.consumed) {
        if (oap_connection_receive(link->engine, now_ns(), bytes + at, len - at, rows, ROWS, &table) !=
            OAP_STATUS_OK)
            return;
        for (size_t i = 0; i < table.rows; i++)
            link->on_frame(link->application, &rows[i], table.bytes);
        oap_connection_take(link->engine, now_ns(), table.rows);
    }
}

static void read_some(link_t *link)
{
    static uint8_t input[OAP_STREAM_CHUNK_BYTES];
    ssize_t got = recv(link->socket, input, sizeof input, 0);
    if (got > 0)
        give_frames(link, input, (size_t)got);
    else if (got == 0)
        oap_connection_receive_end(link->engine, now_ns());
    else if (has_failed(got))
        oap_connection_transport_failed(link->engine);
}

/* The pieces as parts of one write; those without bytes are the next of the bodies. */
static size_t gather(const link_t *link, const oap_piece *pieces, size_t count, struct iovec *parts)
{
    const uint8_t *body = link->body;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *bytes = pieces[i].bytes != NULL ? pieces[i].bytes : body;
        parts[i] = (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = pieces[i].len};
        body += pieces[i].bytes != NULL ? 0 : pieces[i].len;
    }
    return count;
}

static void pass_bodies(link_t *link, const oap_piece *pieces, size_t written)
{
    for (; written > 0; pieces++) {
        size_t len = written < pieces->len ? written : pieces->len;
        link->body += pieces->bytes != NULL ? 0 : len;
        written -= len;
    }
}

static void write_some(link_t *link)
{
    oap_piece pieces[PIECES];
    struct iovec parts[PIECES];
    size_t count;
    if (oap_connection_transmit(link->engine, now_ns(), pieces, PIECES, &count) != OAP_STATUS_OK || count == 0)
        return;
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = gather(link, pieces, count, parts)};
    ssize_t written = sendmsg(link->socket, &message, MSG_NOSIGNAL);
    if (has_failed(written))
        oap_connection_transport_failed(link->engine);
    if (written < 0)
        return;
    pass_bodies(link, pieces, (size_t)written);
    oap_connection_transmitted(link->engine, now_ns(), (size_t)written);
}

static int wait_ms(const oap_connection_info *info)
{
    uint64_t now = now_ns(), ms = info->timeout_ns > now ? (info->timeout_ns - now) / 1000000 + 1 : 0;
    return info->has_timeout && ms < MOST_MS ? (int)ms : MOST_MS;
}

bool link_turn(link_t *link)
{
    oap_connection_handle_timeout(link->engine, now_ns());
    oap_connection_inspect(link->engine, &link->info);
    if (link->info.wants_shutdown)
        shutdown(link->socket, SHUT_WR); /* again does nothing */
    if (link->info.state == OAP_CONNECTION_ENDED)
        return false;
    short events = (short)((link->info.wants_read ? POLLIN : 0) | (link->info.wants_write ? POLLOUT : 0));
    struct pollfd ready = {.fd = link->socket, .events = events};
    poll(&ready, 1, wait_ms(&link->info));
    if (ready.revents & ~POLLOUT)
        read_some(link);
    if (ready.revents & POLLOUT)
        write_some(link);
    oap_connection_inspect(link->engine, &link->info);
    return true;
}

_Noreturn void link_fail(const link_t *link)
{
    const char *text;
    uint32_t code;
    size_t len;
    if (oap_connection_peer_error(link->engine, &code, &text, &len) == OAP_STATUS_OK)
        fail("the peer sent ERROR %u: %.*s", (unsigned)code, (int)len, text);
    oap_reject why;
    if (oap_connection_reject(link->engine, &why) == OAP_STATUS_OK)
        fail("what the peer sent is rejected: %s", oap_reject_label(why.code));
    if (link->info.end_reason == OAP_END_CLEAN || link->info.end_reason == OAP_END_UNACKNOWLEDGED)
        fail("the peer closed the connection");
    fail("the connection ended: %s", oap_end_reason_name(link->info.end_reason));
}
