// Bytes that someone else owns, and what a call that can fail returns.

#ifndef OAP_RESULT_HPP
#define OAP_RESULT_HPP

#include "names.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#ifdef __cpp_lib_span
#include <span>
#endif
#ifdef __cpp_lib_expected
#include <expected>
#endif

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

#ifdef __cpp_lib_span
/// A view of contiguous items that someone else owns: std::span.
using std::span;
#else
/// A view of contiguous items that someone else owns: what is needed of C++20's std::span. It converts from arrays and
/// from whatever has `data()` and `size()`. Indices and counts are not checked.
template <class T>
class span {
    template <class C>
    using Compatible = std::enable_if_t<
        std::is_convertible_v<std::remove_pointer_t<decltype(std::data(std::declval<C&>()))> (*)[], T (*)[]>>;

public:
    constexpr span() noexcept = default;
    constexpr span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <class C, class = Compatible<C>, class = decltype(std::size(std::declval<C&>()))>
    constexpr span(C& items) noexcept : data_(std::data(items)), size_(std::size(items)) {}
    template <class C, class = Compatible<const C>, class = decltype(std::size(std::declval<const C&>()))>
    constexpr span(const C& items) noexcept : data_(std::data(items)), size_(std::size(items)) {}

    [[nodiscard]] constexpr T* data() const noexcept { return data_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] constexpr T* begin() const noexcept { return data_; }
    [[nodiscard]] constexpr T* end() const noexcept { return data_ + size_; }
    constexpr T& operator[](std::size_t index) const noexcept { return data_[index]; }
    [[nodiscard]] constexpr span first(std::size_t count) const noexcept { return {data_, count}; }
    [[nodiscard]] constexpr span subspan(std::size_t offset) const noexcept { return {data_ + offset, size_ - offset}; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};
template <class C>
span(C&) -> span<std::remove_pointer_t<decltype(std::data(std::declval<C&>()))>>;
#endif

/// The bytes of a text, to pass as a body: `oap::bytes("abc")`. It views the text and lives no longer.
inline span<const std::uint8_t> bytes(std::string_view text) noexcept {
    return {detail::octets(text.data()), text.size()};
}

/// Bytes held as std::byte. It views them and lives no longer.
inline span<const std::uint8_t> bytes(span<const std::byte> bytes) noexcept {
    return {detail::octets(bytes.data()), bytes.size()};
}

/// Why a call failed. Cheap to make and to copy: who wants to know more about a reject asks `reject()` of the object
/// that was called, about a refused send `refusal()`, about a refused setting `Config::error()`.
struct Failure {
    /// The status that oap.h returned; never Status::ok.
    Status status;
    /// Status::buffer_too_small of an encoded frame: the bytes that it takes. Else 0.
    std::size_t needed = 0;

    /// The reject, where it is one of the eight; empty for faults of the call.
    [[nodiscard]] constexpr std::optional<Reason> reason() const noexcept {
        if (status < Status::bad_hello || status > Status::truncated) return std::nullopt;
        return static_cast<Reason>(status);
    }
};

#ifdef __cpp_lib_expected
/// The return value of a fallible function: a T, or why there is none. `result<void>` has no value.
template <class T>
using result = std::expected<T, Failure>;

/// How a function that returns a result passes a Failure on: `return oap::unexpected(table.error());`
using unexpected = std::unexpected<Failure>;
#else
/// How a function that returns a result passes a Failure on: `return oap::unexpected(table.error());`
class unexpected {
public:
    constexpr explicit unexpected(const Failure& failure) noexcept : failure_(failure) {}
    [[nodiscard]] constexpr const Failure& error() const noexcept { return failure_; }

private:
    Failure failure_;
};

namespace detail {

template <class T>
T&& sure(T&& holder) noexcept {
    if (!holder) std::abort();
    return std::forward<T>(holder);
}

}  // namespace detail

/// The return value of a fallible function: a T, or why there is none: what is needed of C++23's std::expected. `*` and
/// `->` take it for granted that there is a value, `error()` that there is none; `value()` aborts where there is none
/// (std::expected throws).
template <class T>
class result {
public:
    constexpr result(T value) noexcept : value_(std::move(value)) {}
    constexpr result(unexpected failed) noexcept : error_(failed.error()) {}

    [[nodiscard]] constexpr bool has_value() const noexcept { return value_.has_value(); }
    constexpr explicit operator bool() const noexcept { return value_.has_value(); }
    [[nodiscard]] constexpr T& operator*() & noexcept { return *value_; }
    [[nodiscard]] constexpr const T& operator*() const& noexcept { return *value_; }
    [[nodiscard]] constexpr T&& operator*() && noexcept { return *std::move(value_); }
    constexpr T* operator->() noexcept { return &*value_; }
    constexpr const T* operator->() const noexcept { return &*value_; }
    [[nodiscard]] T& value() & noexcept { return *detail::sure(value_); }
    [[nodiscard]] const T& value() const& noexcept { return *detail::sure(value_); }
    [[nodiscard]] T&& value() && noexcept { return *detail::sure(std::move(value_)); }
    [[nodiscard]] constexpr const Failure& error() const noexcept { return error_; }

private:
    std::optional<T> value_ = std::nullopt;
    Failure error_{Status::ok};
};

/// The return value of a function that fails or has nothing to say. `value()` aborts on a failure.
template <>
class result<void> {
public:
    constexpr result() noexcept = default;
    constexpr result(unexpected failed) noexcept : error_(failed.error()) {}

    [[nodiscard]] constexpr bool has_value() const noexcept { return error_.status == Status::ok; }
    constexpr explicit operator bool() const noexcept { return has_value(); }
    void value() const noexcept { detail::sure(*this); }
    [[nodiscard]] constexpr const Failure& error() const noexcept { return error_; }

private:
    Failure error_{Status::ok};
};
#endif

namespace detail {

inline unexpected failed(oap_status status, std::size_t needed = 0) noexcept {
    return unexpected(Failure{static_cast<Status>(status), needed});
}

inline result<void> done(oap_status status) noexcept {
    if (status != OAP_STATUS_OK) return failed(status);
    return {};
}

}  // namespace detail

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_RESULT_HPP
