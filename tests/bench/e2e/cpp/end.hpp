// One connection of a scenario, on a link of asio: what its end sends and takes.

#pragma once

#include "link.hpp"
#include "scenario.h"

#include <charconv>
#include <functional>
#include <string>

class End final : public Application {
public:
    /// `done` is called once, when all is sent and taken.
    End(const scenario& scenario, bool serves, std::function<void()> done)
        : scenario_(scenario), serves_(serves), done_(std::move(done)) {}

    void see(Link&, const oap::Frame& frame) override {
        ++untold_;
        if (frame.kind() == oap::Kind::data) take(frame.data().body);
        stream_ended_ |= frame.kind() == oap::Kind::end;
    }

    void move(Link& link) override {
        oap::Connection& connection = link.connection();
        if (untold_ > 0) connection.take(now(), untold_).value();
        untold_ = 0;
        while (stage_ != over && advance(connection)) stage_ = static_cast<Stage>(stage_ + 1);
    }

    void end(Link& link) override {
        if (stage_ != over) throw std::runtime_error("ended as " + link.reason());
    }

    const tally& taken() const noexcept { return taken_; }
    /// The sum of what came back: of the bodies of a ping, or that which the server made.
    std::uint64_t sum() const noexcept { return scenario_.kind == PING ? taken_.sum : answer_; }
    const std::vector<std::uint64_t>& round_trips() const noexcept { return round_trips_; }

private:
    /// Messages that are queued before they are written: with a whole window at a time each side would wait for the other.
    static constexpr std::size_t data_a_write = OAP_CONNECTION_WINDOW / 2;

    enum Stage { starting, sending, ending, waiting, telling, over };

    void take(oap::span<const std::uint8_t> body) {
        const bool is_answer = !serves_ && scenario_.kind != PING;
        if (!is_answer) tally_add(&scenario_, &taken_, body.data(), body.size());
        if (!serves_ && !is_answer) round_trips_.push_back(clock_ns() - sent_at_);
        const auto* text = reinterpret_cast<const char*>(body.data());
        if (is_answer) std::from_chars(text, text + body.size(), answer_);
    }

    /// Whether the stage is over. A send that waits is tried again when the connection has moved.
    bool advance(oap::Connection& connection) {
        switch (stage_) {
            case starting: return connection.start(now(), "bench").has_value();
            case sending: return serves_ && scenario_.kind != PING ? send_sum(connection) : send_bodies(connection);
            case ending: return connection.end_stream(now()).has_value();
            case waiting: return stream_ended_;
            case telling: done_(); return true;
            case over: break;
        }
        return false;
    }

    bool send_sum(oap::Connection& connection) {
        if (!stream_ended_) return false;
        const std::string digits = std::to_string(taken_.sum);
        return connection.data(now(), oap::bytes(digits)).has_value();
    }

    /// A ping sends when the message before has come back, a pong what has come.
    bool may_go() const noexcept {
        if (scenario_.kind != PING) return true;
        return serves_ ? sent_ < taken_.messages : sent_ == taken_.messages;
    }

    bool send_bodies(oap::Connection& connection) {
        for (std::size_t unwritten = 0; sent_ < scenario_.count; ++unwritten) {
            if (!may_go() || unwritten == data_a_write) return false;
            if (scenario_.kind == PING) sent_at_ = clock_ns();
            if (!connection.data(now(), {message_at(&scenario_, sent_), scenario_.size})) return false;
            ++sent_;
        }
        return true;
    }

    const scenario& scenario_;
    const bool serves_;
    std::function<void()> done_;
    Stage stage_ = starting;
    std::size_t sent_ = 0;
    std::size_t untold_ = 0;
    tally taken_{};
    std::uint64_t answer_ = 0;
    std::uint64_t sent_at_ = 0;
    std::vector<std::uint64_t> round_trips_;
    bool stream_ended_ = false;
};
