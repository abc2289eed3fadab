// A connection without its transport.

#ifndef OAP_CONNECTION_HPP
#define OAP_CONNECTION_HPP

#include "configured.hpp"
#include "session.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// Where a connection stands.
enum class ConnectionState : std::uint8_t {
    handshake = OAP_CONNECTION_HANDSHAKE,
    open = OAP_CONNECTION_OPEN,
    peer_closed = OAP_CONNECTION_PEER_CLOSED,
    closing = OAP_CONNECTION_CLOSING,
    shut = OAP_CONNECTION_SHUT,
    ended = OAP_CONNECTION_ENDED,
};

/// `open` and so on.
[[nodiscard]] inline std::string_view name(ConnectionState state) noexcept {
    return oap_connection_state_name(static_cast<std::uint8_t>(state));
}

/// Why a connection ended.
enum class EndReason : std::uint8_t {
    clean = OAP_END_CLEAN,
    incomplete = OAP_END_INCOMPLETE,
    unacknowledged = OAP_END_UNACKNOWLEDGED,
    reject = OAP_END_REJECT,
    peer_error = OAP_END_PEER_ERROR,
    handshake_timeout = OAP_END_HANDSHAKE_TIMEOUT,
    idle_timeout = OAP_END_IDLE_TIMEOUT,
    stalled = OAP_END_STALLED,
    close_timeout = OAP_END_CLOSE_TIMEOUT,
    reset = OAP_END_RESET,
    aborted = OAP_END_ABORTED,
};

/// `clean` and so on.
[[nodiscard]] inline std::string_view name(EndReason reason) noexcept {
    return oap_end_reason_name(static_cast<std::uint8_t>(reason));
}

/// An ERROR that the peer sent. Its text is the peer's own: put it into no log.
struct PeerError {
    std::uint32_t code;
    /// A view into the connection.
    std::string_view reason;
};

/// Limits of a connection: docs/connection.md. The fields of oap_connection_options, which start with the defaults.
struct ConnectionOptions : oap_connection_options {
    ConnectionOptions() noexcept : oap_connection_options{} { oap_connection_options_init(this); }

    /// The first field that is out of its range, if one is.
    [[nodiscard]] std::optional<ConfigError> error() const noexcept {
        oap_config_error error;
        if (oap_connection_options_check(this, &error) != OAP_STATUS_OUT_OF_RANGE) return std::nullopt;
        return ConfigError{detail::text(error.field, error.field_len), error.value, error.min, error.max};
    }
};

/// A connection at a glance: all that its host asks between two calls.
struct ConnectionInfo {
    ConnectionState state = ConnectionState::ended;
    /// Why it ended or is about to end. The first reason is kept.
    std::optional<EndReason> end_reason = std::nullopt;
    /// When handle_timeout is due, by the host's clock.
    std::optional<std::chrono::nanoseconds> timeout = std::nullopt;
    bool wants_read = false;
    bool wants_write = false;
    /// Whether the host is to shut its writing side, if it has not.
    bool wants_shutdown = false;
    /// Bytes that wait to be written, bodies of the host's among them.
    std::uint64_t queued = 0;
    /// Bytes of the frames that were given and not taken.
    std::uint64_t untaken = 0;
    /// The largest body that the next DATA without `obj` can have; 0 before the peer's HELLO.
    std::uint64_t max_body = 0;
    Flow outbound = {};
    Flow inbound = {};
};

/// Something to write: oap_piece. Where `bytes` is nullptr: the next `len` bytes of the oldest body that data_head
/// announced and that is not written.
using Piece = oap_piece;

/// One end of a connection, without its transport: it decides when to acknowledge, wait, stop and close. The host moves
/// bytes and says the time `now`, of a monotonic clock. docs/connection.md has the rules.
///
/// A send fails with Status::waits_handshake, waits_credit or waits_room where it can go later, with Status::closed
/// where it never can, and with a Reason where the peer would have to reject the frame.
///
/// ~~~cpp
/// using oap::Connection;
/// const std::chrono::nanoseconds now{0};
/// auto ours = Connection::make(now).value(), theirs = Connection::make(now).value();
/// std::array<oap::Row, 8> rows;
/// const auto carry = [&](Connection& from, Connection& to) {
///     std::array<oap::Piece, 4> room;
///     std::vector<std::uint8_t> wire;
///     const auto pieces = from.transmit(now, room).value();
///     for (const oap::Piece& piece : pieces) {
///         wire.insert(wire.end(), piece.bytes, piece.bytes + piece.len);
///     }
///     from.transmitted(now, wire.size());
///     auto table = to.receive(now, wire, rows).value();
///     to.take(now, table.size());
///     return table.size();
/// };
/// carry(ours, theirs);
/// carry(theirs, ours);
/// assert(ours.start(now, "notes") && ours.data(now, oap::bytes("abc")) && ours.end_stream(now));
/// assert(carry(ours, theirs) == 3);
/// assert(carry(theirs, ours) == 0 && ours.info().outbound.in_flight == 0);
/// ~~~
class Connection : public detail::Owner<oap_connection, oap_connection_free> {
public:
    using Time = std::chrono::nanoseconds;

    /// A connection whose transport has just been opened, with a window of OAP_CONNECTION_WINDOW.
    [[nodiscard]] static result<Connection> make(Time now, const ConnectionOptions& options = {}) noexcept {
        return make_from(nullptr, options, now);
    }
    /// One whose HELLO says what the Config does.
    [[nodiscard]] static result<Connection> make(Time now, const Config& config,
                                                 const ConnectionOptions& options = {}) noexcept {
        if (config.get() == nullptr) return detail::failed(OAP_STATUS_NULL_POINTER);
        return make_from(config.get(), options, now);
    }

    /// Counts its frames and rejects in a monitor from now on.
    result<void> set_monitor(const Monitor& monitor) noexcept {
        return detail::done(oap_connection_set_monitor(get(), monitor.get()));
    }

    /// Takes received bytes and gives the START, DATA and END that they complete, as many as there are rows. Call again
    /// with what follows `consumed()` while `more()`. The table views `rows` and either `chunk` or the staging
    /// buffer, which stays until the next receive.
    [[nodiscard]] result<FrameTable> receive(Time now, span<const std::uint8_t> chunk, span<Row> rows) noexcept {
        oap_frame_table table;
        const oap_status status = oap_connection_receive(get(), at(now), chunk.data(), chunk.size(), rows.data(),
                                                         rows.size(), &table);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return FrameTable(table, rows.data());
    }
    /// Reports that the peer's input has ended.
    result<void> receive_end(Time now) noexcept { return detail::done(oap_connection_receive_end(get(), at(now))); }
    /// Reports that the application has taken so many of the frames given: it asks for what follows.
    result<void> take(Time now, std::size_t frames) noexcept {
        return detail::done(oap_connection_take(get(), at(now), frames));
    }
    /// Acknowledges the DATA of that seq and all before it: for hosts with `auto_ack` off.
    [[nodiscard]] result<void> acknowledge(Time now, std::uint64_t up_to) noexcept {
        return detail::done(oap_connection_acknowledge(get(), at(now), up_to));
    }

    /// Queues a START.
    [[nodiscard]] result<void> start(Time now, std::string_view stream) noexcept {
        return detail::done(oap_connection_start(get(), at(now), stream.data(), stream.size()));
    }
    /// Queues a DATA with a copy of its body, and gives its seq.
    [[nodiscard]] result<std::uint64_t> data(Time now, span<const std::uint8_t> body,
                                             std::optional<std::string_view> obj = std::nullopt) noexcept {
        std::uint64_t seq = 0;
        const auto text = obj.value_or(std::string_view());
        const oap_status status = oap_connection_data(get(), at(now), text.data(), text.size(), body.data(),
                                                      body.size(), &seq);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return seq;
    }
    /// Queues a DATA whose body lies with the host, unchanged until it is written, and gives its seq.
    [[nodiscard]] result<std::uint64_t> data_head(Time now, std::size_t body_size,
                                                  std::optional<std::string_view> obj = std::nullopt) noexcept {
        std::uint64_t seq = 0;
        const auto text = obj.value_or(std::string_view());
        const oap_status status = oap_connection_data_head(get(), at(now), text.data(), text.size(), body_size, &seq);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return seq;
    }
    /// Queues an END: 0 for all went well, OAP_STREAM_ABORTED, or a status of the host's.
    [[nodiscard]] result<void> end_stream(Time now, std::uint32_t status = 0) noexcept {
        return detail::done(oap_connection_end_stream(get(), at(now), status));
    }
    /// Reports that the application no longer waits to send.
    result<void> cancel_send() noexcept { return detail::done(oap_connection_cancel_send(get())); }

    /// Gives what is to be written now, as much as there is room for. The bytes stay until the next call that may change
    /// the connection, and come again until `transmitted` says that they are written.
    [[nodiscard]] result<span<const Piece>> transmit(Time now, span<Piece> room) noexcept {
        std::size_t count = 0;
        const oap_status status = oap_connection_transmit(get(), at(now), room.data(), room.size(), &count);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return span<const Piece>(room.data(), count);
    }
    /// Reports that the transport has taken so many bytes.
    result<void> transmitted(Time now, std::size_t bytes) noexcept {
        return detail::done(oap_connection_transmitted(get(), at(now), bytes));
    }

    /// Ends what has run out of time.
    result<void> handle_timeout(Time now) noexcept {
        return detail::done(oap_connection_handle_timeout(get(), at(now)));
    }
    /// Closes in good order, as long as the options allow.
    result<void> close(Time now) noexcept { return detail::done(oap_connection_close(get(), at(now), OAP_CLOSE_TIMEOUT)); }
    /// Closes in good order, within that time.
    result<void> close(Time now, Time within) noexcept {
        return detail::done(oap_connection_close(get(), at(now), at(within)));
    }
    /// Ends at once.
    result<void> abort() noexcept { return detail::done(oap_connection_abort(get())); }
    /// Reports that the transport failed.
    result<void> transport_failed() noexcept { return detail::done(oap_connection_transport_failed(get())); }

    /// All that a host asks between two calls.
    [[nodiscard]] ConnectionInfo info() const noexcept {
        oap_connection_info info;
        if (oap_connection_inspect(get(), &info) != OAP_STATUS_OK) return {};
        ConnectionInfo told;
        told.state = static_cast<ConnectionState>(info.state);
        if (info.end_reason != OAP_END_NONE) told.end_reason = static_cast<EndReason>(info.end_reason);
        if (info.has_timeout) told.timeout = Time(static_cast<Time::rep>(info.timeout_ns));
        told.wants_read = info.wants_read;
        told.wants_write = info.wants_write;
        told.wants_shutdown = info.wants_shutdown;
        told.queued = info.queued;
        told.untaken = info.untaken;
        told.max_body = info.max_body;
        told.outbound = detail::from_c(info.outbound);
        told.inbound = detail::from_c(info.inbound);
        return told;
    }
    /// The reject that ended it, if that is the reason.
    [[nodiscard]] std::optional<Reject> reject() const noexcept { return detail::told<oap_connection_reject>(get()); }
    /// Why the last send was refused with a Reason, if it was.
    [[nodiscard]] std::optional<Reject> refusal() const noexcept { return detail::told<oap_connection_refusal>(get()); }
    /// The peer's ERROR that ended it, if that is the reason.
    [[nodiscard]] std::optional<PeerError> peer_error() const noexcept {
        std::uint32_t code = 0;
        const char* reason = nullptr;
        std::size_t size = 0;
        if (oap_connection_peer_error(get(), &code, &reason, &size) != OAP_STATUS_OK) return std::nullopt;
        return PeerError{code, detail::text(reason, size)};
    }

private:
    using Owner::Owner;

    static std::uint64_t at(Time time) noexcept { return static_cast<std::uint64_t>(time.count()); }

    static result<Connection> make_from(const oap_config* config, const ConnectionOptions& options, Time now) noexcept {
        oap_connection* handle = nullptr;
        const oap_status status = oap_connection_new(config, &options, at(now), &handle);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return Connection(handle);
    }
};

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_CONNECTION_HPP
