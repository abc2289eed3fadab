// The C++ testee: one JSON request a line on stdin, one JSON answer a line on stdout.

#include "json_shapes.hpp"

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

json decode(const json& request) {
    auto decoder = oap::StreamDecoder::make(configured(request)).value();
    json frames = json::array(), reject;
    std::size_t pushed = 0;
    const auto note = [&](const Outcome& outcome) {
        if (!outcome && reject.is_null()) reject = rejected(outcome.error(), pushed);
    };
    const auto feed = [&](auto chunk, auto& rows) { return decoder.feed(chunk, rows); };
    for (const json& hex : request.at("chunks").get_ref<const json::array_t&>()) {
        const Octets chunk = octets(hex);
        pushed += chunk.size();
        note(drain(chunk, frames, feed));
    }
    if (maybe(request, "finish", boolean).value_or(false)) note(decoder.finish());
    return verdict(std::move(frames), reject);
}

json table(const json& request) {
    auto decoder = oap::Decoder::make(configured(request)).value();
    const Octets bytes = octets(request.at("bytes"));
    std::vector<oap::Row> rows(whole(request.at("rows")));
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

json encode(const json& request) {
    std::string bytes;
    for (const json& envelope : request.at("frames").get_ref<const json::array_t&>()) {
        const Wanted frame = wanted(envelope);
        const auto encoded = std::visit([](const auto& one) { return oap::encode(one, buffer()); }, frame.envelope);
        if (!encoded) return {{"error", oap::label(encoded.error().reason().value())}};
        bytes += hex(*encoded);
    }
    return {{"bytes", bytes}};
}

json received(json frames, const Outcome& outcome) {
    json answer{{"frames", std::move(frames)}};
    if (!outcome) answer["reject"] = oap::label(outcome.error().reason().value());
    return answer;
}

json outcome(oap::Session& session, const json& step) {
    json frames = json::array();
    if (step.contains("finish")) return received(std::move(frames), session.finish());
    if (step.contains("recv")) {
        const auto recv = [&](auto chunk, auto& rows) { return session.recv(chunk, rows); };
        const Outcome outcome = drain(octets(step["recv"]), frames, recv);
        return received(std::move(frames), outcome);
    }
    const Wanted frame = wanted(step.at("send"));
    const auto sent = std::visit([&](const auto& one) { return session.send(one, buffer()); }, frame.envelope);
    if (!sent) return {{"refused", oap::label(sent.error().reason().value())}};
    return {{"bytes", hex(*sent)}};
}

json session(const json& request) {
    auto session = oap::Session::make(configured(request)).value();
    json outcomes = json::array();
    for (const json& step : request.at("steps").get_ref<const json::array_t&>()) {
        outcomes.push_back(outcome(session, step));
    }
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
            {"oap_inflight_frames", snapshot.inflight_frames()}};
}

json monitor(const json& request) {
    const Settings made = settings(request);
    const auto monitor = oap::Monitor::make(made.limits).value();
    std::map<std::uint64_t, oap::Session> sessions;
    json readiness = json::array();
    for (const json& event : request.at("events").get_ref<const json::array_t&>()) {
        if (event.contains("tick")) {
            const auto told = monitor.readiness(std::chrono::nanoseconds(whole(event["tick"])));
            readiness.push_back({{"ready", told.ready}, {"missing", told.missing}});
        } else if (event.contains("close")) {
            sessions.erase(whole(event["close"]));
        } else {
            const std::uint64_t number = whole(event.at("session"));
            if (sessions.count(number) == 0) {
                sessions.emplace(number, oap::Session::make(made.config, monitor).value());
            }
            outcome(sessions.at(number), event);
        }
    }
    return {{"readiness", std::move(readiness)}, {"metrics", told(monitor.snapshot())}};
}

/// The names that `name` gives, by number, until there are no more.
template <class Number, class Name>
json names(Number number, Name name) {
    json names = json::array();
    while (const char* one = name(number++)) names.push_back(one);
    return names;
}

json constants() {
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
    const json request = json::parse(line);
    const std::string_view op = text(request.at("op"));
    if (op == "decode") return decode(request);
    if (op == "table") return table(request);
    if (op == "encode") return encode(request);
    if (op == "session") return session(request);
    if (op == "monitor") return monitor(request);
    if (op == "constants") return constants();
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
