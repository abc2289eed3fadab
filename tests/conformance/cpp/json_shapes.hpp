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

inline std::string_view text(const json& value) { return value.get_ref<const std::string&>(); }

/// A decimal string without leading zeros.
inline std::uint64_t u64(const json& value) {
    const std::string_view digits = text(value);
    const char* const end = digits.data() + digits.size();
    std::uint64_t number{};
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc() || stop != end || std::to_string(number) != digits) throw Usage("not a decimal string");
    return number;
}

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

/// The items of a list.
template <class Read>
auto list(Read read) {
    return [read](const json& value) {
        std::vector<decltype(read(value))> items;
        for (const json& item : value.get_ref<const json::array_t&>()) items.push_back(read(item));
        return items;
    };
}

/// An object whose fields are taken one by one, until none is left.
class Fields {
public:
    explicit Fields(const json& object) : object_(object.get_ref<const json::object_t&>()) {}

    bool has(const char* name) const { return object_.count(name) > 0; }

    template <class Read>
    auto take(const char* name, Read read) {
        const auto found = object_.find(name);
        if (found == object_.end()) throw Usage(std::string(name) + " is missing");
        ++taken_;
        return read(found->second);
    }

    template <class Read>
    auto maybe(const char* name, Read read) {
        return has(name) ? std::optional(take(name, read)) : std::nullopt;
    }

    void end() const {
        if (taken_ != object_.size()) throw Usage("a field is unknown");
    }

private:
    const json::object_t& object_;
    std::size_t taken_ = 0;
};

/// An envelope whose texts point into the request's JSON, and whose body is held here.
struct Wanted {
    oap::Envelope envelope;
    Octets body;
};

inline Wanted data(Fields& fields) {
    Octets body = fields.take("body", octets);
    if (fields.take("len", whole) != body.size()) throw Usage("len is not the length of body");
    const oap::Data data{fields.take("seq", u64), fields.maybe("obj", text), body};
    return {data, std::move(body)};
}

inline Wanted of_kind(std::string_view kind, Fields& fields) {
    if (kind == oap::name(oap::Kind::hello)) {
        return {oap::Hello{fields.take("version", u32), fields.take("max_frame", u64), fields.maybe("features", u64),
                           fields.maybe("ack_window", u32)},
                {}};
    }
    if (kind == oap::name(oap::Kind::start)) return {oap::Start{fields.take("stream", text)}, {}};
    if (kind == oap::name(oap::Kind::data)) return data(fields);
    if (kind == oap::name(oap::Kind::ack)) return {oap::Ack{fields.take("up_to", u64)}, {}};
    if (kind == oap::name(oap::Kind::end)) return {oap::End{fields.take("seq", u64), fields.take("status", u32)}, {}};
    if (kind == oap::name(oap::Kind::error)) {
        return {oap::Error{fields.take("code", u32), fields.take("reason", text)}, {}};
    }
    throw Usage("no such kind");
}

inline Wanted wanted(const json& envelope) {
    Fields fields(envelope);
    Wanted read = of_kind(fields.take("kind", text), fields);
    fields.end();
    return read;
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

/// Sets a field where it is there.
template <class Read, class Value>
void set(Fields& fields, const char* name, Read read, oap::Config& config, oap::result<void> (oap::Config::*setter)(Value)) {
    const auto value = fields.maybe(name, read);
    if (value && !(config.*setter)(*value)) throw Usage(std::string(name) + " is out of its range");
}

inline oap::Config config(Fields& fields) {
    oap::Config made = oap::Config::make().value();
    set(fields, "strict_headers", boolean, made, &oap::Config::set_strict_headers);
    set(fields, "enforce_obj_header_on_objects", boolean, made, &oap::Config::set_enforce_obj_header_on_objects);
    set(fields, "allow_pq_hello_flags", boolean, made, &oap::Config::set_allow_pq_hello_flags);
    set(fields, "seq_rollover_policy", policy, made, &oap::Config::set_seq_rollover_policy);
    set(fields, "ack_window_frames", whole, made, &oap::Config::set_ack_window_frames);
    set(fields, "max_frame", u64, made, &oap::Config::set_max_frame);
    set(fields, "features", u64, made, &oap::Config::set_features);
    return made;
}

inline oap::MonitorLimits limits(Fields& fields) {
    oap::MonitorLimits made;
    const auto set = [&](const char* name, std::uint64_t& limit) { limit = fields.maybe(name, whole).value_or(limit); };
    set("reject_limit_permille", made.reject_limit_permille);
    set("reject_min_events", made.reject_min_events);
    set("ack_starvation_limit_ns", made.ack_starvation_limit_ns);
    set("inflight_capacity", made.inflight_capacity);
    set("backpressure_high_percent", made.backpressure_high_percent);
    set("backpressure_low_percent", made.backpressure_low_percent);
    return made;
}

inline oap::Config configured(const json& value) {
    Fields fields(value);
    oap::Config made = config(fields);
    fields.end();
    return made;
}

/// A Config and the limits of a monitor, side by side.
struct Settings {
    oap::Config config;
    oap::MonitorLimits limits;
};

inline Settings settings(const json& value) {
    Fields fields(value);
    Settings made{config(fields), limits(fields)};
    fields.end();
    return made;
}
