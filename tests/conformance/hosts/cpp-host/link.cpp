#include "link.hpp"

#include <algorithm>

Link::Link(tcp::socket socket, const Options& options, std::unique_ptr<Application> application)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      connection_(oap::Connection::make(now(), options.config, options.connection).value()),
      application_(std::move(application)) {
    std::error_code ignored;  // a peer may be gone already: the first read tells
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
}

void Link::turn() {
    connection_.handle_timeout(now()).value();
    do {
        application_->move(*this);
    } while (write());  // what was written makes room for a send that waits
    const oap::ConnectionInfo info = connection_.info();
    if (info.wants_shutdown && !shut_) {
        std::error_code ignored;  // ENOTCONN after a reset: the end of input tells it too
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        shut_ = true;
    }
    if (info.state == oap::ConnectionState::ended) return end();
    wait(info);
}

/// Writes until the socket takes no more, and gives whether it took anything. It does not block, so that the engine's own
/// bytes can be given.
bool Link::write() {
    bool wrote = false;
    std::array<oap::Piece, 16> room;
    while (connection_.info().wants_write) {
        const auto pieces = connection_.transmit(now(), room).value();
        std::vector<asio::const_buffer> buffers;
        for (const oap::Piece& piece : pieces) buffers.emplace_back(piece.bytes, piece.len);
        std::error_code error;
        const std::size_t written = socket_.write_some(buffers, error);
        if (error == asio::error::would_block || error == asio::error::try_again) return wrote;
        if (error) {
            connection_.transport_failed().value();
            return false;
        }
        connection_.transmitted(now(), written).value();
        wrote = true;
    }
    return wrote;
}

void Link::read() {
    static std::array<std::uint8_t, OAP_STREAM_CHUNK_BYTES> chunk;
    static std::array<oap::Row, 256> rows;
    std::error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(chunk), error);
    if (error == asio::error::eof) {
        connection_.receive_end(now()).value();
    } else if (error && error != asio::error::would_block) {
        connection_.transport_failed().value();
    }
    for (auto rest = oap::span<const std::uint8_t>(chunk.data(), size); !rest.empty();) {
        const auto table = connection_.receive(now(), rest, rows).value();
        for (const oap::Frame frame : table) application_->see(*this, frame);
        rest = rest.subspan(table.consumed());
    }
}

void Link::wait(const oap::ConnectionInfo& info) {
    if (info.wants_read) wait_for(tcp::socket::wait_read, reading_);
    if (info.wants_write) wait_for(tcp::socket::wait_write, writing_);
    std::optional<Time> at = info.timeout;
    if (const auto wake = application_->wake_at()) at = at ? std::min(*at, *wake) : wake;
    if (!at) return;
    timer_.expires_at(std::chrono::steady_clock::time_point(*at));
    timer_.async_wait([self = shared_from_this()](std::error_code error) {
        if (!error && !self->told_) self->turn();
    });
}

void Link::wait_for(tcp::socket::wait_type what, bool& waits) {
    if (waits) return;
    waits = true;
    socket_.async_wait(what, [self = shared_from_this(), what, &waits](std::error_code error) {
        waits = false;
        if (error || self->told_) return;
        if (what == tcp::socket::wait_read && self->connection_.info().wants_read) self->read();
        self->turn();
    });
}

void Link::end() {
    if (told_) return;
    told_ = true;
    std::error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
    application_->end(*this);
}

std::string Link::reason() const {
    const auto reason = connection_.info().end_reason;
    if (!reason) return "none";
    const std::string name(oap::name(*reason));
    if (const auto reject = connection_.reject()) return name + ":" + std::string(oap::label(reject->reason));
    if (const auto error = connection_.peer_error()) return name + ":" + std::to_string(error->code);
    return name;
}
