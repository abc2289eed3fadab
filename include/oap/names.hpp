// Statuses, rejects and kinds by name.

#ifndef OAP_NAMES_HPP
#define OAP_NAMES_HPP

#include "../oap.h"

#include <cstdint>
#include <string_view>
#if __has_include(<version>)
#include <version>
#endif

// span and result differ by standard and are part of signatures: each combination has a namespace of its own.
#if defined(__cpp_lib_expected) && defined(__cpp_lib_span)
#define OAP_HPP_NAMESPACE std_span_std_expected
#elif defined(__cpp_lib_span)
#define OAP_HPP_NAMESPACE std_span
#else
#define OAP_HPP_NAMESPACE cxx17
#endif

// For what views an argument: clang warns where that argument does not live as long.
#if defined(__has_cpp_attribute)
#if __has_cpp_attribute(clang::lifetimebound)
#define OAP_LIFETIMEBOUND [[clang::lifetimebound]]
#endif
#endif
#ifndef OAP_LIFETIMEBOUND
#define OAP_LIFETIMEBOUND
#endif

namespace oap {
inline namespace OAP_HPP_NAMESPACE {

/// The outcome of a call: oap_status by name. 1..=8 are the rejects, as Reason. Later versions may have more values.
enum class Status : oap_status {
    ok = OAP_STATUS_OK,
    bad_hello = OAP_STATUS_BAD_HELLO,
    bad_hello_pq = OAP_STATUS_BAD_HELLO_PQ,
    frame_oversize = OAP_STATUS_FRAME_OVERSIZE,
    unknown_envelope = OAP_STATUS_UNKNOWN_ENVELOPE,
    header_malformed = OAP_STATUS_HEADER_MALFORMED,
    missing_obj = OAP_STATUS_MISSING_OBJ,
    credit_violation = OAP_STATUS_CREDIT_VIOLATION,
    truncated = OAP_STATUS_TRUNCATED,
    null_pointer = OAP_STATUS_NULL_POINTER,
    out_of_range = OAP_STATUS_OUT_OF_RANGE,
    buffer_too_small = OAP_STATUS_BUFFER_TOO_SMALL,
    overlap = OAP_STATUS_OVERLAP,
    absent = OAP_STATUS_ABSENT,
    out_of_bounds = OAP_STATUS_OUT_OF_BOUNDS,
    internal = OAP_STATUS_INTERNAL,
    poisoned = OAP_STATUS_POISONED,
    misaligned = OAP_STATUS_MISALIGNED,
    no_memory = OAP_STATUS_NO_MEMORY,
    waits_handshake = OAP_STATUS_WAITS_HANDSHAKE,
    waits_credit = OAP_STATUS_WAITS_CREDIT,
    waits_room = OAP_STATUS_WAITS_ROOM,
    closed = OAP_STATUS_CLOSED,
};

/// Why a frame is rejected or refused: the closed set of OAP/1. The value is the reject's code.
enum class Reason : std::uint32_t {
    bad_hello = OAP_STATUS_BAD_HELLO,
    bad_hello_pq = OAP_STATUS_BAD_HELLO_PQ,
    frame_oversize = OAP_STATUS_FRAME_OVERSIZE,
    unknown_envelope = OAP_STATUS_UNKNOWN_ENVELOPE,
    header_malformed = OAP_STATUS_HEADER_MALFORMED,
    missing_obj = OAP_STATUS_MISSING_OBJ,
    credit_violation = OAP_STATUS_CREDIT_VIOLATION,
    truncated = OAP_STATUS_TRUNCATED,
};

/// The kind of a frame: the closed set of OAP/1, by its byte on the wire.
enum class Kind : std::uint8_t {
    hello = OAP_KIND_HELLO,
    start = OAP_KIND_START,
    data = OAP_KIND_DATA,
    ack = OAP_KIND_ACK,
    end = OAP_KIND_END,
    error = OAP_KIND_ERROR,
};

/// The rule for the seq after 2^64 - 1: nothing, or 0.
enum class SeqRolloverPolicy : std::int32_t {
    error = OAP_SEQ_ROLLOVER_ERROR,
    wrap = OAP_SEQ_ROLLOVER_WRAP,
};

namespace detail {

inline std::string_view text(const char* name) noexcept {
    return name == nullptr ? std::string_view() : std::string_view(name);
}

inline std::string_view text(const void* start, std::size_t size) noexcept {
    return {static_cast<const char*>(start), size};
}

inline const std::uint8_t* octets(const void* start) noexcept { return static_cast<const std::uint8_t*>(start); }

}  // namespace detail

/// The label of a reject, such as "bad_hello": the same in every language, metric and log. Static.
inline std::string_view label(Reason reason) noexcept {
    return detail::text(oap_reject_label(static_cast<std::uint32_t>(reason)));
}

/// The name of a kind, such as "HELLO". Static.
inline std::string_view name(Kind kind) noexcept {
    return detail::text(oap_kind_name(static_cast<std::uint8_t>(kind)));
}

/// The name of a status, such as "OAP_STATUS_POISONED". Static.
inline std::string_view name(Status status) noexcept {
    return detail::text(oap_status_name(static_cast<oap_status>(status)));
}

}  // namespace OAP_HPP_NAMESPACE
}  // namespace oap

#endif  // OAP_NAMES_HPP
