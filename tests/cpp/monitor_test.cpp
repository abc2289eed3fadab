// The monitor: what decoders and sessions report to it, and what it says of them.

#include "wire.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr auto null_pointer = oap::Status::null_pointer;

class MonitorTest : public testing::Test {
protected:
    oap::Monitor monitor = oap::Monitor::make().value();
    Octets out = Octets(OAP_MAX_FRAME_BYTES);
    Rows rows = {};

    /// Two sides that have greeted, the first of which reports.
    std::pair<oap::Session, oap::Session> established() {
        auto ours = oap::Session::make(monitor).value(), theirs = oap::Session::make().value();
        EXPECT_TRUE(theirs.recv(*ours.send(ours.hello(), out), rows));
        EXPECT_TRUE(ours.recv(*theirs.send(theirs.hello(), out), rows));
        return {std::move(ours), std::move(theirs)};
    }
};

std::uint64_t calls(const oap::Timing& timing) {
    std::uint64_t calls = 0;
    for (const auto& bucket : timing.buckets) calls += bucket.count;
    return calls;
}

std::string_view value(const oap::Readiness& readiness, std::string_view name) {
    for (const auto& header : readiness.headers) {
        if (header.name == name) return header.value;
    }
    return {};
}

TEST_F(MonitorTest, CountsTheFramesBytesAndRejectsOfADecoder) {
    auto decoder = oap::Decoder::make(monitor).value();
    const Octets good = wire(oap::Ack{1}, oap::Start{"s"});
    ASSERT_TRUE(decoder.decode(good, rows));
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(decoder.decode(stranger(), rows));
    const auto snapshot = monitor.snapshot();
    EXPECT_EQ(snapshot.frames(oap::Kind::ack), 1U);
    EXPECT_EQ(snapshot.frames(oap::Kind::start), 1U);
    EXPECT_EQ(snapshot.frame_bytes(), good.size());
    EXPECT_EQ(snapshot.rejects(oap::Reason::unknown_envelope), 1U);
}

TEST_F(MonitorTest, CountsForAStreamDecoderWithAConfigOfItsOwn) {
    auto config = oap::Config::make().value();
    ASSERT_TRUE(config.set_max_frame(4096));
    auto decoder = oap::StreamDecoder::make(config, monitor).value();
    ASSERT_TRUE(decoder.feed(wire(oap::Ack{1}), rows));
    EXPECT_FALSE(decoder.feed(Octets{0, 0, 0x10, 1}, rows));
    EXPECT_EQ(monitor.snapshot().frames(oap::Kind::ack), 1U);
    EXPECT_EQ(monitor.snapshot().rejects(oap::Reason::frame_oversize), 1U);
}

TEST_F(MonitorTest, HasTheGaugesOfASessionUntilItGoes) {
    {
        auto [ours, theirs] = established();
        ASSERT_TRUE(ours.recv(*theirs.send(oap::Start{"s"}, out), rows));
        ASSERT_TRUE(ours.recv(*theirs.send(oap::Data{1}, out), rows));
        EXPECT_EQ(monitor.snapshot().inflight_frames(), 1U);
        EXPECT_EQ(monitor.snapshot().ack_window(), OAP_DEFAULT_ACK_WINDOW - 1U);
    }
    EXPECT_EQ(monitor.snapshot().inflight_frames() + monitor.snapshot().ack_window(), 0U);
    EXPECT_EQ(monitor.snapshot().frames(oap::Kind::hello), 2U);
}

TEST_F(MonitorTest, ObservesEachDecodeAndEachSendCallOnce) {
    auto decoder = oap::Decoder::make(monitor).value();
    auto stream_decoder = oap::StreamDecoder::make(monitor).value();
    ASSERT_TRUE(decoder.decode(wire(oap::Ack{1}, oap::Ack{2}), rows));
    EXPECT_FALSE(stream_decoder.feed(stranger(), rows));
    EXPECT_EQ(calls(monitor.snapshot().read()), 2U);
    EXPECT_EQ(calls(monitor.snapshot().write()), 0U);
    auto [ours, theirs] = established();
    EXPECT_FALSE(ours.send(oap::Ack{1}, out));
    EXPECT_EQ(calls(monitor.snapshot().read()), 3U);
    EXPECT_EQ(calls(monitor.snapshot().write()), 2U);
    EXPECT_GT(monitor.snapshot().read().sum, nanoseconds(0));
}

TEST_F(MonitorTest, ObservesNothingWithoutTiming) {
    monitor = oap::Monitor::make({}, false).value();
    EXPECT_FALSE(monitor.timing());
    established();
    EXPECT_EQ(monitor.snapshot().frames(oap::Kind::hello), 2U);
    EXPECT_EQ(calls(monitor.snapshot().read()) + calls(monitor.snapshot().write()), 0U);
}

TEST_F(MonitorTest, TakesWhatTheHostDidItself) {
    EXPECT_TRUE(monitor.count_frame(oap::Kind::data, 1000));
    EXPECT_TRUE(monitor.count_reject(oap::Reason::truncated));
    EXPECT_TRUE(monitor.observe_read(nanoseconds(1000)));
    EXPECT_TRUE(monitor.observe_read(nanoseconds(1001)));
    EXPECT_TRUE(monitor.observe_write(seconds(2)));
    EXPECT_EQ(monitor.count_frame(static_cast<oap::Kind>(7), 1).error().status, oap::Status::out_of_range);
    EXPECT_EQ(monitor.count_reject(static_cast<oap::Reason>(0)).error().status, oap::Status::out_of_range);
    const auto snapshot = monitor.snapshot();
    EXPECT_EQ(snapshot.frames(oap::Kind::data), 1U);
    EXPECT_EQ(snapshot.frame_bytes(), 1000U);
    EXPECT_EQ(snapshot.rejects(oap::Reason::truncated), 1U);
    EXPECT_EQ(snapshot.read().buckets[0].bound, nanoseconds(1000));
    EXPECT_EQ(snapshot.read().buckets[0].count, 1U);
    EXPECT_EQ(snapshot.read().buckets[1].count, 1U);
    EXPECT_EQ(snapshot.read().sum, nanoseconds(2001));
    EXPECT_FALSE(snapshot.write().buckets.back().bound);
    EXPECT_EQ(snapshot.write().buckets.back().count, 1U);
}

TEST_F(MonitorTest, TakesATimeBeforeTheClockStartedAsItsStart) {
    EXPECT_TRUE(monitor.observe_read(nanoseconds(-1)));
    EXPECT_EQ(monitor.snapshot().read().sum, nanoseconds(0));
}

TEST_F(MonitorTest, AnswersAReadyProcessWith200) {
    const auto readiness = monitor.readiness();
    EXPECT_TRUE(readiness.ready);
    EXPECT_EQ(readiness.status, 200);
    EXPECT_TRUE(readiness.missing.empty());
    ASSERT_EQ(readiness.headers.size(), 1U);
    EXPECT_EQ(value(readiness, "Content-Type"), "application/json");
    EXPECT_EQ(readiness.body, R"({"degraded":false,"missing":[],"retry_after":0})");
    for (std::size_t i = 0; i < readiness.keys.size(); ++i) {
        EXPECT_EQ(readiness.keys[i].name, oap_readiness_key(i));
        EXPECT_TRUE(readiness.keys[i].ok);
    }
}

TEST_F(MonitorTest, AnswersAProcessThatDrainsWith503AndWhenToComeBack) {
    EXPECT_TRUE(monitor.set_parser_ready(false));
    const auto readiness = monitor.readiness(seconds(1));
    EXPECT_FALSE(readiness.ready || readiness.keys[0].ok);
    EXPECT_EQ(readiness.status, 503);
    EXPECT_EQ(readiness.missing, std::vector<std::string_view>{"oap_parser_ready"});
    EXPECT_EQ(value(readiness, "Content-Type"), "application/json");
    EXPECT_EQ(value(readiness, "Retry-After"), "5");
    EXPECT_EQ(readiness.body, R"({"degraded":true,"missing":["oap_parser_ready"],"retry_after":5})");
}

TEST_F(MonitorTest, JudgesByItsLimitsAndTheTimeItIsTold) {
    oap::MonitorLimits limits;
    EXPECT_EQ(limits.inflight_capacity, 1024U);
    limits.ack_starvation_limit_ns = 0;
    monitor = oap::Monitor::make(limits).value();
    auto [ours, theirs] = established();
    ASSERT_TRUE(ours.recv(*theirs.send(oap::Start{"s"}, out), rows));
    for (std::uint64_t seq = 1; seq <= OAP_DEFAULT_ACK_WINDOW; ++seq) {
        ASSERT_TRUE(ours.recv(*theirs.send(oap::Data{seq}, out), rows));
    }
    EXPECT_TRUE(monitor.tick(seconds(7)));
    EXPECT_TRUE(monitor.readiness(seconds(7)).ready);
    EXPECT_FALSE(monitor.readiness(seconds(7) + nanoseconds(1)).ready);
    EXPECT_EQ(monitor.snapshot().ack_starved(), nanoseconds(1));
}

TEST_F(MonitorTest, JudgesByTheHostsLoad) {
    ASSERT_TRUE(monitor.set_load(801));
    EXPECT_EQ(monitor.snapshot().host_load_permille(), 801u);
    EXPECT_EQ(monitor.snapshot().inflight_capacity(), 1024u);
    EXPECT_EQ(monitor.readiness(seconds(1)).missing, std::vector<std::string_view>{"oap_backpressure_ok"});
    ASSERT_TRUE(monitor.set_load(600));
    EXPECT_TRUE(monitor.readiness(seconds(2)).ready);
}

TEST_F(MonitorTest, TicksByTheSteadyClockWhereItIsToldNoTime) {
    auto [ours, theirs] = established();
    ASSERT_TRUE(ours.recv(*theirs.send(oap::Start{"s"}, out), rows));
    for (std::uint64_t seq = 1; seq <= OAP_DEFAULT_ACK_WINDOW; ++seq) {
        ASSERT_TRUE(ours.recv(*theirs.send(oap::Data{seq}, out), rows));
    }
    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    EXPECT_TRUE(monitor.tick());
    EXPECT_TRUE(monitor.tick(before));
    EXPECT_EQ(monitor.snapshot().ack_starved(), nanoseconds(0)) << "the tick before was later";
    EXPECT_TRUE(monitor.tick(std::chrono::steady_clock::now().time_since_epoch() + seconds(1)));
    EXPECT_GE(monitor.snapshot().ack_starved(), seconds(1));
}

TEST_F(MonitorTest, ShowsEveryMetricOnItsPage) {
    EXPECT_TRUE(monitor.count_frame(oap::Kind::ack, 10));
    const std::string page = monitor.text();
    for (std::size_t i = 0; oap_metric_name(i) != nullptr; ++i) {
        EXPECT_NE(page.find(std::string("\n# TYPE ") + oap_metric_name(i) + ' '), std::string::npos);
    }
    EXPECT_NE(page.find("\noap_frames_total{kind=\"ACK\"} 1\n"), std::string::npos);
    EXPECT_EQ(page.back(), '\n');
    EXPECT_EQ(oap::Monitor::text_content_type(), oap_text_content_type());
}

TEST_F(MonitorTest, IsOneWithItsCopiesAndMayGoBeforeADecoder) {
    auto decoder = oap::Decoder::make(monitor).value();
    {
        const oap::Monitor copy = monitor;
        EXPECT_EQ(copy.get(), monitor.get());
        monitor = oap::Monitor::make().value();
        ASSERT_TRUE(decoder.decode(wire(oap::Ack{1}), rows));
        EXPECT_EQ(copy.snapshot().frames(oap::Kind::ack), 1U);
    }
    EXPECT_TRUE(decoder.decode(wire(oap::Ack{2}), rows));
}

TEST_F(MonitorTest, MovedFromFailsAndTellsZeros) {
    const oap::Monitor taken = std::move(monitor);
    EXPECT_EQ(monitor.get(), nullptr);
    EXPECT_EQ(monitor.set_parser_ready(true).error().status, null_pointer);
    EXPECT_EQ(monitor.observe_read(seconds(1)).error().status, null_pointer);
    EXPECT_EQ(monitor.tick().error().status, null_pointer);
    EXPECT_EQ(oap::Decoder::make(monitor).error().status, null_pointer);
    EXPECT_EQ(oap::Session::make(monitor).error().status, null_pointer);
    EXPECT_FALSE(monitor.readiness().ready);
    EXPECT_EQ(monitor.snapshot().frame_bytes(), 0U);
    EXPECT_EQ(monitor.text(), "");
}

TEST_F(MonitorTest, IsNotGivenToWhatAConfigThatWasMovedFromWouldMake) {
    auto config = oap::Config::make().value();
    const auto taken = std::move(config);
    EXPECT_EQ(oap::Session::make(config, monitor).error().status, null_pointer);
}

TEST_F(MonitorTest, LosesNoCountOfThreadsThatShareIt) {
    constexpr std::uint64_t frames = 500;
    const Octets ack = wire(oap::Ack{1});
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, monitor = monitor] {
            auto decoder = oap::Decoder::make(monitor).value();
            Rows rows;
            for (std::uint64_t n = 0; n < frames; ++n) EXPECT_TRUE(decoder.decode(ack, rows));
        });
    }
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(monitor.readiness().ready);
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(monitor.snapshot().frames(oap::Kind::ack), 4 * frames);
    EXPECT_EQ(calls(monitor.snapshot().read()), 4 * frames);
}

}  // namespace
