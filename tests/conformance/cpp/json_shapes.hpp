// The JSON shapes of bytes, 64-bit numbers, envelopes and configurations.

#pragma once

#include <oap.hpp>

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using nlohmann::json;
using Octets = std::vector<std::uint8_t>;

/// A request that can't be understood.
struct Usage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <class T>
T number(std::string_view digits, int base = 10) {
    T value{};
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
    if (error != std::errc() || stop != end) throw Usage("not a number: " + std::string(digits));
    return value;
}

inline std::uint64_t u64(const json& value) { return number<std::uint64_t>(value.get_ref<const std::string&>()); }

inline std::uint64_t whole(const json& value) {
    if (!value.is_number_unsigned()) throw Usage("not a whole number: " + value.dump());
    return value.get<std::uint64_t>();
}

inline std::uint32_t u32(const json& value) {
    const std::uint64_t wide = whole(value);
    if (wide > UINT32_MAX) throw Usage("over 32 bits: " + value.dump());
    return static_cast<std::uint32_t>(wide);
}

inline bool boolean(const json& value) { return value.get_ref<const bool&>(); }

inline std::string_view text(const json& value) { return value.get_ref<const std::string&>(); }

inline std::uint8_t digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    throw Usage("not lowercase hex");
}

inline Octets octets(const json& value) {
    const std::string_view hex = text(value);
    if (hex.size() % 2 != 0) throw Usage("half a byte");
    Octets octets(hex.size() / 2);
    for (std::size_t i = 0; i < octets.size(); ++i) {
        octets[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    return octets;
}

inline std::string hex(oap::span<const std::uint8_t> octets) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(octets.size() * 2);
    for (const std::uint8_t octet : octets) {
        hex += digits[octet >> 4];
        hex += digits[octet & 15];
    }
    return hex;
}

/// The value of an optional key, read by `read`.
template <class Read>
auto maybe(const json& object, const char* key, Read read) -> std::optional<decltype(read(object))> {
    const auto found = object.find(key);
    if (found == object.end()) return std::nullopt;
    return read(*found);
}

/// An envelope whose texts point into the request's JSON, and whose body is held here.
struct Wanted {
    oap::Envelope envelope;
    Octets body;
};

inline Wanted wanted(const json& envelope) {
    const std::string_view kind = text(envelope.at("kind"));
    if (kind == oap::name(oap::Kind::hello)) {
        return {oap::Hello{u32(envelope.at("version")), u64(envelope.at("max_frame")), maybe(envelope, "features", u64),
                           maybe(envelope, "ack_window", u32)},
                {}};
    }
    if (kind == oap::name(oap::Kind::start)) return {oap::Start{text(envelope.at("stream"))}, {}};
    if (kind == oap::name(oap::Kind::data)) {
        Octets body = maybe(envelope, "body", octets).value_or(Octets());
        const oap::Data data{u64(envelope.at("seq")), maybe(envelope, "obj", text), body};
        return {data, std::move(body)};
    }
    if (kind == oap::name(oap::Kind::ack)) return {oap::Ack{u64(envelope.at("up_to"))}, {}};
    if (kind == oap::name(oap::Kind::end)) return {oap::End{u64(envelope.at("seq")), u32(envelope.at("status"))}, {}};
    if (kind == oap::name(oap::Kind::error)) {
        return {oap::Error{u32(envelope.at("code")), text(envelope.at("reason"))}, {}};
    }
    throw Usage("no such kind");
}

/// Writes the fields of each envelope.
struct Writer {
    json& out;

    void operator()(const oap::Hello& hello) const {
        out["version"] = hello.version;
        out["max_frame"] = std::to_string(hello.max_frame);
        if (hello.features) out["features"] = std::to_string(*hello.features);
        if (hello.ack_window) out["ack_window"] = *hello.ack_window;
    }
    void operator()(const oap::Start& start) const { out["stream"] = start.stream; }
    void operator()(const oap::Data& data) const {
        out["seq"] = std::to_string(data.seq);
        if (data.obj) out["obj"] = *data.obj;
        out["len"] = data.body.size();
        out["body"] = hex(data.body);
    }
    void operator()(const oap::Ack& ack) const { out["up_to"] = std::to_string(ack.up_to); }
    void operator()(const oap::End& end) const {
        out["seq"] = std::to_string(end.seq);
        out["status"] = end.status;
    }
    void operator()(const oap::Error& error) const {
        out["code"] = error.code;
        out["reason"] = error.reason;
    }
};

inline json written(const oap::Frame& frame) {
    json out{{"kind", oap::name(frame.kind())}};
    std::visit(Writer{out}, frame.envelope());
    return out;
}

inline oap::SeqRolloverPolicy policy(const json& value) {
    if (text(value) == "error") return oap::SeqRolloverPolicy::error;
    if (text(value) == "wrap") return oap::SeqRolloverPolicy::wrap;
    throw Usage("seq_rollover_policy is neither error nor wrap");
}

inline oap::result<void> set(oap::Config& config, const std::string& field, const json& value) {
    if (field == "strict_headers") return config.set_strict_headers(boolean(value));
    if (field == "enforce_obj_header_on_objects") return config.set_enforce_obj_header_on_objects(boolean(value));
    if (field == "allow_pq_hello_flags") return config.set_allow_pq_hello_flags(boolean(value));
    if (field == "seq_rollover_policy") return config.set_seq_rollover_policy(policy(value));
    if (field == "ack_window_frames") return config.set_ack_window_frames(whole(value));
    if (field == "max_frame") return config.set_max_frame(u64(value));
    if (field == "features") return config.set_features(u64(value));
    throw Usage("no such setting: " + field);
}

/// The limit of that name; nullptr where there is none.
inline std::uint64_t* limit(oap::MonitorLimits& limits, const std::string& name) {
    if (name == "reject_limit_permille") return &limits.reject_limit_permille;
    if (name == "reject_min_events") return &limits.reject_min_events;
    if (name == "ack_starvation_limit_ns") return &limits.ack_starvation_limit_ns;
    if (name == "inflight_capacity") return &limits.inflight_capacity;
    if (name == "backpressure_high_percent") return &limits.backpressure_high_percent;
    if (name == "backpressure_low_percent") return &limits.backpressure_low_percent;
    return nullptr;
}

struct Settings {
    oap::Config config = oap::Config::make().value();
    oap::MonitorLimits limits;
};

inline Settings settings(const json& request) {
    Settings made;
    const auto fields = request.find("config");
    if (fields == request.end()) return made;
    if (!fields->is_object()) throw Usage("config is not an object");
    for (const auto& [field, value] : fields->items()) {
        if (std::uint64_t* const found = limit(made.limits, field)) {
            *found = whole(value);
        } else if (!set(made.config, field, value)) {
            throw Usage(field + " = " + value.dump() + " is out of its range");
        }
    }
    return made;
}

inline oap::Config configured(const json& request) { return std::move(settings(request).config); }
