// The configuration of decoders and sessions.

#ifndef OAP_CONFIG_HPP
#define OAP_CONFIG_HPP

#include "handle.hpp"
#include "result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// The setting that a Config refused.
struct ConfigError {
    /// The name of the field. Static.
    std::string_view field;
    std::uint64_t value;
    /// The range of what is allowed, both included.
    std::uint64_t min;
    std::uint64_t max;
};

/// A configuration. It starts with the defaults; each setter checks its value, so what it holds is always valid.
/// Decoders and sessions copy it when they are made.
///
/// ~~~cpp
/// auto config = oap::Config::make().value();
/// assert(config.set_max_frame(65536));
/// assert(!config.set_ack_window_frames(0));
/// const auto error = config.error();
/// assert(error && error->field == "ack_window_frames" && error->min == 1 && error->max == 1024);
/// auto session = oap::Session::make(config).value();
/// ~~~
class Config : public detail::Owner<oap_config, oap_config_free> {
public:
    /// The defaults.
    [[nodiscard]] static result<Config> make() noexcept {
        oap_config* handle = nullptr;
        const oap_status status = oap_config_new(&handle);
        if (status != OAP_STATUS_OK) return detail::failed(status);
        return Config(handle);
    }

    /// Whether headers must be canonical (true, the default), or relaxed ones are taken too: for interop labs.
    result<void> set_strict_headers(bool strict) noexcept {
        return detail::done(oap_config_set_strict_headers(get(), strict));
    }
    /// Whether DATA on an object stream needs an `obj`. Default true.
    result<void> set_enforce_obj_header_on_objects(bool enforce) noexcept {
        return detail::done(oap_config_set_enforce_obj_header_on_objects(get(), enforce));
    }
    /// Whether a received HELLO may have feature bits set. Default true.
    result<void> set_allow_pq_hello_flags(bool allow) noexcept {
        return detail::done(oap_config_set_allow_pq_hello_flags(get(), allow));
    }
    /// The rule for the seq after 2^64 - 1. Default SeqRolloverPolicy::error.
    result<void> set_seq_rollover_policy(SeqRolloverPolicy policy) noexcept {
        return detail::done(oap_config_set_seq_rollover_policy(get(), static_cast<std::int32_t>(policy)));
    }
    /// DATA frames taken unacknowledged; the HELLO says so. 1..=1024, else Status::out_of_range. Default 32.
    [[nodiscard]] result<void> set_ack_window_frames(std::uint64_t frames) noexcept {
        return detail::done(oap_config_set_ack_window_frames(get(), frames));
    }
    /// Bytes of the largest frame taken, prefix included; the HELLO says so. 4096..=1048576, else Status::out_of_range.
    /// Default 1048576.
    [[nodiscard]] result<void> set_max_frame(std::uint64_t bytes) noexcept {
        return detail::done(oap_config_set_max_frame(get(), bytes));
    }
    /// The feature bits that the HELLO says, opaque; empty for none, the default.
    result<void> set_features(std::optional<std::uint64_t> features) noexcept {
        return detail::done(features ? oap_config_set_features(get(), *features) : oap_config_unset_features(get()));
    }

    /// The value that the last setter refused, if it did.
    [[nodiscard]] std::optional<ConfigError> error() const noexcept {
        oap_config_error error;
        if (oap_config_get_error(get(), &error) != OAP_STATUS_OK) return std::nullopt;
        return ConfigError{detail::text(error.field, error.field_len), error.value, error.min, error.max};
    }

private:
    using Owner::Owner;
};

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_CONFIG_HPP
