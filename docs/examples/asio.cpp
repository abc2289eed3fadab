// asio PORT: a server that answers each stream with its length, until SIGINT.
// asio PORT BYTES CONNECTIONS: as many clients of it at once, each with a stream of so many bytes.
#include <algorithm>
#include <array>
#include <asio.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <oap.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t most_links = 1024;

oap::Connection::Time now() { return Clock::now().time_since_epoch(); }

oap::ConnectionOptions options() {
    oap::ConnectionOptions options;
    options.idle_timeout_ns = 300'000'000'000;
    options.receive_limit = 4 << 20;  // of streams whose answers wait for credit
    return options;
}

/// A connection that counts: a server answers each stream with its length, a client sends one and waits for the answer.
class Counter {
public:
    Counter() = default;
    explicit Counter(std::uint64_t bytes) : is_client_(true), stage_(Stage::start), left_(bytes) {}

    oap::Connection connection = oap::Connection::make(now(), options()).value();

    void see(const oap::Frame& frame) {
        ++frames_;
        if (frame.kind() == oap::Kind::start) bytes_ = 0;
        if (frame.kind() == oap::Kind::data) on_body(frame.data().body);
        if (frame.kind() == oap::Kind::end) on_end();
    }

    /// Sends and takes what can be sent and taken now.
    void move() {
        bool closed = false;
        while (has_work()) {
            const auto sent = send_stage();
            if (!sent) {
                closed = sent.error().status == oap::Status::closed;
                break;
            }
            if (stage_ == Stage::end) on_sent();
            else stage_ = stage_ == Stage::start ? Stage::body : Stage::end;
        }
        if (!ended_.empty() && !closed) return;
        connection.take(now(), SIZE_MAX).value();  // all of it
        frames_ = 0;
    }

    void report() const {
        const std::string reason(oap::name(connection.info().end_reason.value()));
        std::printf("ended %s%s%s\n", reason.c_str(), answer_.empty() ? "" : " ", answer_.c_str());
    }

private:
    enum class Stage { idle, start, body, end };
    struct Ended {
        std::uint64_t bytes;
        std::size_t frames;
    };

    void on_body(oap::span<const std::uint8_t> body) {
        bytes_ += body.size();
        if (is_client_) answer_.assign(body.begin(), body.end());
    }

    void on_end() {
        if (is_client_) {
            connection.take(now(), SIZE_MAX).value();  // what is not taken is not acknowledged
            connection.close(now()).value();
            return;
        }
        ended_.push_back({bytes_, frames_});  // bounded by the engine, since they are not taken
        frames_ = 0;
    }

    bool has_work() {
        if (stage_ == Stage::idle && !ended_.empty()) {
            text_ = std::to_string(ended_.front().bytes);
            left_ = text_.size();
            stage_ = Stage::start;
        }
        return stage_ != Stage::idle;
    }

    oap::result<void> send_stage() {
        if (stage_ == Stage::start) return connection.start(now(), is_client_ ? "notes" : "count");
        if (stage_ == Stage::end) return connection.end_stream(now());
        static const std::array<std::uint8_t, OAP_STREAM_CHUNK_BYTES> zeros{};
        while (left_ > 0) {
            const auto size = std::min({left_, connection.info().max_body, std::uint64_t{zeros.size()}});
            const auto body = is_client_ ? oap::span<const std::uint8_t>(zeros.data(), size) : oap::bytes(text_);
            if (const auto sent = connection.data(now(), body); !sent) return oap::unexpected(sent.error());
            left_ -= body.size();
        }
        return {};
    }

    /// A stream is written whole. The one that it answers is dealt with: its credit goes back.
    void on_sent() {
        stage_ = Stage::idle;
        if (is_client_) return;
        connection.take(now(), ended_.front().frames).value();
        ended_.pop_front();
    }

    bool is_client_ = false;
    std::uint64_t bytes_ = 0;  // of the peer's stream
    std::size_t frames_ = 0;   // of it, given and not taken
    std::deque<Ended> ended_ = {};  // streams that are not answered
    Stage stage_ = Stage::idle;
    std::uint64_t left_ = 0;  // of the body that goes out
    std::string text_ = {};
    std::string answer_ = {};
};

/// A counter on a socket. It lives as long as something waits for it.
class Link : public std::enable_shared_from_this<Link> {
public:
    Link(tcp::socket socket, std::set<std::shared_ptr<Link>>& links, Counter counter)
        : socket_(std::move(socket)), timer_(socket_.get_executor()), links_(links), counter_(std::move(counter)) {}

    void start(std::error_code error) {
        std::error_code ignored;
        socket_.non_blocking(true, ignored);
        socket_.set_option(tcp::no_delay(true), ignored);
        if (error) counter_.connection.transport_failed().value();
        turn();
    }

    void close() {
        counter_.connection.close(now()).value();
        turn();
    }

    tcp::socket& socket() { return socket_; }

    std::function<void()> on_end = [] {};

private:
    /// All that can be done now without waiting. What is written makes room for a send that waits.
    void turn() {
        if (ended_) return;
        counter_.connection.handle_timeout(now()).value();
        do counter_.move();
        while (write());
        const oap::ConnectionInfo info = counter_.connection.info();
        if (info.state == oap::ConnectionState::ended) return end();
        if (info.wants_shutdown && !std::exchange(shut_, true)) {
            std::error_code ignored;  // ENOTCONN after a reset by the peer: the next read tells it too
            socket_.shutdown(tcp::socket::shutdown_send, ignored);
        }
        wait(info);
    }

    void wait(const oap::ConnectionInfo& info) {
        if (info.wants_read) wait_for(tcp::socket::wait_read, reading_);
        if (info.wants_write) wait_for(tcp::socket::wait_write, writing_);
        timer_.cancel();
        if (!info.timeout) return;
        timer_.expires_at(Clock::time_point(*info.timeout));
        timer_.async_wait([self = shared_from_this()](std::error_code error) {
            if (!error) self->turn();
        });
    }

    void wait_for(tcp::socket::wait_type what, bool& waits) {
        if (std::exchange(waits, true)) return;
        socket_.async_wait(what, [self = shared_from_this(), what, &waits](std::error_code) {
            waits = false;
            if (!self->ended_ && what == tcp::socket::wait_read) self->read();
            self->turn();
        });
    }

    /// Reads once, where the connection still wants it.
    void read() {
        static std::array<std::uint8_t, OAP_STREAM_CHUNK_BYTES> chunk;
        static std::array<oap::Row, 64> rows;
        std::error_code error;
        if (!counter_.connection.info().wants_read) return;
        const std::size_t size = socket_.read_some(asio::buffer(chunk), error);
        if (error == asio::error::eof) counter_.connection.receive_end(now()).value();
        else if (error && error != asio::error::would_block) counter_.connection.transport_failed().value();
        for (auto rest = oap::span<const std::uint8_t>(chunk.data(), size); !rest.empty();) {
            const auto table = counter_.connection.receive(now(), rest, rows).value();
            for (const oap::Frame frame : table) counter_.see(frame);
            rest = rest.subspan(table.consumed());
        }
    }

    /// One write of all that waits. It does not block, so that the engine's own bytes can be given. False: there is
    /// nothing, or the socket takes no more now.
    bool write() {
        std::array<oap::Piece, 16> room;
        std::vector<asio::const_buffer> buffers;
        std::error_code error;
        const auto pieces = counter_.connection.transmit(now(), room).value();
        for (const oap::Piece& piece : pieces)
            buffers.emplace_back(piece.bytes, piece.len);
        if (buffers.empty()) return false;
        const std::size_t written = socket_.write_some(buffers, error);
        if (error && error != asio::error::would_block) counter_.connection.transport_failed().value();
        if (written > 0) counter_.connection.transmitted(now(), written).value();
        return written > 0;
    }

    void end() {
        std::error_code ignored;
        ended_ = true;
        counter_.report();
        timer_.cancel();
        socket_.close(ignored);
        links_.erase(shared_from_this());
        on_end();
    }

    tcp::socket socket_;
    asio::steady_timer timer_;
    std::set<std::shared_ptr<Link>>& links_;
    Counter counter_;
    bool reading_ = false, writing_ = false, shut_ = false, ended_ = false;
};

class Server {
public:
    Server(asio::io_context& io, unsigned short port)
        : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), port)), pause_(io), signals_(io, SIGINT) {
        std::printf("listening %u\n", acceptor_.local_endpoint().port());
        signals_.async_wait([this](std::error_code, int) {
            acceptor_.close();
            pause_.cancel();
            for (const auto& link : std::set(links_)) link->close();
        });
        accept();
    }

private:
    void accept() {
        if (accepting_ || !acceptor_.is_open() || links_.size() >= most_links) return;
        accepting_ = true;
        acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
            accepting_ = false;
            if (error) return accept_later();
            const auto link = std::make_shared<Link>(std::move(socket), links_, Counter());
            links_.insert(link);
            link->on_end = [this] { accept(); };
            link->start({});
            accept();
        });
    }

    /// No descriptor is free: another try may do better.
    void accept_later() {
        pause_.expires_after(std::chrono::milliseconds(10));
        pause_.async_wait([this](std::error_code) { accept(); });
    }

    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    asio::signal_set signals_;
    std::set<std::shared_ptr<Link>> links_ = {};
    bool accepting_ = false;
};

void connect(asio::io_context& io, std::set<std::shared_ptr<Link>>& links, const tcp::endpoint& server, std::uint64_t bytes) {
    const auto link = std::make_shared<Link>(tcp::socket(io), links, Counter(bytes));
    links.insert(link);
    link->socket().async_connect(server, [link](std::error_code error) { link->start(error); });
}

int main(int argc, char** argv) {
    if (argc != 2 && argc != 4) return 2;
    asio::io_context io;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const tcp::endpoint server(asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(argv[1])));
    if (argc == 2) {
        Server serving(io, server.port());
        io.run();
        return 0;
    }
    std::set<std::shared_ptr<Link>> links;
    for (int left = std::atoi(argv[3]); left > 0; --left) connect(io, links, server, std::strtoull(argv[2], nullptr, 10));
    io.run();
    return 0;
}
