// The C++ testee: one JSON request a line on stdin, one JSON answer a line on stdout.

#include "connection.hpp"
#include "json_shapes.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <map>

namespace {

using Outcome = oap::result<void>;

json verdict(json frames, const json& reject) { return {{"frames", std::move(frames)}, {"reject", reject}}; }

json rejected(const oap::Failure& failure, std::size_t at) {
    return {{"label", oap::label(failure.reason().value())}, {"at", at}};
}

/// All that a chunk holds, `next` being what takes the rest of it.
template <class Next>
Outcome drain(oap::span<const std::uint8_t> chunk, json& frames, Next next) {
    std::array<oap::Row, 16> rows;
    while (true) {
        const auto table = next(chunk, rows);
        if (!table) return oap::unexpected(table.error());
        for (const oap::Frame frame : *table) frames.push_back(written(frame));
        chunk = chunk.subspan(table->consumed());
        if (chunk.empty() && table->need() > 0) return {};
    }
}

json decode(Fields& request) {
    auto decoder = oap::StreamDecoder::make(request.take("config", configured)).value();
    const auto chunks = request.take("chunks", list(octets));
    const bool finish = request.take("finish", boolean);
    request.end();
    json frames = json::array(), reject;
    std::size_t pushed = 0;
    const auto note = [&](const Outcome& outcome) {
        if (!outcome && reject.is_null()) reject = rejected(outcome.error(), pushed);
    };
    const auto feed = [&](auto chunk, auto& rows) { return decoder.feed(chunk, rows); };
    for (const Octets& chunk : chunks) {
        pushed += chunk.size();
        note(drain(chunk, frames, feed));
    }
    if (finish) note(decoder.finish());
    return verdict(std::move(frames), reject);
}

json table(Fields& request) {
    auto decoder = oap::Decoder::make(request.take("config", configured)).value();
    const Octets bytes = request.take("bytes", octets);
    std::vector<oap::Row> rows(request.take("rows", u32));
    request.end();
    if (rows.empty()) throw Usage("rows = 0 is not at least 1");
    json frames = json::array();
    for (oap::span<const std::uint8_t> rest = bytes;;) {
        const auto table = decoder.decode(rest, rows);
        if (!table) return verdict(std::move(frames), rejected(table.error(), bytes.size()));
        for (const oap::Frame frame : *table) frames.push_back(written(frame));
        if (table->need() > 0) return verdict(std::move(frames), nullptr);
        rest = rest.subspan(table->consumed());
    }
}

/// Where any frame fits.
Octets& buffer() {
    static Octets buffer(OAP_MAX_FRAME_BYTES);
    return buffer;
}

json encode(Fields& request) {
    const auto frames = request.take("frames", list(wanted));
    request.end();
    std::string bytes;
    for (const Wanted& frame : frames) {
        const auto encoded = std::visit([](const auto& one) { return oap::encode(one, buffer()); }, frame.envelope);
        if (!encoded) return {{"error", oap::label(encoded.error().reason().value())}};
        bytes += hex(*encoded);
    }
    return {{"bytes", bytes}};
}

/// What is received, what is to be sent, or the end of the input.
struct Finish {};
using Step = std::variant<Octets, Wanted, Finish>;

Step transfer(Fields& fields) {
    if (fields.has("recv")) return fields.take("recv", octets);
    return fields.take("send", wanted);
}

Step step(const json& value) {
    Fields fields(value);
    if (fields.has("finish")) {
        if (!fields.take("finish", boolean)) throw Usage("finish is not true");
        fields.end();
        return Finish{};
    }
    Step read = transfer(fields);
    fields.end();
    return read;
}

json received(json frames, const Outcome& outcome) {
    json answer{{"frames", std::move(frames)}};
    if (!outcome) answer["reject"] = oap::label(outcome.error().reason().value());
    return answer;
}

json received(oap::Session& session, oap::span<const std::uint8_t> chunk) {
    json frames = json::array();
    const auto recv = [&](auto rest, auto& rows) { return session.recv(rest, rows); };
    const Outcome outcome = drain(chunk, frames, recv);
    return received(std::move(frames), outcome);
}

json sent(oap::Session& session, const Wanted& frame) {
    const auto sent = std::visit([&](const auto& one) { return session.send(one, buffer()); }, frame.envelope);
    if (!sent) return {{"refused", oap::label(sent.error().reason().value())}};
    return {{"bytes", hex(*sent)}};
}

json outcome(oap::Session& session, const Step& step) {
    if (const auto* const chunk = std::get_if<Octets>(&step)) return received(session, *chunk);
    if (const auto* const frame = std::get_if<Wanted>(&step)) return sent(session, *frame);
    return received(json::array(), session.finish());
}

json session(Fields& request) {
    auto session = oap::Session::make(request.take("config", configured)).value();
    const auto steps = request.take("steps", list(step));
    request.end();
    json outcomes = json::array();
    for (const Step& step : steps) outcomes.push_back(outcome(session, step));
    return {{"outcomes", std::move(outcomes)}};
}

json told(const oap::Snapshot& snapshot) {
    json frames, rejects;
    for (std::uint8_t kind = 1; oap_kind_name(kind) != nullptr; ++kind) {
        frames[oap_kind_name(kind)] = snapshot.frames(static_cast<oap::Kind>(kind));
    }
    for (std::uint32_t code = 1; oap_reject_label(code) != nullptr; ++code) {
        rejects[oap_reject_label(code)] = snapshot.rejects(static_cast<oap::Reason>(code));
    }
    return {{"oap_frames_total", frames},
            {"oap_rejects_total", rejects},
            {"oap_frame_bytes_total", snapshot.frame_bytes()},
            {"oap_ack_window", snapshot.ack_window()},
            {"oap_inflight_frames", snapshot.inflight_frames()},
            {"oap_inflight_capacity", snapshot.inflight_capacity()}};
}

struct Tick {
    std::uint64_t now;
};
struct Load {
    std::uint64_t permille;
};
struct Close {
    std::uint64_t session;
};
struct Transfer {
    Step step;
    std::uint64_t session;
};
using Event = std::variant<Tick, Load, Close, Transfer>;

Event event(Fields& fields) {
    if (fields.has("tick")) return Tick{fields.take("tick", whole)};
    if (fields.has("load")) return Load{fields.take("load", whole)};
    if (fields.has("close")) return Close{fields.take("close", whole)};
    return Transfer{transfer(fields), fields.take("session", whole)};
}

Event whole_event(const json& value) {
    Fields fields(value);
    Event read = event(fields);
    fields.end();
    return read;
}

/// Sessions, made on first use, that report to one monitor.
class Host {
public:
    explicit Host(Settings settings)
        : config_(std::move(settings.config)), monitor_(oap::Monitor::make(settings.limits).value()) {}

    void operator()(const Tick& tick) {
        const auto told = monitor_.readiness(std::chrono::nanoseconds(tick.now));
        readiness_.push_back({{"ready", told.ready}, {"missing", told.missing}});
    }
    void operator()(const Load& load) {
        const std::uint64_t most = UINT32_MAX;
        monitor_.set_load(static_cast<std::uint32_t>(std::min(load.permille, most))).value();
    }
    void operator()(const Close& close) { sessions_.erase(close.session); }
    void operator()(const Transfer& transfer) {
        if (sessions_.count(transfer.session) == 0) {
            sessions_.emplace(transfer.session, oap::Session::make(config_, monitor_).value());
        }
        outcome(sessions_.at(transfer.session), transfer.step);
    }

    json answer() const {
        const oap::Snapshot snapshot = monitor_.snapshot();
        return {{"readiness", readiness_},
                {"metrics", told(snapshot)},
                {"load_permille", snapshot.host_load_permille()},
                {"starved_ns", snapshot.ack_starved().count()}};
    }

private:
    oap::Config config_;
    oap::Monitor monitor_;
    std::map<std::uint64_t, oap::Session> sessions_;
    json readiness_ = json::array();
};

json monitor(Fields& request) {
    Host host(request.take("config", settings));
    const auto events = request.take("events", list(whole_event));
    request.end();
    for (const Event& event : events) std::visit(host, event);
    return host.answer();
}

/// The names that `name` gives, by number, until there are no more.
template <class Number, class Name>
json names(Number number, Name name) {
    json names = json::array();
    while (const char* one = name(number++)) names.push_back(one);
    return names;
}

json constants(Fields& request) {
    request.end();
    return {
        {"max_frame_bytes", OAP_MAX_FRAME_BYTES},
        {"max_header_bytes", OAP_MAX_HEADER_BYTES},
        {"stream_chunk_bytes", OAP_STREAM_CHUNK_BYTES},
        {"version", OAP_PROTOCOL_VERSION},
        {"kinds", names(std::uint8_t{1}, oap_kind_name)},
        {"reject_labels", names(std::uint32_t{1}, oap_reject_label)},
        {"metrics", names(std::size_t{0}, oap_metric_name)},
        {"readiness_keys", names(std::size_t{0}, oap_readiness_key)},
    };
}

json answer(const std::string& line) try {
    // json::parse skips a byte order mark.
    if (line.compare(0, 1, "\xef") == 0) throw Usage("not JSON");
    const json request = json::parse(line);
    Fields fields(request);
    const std::string_view op = fields.take("op", text);
    if (op == "decode") return decode(fields);
    if (op == "table") return table(fields);
    if (op == "encode") return encode(fields);
    if (op == "session") return session(fields);
    if (op == "connection") return connection(fields);
    if (op == "monitor") return monitor(fields);
    if (op == "constants") return constants(fields);
    throw Usage("no such op");
} catch (const std::exception& error) {
    return {{"usage", error.what()}};
}

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << answer(line).dump(-1, ' ', false, json::error_handler_t::replace) << '\n' << std::flush;
    }
}
