"""T.2: oap_ack_window and oap_inflight_frames."""

from .. import wire
from ..envelope import ack, data, end, error, hello, start
from ..events import (
    NO_KIND, closed, hellos, recv, recv_bytes, refused, reject_of, rejected, send, sends, tick, uncounted)
from ..topic import Topic

RULE = "T.2"
FOUR = hello(ack_window=4)

# Session 0 goes, each way; it had a window of 4 and one frame in flight.
GONE = {
    "error_sent": [send(error(7))],
    "error_received": [recv(error(7))],
    "rejected": [recv_bytes(NO_KIND, reject="unknown_envelope")],
    "rejected_by_the_session": [rejected("credit_violation", start("a"))],
    "closed": [closed()],
}


def build(t: Topic) -> None:
    windows(t)
    in_flight(t)
    streams(t)
    outbound(t)
    partial(t)
    several_sessions(t)
    gone(t)
    gone_once(t)


def windows(t: Topic) -> None:
    """The window is what the own HELLO said, absent 32, and shows while a stream is open."""
    for window in (1, 31, 1024):
        own = hello(ack_window=window)
        t.monitor(f"window_{window}", RULE, hellos(own), recv(start("a")), ack_window=window,
                  config={"ack_window_frames": 1024})
    wide = {"ack_window_frames": 64}
    t.monitor("window_absent_of_config_64", RULE, hellos(), recv(start("a")), ack_window=32, config=wide)
    t.monitor("window_of_hello_below_config", RULE, hellos(FOUR), recv(start("a")), ack_window=4, config=wide)
    t.monitor("window_of_the_peer_is_not_ours", RULE, hellos(peer=FOUR), recv(start("a")), ack_window=32)
    t.monitor("window_of_a_refused_hello", RULE, refused(hello(ack_window=33)), hellos(FOUR), recv(start("a")),
              ack_window=4)
    t.monitor("window_without_a_stream", RULE, hellos())


def in_flight(t: Topic) -> None:
    opened = [*hellos(FOUR), recv(start("a"), data(1), data(2), data(3))]
    t.monitor("in_flight", RULE, *opened, ack_window=1, in_flight=3)
    t.monitor("in_flight_of_the_whole_window", RULE, *opened, recv(data(4)), in_flight=4)
    t.monitor("in_flight_acknowledged_in_part", RULE, *opened, send(ack(2)), ack_window=3, in_flight=1)
    t.monitor("in_flight_all_acknowledged", RULE, *opened, send(ack(3)), ack_window=4)
    t.monitor("in_flight_and_a_refused_ack", RULE, *opened, refused(ack(4)), ack_window=1, in_flight=3)
    t.monitor("in_flight_after_the_wrap", RULE, hellos(FOUR), recv(start("a"), data(wire.U64_MAX), data(0), data(1)),
              send(ack(wire.U64_MAX)), ack_window=2, in_flight=2, config={"seq_rollover_policy": "wrap"})


def streams(t: Topic) -> None:
    """END takes the stream out of the window; what it left in flight still is."""
    ended = [*hellos(FOUR), recv(start("a"), data(1), data(2), end(2))]
    t.monitor("stream_ended", RULE, *ended, in_flight=2)
    t.monitor("stream_ended_then_acknowledged", RULE, *ended, send(ack(2)))
    t.monitor("stream_after_another", RULE, *ended, recv(start("b")), ack_window=2, in_flight=2)
    t.monitor("stream_after_another_acknowledged", RULE, *ended, recv(start("b"), data(3)), send(ack(1)),
              ack_window=2, in_flight=2)


def outbound(t: Topic) -> None:
    """What goes out is in neither gauge."""
    t.monitor("outbound_stream", RULE, hellos(), sends(start("a"), data(1), data(2)), recv(ack(1)))
    t.monitor("outbound_beside_inbound", RULE, hellos(FOUR), recv(start("a"), data(1)), sends(start("b"), data(1), data(2)),
              ack_window=3, in_flight=1)
    t.monitor("outbound_ended_beside_inbound", RULE, hellos(FOUR), recv(start("a"), data(1)), sends(start("b"), end(0)),
              ack_window=3, in_flight=1)


def partial(t: Topic) -> None:
    """A frame takes effect when it is complete."""
    opened, chunk = start("a"), data(1, b"abc")
    t.monitor("partial_start_opens_nothing", RULE, hellos(), uncounted(opened.wire[:-1]))
    t.monitor("partial_data_is_not_in_flight", RULE, hellos(), recv(opened), uncounted(chunk.wire[:-1]), ack_window=32)
    t.monitor("partial_end_closes_nothing", RULE, hellos(), recv(opened), uncounted(end(0).wire[:-1]), ack_window=32)


def several_sessions(t: Topic) -> None:
    first = [*hellos(FOUR), recv(start("a"), data(1))]
    t.monitor("gauges_of_two_sessions", RULE, *first, hellos(hello(ack_window=10), session=1),
              recv(start("a"), data(5), data(6), session=1), ack_window=3 + 8, in_flight=1 + 2)
    t.monitor("gauges_of_two_sessions_one_stream_ended", RULE, *first, hellos(session=1),
              recv(start("a"), data(5), data(6), end(6), session=1), ack_window=3, in_flight=1 + 2)
    t.monitor("gauges_of_an_idle_session_beside", RULE, *first, hellos(session=1), ack_window=3, in_flight=1)
    t.monitor("gauges_of_a_full_session_beside", RULE, *first, hellos(hello(ack_window=1), session=1),
              recv(start("a"), data(1), session=1), ack_window=3, in_flight=2)


def gone(t: Topic) -> None:
    """A session that has ended, has rejected or is closed is in neither gauge; the others stay."""
    for way, events in GONE.items():
        t.monitor(f"gauges_{way}", RULE, hellos(FOUR), recv(start("a"), data(1)), *events)
        t.monitor(f"gauges_{way}_stream_ended", RULE, hellos(FOUR), recv(start("b"), data(1), end(1)),
                  *(events if way != "rejected_by_the_session" else [rejected("credit_violation", end(1))]))
        t.monitor(f"gauges_{way}_beside_another", RULE, hellos(FOUR), recv(start("a"), data(1)), hellos(session=1),
                  recv(start("b"), data(1), data(2), session=1), *events, ack_window=30, in_flight=2)
    t.monitor("gauges_frames_and_reject_in_one_recv", RULE, send(FOUR),
              rejected("credit_violation", hello(), start("a"), data(1), data(2), data(4)))
    t.monitor("gauges_frames_and_error_in_one_recv", RULE, send(FOUR), recv(hello(), start("a"), data(1), error(7)))


def gone_once(t: Topic) -> None:
    """It leaves once, however often it is told."""
    rejected_0 = recv_bytes(NO_KIND, reject="unknown_envelope")
    other = [*hellos(FOUR), recv(start("a"), data(1)), *hellos(session=1), recv(start("b"), data(1), data(2), session=1)]
    t.monitor("gauges_leave_once_rejected", RULE, *other, rejected_0, uncounted(b"\x00"), send(error(4)), closed(),
              ack_window=30, in_flight=2)
    t.monitor("gauges_leave_once_ended", RULE, *other, send(error(7)), uncounted(data(2).wire), tick(0), closed(),
              ack_window=30, in_flight=2)
    t.monitor("gauges_do_not_come_back", RULE, *other, recv(error(7)), recv_bytes(ack(1).wire, reject="credit_violation"),
              refused(ack(1)), tick(0), ack_window=30, in_flight=2)
    t.monitor("gauges_of_sessions_that_had_none", RULE, *other, reject_of(2), recv(error(1), session=3), closed(2), closed(3),
              hellos(session=4), closed(4), ack_window=30 + 3, in_flight=2 + 1)
