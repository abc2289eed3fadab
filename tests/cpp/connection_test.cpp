// Connection.

#include "wire.hpp"

namespace {

using namespace std::chrono_literals;
using oap::Connection;
using oap::Status;

/// Two ends in memory.
class ConnectionTest : public testing::Test {
protected:
    static constexpr Connection::Time now{5};
    Connection ours = Connection::make(now).value();
    Connection theirs = Connection::make(now).value();
    Rows rows = {};

    /// What one end writes, bodies of the host's left out.
    static Octets written(Connection& from) {
        std::array<oap::Piece, 4> room;
        const auto pieces = from.transmit(now, room).value();
        Octets bytes;
        for (const oap::Piece& piece : pieces) {
            if (piece.bytes != nullptr) bytes.insert(bytes.end(), piece.bytes, piece.bytes + piece.len);
        }
        EXPECT_TRUE(from.transmitted(now, bytes.size()));
        return bytes;
    }

    /// Carries what one end writes to the other, which takes it; gives how many frames that were.
    std::size_t carry(Connection& from, Connection& to) {
        const Octets bytes = written(from);
        if (bytes.empty()) return 0;
        const auto table = to.receive(now, bytes, rows).value();
        EXPECT_EQ(table.consumed(), bytes.size());
        EXPECT_TRUE(to.take(now, table.size()));
        return table.size();
    }

    void greet() {
        carry(ours, theirs);
        carry(theirs, ours);
        ASSERT_EQ(ours.info().state, oap::ConnectionState::open);
    }
};

TEST_F(ConnectionTest, SendsWaitForTheHandshakeCreditAndRoom) {
    EXPECT_EQ(ours.start(now, "a").error().status, Status::waits_handshake);
    greet();
    ASSERT_TRUE(ours.start(now, "a"));
    for (std::uint32_t sent = 0; sent < ours.info().outbound.window; ++sent) ASSERT_TRUE(ours.data(now, {}));
    EXPECT_EQ(ours.data(now, {}).error().status, Status::waits_credit);

    oap::ConnectionOptions options;
    options.send_buffer = 1;
    ours = Connection::make(now, options).value();
    theirs = Connection::make(now).value();
    greet();
    ASSERT_TRUE(ours.start(now, "a"));
    EXPECT_EQ(ours.data(now, {}).error().status, Status::waits_room);
    EXPECT_TRUE(ours.cancel_send());
}

TEST_F(ConnectionTest, DeliversAndClosesCleanly) {
    greet();
    ASSERT_TRUE(ours.start(now, "a") && ours.end_stream(now, 0));
    ASSERT_TRUE(ours.start(now, "b"));
    EXPECT_EQ(ours.data(now, oap::bytes("abc")).value(), 1U);
    ASSERT_TRUE(ours.end_stream(now));
    EXPECT_EQ(carry(ours, theirs), 5U);
    carry(theirs, ours);
    EXPECT_EQ(ours.info().outbound.in_flight, 0U);
    ASSERT_TRUE(ours.close(now));
    EXPECT_TRUE(ours.info().wants_shutdown);
    EXPECT_EQ(ours.start(now, "c").error().status, Status::closed);
    ASSERT_TRUE(theirs.receive_end(now) && ours.receive_end(now));
    EXPECT_EQ(ours.info().end_reason, oap::EndReason::clean);
    EXPECT_EQ(theirs.info().end_reason, oap::EndReason::clean);
    EXPECT_EQ(oap::name(*ours.info().end_reason), "clean");
    EXPECT_EQ(oap::name(ours.info().state), "ended");
}

TEST_F(ConnectionTest, ABodyOfTheHostsIsShownByItsLength) {
    greet();
    ASSERT_TRUE(ours.start(now, "a"));
    EXPECT_EQ(ours.data_head(now, 1'000, obj).value(), 1U);
    std::array<oap::Piece, 4> room;
    const auto pieces = ours.transmit(now, room).value();
    ASSERT_EQ(pieces.size(), 2U);
    EXPECT_EQ(pieces[1].bytes, nullptr);
    EXPECT_EQ(pieces[1].len, 1'000U);
    EXPECT_EQ(ours.info().queued, pieces[0].len + 1'000);
}

TEST_F(ConnectionTest, TellsWhyItEnded) {
    greet();
    const auto table = ours.receive(now, stranger(), rows);
    ASSERT_TRUE(table && table->empty());
    ASSERT_TRUE(ours.reject());
    EXPECT_EQ(ours.reject()->reason, oap::Reason::unknown_envelope);
    EXPECT_FALSE(ours.peer_error());
    carry(ours, theirs);
    ASSERT_TRUE(theirs.peer_error());
    EXPECT_EQ(theirs.peer_error()->code, 4U);
    EXPECT_EQ(theirs.peer_error()->reason, "unknown_envelope");
}

TEST_F(ConnectionTest, TimeEndsIt) {
    const auto due = ours.info().timeout;
    ASSERT_EQ(due, now + 10s);
    ASSERT_TRUE(ours.handle_timeout(*due));
    EXPECT_EQ(ours.info().end_reason, oap::EndReason::handshake_timeout);
    ASSERT_TRUE(theirs.close(now, 1s) && theirs.abort() && theirs.transport_failed());
    EXPECT_EQ(theirs.info().end_reason, oap::EndReason::aborted);
}

TEST_F(ConnectionTest, AcknowledgesByHand) {
    oap::ConnectionOptions options;
    options.auto_ack = false;
    theirs = Connection::make(now, options).value();
    greet();
    ASSERT_TRUE(ours.start(now, "a") && ours.data(now, {}));
    EXPECT_EQ(carry(ours, theirs), 2U);
    EXPECT_FALSE(theirs.info().wants_write);
    EXPECT_EQ(theirs.acknowledge(now, 2).error().reason(), oap::Reason::credit_violation);
    EXPECT_EQ(theirs.refusal()->field, "ACK.up_to");
    ASSERT_TRUE(theirs.acknowledge(now, 1));
    carry(theirs, ours);
    EXPECT_EQ(ours.info().outbound.in_flight, 0U);
}

TEST_F(ConnectionTest, AnOptionOutOfRangeIsNamed) {
    oap::ConnectionOptions options;
    EXPECT_FALSE(options.error());
    options.close_timeout_ns = 0;
    ASSERT_TRUE(options.error());
    EXPECT_EQ(options.error()->field, "close_timeout_ns");
    EXPECT_EQ(Connection::make(now, options).error().status, Status::out_of_range);
}

}  // namespace
