#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CHUNK = OAP_STREAM_CHUNK_BYTES, ROWS = 256, PIECES = 16 };

void conn_refresh(conn *conn)
{
    oap_connection_inspect(conn->engine, &conn->info);
}

bool conn_open(conn *conn, int fd, const options *options, on_frame *on_frame, void *application)
{
    const int on = 1;
    *conn = (struct conn){.fd = fd, .on_frame = on_frame, .application = application};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (oap_connection_new(options->config, &options->connection, now_ns(), &conn->engine) != OAP_STATUS_OK)
        return false;
    conn_refresh(conn);
    return true;
}

void conn_free(conn *conn)
{
    oap_connection_free(conn->engine);
    close(conn->fd);
}

bool conn_has_ended(const conn *conn)
{
    return conn->info.state == OAP_CONNECTION_ENDED;
}

short conn_events(const conn *conn)
{
    return (short)((conn->info.wants_read ? POLLIN : 0) | (conn->info.wants_write ? POLLOUT : 0));
}

int conn_timeout(const conn *conn, int most)
{
    if (!conn->info.has_timeout)
        return most;
    uint64_t now = now_ns(), due = conn->info.timeout_ns;
    uint64_t ms = due > now ? (due - now) / 1000000 + 1 : 0;
    return ms < (uint64_t)most ? (int)ms : most;
}

/* Gives the frames of what was read to the application. */
static void give(conn *conn, const uint8_t *chunk, size_t len)
{
    static oap_row rows[ROWS];
    oap_frame_table table;
    for (size_t at = 0; at < len; at += table.consumed) {
        if (oap_connection_receive(conn->engine, now_ns(), chunk + at, len - at, rows, ROWS, &table) != OAP_STATUS_OK)
            return;
        for (size_t i = 0; i < table.rows; i++)
            conn->on_frame(conn->application, &rows[i], table.bytes);
    }
}

void conn_read(conn *conn)
{
    static uint8_t chunk[CHUNK];
    if (!conn->info.wants_read)
        return;
    ssize_t len = read(conn->fd, chunk, sizeof chunk);
    if (len > 0)
        give(conn, chunk, (size_t)len);
    else if (len == 0)
        oap_connection_receive_end(conn->engine, now_ns());
    else if (errno != EAGAIN && errno != EINTR)
        oap_connection_transport_failed(conn->engine);
    conn_refresh(conn);
}

/* One write of all pieces. False: the socket takes no more now. */
static bool write_once(conn *conn)
{
    oap_piece pieces[PIECES];
    struct iovec parts[PIECES];
    size_t count;
    if (oap_connection_transmit(conn->engine, now_ns(), pieces, PIECES, &count) != OAP_STATUS_OK || count == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct iovec){.iov_base = (void *)(uintptr_t)pieces[i].bytes, .iov_len = pieces[i].len};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t written = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
    if (written >= 0) {
        oap_connection_transmitted(conn->engine, now_ns(), (size_t)written);
        return true;
    }
    if (errno != EAGAIN && errno != EINTR)
        oap_connection_transport_failed(conn->engine);
    return false;
}

bool conn_turn(conn *conn)
{
    bool wrote = false;
    oap_connection_handle_timeout(conn->engine, now_ns());
    conn_refresh(conn);
    while (conn->info.wants_write && write_once(conn)) {
        wrote = true;
        conn_refresh(conn);
    }
    conn_refresh(conn);
    if (conn->info.wants_shutdown && !conn->shut) {
        /* ENOTCONN after a reset of the peer: the end of input tells it too. */
        shutdown(conn->fd, SHUT_WR);
        conn->shut = true;
    }
    return wrote;
}

const char *conn_reason(const conn *conn)
{
    static char word[64];
    const char *name = oap_end_reason_name(conn->info.end_reason), *text;
    oap_reject reject;
    uint32_t code;
    size_t len;
    if (oap_connection_reject(conn->engine, &reject) == OAP_STATUS_OK)
        snprintf(word, sizeof word, "%s:%s", name, oap_reject_label(reject.code));
    else if (oap_connection_peer_error(conn->engine, &code, &text, &len) == OAP_STATUS_OK)
        snprintf(word, sizeof word, "%s:%u", name, (unsigned)code);
    else
        snprintf(word, sizeof word, "%s", name != NULL ? name : "none");
    return word;
}
