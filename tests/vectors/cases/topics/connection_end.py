"""C.8, C.9, C.10, C.12 and C.13: how a connection ends that nobody closes."""

from ..engine import (
    ABORT, ABORTED, CLOSE, ENDED, FAIL, RECEIVE_END, TIMEOUT, Engine, body_of, end_of, start_of)
from ..envelope import ack, data, end, error, hello, start
from ..events import SECOND
from ..topic import Topic
from ..wire import prefix

CLOSING = 10 * SECOND
IDLE = {"idle_timeout_ns": 60 * SECOND}


def build(t: Topic) -> None:
    def case(rule, name, window=32, **options) -> Engine:
        return Engine(t, f"end_{name}", rule, window, **options).greet(
            timeout=options.get("idle_timeout_ns"))

    end_of_input(lambda name, **more: case("C.8", name, **more))
    half_closed(lambda name, **more: case("C.8", name, **more))
    peer_error(lambda name, **more: case("C.9", name, **more))
    reject(lambda name, **more: case("C.10", name, **more))
    idle(lambda name, **more: case("C.12", name, **IDLE, **more))
    one_reason(lambda name, **more: case("C.13", name, **more))


def end_of_input(case) -> None:
    case("between_streams").step(RECEIVE_END, **ENDED, ended="clean").done()
    case("after_a_stream").receive(start("a"), data(1), end(1)).take(3, wants_write=True).write(ack(1)).step(
        RECEIVE_END, **ENDED, ended="clean").done()
    closing = {"state": "closing", "wants_read": False, "timeout": CLOSING}
    case("inside_a_stream").receive(start("a")).take(1).step(
        RECEIVE_END, **ENDED, ended="incomplete").done()
    case("inside_a_stream_with_data_untaken").receive(start("a"), data(1)).step(
        RECEIVE_END, **ENDED, ended="incomplete").done()
    last_ack = case("inside_a_stream_what_was_taken_is_acknowledged")
    last_ack.receive(start("a"), data(1), data(2)).take(2).step(
        RECEIVE_END, **closing, wants_write=True, ended="incomplete").write(ack(1), **ENDED).done()
    for cut in (1, 7, 8, 9):
        case(f"inside_a_frame_at_byte_{cut}").receive_bytes(start("abc").wire[:cut]).step(
            RECEIVE_END, **closing, wants_write=True, ended="reject:truncated").write(
            error(8, "truncated"), **ENDED).done()
    in_flight = case("inside_a_frame_with_ours_in_flight").streams().sends(1).receive_bytes(start("abc").wire[:9])
    in_flight.step(RECEIVE_END, **closing, wants_write=True, ended="reject:truncated").write(
        error(8, "truncated"), **ENDED).done()
    case("with_ours_in_flight").streams().sends(1).step(
        RECEIVE_END, **ENDED, ended="unacknowledged").done()
    case("with_our_stream_open").streams().step(RECEIVE_END, **ENDED, ended="unacknowledged").done()
    case("with_ours_acknowledged").streams().sends(1).queues(end_of()).write(end(1)).receive(
        ack(1), gives=()).step(RECEIVE_END, **ENDED, ended="clean").done()
    case("twice").step(RECEIVE_END, **ENDED, ended="clean").step(RECEIVE_END).done()


def half_closed(case) -> None:
    """The peer waits for our ACKs with its writing side shut."""
    here = {"state": "peer_closed", "wants_read": False}
    case("what_is_here_can_still_be_taken").receive(start("a"), data(1), end(1)).step(
        RECEIVE_END, **here).take(3, wants_write=True).write(ack(1), **ENDED, ended="clean").done()
    case("a_stream_without_data_is_over_when_it_is_taken").receive(start("a"), end(0)).step(
        RECEIVE_END, **here).take(1).take(1, **ENDED, ended="clean").done()
    case("sends_are_closed").receive(start("a"), end(0)).step(RECEIVE_END, **here).refused(
        start_of(), "closed").done()
    case("ours_in_flight_are_lost_and_theirs_are_acknowledged").streams().sends(1).receive(
        start("b"), data(1), end(1)).step(RECEIVE_END, **here, ended="unacknowledged").take(
        3, wants_write=True).write(ack(1), **ENDED).done()
    case("a_transport_that_fails_behind_it_is_no_harm").receive(start("a"), data(1), end(1)).step(
        RECEIVE_END, **here).take(3, wants_write=True).step(FAIL, **ENDED, ended="clean").done()
    case("close_ends_it").receive(start("a"), data(1), end(1)).step(RECEIVE_END, **here).step(
        CLOSE, **ENDED, ended="clean").done()


def peer_error(case) -> None:
    case("error").receive(error(7, "no"), gives=(), **ENDED, ended="peer_error:7").done()
    case("frames_before_an_error_are_given").receive(
        start("a"), data(1), error(300), gives=(start("a"), data(1)), **ENDED, ended="peer_error:300").done()
    case("nothing_goes_after_an_error").queues(start_of()).receive(
        error(0), gives=(), **ENDED, ended="peer_error:0").write_bytes(b"").refused(
        body_of(), "closed").done()
    case("what_follows_an_error_is_not_judged").receive_bytes(
        error(7).wire + b"\xff" * 8, **ENDED, ended="peer_error:7").done()


def reject(case) -> None:
    def closing(label, **more) -> dict:
        return {"state": "closing", "wants_write": True, "timeout": CLOSING, "ended": f"reject:{label}"} | more

    shut = {"state": "shut", "timeout": SECOND}
    case("a_bad_frame").receive_bytes(prefix(8, 0x99, 0), **closing("unknown_envelope")).write(
        error(4, "unknown_envelope"), **shut).step(RECEIVE_END, **ENDED).done()
    case("frames_before_a_reject_are_given").receive_bytes(
        start("a").wire + data(1).wire + prefix(8, 0x99, 0), gives=(start("a"), data(1)),
        **closing("unknown_envelope")).done()
    case("a_breach_of_credit", window=1).receive(
        start("a"), data(1), data(2), gives=(start("a"), data(1)), **closing("credit_violation")).write(
        error(7, "credit_violation"), **shut).done()
    case("sends_are_closed_after_a_reject").receive_bytes(
        prefix(8, 0x99, 0), **closing("unknown_envelope")).refused(start_of(), "closed").done()
    case("what_follows_a_reject_is_discarded").receive_bytes(
        prefix(8, 0x99, 0), **closing("unknown_envelope")).receive(start("a"), gives=()).write(
        error(4, "unknown_envelope"), **shut).receive(start("a"), gives=()).done()
    case("an_open_stream_of_ours_says_no_more").streams().receive_bytes(
        prefix(8, 0x99, 0), **closing("unknown_envelope")).write(error(4, "unknown_envelope"), **shut).done()
    quiet = case("a_quiet_peer_is_left_after_a_second").receive_bytes(
        prefix(8, 0x99, 0), **closing("unknown_envelope")).write(error(4, "unknown_envelope"), **shut)
    quiet.at(SECOND - 1).step(TIMEOUT).at(SECOND).step(TIMEOUT, **ENDED).done()


def idle(case) -> None:
    limit = IDLE["idle_timeout_ns"]
    case("no_byte_for_so_long").at(limit - 1).step(TIMEOUT).at(limit).step(
        TIMEOUT, **ENDED, ended="idle_timeout").done()
    case("a_byte_received_starts_anew").at(SECOND).receive_bytes(
        start("a").wire[:1], timeout=limit + SECOND).at(limit).step(TIMEOUT).done()
    case("a_byte_written_starts_anew").at(SECOND).queues(start_of()).write(
        start("a"), timeout=limit + SECOND).at(limit).step(TIMEOUT).done()
    case("what_is_only_queued_does_not").at(SECOND).queues(start_of()).at(limit).step(
        TIMEOUT, **ENDED, ended="idle_timeout").done()


def one_reason(case) -> None:
    case("abort").step(ABORT, **ENDED, ended="aborted").done()
    case("abort_after_a_reject").receive_bytes(
        prefix(8, 0x99, 0), state="closing", wants_write=True, timeout=CLOSING,
        ended="reject:unknown_envelope").step(ABORT, **ENDED).done()
    case("failed_transport").step(FAIL, **ENDED, ended="reset").done()
    case("failed_transport_after_an_abort").step(ABORT, **ENDED, ended="aborted").step(FAIL).step(
        RECEIVE_END).step(CLOSE).step(TIMEOUT).done()
    case("failed_transport_after_an_error").receive(
        error(7), gives=(), **ENDED, ended="peer_error:7").step(FAIL).done()
