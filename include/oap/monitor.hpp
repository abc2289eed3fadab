// The metrics and the readiness of a process.

#ifndef OAP_MONITOR_HPP
#define OAP_MONITOR_HPP

#include "result.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// When readiness keys turn false: oap_monitor_limits, with the defaults.
struct MonitorLimits : oap_monitor_limits {
    MonitorLimits() noexcept : oap_monitor_limits() { oap_monitor_default_limits(this); }
};

/// Whether a process is fit to serve, and the answer that a host gives on `/readyz`.
struct Readiness {
    struct Key {
        /// Static.
        std::string_view name;
        bool ok = false;
    };
    struct Header {
        std::string name;
        std::string value;
    };

    /// Whether all keys are true.
    bool ready = false;
    /// In the contract's order.
    std::array<Key, std::extent_v<decltype(oap_readiness::keys)>> keys = {};
    /// The names of the keys that are false, in the contract's order.
    std::vector<std::string_view> missing = {};
    /// 200 or 503.
    int status = 0;
    /// Content-Type; where it is not ready, Retry-After too.
    std::vector<Header> headers = {};
    /// The JSON.
    std::string body = {};
};

/// A histogram of call times.
struct Timing {
    struct Bucket {
        /// Its upper bound, included; the last bucket has none.
        std::optional<std::chrono::nanoseconds> bound;
        /// Calls in this bucket alone, not cumulative.
        std::uint64_t count = 0;
    };

    std::array<Bucket, OAP_HISTOGRAM_BUCKETS> buckets = {};
    /// The time of all calls.
    std::chrono::nanoseconds sum = {};
};

namespace detail {

inline std::chrono::nanoseconds nanoseconds(std::uint64_t ns) noexcept {
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(ns));
}

/// To C, time starts at 0.
inline std::uint64_t to_c(std::chrono::nanoseconds time) noexcept {
    return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

inline std::chrono::nanoseconds now() noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

inline Timing from_c(const oap_timing& told) noexcept {
    Timing timing;
    for (std::size_t i = 0; i < timing.buckets.size(); ++i) {
        timing.buckets[i].count = told.counts[i];
        if (i + 1 < timing.buckets.size()) timing.buckets[i].bound = nanoseconds(oap_histogram_bound_ns(i));
    }
    timing.sum = nanoseconds(told.sum_ns);
    return timing;
}

/// Lines of "name: value", each with its CRLF.
inline std::vector<Readiness::Header> headers(std::string_view lines) noexcept {
    std::vector<Readiness::Header> headers;
    while (!lines.empty()) {
        const std::size_t colon = lines.find(": "), end = lines.find("\r\n");
        headers.push_back({std::string(lines.substr(0, colon)), std::string(lines.substr(colon + 2, end - colon - 2))});
        lines.remove_prefix(end + 2);
    }
    return headers;
}

inline Readiness from_c(const oap_readiness& told) noexcept {
    Readiness readiness;
    readiness.ready = told.ready;
    for (std::size_t i = 0; i < readiness.keys.size(); ++i) {
        readiness.keys[i] = {text(oap_readiness_key(i)), told.keys[i]};
        if (!told.keys[i]) readiness.missing.push_back(readiness.keys[i].name);
    }
    readiness.status = static_cast<int>(told.http_status);
    readiness.headers = headers(oap_readyz_headers(told.ready));
    readiness.body.assign(told.json, std::min(told.json_len, sizeof told.json));
    return readiness;
}

}  // namespace detail

/// The numbers of a monitor at one time, by the names of the telemetry contract.
class Snapshot {
public:
    explicit Snapshot(const oap_snapshot& told) noexcept : told_(told) {}

    /// `oap_frames_total`.
    [[nodiscard]] std::uint64_t frames(Kind kind) const noexcept { return told_.frames[static_cast<int>(kind) - 1]; }
    /// `oap_rejects_total`.
    [[nodiscard]] std::uint64_t rejects(Reason reason) const noexcept {
        return told_.rejects[static_cast<int>(reason) - 1];
    }
    /// `oap_frame_bytes_total`.
    [[nodiscard]] std::uint64_t frame_bytes() const noexcept { return told_.frame_bytes; }
    /// `oap_ack_window`, in frames.
    [[nodiscard]] std::uint64_t ack_window() const noexcept { return told_.ack_window; }
    /// `oap_inflight_frames`.
    [[nodiscard]] std::uint64_t inflight_frames() const noexcept { return told_.inflight_frames; }
    /// `oap_inflight_capacity`.
    [[nodiscard]] std::uint64_t inflight_capacity() const noexcept { return told_.inflight_capacity; }
    /// `oap_host_load_ratio`, in thousandths: 0..=1000.
    [[nodiscard]] std::uint64_t host_load_permille() const noexcept { return told_.host_load_permille; }
    /// `oap_ack_starved_seconds_total`.
    [[nodiscard]] std::chrono::nanoseconds ack_starved() const noexcept {
        return detail::nanoseconds(told_.ack_starved_ns);
    }
    /// `oap_read_frame_seconds`.
    [[nodiscard]] Timing read() const noexcept { return detail::from_c(told_.read); }
    /// `oap_write_frame_seconds`.
    [[nodiscard]] Timing write() const noexcept { return detail::from_c(told_.write); }

private:
    oap_snapshot told_;
};

/// The counts of all decoders and sessions of a process, and whether it is fit to serve: pass it to their `make`. Copies
/// are one and the same monitor. Decoders and sessions keep a copy: theirs may be the last. Any thread may call it at any
/// time.
///
/// Time is that of a monotonic clock, std::chrono::steady_clock unless the host passes `now`: one clock for a monitor.
///
/// ~~~cpp
/// auto monitor = oap::Monitor::make().value();
/// auto decoder = oap::Decoder::make(monitor).value();
/// std::array<oap::Row, 8> rows;
/// const auto table = decoder.decode(oap::bytes({"\0\0\0\x0a\x04\0\0\x02\x08\x01", 10}), rows);
/// assert(table && monitor.snapshot().frames(oap::Kind::ack) == 1);
/// assert(monitor.readiness().ready);  // at least once a second
/// monitor.set_parser_ready(false);
/// const auto readiness = monitor.readiness();
/// assert(readiness.status == 503 && readiness.missing.front() == "oap_parser_ready");
/// ~~~
class Monitor {
public:
    /// A monitor. With `timing`, decoders and sessions that have it observe their decode and send calls by
    /// std::chrono::steady_clock, once a call; without, they read no clock.
    [[nodiscard]] static result<Monitor> make(const MonitorLimits& limits = {}, bool timing = true) noexcept {
        oap_monitor* handle = nullptr;
        const oap_status status = oap_monitor_new(&limits, &handle);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return Monitor(handle, timing);
    }

    /// Whether the configuration is valid and decoders can be made: true from the start. A host that drains, or whose
    /// new configuration is bad, sets it false.
    result<void> set_parser_ready(bool ready) const noexcept {
        return detail::done(oap_monitor_set_parser_ready(get(), ready));
    }
    /// Sets the load of the fullest of the host's own queues and budgets, in thousandths; over 1000 counts as 1000. It
    /// is 0 until it is set; `oap_backpressure_ok` is judged by it at the next tick.
    result<void> set_load(std::uint32_t permille) const noexcept {
        return detail::done(oap_monitor_set_load(get(), permille));
    }
    /// Counts a frame of that many bytes which a host encoded or decoded without a decoder or session that has the
    /// monitor.
    result<void> count_frame(Kind kind, std::size_t bytes) const noexcept {
        return detail::done(oap_monitor_count_frame(get(), static_cast<std::uint8_t>(kind), bytes));
    }
    /// Counts a reject that a host gave without them.
    result<void> count_reject(Reason reason) const noexcept {
        return detail::done(oap_monitor_count_reject(get(), static_cast<std::uint32_t>(reason)));
    }
    /// Observes a decode call that was made without them: `oap_read_frame_seconds`.
    result<void> observe_read(std::chrono::nanoseconds time) const noexcept {
        return detail::done(oap_monitor_observe_read(get(), detail::to_c(time)));
    }
    /// Observes an encode call that was made without them: `oap_write_frame_seconds`.
    result<void> observe_write(std::chrono::nanoseconds time) const noexcept {
        return detail::done(oap_monitor_observe_write(get(), detail::to_c(time)));
    }

    /// Samples the state. A host ticks at least once a second; readiness ticks too. Time that goes backwards is taken
    /// as standing still.
    result<void> tick(std::chrono::nanoseconds now = detail::now()) const noexcept {
        return detail::done(oap_monitor_tick(get(), detail::to_c(now)));
    }
    /// Ticks, and says whether the process is fit to serve.
    [[nodiscard]] Readiness readiness(std::chrono::nanoseconds now = detail::now()) const noexcept {
        oap_readiness told;
        if (oap_monitor_readiness(get(), detail::to_c(now), &told) != OAP_STATUS_OK) return {};
        return detail::from_c(told);
    }
    /// All numbers, as they are now.
    [[nodiscard]] Snapshot snapshot() const noexcept {
        oap_snapshot told = {};
        oap_monitor_snapshot(get(), &told);
        return Snapshot(told);
    }
    /// The page that a Prometheus server scrapes, of the content type `text_content_type()`.
    [[nodiscard]] std::string text() const noexcept {
        std::string page;
        std::size_t size = 0;
        while (oap_monitor_text(get(), page.data(), page.size(), &size) == OAP_STATUS_BUFFER_TOO_SMALL) {
            page.resize(size);
        }
        page.resize(size);
        return page;
    }
    /// Static.
    [[nodiscard]] static std::string_view text_content_type() noexcept {
        return detail::text(oap_text_content_type());
    }

    /// Whether decoders and sessions that have it observe their calls.
    [[nodiscard]] bool timing() const noexcept { return timing_; }
    /// The handle, for functions of oap.h. It stays the monitor's; nullptr in one that was moved from.
    [[nodiscard]] oap_monitor* get() const noexcept { return handle_.get(); }

private:
    Monitor(oap_monitor* handle, bool timing) noexcept : handle_(handle, oap_monitor_free), timing_(timing) {}

    std::shared_ptr<oap_monitor> handle_;
    bool timing_;
};

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_MONITOR_HPP
