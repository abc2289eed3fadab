// result, span, Failure and the names: what the header takes from the standard library or makes up for.

#include "wire.hpp"

#include <type_traits>

namespace {

#ifdef __cpp_lib_span
static_assert(std::is_same_v<oap::span<int>, std::span<int>>);
#endif
#ifdef __cpp_lib_expected
static_assert(std::is_same_v<oap::result<int>, std::expected<int, oap::Failure>>);
#endif
static_assert(std::is_trivially_copyable_v<oap::Failure> && std::is_trivially_copyable_v<oap::span<int>>);
static_assert(std::is_convertible_v<Octets&, oap::span<std::uint8_t>>);
static_assert(std::is_convertible_v<const Octets&, Bytes> && std::is_convertible_v<oap::span<std::uint8_t>, Bytes>);
static_assert(!std::is_convertible_v<const Octets&, oap::span<std::uint8_t>>, "span keeps const");
static_assert(!std::is_convertible_v<std::vector<std::uint16_t>&, oap::span<std::uint8_t>>);

oap::result<int> half(int number) {
    if (number % 2 != 0) return oap::unexpected(oap::Failure{oap::Status::out_of_range});
    return number / 2;
}

oap::result<void> even(int number) {
    if (const auto halved = half(number); !halved) return oap::unexpected(halved.error());
    return {};
}

TEST(Result, HasAValueOrAnError) {
    EXPECT_TRUE(half(4) && half(4).has_value());
    EXPECT_EQ(*half(4), 2);
    EXPECT_EQ(half(4).value(), 2);
    EXPECT_FALSE(half(3) || half(3).has_value());
    EXPECT_EQ(half(3).error().status, oap::Status::out_of_range);
}

TEST(Result, OfNothingPassesAFailureOn) {
    EXPECT_TRUE(even(4) && even(4).has_value());
    even(4).value();
    EXPECT_EQ(even(3).error().status, oap::Status::out_of_range);
}

TEST(Result, GivesItsValueAway) {
    oap::result<std::unique_ptr<int>> holder = std::make_unique<int>(7);
    EXPECT_EQ(holder->get(), holder.value().get());
    const std::unique_ptr<int> taken = *std::move(holder);
    EXPECT_EQ(*taken, 7);
}

TEST(Result, ValueOfAFailureDoesNotGoOn) {
#ifdef __cpp_lib_expected
    EXPECT_THROW(static_cast<void>(half(3).value()), std::bad_expected_access<oap::Failure>);
    EXPECT_THROW(even(3).value(), std::bad_expected_access<oap::Failure>);
#else
    EXPECT_DEATH(static_cast<void>(half(3).value()), "");
    EXPECT_DEATH(even(3).value(), "");
#endif
}

TEST(Span, ViewsArraysAndContainers) {
    std::uint8_t array[] = {1, 2, 3};
    const std::array<std::uint8_t, 3> constant{1, 2, 3};
    Octets vector{1, 2, 3};
    for (const Bytes view : {Bytes(array), Bytes(constant), Bytes(vector)}) {
        EXPECT_EQ(Octets(view.begin(), view.end()), vector);
        EXPECT_EQ(view.first(1).size(), 1U);
        EXPECT_EQ(view.subspan(1)[0], 2);
        EXPECT_TRUE(view.subspan(3).empty());
    }
    const oap::span<std::uint8_t> writable = vector;
    writable[0] = 9;
    EXPECT_EQ(vector.front(), 9);
    EXPECT_TRUE(Bytes().empty());
}

TEST(Span, OfATextHasNoTerminator) {
    EXPECT_EQ(oap::bytes("abc").size(), 3U);
    EXPECT_EQ(oap::bytes("abc")[2], 'c');
    const std::array<std::byte, 2> octets{std::byte{1}, std::byte{2}};
    EXPECT_EQ(oap::bytes(octets)[1], 2);
}

TEST(Failure, HasAReasonWhereItIsOneOfTheEight) {
    std::uint32_t code = 0;
    for (oap_status status = -1; status < 64; ++status) {
        const auto reason = oap::Failure{static_cast<oap::Status>(status)}.reason();
        ASSERT_EQ(reason.has_value(), oap_reject_label(static_cast<std::uint32_t>(status)) != nullptr) << status;
        if (!reason) continue;
        EXPECT_EQ(static_cast<std::uint32_t>(*reason), ++code);
    }
    EXPECT_EQ(code, 8U);
}

TEST(Names, AreThoseOfTheCore) {
    EXPECT_EQ(oap::label(oap::Reason::frame_oversize), "frame_oversize");
    EXPECT_EQ(oap::label(oap::Reason::truncated), oap_reject_label(OAP_STATUS_TRUNCATED));
    EXPECT_EQ(oap::name(oap::Kind::hello), "HELLO");
    EXPECT_EQ(oap::name(oap::Kind::error), "ERROR");
    EXPECT_EQ(oap::name(oap::Status::poisoned), "OAP_STATUS_POISONED");
    EXPECT_EQ(oap::label(static_cast<oap::Reason>(0)), "");
    EXPECT_EQ(oap::name(static_cast<oap::Kind>(0x99)), "");
}

}  // namespace
