"""C.4 and C.5: what is held is bounded, in and out."""

from ..engine import ABORTED, CANCEL, TIMEOUT, Engine, body_of, end_of, start_of
from ..envelope import ack, data, end, hello, start
from ..events import SECOND
from ..topic import Topic

IN, OUT = "C.4", "C.5"
STALL = 30 * SECOND
CLOSING = 10 * SECOND
FIRST = data(1, b"")
FRAMES = len(start("a").wire) + len(FIRST.wire)


def build(t: Topic) -> None:
    def case(rule, name, window=32, **options) -> Engine:
        return Engine(t, f"room_{name}", rule, window, **options).greet()

    reading(lambda name, **more: case(IN, name, **more))
    stalls(lambda name, **more: case(IN, name, **more))
    writing(lambda name, **more: case(OUT, name, **more))


def reading(case) -> None:
    case("one_byte_below_the_buffer_reads_on", receive_buffer=FRAMES + 1).receive(start("a"), FIRST).done()
    full = case("at_the_buffer_reading_stops", receive_buffer=FRAMES)
    full.receive(start("a"), FIRST, wants_read=False).take(1, wants_read=True).done()
    bytes_after = case("what_was_read_already_is_still_taken_in", receive_buffer=1)
    bytes_after.receive(start("a"), wants_read=False).receive(FIRST).take(2, wants_read=True, wants_write=True).done()
    part = case("part_of_a_frame_does_not_count", receive_buffer=1)
    part.receive_bytes(start("a").wire[:-1]).done()
    default = case("the_default_is_1_mib", window=1024).receive(start("a"))
    body = bytes(1000)
    frame_bytes = len(data(1, body).wire)
    count = (1 << 20) // frame_bytes
    frames = [data(seq, bytes(1000)) for seq in range(1, 101)]
    assert all(len(frame.wire) == frame_bytes for frame in frames[:100]) and count > 100
    default.receive(*frames).done()


def stalls(case) -> None:
    def waiting(name, **options) -> Engine:
        """Ours is in flight, and a further send waits for credit."""
        return case(name, window=1, **options).streams().sends(1).waits(body_of(), "credit")

    waiting("a_waiting_send_reads_on", receive_buffer=1).receive(start("b")).done()
    waiting("credit_that_comes_stops_reading_again", receive_buffer=1).receive(start("b")).receive(
        ack(1), gives=(), wants_read=False).done()
    given_up = waiting("a_cancelled_send_stops_reading_again", receive_buffer=1).receive(start("b"))
    given_up.step(CANCEL, wants_read=False).done()
    stalled = {"state": "closing", "wants_write": True, "ended": "stalled"}
    limit = FRAMES
    waiting("one_byte_below_the_limit", receive_buffer=1, receive_limit=limit + 1).receive(
        start("a"), FIRST, timeout=STALL).done()
    waiting("at_the_limit_the_connection_stalls", receive_buffer=1, receive_limit=limit).receive(
        start("a"), FIRST, timeout=CLOSING, wants_read=True, **stalled).write(
        end(1, ABORTED), state="shut").done()
    both = waiting("both_wait_for_credit").at(SECOND).receive(start("b"), data(1), timeout=SECOND + STALL)
    both.at(SECOND + STALL - 1).step(TIMEOUT).at(SECOND + STALL)
    both.step(TIMEOUT, timeout=SECOND + STALL + CLOSING, **stalled).done()
    waiting("timeout_of_a_second", stall_timeout_ns=SECOND).receive(start("b"), data(1), timeout=SECOND).at(
        SECOND).step(TIMEOUT, timeout=SECOND + CLOSING, **stalled).done()
    waiting("taking_ends_the_stall").receive(start("b"), data(1), timeout=STALL).take(
        2, wants_write=True).write(ack(1), timeout=None).done()
    waiting("credit_ends_the_stall").receive(start("b"), data(1), timeout=STALL).receive(
        ack(1), gives=(), timeout=None).done()
    waiting("no_stall_without_untaken_data").receive(start("b")).done()
    two = case("no_stall_while_the_peer_has_credit", window=2).streams().sends(1).sends(2)
    two.waits(body_of(), "credit").receive(start("b"), data(1)).done()


def writing(case) -> None:
    full = case("a_send_waits_for_room", send_buffer=1).queues(start_of()).waits(body_of(), "room")
    full.waits(end_of(), "room").write(start("a")).queues(body_of()).done()
    below = case("one_byte_below_there_is_room", send_buffer=len(start("a").wire) + 1).queues(start_of())
    below.queues(body_of()).waits(body_of(), "room").done()
    exactly = case("at_the_buffer_there_is_none", send_buffer=len(start("a").wire)).queues(start_of())
    exactly.waits(body_of(), "room").done()
    partly = case("a_part_written_makes_room", send_buffer=len(start("a").wire)).queues(start_of())
    partly.write_bytes(start("a").wire[:1], most=1).queues(body_of()).write_bytes(
        start("a").wire[1:] + data(1, b"x").wire, wants_write=False).done()
    case("one_large_frame_passes_the_buffer", send_buffer=100).streams().queues(body_of(bytes(5000))).waits(
        body_of(), "room").write(data(1, bytes(5000))).done()
    ack_waits = case("an_ack_waits_for_room", send_buffer=1).receive(start("b"), data(1)).queues(start_of())
    ack_waits.take(2).write(start("a"), wants_write=True).write(ack(1)).done()
    case("credit_is_asked_before_room", window=1).streams().sends(1).waits(body_of(), "credit").done()
    no_stream = case("no_stream_is_refused")
    no_stream.refused(body_of(), "credit_violation").refused(end_of(), "credit_violation").done()
    case("a_second_stream_is_refused").streams().refused(start_of("b"), "credit_violation").done()
    case("a_status_over_its_range_is_refused").streams().refused(end_of(65_536), "header_malformed").done()
    acked = case("credit_comes_back", window=1).streams().sends(1).waits(body_of(), "credit")
    acked.receive(ack(1), gives=()).sends(2).done()
    ends = case("seqs_go_on_across_streams").streams().sends(1).queues(end_of()).write(end(1))
    ends.streams("b").sends(2).queues(end_of(7)).write(end(2, 7)).done()
    case("an_end_without_data").streams().queues(end_of()).write(end(0)).done()
