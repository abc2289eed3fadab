// Ownership: handles move, do not copy, and one that was moved from says so. Config's settings.

#include "wire.hpp"

#include <type_traits>

namespace {

template <class T>
constexpr bool is_move_only = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                              !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

static_assert(is_move_only<oap::Config> && is_move_only<oap::Decoder>);
static_assert(is_move_only<oap::StreamDecoder> && is_move_only<oap::Session>);
static_assert(sizeof(oap::Config) == sizeof(void*));
static_assert(!std::is_default_constructible_v<oap::Session>, "only make gives one");

constexpr auto null_pointer = oap::Status::null_pointer;

template <class T>
class Handle : public testing::Test {};
using Handles = testing::Types<oap::Decoder, oap::StreamDecoder, oap::Session>;
TYPED_TEST_SUITE(Handle, Handles, );

TYPED_TEST(Handle, IsMadeFromDefaultsOrAConfig) {
    const auto config = oap::Config::make().value();
    EXPECT_NE(TypeParam::make().value().get(), nullptr);
    EXPECT_NE(TypeParam::make(config).value().get(), nullptr);
}

TYPED_TEST(Handle, MovedFromFailsAndCanBeAssignedTo) {
    auto first = TypeParam::make().value();
    auto second = std::move(first);
    EXPECT_EQ(first.get(), nullptr);
    EXPECT_EQ(first.finish().error().status, null_pointer);
    EXPECT_EQ(first.reset().error().status, null_pointer);
    EXPECT_FALSE(first.reject());
    first = std::move(second);
    EXPECT_TRUE(first.finish());
}

TYPED_TEST(Handle, IsNotMadeFromAConfigThatWasMovedFrom) {
    auto config = oap::Config::make().value();
    const auto taken = std::move(config);
    EXPECT_EQ(TypeParam::make(config).error().status, null_pointer);
}

TEST(MovedFrom, DecodersAndSessionsTakeNothing) {
    auto decoder = oap::Decoder::make().value();
    auto stream_decoder = oap::StreamDecoder::make().value();
    auto session = oap::Session::make().value();
    const auto taken = std::make_tuple(std::move(decoder), std::move(stream_decoder), std::move(session));
    const Octets bytes = wire(oap::Ack{1});
    Rows rows;
    EXPECT_EQ(decoder.decode(bytes, rows).error().status, null_pointer);
    EXPECT_EQ(stream_decoder.feed(bytes, rows).error().status, null_pointer);
    EXPECT_EQ(session.recv(bytes, rows).error().status, null_pointer);
    EXPECT_EQ(stream_decoder.staged(), 0U);
}

TEST(MovedFrom, SessionSendsNothingAndTellsZeros) {
    auto session = oap::Session::make().value();
    const auto taken = std::move(session);
    Octets out(OAP_MAX_HEAD_BYTES);
    EXPECT_EQ(session.send(session.hello(), out).error().status, null_pointer);
    EXPECT_EQ(session.send(oap::Ack{1}, out).error().status, null_pointer);
    EXPECT_EQ(session.outbound().credit + session.inbound().window, 0U);
    EXPECT_EQ(session.peer_max_frame() + session.staged(), 0U);
    EXPECT_FALSE(session.is_established() || session.has_ended() || session.refusal());
}

TEST(MovedFrom, ConfigTakesNoSetting) {
    auto config = oap::Config::make().value();
    const auto taken = std::move(config);
    EXPECT_EQ(config.set_strict_headers(false).error().status, null_pointer);
    EXPECT_EQ(config.set_max_frame(4096).error().status, null_pointer);
    EXPECT_EQ(config.set_features(1).error().status, null_pointer);
    EXPECT_FALSE(config.error());
}

TEST(Config, TellsWhatItRefused) {
    auto config = oap::Config::make().value();
    EXPECT_EQ(config.set_max_frame(4095).error().status, oap::Status::out_of_range);
    const auto error = config.error();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "max_frame");
    EXPECT_EQ(error->value, 4095U);
    EXPECT_EQ(error->min, std::uint64_t{OAP_MIN_MAX_FRAME});
    EXPECT_EQ(error->max, std::uint64_t{OAP_MAX_FRAME_BYTES});
    EXPECT_TRUE(config.set_max_frame(4096));
    EXPECT_FALSE(config.error());
}

TEST(Config, RefusesAPolicyThatIsNone) {
    auto config = oap::Config::make().value();
    EXPECT_TRUE(config.set_seq_rollover_policy(oap::SeqRolloverPolicy::wrap));
    const auto none = static_cast<oap::SeqRolloverPolicy>(7);
    EXPECT_EQ(config.set_seq_rollover_policy(none).error().status, oap::Status::out_of_range);
}

TEST(Config, IsWhatTheHelloSays) {
    auto config = oap::Config::make().value();
    ASSERT_TRUE(config.set_max_frame(8192) && config.set_ack_window_frames(7) && config.set_features(0));
    const auto hello = oap::Session::make(config).value().hello();
    EXPECT_EQ(hello.max_frame, 8192U);
    EXPECT_EQ(hello.ack_window, 7U);
    EXPECT_EQ(hello.features, 0U);
    ASSERT_TRUE(config.set_features(std::nullopt));
    EXPECT_FALSE(oap::Session::make(config).value().hello().features);
}

TEST(Config, IsCopiedByWhatIsMadeFromIt) {
    auto config = oap::Config::make().value();
    ASSERT_TRUE(config.set_strict_headers(false));
    auto decoder = oap::Decoder::make(config).value();
    ASSERT_TRUE(config.set_strict_headers(true));
    Octets reserved = wire(oap::Ack{1});
    reserved[5] = 1;
    Rows rows;
    EXPECT_TRUE(decoder.decode(reserved, rows));
    EXPECT_FALSE(oap::Decoder::make(config).value().decode(reserved, rows));
}

TEST(Config, HoldsTheOtherSwitches) {
    auto config = oap::Config::make().value();
    ASSERT_TRUE(config.set_allow_pq_hello_flags(false) && config.set_enforce_obj_header_on_objects(false));
    Rows rows;
    const auto refused = oap::Decoder::make(config).value().decode(wire(oap::Hello{1, 4096, 1}), rows);
    EXPECT_EQ(refused.error().reason(), oap::Reason::bad_hello_pq);
}

}  // namespace
