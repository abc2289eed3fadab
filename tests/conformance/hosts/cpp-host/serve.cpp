// `serve`: any number of peers, each answered by a receipt a stream.

#include "commands.hpp"
#include "link.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <iostream>
#include <list>
#include <set>

namespace {

class Server;

/// A peer of the server: its stream as it comes in, and the receipts that go back.
class Peer final : public Application {
public:
    Peer(const Options& options, Server& server) : options_(options), server_(server) {}

    void see(Link& link, const oap::Frame& frame) override;
    void move(Link& link) override;
    void end(Link& link) override;
    std::optional<Time> wake_at() const override;

    /// Whether nothing is under way, so that a shutdown may close it.
    bool is_idle(Link& link) const {
        const auto info = link.connection().info();
        return !info.inbound.open && !info.outbound.open && given_.empty() && receipts_.empty();
    }

private:
    struct Given {
        std::uint64_t bytes = 0;
        std::string receipt;
    };
    struct Receipt {
        std::string text;
        int stage = 0;
    };

    void take(Link& link);
    bool may_take();
    void send(Link& link);

    const Options& options_;
    Server& server_;
    std::string name_;
    std::uint64_t bytes_ = 0;
    uLong crc_ = 0;
    std::deque<Given> given_;
    std::deque<Receipt> receipts_;
    std::uint64_t allowance_ = 0;
    Time allowance_at_ = now();
};

class Server {
public:
    Server(asio::io_context& io, const Options& options)
        : options_(options),
          acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), options.port)),
          pause_(io),
          deadline_(io),
          signals_(io, SIGTERM, SIGINT),
          input_(io, ::dup(STDIN_FILENO)) {
        std::cout << "listening " << acceptor_.local_endpoint().port() << std::endl;
        signals_.async_wait([this](std::error_code error, int) {
            if (!error) shut_down();
        });
        read_input();
        accept();
    }

    void ended(Link& link) {
        std::cout << "ended " << link.reason() << std::endl;
        links_.erase(link.shared_from_this());
        if (shutting_ && links_.empty()) finish();
        accept();
    }

    /// A link of a server that shuts down closes once nothing is under way on it.
    void close_if_idle(Link& link, const Peer& peer) {
        const bool closes = link.connection().info().state >= oap::ConnectionState::closing;
        if (shutting_ && !closes && peer.is_idle(link)) link.connection().close(now(), abort_at_ - now()).value();
    }

private:
    void accept() {
        if (accepting_ || shutting_ || links_.size() >= options_.max_connections) return;
        accepting_ = true;
        acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
            accepting_ = false;
            if (error == asio::error::operation_aborted) return;
            if (error) return wait_and_accept(error);
            pause_ms_ = std::chrono::milliseconds(0);
            auto link = std::make_shared<Link>(std::move(socket), options_, std::make_unique<Peer>(options_, *this));
            links_.insert(link);
            link->start();
            accept();
        });
    }

    /// What passes, such as a lack of descriptors, is waited out with growing pauses.
    void wait_and_accept(std::error_code error) {
        using std::chrono::milliseconds;
        pause_ms_ = std::clamp(pause_ms_ * 2, milliseconds(10), milliseconds(1000));
        std::cerr << "accept: " << error.message() << "; again in " << pause_ms_.count() << " ms" << std::endl;
        accepting_ = true;
        pause_.expires_after(pause_ms_);
        pause_.async_wait([this](std::error_code cancelled) {
            accepting_ = false;
            if (!cancelled) accept();
        });
    }

    void read_input() {
        asio::async_read_until(input_, asio::dynamic_buffer(line_), '\n', [this](std::error_code error, std::size_t size) {
            if (error) return;  // its end is no command
            if (line_.compare(0, 8, "shutdown") == 0) shut_down();
            line_.erase(0, size);
            read_input();
        });
    }

    void shut_down() {
        if (shutting_) return;
        shutting_ = true;
        abort_at_ = now() + Time(options_.connection.close_timeout_ns);
        std::error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        deadline_.expires_at(std::chrono::steady_clock::time_point(abort_at_));
        deadline_.async_wait([this](std::error_code cancelled) {
            if (!cancelled) turn_all([](Link& link) { link.connection().abort().value(); });
        });
        if (links_.empty()) finish();
        turn_all([](Link&) {});
    }

    template <class Before>
    void turn_all(Before before) {
        const auto links = links_;
        for (const auto& link : links) {
            before(*link);
            link->turn();
        }
    }

    void finish() {
        std::error_code ignored;
        signals_.cancel(ignored);
        deadline_.cancel();
        input_.close(ignored);
    }

    const Options& options_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_, deadline_;
    asio::signal_set signals_;
    asio::posix::stream_descriptor input_;
    std::string line_;
    std::set<std::shared_ptr<Link>> links_;
    std::chrono::milliseconds pause_ms_{0};
    Time abort_at_{0};
    bool accepting_ = false;
    bool shutting_ = false;
};

void Peer::see(Link&, const oap::Frame& frame) {
    Given given;
    switch (frame.kind()) {
        case oap::Kind::start:
            name_ = frame.start().stream;
            bytes_ = 0;
            crc_ = crc32(0, nullptr, 0);
            break;
        case oap::Kind::data: {
            const auto body = frame.data().body;
            given.bytes = body.size();
            bytes_ += body.size();
            crc_ = crc32(crc_, body.data(), static_cast<uInt>(body.size()));
            break;
        }
        default: {
            std::array<char, 16> crc{};
            std::snprintf(crc.data(), crc.size(), "%08lx", crc_);
            given.receipt = name_ + " " + std::to_string(bytes_) + " " + crc.data() + " " +
                            std::to_string(frame.end().status);
        }
    }
    given_.push_back(std::move(given));
}

/// With --slow bytes are given out as time passes, at most those of a second or of the next frame at once.
bool Peer::may_take() {
    if (given_.empty()) return false;
    if (options_.slow == 0) return true;
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now() - allowance_at_);
    const std::uint64_t more = static_cast<std::uint64_t>(passed.count()) * options_.slow / 1'000'000;
    if (more > 0) {
        allowance_at_ = now();
        allowance_ = std::min(allowance_ + more, std::max(options_.slow, given_.front().bytes));
    }
    if (given_.front().bytes > allowance_) return false;
    allowance_ -= given_.front().bytes;
    return true;
}

void Peer::take(Link& link) {
    while (may_take()) {
        link.connection().take(now(), 1).value();
        if (!given_.front().receipt.empty()) receipts_.push_back({std::move(given_.front().receipt), 0});
        given_.pop_front();
    }
}

void Peer::send(Link& link) {
    oap::Connection& connection = link.connection();
    while (!receipts_.empty()) {
        Receipt& receipt = receipts_.front();
        if (receipt.stage == 0 && !connection.start(now(), "receipt")) return;
        if (receipt.stage == 1 && !connection.data(now(), oap::bytes(receipt.text))) return;
        if (receipt.stage == 2 && !connection.end_stream(now())) return;
        if (++receipt.stage == 3) receipts_.pop_front();
    }
}

void Peer::move(Link& link) {
    take(link);
    send(link);
    server_.close_if_idle(link, *this);
}

void Peer::end(Link& link) { server_.ended(link); }

std::optional<Time> Peer::wake_at() const {
    if (options_.slow == 0 || given_.empty()) return std::nullopt;
    return now() + std::chrono::milliseconds(10);
}

}  // namespace

int run_serve(const Options& options) {
    asio::io_context io;
    Server server(io, options);
    io.run();
    return 0;
}
