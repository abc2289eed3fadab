// Frames as values: compared, hashed and printed.

#ifndef OAP_VALUES_HPP
#define OAP_VALUES_HPP

#include "connection.hpp"
#include "frame.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#if defined(__cpp_lib_format)
#include <format>
#endif

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

namespace detail {

template <class T>
inline constexpr bool is_fields = std::is_same_v<T, Hello> || std::is_same_v<T, Start> || std::is_same_v<T, Data> ||
                                  std::is_same_v<T, Ack> || std::is_same_v<T, End> || std::is_same_v<T, Error>;

[[nodiscard]] inline std::string_view chars(span<const std::uint8_t> bytes) noexcept {
    return text(bytes.data(), bytes.size());
}

/// Many values as one: that of the order in which they come.
template <class... Values>
[[nodiscard]] std::size_t hash_of(const Values&... values) noexcept {
    std::size_t all = 0;
    ((all ^= std::hash<Values>()(values) + 0x9e3779b97f4a7c15U + (all << 6) + (all >> 2)), ...);
    return all;
}

}  // namespace detail

/// Frames are equal that have the same encoding: texts and bodies by what they view.
[[nodiscard]] inline bool operator==(const Hello& a, const Hello& b) noexcept {
    return a.version == b.version && a.max_frame == b.max_frame && a.features == b.features &&
           a.ack_window == b.ack_window;
}
[[nodiscard]] inline bool operator==(const Start& a, const Start& b) noexcept { return a.stream == b.stream; }
[[nodiscard]] inline bool operator==(const Data& a, const Data& b) noexcept {
    return a.seq == b.seq && a.obj == b.obj && detail::chars(a.body) == detail::chars(b.body);
}
[[nodiscard]] inline bool operator==(const Ack& a, const Ack& b) noexcept { return a.up_to == b.up_to; }
[[nodiscard]] inline bool operator==(const End& a, const End& b) noexcept {
    return a.seq == b.seq && a.status == b.status;
}
[[nodiscard]] inline bool operator==(const Error& a, const Error& b) noexcept {
    return a.code == b.code && a.reason == b.reason;
}
template <class Fields, class = std::enable_if_t<detail::is_fields<Fields>>>
[[nodiscard]] bool operator!=(const Fields& a, const Fields& b) noexcept {
    return !(a == b);
}

/// A frame in a line, as logs may have it: without feature bits and body.
///
/// ~~~cpp
/// assert(oap::to_string(oap::Data{7, {}, oap::bytes("abc")}) == "DATA seq=7 len=3");
/// assert(std::hash<oap::Ack>()(oap::Ack{1}) == std::hash<oap::Ack>()(oap::Ack{1}));
/// ~~~
[[nodiscard]] inline std::string to_string(const Hello& hello) {
    std::string line = "HELLO version=" + std::to_string(hello.version) + " max_frame=" + std::to_string(hello.max_frame);
    if (hello.ack_window) line += " ack_window=" + std::to_string(*hello.ack_window);
    return line;
}
[[nodiscard]] inline std::string to_string(const Start& start) {
    return std::string("START stream=").append(start.stream);
}
[[nodiscard]] inline std::string to_string(const Data& data) {
    std::string line = "DATA seq=" + std::to_string(data.seq);
    if (data.obj) line.append(" obj=").append(*data.obj);
    return line + " len=" + std::to_string(data.body.size());
}
[[nodiscard]] inline std::string to_string(const Ack& ack) { return "ACK up_to=" + std::to_string(ack.up_to); }
[[nodiscard]] inline std::string to_string(const End& end) {
    return "END seq=" + std::to_string(end.seq) + " status=" + std::to_string(end.status);
}
[[nodiscard]] inline std::string to_string(const Error& error) {
    return "ERROR code=" + std::to_string(error.code) + std::string(" reason=").append(error.reason);
}
[[nodiscard]] inline std::string to_string(const Frame& frame) {
    return std::visit([](const auto& fields) { return to_string(fields); }, frame.envelope());
}

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

template <>
struct std::hash<oap::Hello> {
    std::size_t operator()(const oap::Hello& hello) const noexcept {
        return oap::detail::hash_of(hello.version, hello.max_frame, hello.features, hello.ack_window);
    }
};
template <>
struct std::hash<oap::Start> {
    std::size_t operator()(const oap::Start& start) const noexcept { return oap::detail::hash_of(start.stream); }
};
template <>
struct std::hash<oap::Data> {
    std::size_t operator()(const oap::Data& data) const noexcept {
        return oap::detail::hash_of(data.seq, data.obj, oap::detail::chars(data.body));
    }
};
template <>
struct std::hash<oap::Ack> {
    std::size_t operator()(const oap::Ack& ack) const noexcept { return oap::detail::hash_of(ack.up_to); }
};
template <>
struct std::hash<oap::End> {
    std::size_t operator()(const oap::End& end) const noexcept { return oap::detail::hash_of(end.seq, end.status); }
};
template <>
struct std::hash<oap::Error> {
    std::size_t operator()(const oap::Error& error) const noexcept { return oap::detail::hash_of(error.code, error.reason); }
};

#if defined(__cpp_lib_format)

namespace oap {
inline namespace OAP_HPP_NAMESPACE {
namespace detail {

/// What std::format prints: frames as to_string, states and reasons by their names. The format is that of a string.
template <class T>
inline constexpr bool is_printed = is_fields<T> || std::is_same_v<T, Frame> || std::is_same_v<T, Kind> ||
                                   std::is_same_v<T, Status> || std::is_same_v<T, Reason> ||
                                   std::is_same_v<T, ConnectionState> || std::is_same_v<T, EndReason>;

template <class T>
[[nodiscard]] auto printed(const T& value) {
    if constexpr (std::is_same_v<T, Reason>) return label(value);
    else if constexpr (std::is_enum_v<T>) return name(value);
    else return to_string(value);
}

}  // namespace detail
}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

template <class T>
    requires oap::detail::is_printed<T>
struct std::formatter<T> : std::formatter<std::string_view> {
    template <class Context>
    auto format(const T& value, Context& context) const {
        return std::formatter<std::string_view>::format(oap::detail::printed(value), context);
    }
};

#endif

#endif  // OAP_VALUES_HPP
