// The common part of decoders and sessions.

#ifndef OAP_CONFIGURED_HPP
#define OAP_CONFIGURED_HPP

#include "config.hpp"
#include "frame.hpp"
#include "handle.hpp"
#include "monitor.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// Why a frame was rejected or refused.
struct Reject {
    Reason reason;
    /// The field at fault, in the spec's words, such as "DATA.seq". Static.
    std::string_view field;
    /// The fault, in words that read on from `field`. Static.
    std::string_view detail;
    /// The limit that was passed, where there is one.
    std::optional<std::uint64_t> limit;
    /// Where the rejected frame starts: bytes of the stream before it. 0 in a refusal.
    std::uint64_t offset;
    /// Bytes of the stream that it took to know. 0 in a refusal.
    std::uint64_t at;
};

namespace detail {

/// What a call tells of a reject or a refusal.
template <class Tell>
std::optional<Reject> told(Tell tell) noexcept {
    oap_reject reject;
    if (tell(&reject) != OAP_STATUS_OK) return std::nullopt;
    return Reject{static_cast<Reason>(reject.code),
                  text(reject.field, reject.field_len),
                  text(reject.detail, reject.detail_len),
                  reject.has_limit ? std::optional(reject.limit) : std::nullopt,
                  reject.offset,
                  reject.at};
}

template <auto Tell, class Subject>
std::optional<Reject> told(const Subject* subject) noexcept {
    return told([subject](oap_reject* reject) { return Tell(subject, reject); });
}

/// An Owner that is made from a Config, which is copied, and that may report to a Monitor.
template <class Class, class Handle, auto New, auto Free, auto Attach>
class Configured : public Owner<Handle, Free> {
public:
    /// One at the start of its stream, with the defaults.
    [[nodiscard]] static result<Class> make() noexcept { return make_from(nullptr); }
    /// One at the start of its stream. The Config may be changed or go afterwards.
    [[nodiscard]] static result<Class> make(const Config& config) noexcept {
        // To C no handle means the defaults, which is not what a Config that was moved from should mean.
        if (config.get() == nullptr) return failed(OAP_STATUS_NULL_POINTER);
        return make_from(config.get());
    }
    /// One with the defaults that reports to a Monitor.
    [[nodiscard]] static result<Class> make(const Monitor& monitor) noexcept { return watched(make(), monitor); }
    /// One that reports to a Monitor.
    [[nodiscard]] static result<Class> make(const Config& config, const Monitor& monitor) noexcept {
        return watched(make(config), monitor);
    }

protected:
    using Owner<Handle, Free>::Owner;

    /// The outcome of a call of C; the monitor observes how long it took, where there is one that is to.
    template <auto Observe, auto Call, class... Arguments>
    oap_status observed(Arguments... arguments) const noexcept {
        if (!timed_) return Call(this->get(), arguments...);
        return timed<Observe, Call>(arguments...);
    }

    template <auto Call>
    result<FrameTable> tabled(span<const std::uint8_t> bytes, span<Row> rows) const noexcept {
        oap_frame_table table;
        const oap_status status = observed<oap_monitor_observe_read, Call>(bytes.data(), bytes.size(), rows.data(),
                                                                           rows.size(), &table);
        if (status != OAP_STATUS_OK) return failed(status);
        return FrameTable(table, rows.data());
    }

private:
    /// Apart, so that who has no monitor pays for a look whether there is one, and for nothing else.
    template <auto Observe, auto Call, class... Arguments>
    [[gnu::noinline, gnu::cold]] oap_status timed(Arguments... arguments) const noexcept {
        const auto start = now();
        const oap_status status = Call(this->get(), arguments...);
        Observe(timed_->get(), to_c(now() - start));
        return status;
    }

    static result<Class> make_from(const oap_config* config) noexcept {
        Handle* handle = nullptr;
        const oap_status status = New(config, &handle);
        if (status != OAP_STATUS_OK) return failed(status);
        return Class(handle);
    }

    static result<Class> watched(result<Class> made, const Monitor& monitor) noexcept {
        if (!made) return made;
        const oap_status status = Attach(made->get(), monitor.get());
        if (status != OAP_STATUS_OK) return failed(status);
        if (monitor.timing()) made->timed_ = monitor;
        return made;
    }

    std::optional<Monitor> timed_ = std::nullopt;
};

}  // namespace detail

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_CONFIGURED_HPP
