// Frames as bytes, for the tests.

#pragma once

#include <oap.hpp>

#include <array>
#include <gtest/gtest.h>
#include <vector>

using Octets = std::vector<std::uint8_t>;
using Bytes = oap::span<const std::uint8_t>;
using Rows = std::array<oap::Row, 8>;

inline constexpr std::string_view obj = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The frames in turn, encoded apart from any session.
template <class... Envelopes>
Octets wire(const Envelopes&... envelopes) {
    Octets all, frame(OAP_MAX_FRAME_BYTES);
    const auto append = [&](Bytes encoded) { all.insert(all.end(), encoded.begin(), encoded.end()); };
    (append(oap::encode(envelopes, frame).value()), ...);
    return all;
}

/// A frame of a kind that is none.
inline Octets stranger() { return {0, 0, 0, 8, 0x99, 0, 0, 0}; }

inline Octets operator+(Octets left, const Octets& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}
