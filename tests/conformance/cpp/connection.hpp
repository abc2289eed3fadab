// The operation `connection`: a connection engine step by step.

#pragma once

#include "json_shapes.hpp"

#include <algorithm>
#include <array>

namespace engine {

using Time = oap::Connection::Time;

inline Time time(const json& value) { return Time(static_cast<Time::rep>(whole(value))); }

/// What a send came to, added to the outcome.
inline void sent(json& outcome, const oap::Failure* failure) {
    if (failure == nullptr) return;
    switch (failure->status) {
        case oap::Status::waits_handshake: outcome["waits"] = "handshake"; return;
        case oap::Status::waits_credit: outcome["waits"] = "credit"; return;
        case oap::Status::waits_room: outcome["waits"] = "room"; return;
        case oap::Status::closed: outcome["refused"] = "closed"; return;
        default: outcome["refused"] = oap::label(failure->reason().value());
    }
}

template <class T>
void note(json& outcome, const oap::result<T>& result) {
    sent(outcome, result ? nullptr : &result.error());
}

inline json receive(oap::Connection& connection, Time now, oap::span<const std::uint8_t> rest) {
    std::array<oap::Row, 16> rows;
    json frames = json::array();
    while (!rest.empty()) {
        const auto table = connection.receive(now, rest, rows).value();
        for (const oap::Frame frame : table) frames.push_back(written(frame));
        rest = rest.subspan(table.consumed());
    }
    return frames;
}

inline std::string write(oap::Connection& connection, Time now, std::uint64_t most) {
    std::array<oap::Piece, 8> room;
    Octets out;
    const auto pieces = connection.transmit(now, room).value();
    for (const oap::Piece& piece : pieces) {
        out.insert(out.end(), piece.bytes, piece.bytes + piece.len);
    }
    out.resize(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), most)));
    connection.transmitted(now, out.size()).value();
    return hex(out);
}

inline void truth(const json& value) {
    if (!boolean(value)) throw Usage("false is no action");
}

inline void close(oap::Connection& connection, Time now, const json& value) {
    if (value.is_boolean()) {
        truth(value);
        connection.close(now).value();
    } else {
        connection.close(now, time(value)).value();
    }
}

using Action = void (*)(oap::Connection&, Time, const json&, json& outcome);

inline const std::pair<const char*, Action> actions[] = {
    {"receive", [](auto& c, Time now, const json& v, json& out) { out["frames"] = receive(c, now, octets(v)); }},
    {"receive_end", [](auto& c, Time now, const json& v, json&) { truth(v), c.receive_end(now).value(); }},
    {"start", [](auto& c, Time now, const json& v, json& out) { note(out, c.start(now, text(v))); }},
    {"data", [](auto& c, Time now, const json& v, json& out) { note(out, c.data(now, octets(v))); }},
    {"end", [](auto& c, Time now, const json& v, json& out) { note(out, c.end_stream(now, u32(v))); }},
    {"take", [](auto& c, Time now, const json& v, json&) { c.take(now, whole(v)).value(); }},
    {"ack", [](auto& c, Time now, const json& v, json& out) { note(out, c.acknowledge(now, u64(v))); }},
    {"cancel", [](auto& c, Time, const json& v, json&) { truth(v), c.cancel_send().value(); }},
    {"write", [](auto& c, Time now, const json& v, json& out) { out["bytes"] = write(c, now, whole(v)); }},
    {"timeout", [](auto& c, Time now, const json& v, json&) { truth(v), c.handle_timeout(now).value(); }},
    {"close", [](auto& c, Time now, const json& v, json&) { close(c, now, v); }},
    {"abort", [](auto& c, Time, const json& v, json&) { truth(v), c.abort().value(); }},
    {"fail", [](auto& c, Time, const json& v, json&) { truth(v), c.transport_failed().value(); }},
};

inline std::string reason_of(const oap::Connection& connection, oap::EndReason reason) {
    const std::string name(oap::name(reason));
    if (const auto reject = connection.reject()) return name + ":" + std::string(oap::label(reject->reason));
    if (const auto error = connection.peer_error()) return name + ":" + std::to_string(error->code);
    return name;
}

inline void add_state(const oap::Connection& connection, json& outcome) {
    const oap::ConnectionInfo info = connection.info();
    outcome["state"] = oap::name(info.state);
    outcome["wants_read"] = info.wants_read;
    outcome["wants_write"] = info.wants_write;
    if (info.timeout) outcome["timeout"] = info.timeout->count();
    if (info.end_reason) outcome["ended"] = reason_of(connection, *info.end_reason);
}

inline json step(oap::Connection& connection, const json& value) {
    Fields fields(value);
    const Time now = fields.take("at", time);
    for (const auto& [name, action] : actions) {
        if (!fields.has(name)) continue;
        json outcome = json::object();
        const json& argument = value.at(name);
        fields.take(name, [](const json&) { return 0; });
        fields.end();
        action(connection, now, argument, outcome);
        add_state(connection, outcome);
        return outcome;
    }
    throw Usage("a step has no action");
}

inline oap::ConnectionOptions options(const json& value) {
    Fields fields(value);
    oap::ConnectionOptions options;
    const auto number = [&](const char* name, std::uint64_t& field) {
        if (fields.has(name)) field = fields.take(name, whole);
    };
    number("handshake_timeout_ns", options.handshake_timeout_ns);
    number("idle_timeout_ns", options.idle_timeout_ns);
    number("stall_timeout_ns", options.stall_timeout_ns);
    number("close_timeout_ns", options.close_timeout_ns);
    number("receive_buffer", options.receive_buffer);
    number("receive_limit", options.receive_limit);
    number("send_buffer", options.send_buffer);
    if (fields.has("auto_ack")) options.auto_ack = fields.take("auto_ack", boolean);
    fields.end();
    if (const auto error = options.error()) throw Usage(std::string(error->field) + " is out of its range");
    return options;
}

}  // namespace engine

inline json connection(Fields& request) {
    const oap::Config config = request.take("config", configured);
    const oap::ConnectionOptions options = request.take("options", engine::options);
    auto connection = oap::Connection::make(engine::Time(0), config, options).value();
    const auto step = [&](const json& value) { return engine::step(connection, value); };
    json outcomes = json::array();
    for (json& outcome : request.take("steps", list(step))) outcomes.push_back(std::move(outcome));
    request.end();
    return {{"outcomes", std::move(outcomes)}};
}
