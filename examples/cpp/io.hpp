// The socket of a connection: a turn writes what there is, waits for bytes or the next deadline, and reads.
#pragma once
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <oap.hpp>
#include <poll.h>
#include <sys/socket.h>

using Time = oap::Connection::Time;
inline Time now() { return std::chrono::steady_clock::now().time_since_epoch(); }

inline void write_once(oap::Connection& connection, int fd) {
    std::array<oap::Piece, 1> room;
    const oap::Piece piece = connection.transmit(now(), room).value()[0];
    const ssize_t written = send(fd, piece.bytes, piece.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written >= 0) connection.transmitted(now(), static_cast<std::size_t>(written)).value();
    else if (errno != EAGAIN) connection.transport_failed().value();
}

template <class Take>
void read_once(oap::Connection& connection, int fd, Take& take) {
    std::array<std::uint8_t, OAP_STREAM_CHUNK_BYTES> in;
    std::array<oap::Row, 64> rows;
    const ssize_t got = recv(fd, in.data(), in.size(), MSG_DONTWAIT);
    if (got == 0) connection.receive_end(now()).value();
    if (got < 0 && errno != EAGAIN) connection.transport_failed().value();
    for (oap::span<const std::uint8_t> rest(in.data(), got > 0 ? got : 0); !rest.empty();) {
        const auto table = connection.receive(now(), rest, rows).value();
        for (const oap::Frame frame : table) take(frame);
        connection.take(now(), table.size()).value();
        rest = rest.subspan(table.consumed());
    }
}

/// False once the connection has ended.
template <class Take>
bool turn(oap::Connection& connection, int fd, Take&& take) {
    connection.handle_timeout(now()).value();
    const auto info = connection.info();
    if (info.wants_shutdown) shutdown(fd, SHUT_WR);
    if (info.state == oap::ConnectionState::ended) return false;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(info.timeout ? *info.timeout - now() : std::chrono::minutes(1));
    pollfd on = {fd, static_cast<short>((info.wants_read ? POLLIN : 0) | (info.wants_write ? POLLOUT : 0)), 0};
    poll(&on, 1, static_cast<int>(std::max<std::int64_t>(wait.count(), 0)));
    if (on.revents & POLLOUT) write_once(connection, fd);
    if (on.revents & ~POLLOUT) read_once(connection, fd, take);
    return true;
}
