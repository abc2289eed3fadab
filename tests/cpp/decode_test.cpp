// Decoder, StreamDecoder, tables and frames.

#include "wire.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#if __cplusplus >= 202002L
#include <ranges>
static_assert(std::ranges::input_range<oap::FrameTable>);
#endif

namespace {

const oap::Hello hello{1, 65536, 1, 7};
const oap::Start start{"objects/x"};
const oap::Data data{5, obj, oap::bytes("abc")};
const oap::Ack ack{6};
const oap::End end{7, 8};
const oap::Error error{9, "because"};

Octets all() { return wire(hello, start, data, ack, end, error); }

std::vector<oap::Kind> kinds(const oap::FrameTable& table) {
    std::vector<oap::Kind> kinds;
    for (const oap::Frame frame : table) kinds.push_back(frame.kind());
    return kinds;
}

const std::vector<oap::Kind> six{oap::Kind::hello, oap::Kind::start, oap::Kind::data,
                                 oap::Kind::ack,   oap::Kind::end,   oap::Kind::error};

bool same(Bytes left, Bytes right) { return std::equal(left.begin(), left.end(), right.begin(), right.end()); }

TEST(Table, IsARangeOfFrames) {
    const Octets bytes = all();
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows);
    ASSERT_TRUE(table);
    EXPECT_EQ(kinds(*table), six);
    EXPECT_EQ(table->size(), 6U);
    EXPECT_EQ(table->rows().data(), rows.data());
    EXPECT_EQ(table->bytes(), bytes.data());
    EXPECT_EQ(table->consumed(), bytes.size());
    EXPECT_EQ((*table)[3].ack().up_to, 6U);
    EXPECT_EQ(std::distance(table->begin(), table->end()), 6);
    EXPECT_EQ((*table->begin()++).kind(), oap::Kind::hello);
}

TEST(Frame, HasTheFieldsOfItsKind) {
    const Octets bytes = all();
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    EXPECT_EQ(table[0].hello().version, 1U);
    EXPECT_EQ(table[0].hello().max_frame, 65536U);
    EXPECT_EQ(table[0].hello().features, 1U);
    EXPECT_EQ(table[0].hello().ack_window, 7U);
    EXPECT_EQ(table[1].start().stream, "objects/x");
    EXPECT_EQ(table[2].data().seq, 5U);
    EXPECT_EQ(table[2].data().obj, obj);
    EXPECT_TRUE(same(table[2].data().body, oap::bytes("abc")));
    EXPECT_EQ(table[4].end().seq, 7U);
    EXPECT_EQ(table[4].end().status, 8U);
    EXPECT_EQ(table[5].error().code, 9U);
    EXPECT_EQ(table[5].error().reason, "because");
}

TEST(Frame, LeavesOutWhatIsAbsent) {
    const Octets bytes = wire(oap::Hello{}, oap::Data{1});
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    EXPECT_FALSE(table[0].hello().features || table[0].hello().ack_window);
    EXPECT_FALSE(table[1].data().obj);
    EXPECT_TRUE(table[1].data().body.empty());
}

struct KindOf {
    template <class T>
    oap::Kind operator()(const T&) const {
        return T::kind;
    }
};

TEST(Frame, IsVisitedAsItsEnvelope) {
    const Octets bytes = all();
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    for (const oap::Frame frame : table) EXPECT_EQ(std::visit(KindOf(), frame.envelope()), frame.kind());
    EXPECT_EQ(std::get<oap::Data>(table[2].envelope()).seq, 5U);
}

TEST(Frame, AskedForAnotherKindIsAsserted) {
    const Octets bytes = wire(ack);
    oap::Row row;
    const oap::Frame frame = oap::decode(bytes, row).value()[0];
    EXPECT_DEATH(static_cast<void>(frame.data()), "kind");
}

TEST(Frame, GivesItsOwnBytes) {
    const Octets bytes = all();
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    EXPECT_TRUE(same(table[2].wire(), wire(data)));
    EXPECT_TRUE(same(table[5].wire(), wire(error)));
    const auto add = [](std::size_t sum, oap::Frame frame) { return sum + frame.wire().size(); };
    EXPECT_EQ(std::accumulate(table.begin(), table.end(), std::size_t{0}, add), bytes.size());
}

TEST(Frame, IsMadeAgainFromARowAndACopyOfTheBytes) {
    Octets bytes = wire(start);
    oap::Row row;
    const oap::Row kept = oap::decode(bytes, row).value()[0].row();
    const Octets copy = std::exchange(bytes, Octets(bytes.size()));
    EXPECT_EQ(oap::Frame(kept, copy.data()).start().stream, "objects/x");
}

TEST(Decoder, GivesAsManyFramesAsThereAreRows) {
    const Octets bytes = all();
    auto decoder = oap::Decoder::make().value();
    std::vector<oap::Kind> seen;
    oap::Row row;
    for (Bytes rest = bytes; !rest.empty();) {
        const auto table = decoder.decode(rest, {&row, 1}).value();
        ASSERT_EQ(table.size(), 1U);
        seen.push_back(table[0].kind());
        rest = rest.subspan(table.consumed());
    }
    EXPECT_EQ(seen, six);
    EXPECT_TRUE(decoder.finish());
}

TEST(Decoder, SaysHowManyBytesItNeeds) {
    const Octets bytes = wire(data);
    auto decoder = oap::Decoder::make().value();
    Rows rows;
    const auto table = decoder.decode(Bytes(bytes).first(bytes.size() - 1), rows).value();
    EXPECT_TRUE(table.empty() && table.begin() == table.end());
    EXPECT_EQ(table.need(), 1U);
    EXPECT_EQ(decoder.finish(Bytes(bytes).first(3)).error().reason(), oap::Reason::truncated);
}

TEST(Decoder, GivesFramesBeforeARejectAndStaysRejected) {
    const Octets bytes = wire(ack) + stranger();
    auto decoder = oap::Decoder::make().value();
    Rows rows;
    EXPECT_FALSE(decoder.reject());
    const auto table = decoder.decode(bytes, rows).value();
    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(table.need(), 0U);
    for (int again = 0; again < 2; ++again) {
        const auto rejected = decoder.decode(Bytes(bytes).subspan(table.consumed()), rows);
        EXPECT_EQ(rejected.error().reason(), oap::Reason::unknown_envelope);
    }
    ASSERT_TRUE(decoder.reset());
    EXPECT_FALSE(decoder.reject());
    EXPECT_TRUE(decoder.decode(bytes, rows));
}

TEST(Decoder, TellsWhatARejectIsAbout) {
    auto config = oap::Config::make().value();
    ASSERT_TRUE(config.set_max_frame(4096));
    auto decoder = oap::Decoder::make(config).value();
    const Octets bytes = wire(ack), oversize{0, 0, 0x10, 1};
    Rows rows;
    ASSERT_TRUE(decoder.decode(bytes, rows));
    EXPECT_EQ(decoder.decode(oversize, rows).error().status, oap::Status::frame_oversize);
    const auto reject = decoder.reject();
    ASSERT_TRUE(reject);
    EXPECT_EQ(reject->reason, oap::Reason::frame_oversize);
    EXPECT_EQ(reject->field, "length");
    EXPECT_FALSE(reject->detail.empty());
    EXPECT_EQ(reject->limit, 4096U);
    EXPECT_EQ(reject->offset, bytes.size());
    EXPECT_EQ(reject->at, bytes.size() + 4);
}

TEST(Decode, NeedsNoHandle) {
    const Octets bytes = wire(ack, end);
    oap::Row row;
    const auto table = oap::decode(bytes, row).value();
    EXPECT_EQ(kinds(table), std::vector{oap::Kind::ack});
    EXPECT_EQ(table.consumed(), wire(ack).size());
    EXPECT_TRUE(oap::decode(Bytes(bytes).first(7), row).value().empty());
    EXPECT_EQ(oap::decode(stranger(), row).error().reason(), oap::Reason::unknown_envelope);
}

TEST(StreamDecoder, TakesAByteAtATime) {
    const Octets bytes = all();
    auto decoder = oap::StreamDecoder::make().value();
    std::vector<oap::Kind> seen;
    Rows rows;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const auto table = decoder.feed(Bytes(bytes).subspan(at).first(1), rows);
        ASSERT_TRUE(table);
        for (const oap::Kind kind : kinds(*table)) seen.push_back(kind);
    }
    EXPECT_EQ(seen, six);
    EXPECT_TRUE(decoder.finish());
}

TEST(StreamDecoder, LeavesWholeFramesWhereTheyAre) {
    const Octets bytes = all();
    auto decoder = oap::StreamDecoder::make().value();
    Rows rows;
    const auto table = decoder.feed(Bytes(bytes).first(bytes.size() - 1), rows).value();
    EXPECT_EQ(table.bytes(), bytes.data());
    EXPECT_EQ(table.consumed(), bytes.size() - 1);
    EXPECT_EQ(decoder.staged(), wire(error).size() - 1);
    const auto cut = decoder.feed(Bytes(bytes).subspan(bytes.size() - 1), rows).value();
    EXPECT_NE(cut.bytes(), bytes.data());
    EXPECT_EQ(cut[0].error().reason, "because");
}

TEST(StreamDecoder, ThatEndsInsideAFrameIsTruncatedUntilReset) {
    auto decoder = oap::StreamDecoder::make().value();
    Rows rows;
    ASSERT_TRUE(decoder.feed(Bytes(all()).first(3), rows));
    EXPECT_EQ(decoder.finish().error().reason(), oap::Reason::truncated);
    EXPECT_EQ(decoder.reject()->at, 3U);
    ASSERT_TRUE(decoder.reset());
    EXPECT_EQ(decoder.staged(), 0U);
    EXPECT_TRUE(decoder.finish());
}

}  // namespace
