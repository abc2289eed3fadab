/* The socket of a connection: a turn writes what there is, waits for bytes or the next deadline, and reads. */
#include <errno.h>
#include <oap.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
typedef void take_frame(void *user, const oap_row *row, const uint8_t *bytes);
static uint64_t now(void) {
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec : 0;
}
static void io_write(oap_connection *c, int fd) {
    oap_piece piece;
    size_t count;
    if (oap_connection_transmit(c, now(), &piece, 1, &count) != OAP_STATUS_OK || count == 0) return;
    const ssize_t written = send(fd, piece.bytes, piece.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written >= 0) oap_connection_transmitted(c, now(), (size_t)written);
    else if (errno != EAGAIN) oap_connection_transport_failed(c);
}
static void io_read(oap_connection *c, int fd, take_frame *take, void *user) {
    uint8_t in[OAP_STREAM_CHUNK_BYTES];
    oap_row rows[64];
    oap_frame_table table = {0};
    const ssize_t got = recv(fd, in, sizeof in, MSG_DONTWAIT);
    if (got == 0) oap_connection_receive_end(c, now());
    if (got < 0 && errno != EAGAIN) oap_connection_transport_failed(c);
    for (size_t at = 0; got > 0 && at < (size_t)got; at += table.consumed) {
        if (oap_connection_receive(c, now(), in + at, (size_t)got - at, rows, 64, &table) != OAP_STATUS_OK) return;
        for (size_t i = 0; i < table.rows; i++) take(user, &rows[i], table.bytes);
        oap_connection_take(c, now(), table.rows);
    }
}
/* False once the connection has ended. */
static bool io_turn(oap_connection *c, int fd, take_frame *take, void *user) {
    oap_connection_info i;
    if (oap_connection_handle_timeout(c, now()) || oap_connection_inspect(c, &i)) return false;
    struct pollfd p = {fd, (short)((i.wants_read ? POLLIN : 0) | (i.wants_write ? POLLOUT : 0)), 0};
    const uint64_t at = now(), ms = i.timeout_ns > at ? (i.timeout_ns - at) / 1000000 + 1 : 0;
    if (i.wants_shutdown) shutdown(fd, SHUT_WR);
    if (i.state == OAP_CONNECTION_ENDED || poll(&p, 1, i.has_timeout && ms < 60000 ? (int)ms : 60000) < 0) return false;
    if (p.revents & POLLOUT) io_write(c, fd);
    if (p.revents & ~POLLOUT) io_read(c, fd, take, user);
    return true;
}
