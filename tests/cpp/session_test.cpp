// Session and the encoders.

#include "wire.hpp"

#include <variant>

namespace {

/// Two sides, and room for one frame.
class SessionTest : public testing::Test {
protected:
    oap::Session ours = oap::Session::make().value();
    oap::Session theirs = oap::Session::make().value();
    Octets out = Octets(OAP_MAX_FRAME_BYTES);
    Rows rows = {};

    /// One side sends, the other takes it.
    template <class Envelope>
    void pass(oap::Session& from, oap::Session& to, const Envelope& envelope) {
        const auto frame = from.send(envelope, out);
        ASSERT_TRUE(frame) << oap::name(frame.error().status);
        const auto table = to.recv(*frame, rows);
        ASSERT_TRUE(table) << oap::name(table.error().status);
        ASSERT_EQ(table->size(), 1U);
        EXPECT_EQ((*table)[0].kind(), Envelope::kind);
    }

    void establish() {
        pass(ours, theirs, ours.hello());
        pass(theirs, ours, theirs.hello());
    }
};

TEST_F(SessionTest, IsEstablishedByBothHellos) {
    EXPECT_FALSE(ours.is_established());
    EXPECT_EQ(ours.peer_max_frame(), 0U);
    establish();
    EXPECT_TRUE(ours.is_established() && theirs.is_established());
    EXPECT_EQ(ours.peer_max_frame(), std::size_t{OAP_MAX_FRAME_BYTES});
}

TEST_F(SessionTest, CarriesAStreamUnderCredit) {
    establish();
    pass(ours, theirs, oap::Start{"objects/x"});
    EXPECT_TRUE(ours.outbound().open && ours.outbound().objects);
    EXPECT_FALSE(ours.outbound().last_seq);
    pass(ours, theirs, oap::Data{7, obj, oap::bytes("abc")});
    EXPECT_EQ(ours.outbound().last_seq, 7U);
    EXPECT_EQ(ours.outbound().in_flight, 1U);
    EXPECT_EQ(ours.outbound().credit, ours.outbound().window - 1);
    EXPECT_EQ(theirs.inbound().in_flight, 1U);
    pass(theirs, ours, oap::Ack{7});
    EXPECT_EQ(ours.outbound().in_flight, 0U);
    pass(ours, theirs, oap::End{7, 0});
    EXPECT_FALSE(theirs.inbound().open);
}

TEST_F(SessionTest, SendsManyFramesInOneCallAllOrNone) {
    const std::vector<oap::Envelope> start = {ours.hello()};
    ASSERT_TRUE(theirs.recv(*ours.send_all(start, out), rows));
    pass(theirs, ours, theirs.hello());
    std::vector<oap::Envelope> stream = {oap::Start{"s"}, oap::Data{1, {}, oap::bytes("abc")}, oap::Data{2}, oap::End{9, 0}};
    EXPECT_EQ(ours.send_all(stream, out).error().status, oap::Status::credit_violation);
    EXPECT_EQ(ours.refusal()->field, "END.seq");
    EXPECT_FALSE(ours.outbound().open);
    stream.back() = oap::End{2, 0};
    const auto small = ours.send_all(stream, oap::span<std::uint8_t>(out.data(), 5));
    ASSERT_EQ(small.error().status, oap::Status::buffer_too_small);
    const auto sent = ours.send_all(stream, out);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->size(), small.error().needed);
    EXPECT_EQ(theirs.recv(*sent, rows)->size(), 4U);
}

TEST_F(SessionTest, RefusesWhatThePeerWouldRejectAndStaysAsItWas) {
    establish();
    pass(ours, theirs, oap::Start{"s"});
    pass(ours, theirs, oap::Data{1});
    EXPECT_EQ(ours.send(oap::Data{3}, out).error().reason(), oap::Reason::credit_violation);
    EXPECT_EQ(ours.refusal()->field, "DATA.seq");
    EXPECT_FALSE(ours.refusal()->detail.empty());
    pass(ours, theirs, oap::Data{2});
    EXPECT_FALSE(ours.refusal());
    EXPECT_FALSE(ours.reject());
}

TEST_F(SessionTest, StopsAtAnEmptyWindow) {
    pass(ours, theirs, ours.hello());
    oap::Hello narrow = theirs.hello();
    narrow.ack_window = 1;
    pass(theirs, ours, narrow);
    pass(ours, theirs, oap::Start{"s"});
    pass(ours, theirs, oap::Data{1});
    EXPECT_EQ(ours.outbound().credit, 0U);
    EXPECT_EQ(ours.send(oap::Data{2}, out).error().reason(), oap::Reason::credit_violation);
    EXPECT_EQ(ours.refusal()->limit, 1U);
}

TEST_F(SessionTest, AdvertisesNoMoreThanItsConfig) {
    oap::Hello wide = ours.hello();
    wide.ack_window = 1024;
    EXPECT_EQ(ours.send(wide, out).error().reason(), oap::Reason::bad_hello);
}

TEST_F(SessionTest, RejectsAndThenSendsOneError) {
    establish();
    const auto rejected = ours.recv(stranger(), rows);
    EXPECT_EQ(rejected.error().reason(), oap::Reason::unknown_envelope);
    const auto reject = ours.reject();
    ASSERT_TRUE(reject);
    EXPECT_EQ(reject->field, "kind");
    EXPECT_EQ(ours.send(oap::Start{"s"}, out).error().reason(), oap::Reason::credit_violation);
    const auto code = static_cast<std::uint32_t>(reject->reason);
    pass(ours, theirs, oap::Error{code, oap::label(reject->reason)});
    EXPECT_TRUE(ours.has_ended() && theirs.has_ended());
    EXPECT_TRUE(ours.recv(stranger(), rows)) << "what still arrives is discarded";
}

TEST_F(SessionTest, WantsAnObjOnAnObjectStreamBothWays) {
    establish();
    pass(ours, theirs, oap::Start{"objects"});
    EXPECT_EQ(ours.send(oap::Data{1}, out).error().reason(), oap::Reason::missing_obj);
    EXPECT_EQ(theirs.recv(wire(oap::Data{1}), rows).error().reason(), oap::Reason::missing_obj);
    EXPECT_EQ(theirs.reject()->field, "DATA.obj");
}

TEST_F(SessionTest, RejectsDataBeyondTheCreditAndASecondHello) {
    establish();
    pass(ours, theirs, oap::Start{"s"});
    pass(ours, theirs, oap::Data{1});
    EXPECT_EQ(theirs.recv(wire(oap::Data{3}), rows).error().reason(), oap::Reason::credit_violation);
    EXPECT_EQ(ours.recv(wire(oap::Hello{}), rows).error().reason(), oap::Reason::bad_hello);
}

TEST_F(SessionTest, StagesTheFrameThatAChunkCuts) {
    const Octets hello = wire(oap::Hello{});
    ASSERT_TRUE(ours.recv(Bytes(hello).first(5), rows));
    EXPECT_EQ(ours.staged(), 5U);
    EXPECT_EQ(ours.finish().error().reason(), oap::Reason::truncated);
    ASSERT_TRUE(ours.reset());
    EXPECT_EQ(ours.staged(), 0U);
    EXPECT_TRUE(ours.recv(hello, rows));
}

TEST_F(SessionTest, SaysHowManyBytesAFrameTakes) {
    establish();
    pass(ours, theirs, oap::Start{"s"});
    const oap::Data data{1, {}, oap::bytes("abc")};
    const auto refused = ours.send(data, oap::span(out).first(12));
    EXPECT_EQ(refused.error().status, oap::Status::buffer_too_small);
    EXPECT_EQ(refused.error().needed, 13U);
    EXPECT_EQ(ours.outbound().in_flight, 0U);
    EXPECT_EQ(ours.send(data, oap::span(out).first(13)).value().data(), out.data());
}

TEST_F(SessionTest, DoesNotTakeAnEmptyObjForNone) {
    establish();
    pass(ours, theirs, oap::Start{"s"});
    EXPECT_EQ(ours.send(oap::Data{1, ""}, out).error().reason(), oap::Reason::header_malformed);
    EXPECT_EQ(ours.refusal()->field, "DATA.obj");
    EXPECT_EQ(oap::encode(oap::Data{1, ""}, out).error().reason(), oap::Reason::header_malformed);
}

TEST(Encode, RefusesAnOutputThatOverlapsAnInput) {
    Octets bytes(64);
    const auto body = oap::span(bytes).first(3);
    EXPECT_EQ(oap::encode(oap::Data{1, {}, body}, bytes).error().status, oap::Status::overlap);
}

TEST(Encode, RefusesFieldsThatBreakTheirRules) {
    Octets out(OAP_MAX_HEAD_BYTES);
    using oap::Reason;
    EXPECT_EQ(oap::encode(oap::Hello{2}, out).error().reason(), Reason::bad_hello);
    EXPECT_EQ(oap::encode(oap::Start{}, out).error().reason(), Reason::header_malformed);
    EXPECT_EQ(oap::encode(oap::End{1, 65536}, out).error().reason(), Reason::header_malformed);
    EXPECT_EQ(oap::encode(oap::Error{0, "\n"}, out).error().reason(), Reason::header_malformed);
}

TEST(Encode, SaysWhyAFrameIsRefused) {
    EXPECT_EQ(oap::encode_refusal(oap::Hello{2})->field, "HELLO.version");
    EXPECT_EQ(oap::encode_refusal(oap::Data{1, ""})->field, "DATA.obj");
    EXPECT_EQ(oap::encode_refusal(oap::End{1, 65536})->limit, 65535U);
    EXPECT_FALSE(oap::encode_refusal(oap::Hello{}));
    EXPECT_FALSE(oap::encode_refusal(oap::Ack{1}));
}

TEST(EncodeRows, SaysWhyARowIsRefused) {
    oap::Row row = {};
    row.kind = OAP_KIND_END;
    EXPECT_FALSE(oap::encode_rows_refusal(row, {}));
    row.value = 65536;
    EXPECT_EQ(oap::encode_rows_refusal(row, {})->field, "END.status");
}

TEST(Encode, OfADecodedFrameGivesItsBytes) {
    const Octets bytes = wire(oap::Hello{1, 4096, 0, 1}, oap::Hello{}, oap::Start{"s"}, oap::Data{0}, oap::Data{1, obj},
                              oap::Ack{~std::uint64_t{0}}, oap::End{}, oap::Error{});
    Octets again, out(OAP_MAX_HEAD_BYTES);
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    for (const oap::Frame frame : table) {
        const auto encode = [&](const auto& envelope) { return oap::encode(envelope, out); };
        const Bytes encoded = std::visit(encode, frame.envelope()).value();
        again.insert(again.end(), encoded.begin(), encoded.end());
    }
    EXPECT_EQ(again, bytes);
}

TEST(EncodeRows, IsTheInverseOfDecode) {
    const Octets bytes = wire(oap::Start{"s"}, oap::Data{1, {}, oap::bytes("abc")}, oap::End{1, 0});
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    Octets out(bytes.size());
    const auto encoded = oap::encode_rows(table.rows(), bytes, out).value();
    EXPECT_EQ(encoded.rows, 3U);
    EXPECT_EQ(encoded.written, bytes.size());
    EXPECT_EQ(out, bytes);
}

TEST(EncodeRows, StopsAtTheRowThatDoesNotFit) {
    const Octets bytes = wire(oap::Ack{1}, oap::Ack{2});
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    Octets out(bytes.size() - 1);
    EXPECT_EQ(oap::encode_rows(table.rows(), bytes, out).value().rows, 1U);
    EXPECT_EQ(oap::encode_rows(table.rows(), bytes, oap::span(out).first(3)).error().status,
              oap::Status::buffer_too_small);
    EXPECT_EQ(oap::encode_rows(table.rows(), {}, out).value().rows, 1U) << "an ACK has no text and no body";
}

TEST(EncodeRows, RefusesARowOfBytesThatAreNotThere) {
    const Octets bytes = wire(oap::Data{1, {}, oap::bytes("abc")});
    Rows rows;
    const auto table = oap::Decoder::make().value().decode(bytes, rows).value();
    Octets out(bytes.size());
    EXPECT_EQ(oap::encode_rows(table.rows(), {}, out).error().status, oap::Status::out_of_bounds);
}

}  // namespace
