// `send`: one stream to a server.

#include "commands.hpp"
#include "link.hpp"

#include <zlib.h>

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace {

class Sender final : public Application {
public:
    explicit Sender(const Options& options) : options_(options) {}

    void see(Link& link, const oap::Frame& frame) override {
        if (frame.kind() == oap::Kind::data) {
            const auto body = frame.data().body;
            receipt_.assign(body.begin(), body.end());
        }
        has_receipt_ |= frame.kind() == oap::Kind::end;
        link.connection().take(now(), 1).value();
    }

    void move(Link& link) override {
        while (!link.has_ended() && advance(link.connection())) stage_ = static_cast<Stage>(stage_ + 1);
    }

    void end(Link& link) override {
        const auto info = link.connection().info();
        const bool clean = info.end_reason == oap::EndReason::clean;
        if (clean && stage_ == closing && info.outbound.in_flight == 0) {
            if (options_.echo) std::cout << receipt_ << '\n';
            std::cout << "delivered " << sent_ << ' ' << std::hex << std::setw(8) << std::setfill('0') << crc_ << std::endl;
            status_ = 0;
            return;
        }
        const std::uint64_t bytes = std::min(sent_, (frames_ - info.outbound.in_flight) * piece_);
        std::cout << "failed " << (clean ? "unacknowledged" : link.reason()) << " acknowledged " << bytes << std::endl;
    }

    int status() const noexcept { return status_; }

private:
    enum Stage { starting, sending, ending, waiting, echoing, closing };

    /// Whether the stage is over. A send that waits is tried again when the connection has moved.
    bool advance(oap::Connection& connection) {
        switch (stage_) {
            case starting: return connection.start(now(), options_.stream).has_value();
            case sending: return send_body(connection);
            case ending: return connection.end_stream(now()).has_value();
            case waiting: {
                const auto info = connection.info();
                return options_.nowait || (info.outbound.in_flight == 0 && info.queued == 0);
            }
            case echoing: return !options_.echo || has_receipt_;
            case closing: connection.close(now()).value();
        }
        return false;
    }

    bool send_body(oap::Connection& connection) {
        // A later seq takes more bytes of the header.
        if (piece_ == 0) piece_ = std::min(options_.chunk, connection.info().max_body - 16);
        while (sent_ < options_.bytes) {
            const std::uint64_t size = std::min(options_.bytes - sent_, piece_);
            body_.resize(static_cast<std::size_t>(size));
            for (std::size_t i = 0; i < body_.size(); ++i) body_[i] = static_cast<std::uint8_t>((sent_ + i) % 251);
            if (!connection.data(now(), body_)) return false;
            crc_ = crc32(crc_, body_.data(), static_cast<uInt>(body_.size()));
            sent_ += size;
            ++frames_;
        }
        return true;
    }

    const Options& options_;
    Stage stage_ = starting;
    std::vector<std::uint8_t> body_;
    std::uint64_t sent_ = 0;
    std::uint64_t piece_ = 0;
    std::uint64_t frames_ = 0;
    uLong crc_ = crc32(0, nullptr, 0);
    std::string receipt_;
    bool has_receipt_ = false;
    int status_ = 1;
};

}  // namespace

int run_send(const Options& options) {
    asio::io_context io;
    tcp::socket socket(io);
    std::error_code error;
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), options.port), error);
    if (error) {
        std::cout << "failed refused acknowledged 0" << std::endl;
        return 1;
    }
    auto sender = std::make_unique<Sender>(options);
    Sender& told = *sender;
    const auto link = std::make_shared<Link>(std::move(socket), options, std::move(sender));
    link->start();
    io.run();
    return told.status();
}
