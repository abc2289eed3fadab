// A connection on a socket of asio: bytes between the socket and the engine.

#pragma once

#include "options.hpp"

#include <asio.hpp>

#include <array>
#include <memory>

using asio::ip::tcp;
using Time = oap::Connection::Time;

/// The time of the clock that the engine goes by.
inline Time now() noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

class Link;

/// What sits on a link: sees each frame, and is asked to take and send whenever the connection has moved.
class Application {
public:
    virtual ~Application() = default;
    virtual void see(Link& link, const oap::Frame& frame) = 0;
    virtual void move(Link& link) = 0;
    virtual void end(Link& link) = 0;
    /// When it wants to be asked again, if nothing else happens.
    virtual std::optional<Time> wake_at() const { return std::nullopt; }
};

class Link : public std::enable_shared_from_this<Link> {
public:
    Link(tcp::socket socket, const Options& options, std::unique_ptr<Application> application);

    void start() { turn(); }
    /// Lets the application and the engine do what they can now.
    void turn();

    oap::Connection& connection() noexcept { return connection_; }
    Application& application() noexcept { return *application_; }
    bool has_ended() const noexcept { return connection_.info().state == oap::ConnectionState::ended; }
    /// The word for why it ended.
    std::string reason() const;

private:
    bool write();
    void read();
    void wait(const oap::ConnectionInfo& info);
    void wait_for(tcp::socket::wait_type what, bool& waits);
    void end();

    tcp::socket socket_;
    asio::steady_timer timer_;
    oap::Connection connection_;
    std::unique_ptr<Application> application_;
    bool reading_ = false;
    bool writing_ = false;
    bool shut_ = false;
    bool told_ = false;
};
