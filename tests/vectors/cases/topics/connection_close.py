"""C.11: close."""

from ..engine import (
    ABORT, ABORTED, CLOSE, ENDED, FAIL, RECEIVE_END, TIMEOUT, Engine, body_of, end_of, start_of)
from ..envelope import ack, data, end, error, hello, start
from ..events import SECOND
from ..topic import Topic
from ..wire import prefix

RULE = "C.11"
LIMIT = 10 * SECOND
CLOSING = {"state": "closing", "timeout": LIMIT}
QUIET = {"state": "shut", "timeout": SECOND}
WAITING = {"state": "shut"}


def build(t: Topic) -> None:
    def fresh(name, window=32, **options) -> Engine:
        return Engine(t, f"close_{name}", RULE, window, **options)

    def case(name, window=32, **options) -> Engine:
        return fresh(name, window, **options).greet()

    flushes(case)
    waits_for_acks(case)
    discards(case)
    times(case)
    anywhere(case, fresh)


def flushes(case) -> None:
    case("idle").step(CLOSE, **QUIET).step(RECEIVE_END, **ENDED, ended="clean").done()
    case("an_open_stream_is_aborted").streams().step(CLOSE, **CLOSING, wants_write=True).write(
        end(0, ABORTED), **QUIET).done()
    case("an_open_stream_with_data_is_aborted").streams().sends(1).step(
        CLOSE, **CLOSING, wants_write=True).write(end(1, ABORTED), **WAITING).done()
    queued = case("what_is_queued_is_written").queues(start_of()).queues(body_of()).queues(end_of())
    queued.step(CLOSE, **CLOSING).write(start("a"), data(1, b"x"), end(1), **WAITING).receive(
        ack(1), gives=(), timeout=SECOND).step(RECEIVE_END, **ENDED, ended="clean").done()
    case("what_was_taken_is_acknowledged").receive(start("a"), data(1), data(2)).take(2).step(
        CLOSE, **CLOSING, wants_write=True).write(ack(1), **QUIET).done()
    case("what_was_not_taken_is_not_acknowledged").receive(start("a"), data(1)).step(
        CLOSE, **QUIET).write().done()
    full = case("an_ack_that_waits_for_room_names_what_was_taken", send_buffer=1)
    full.receive(start("b"), data(1), data(2)).queues(start_of()).take(2).step(CLOSE, **CLOSING)
    full.write(start("a"), end(0, ABORTED), wants_write=True).write(ack(1), **QUIET).done()
    case("sends_are_closed").step(CLOSE, **QUIET).refused(start_of(), "closed").refused(
        body_of(), "closed").refused(end_of(), "closed").done()


def waits_for_acks(case) -> None:
    def sent(name, **options) -> Engine:
        one = case(name, **options).streams().sends(1).queues(end_of()).write(end(1))
        return one.step(CLOSE, **CLOSING | WAITING)

    sent("acknowledged_and_closed").receive(ack(1), gives=(), timeout=SECOND).step(
        RECEIVE_END, **ENDED, ended="clean").done()
    sent("closed_without_an_ack").step(RECEIVE_END, **ENDED, ended="unacknowledged").done()
    quiet = sent("a_quiet_second_after_the_ack").at(3 * SECOND).receive(ack(1), gives=(), timeout=4 * SECOND)
    quiet.at(4 * SECOND - 1).step(TIMEOUT).at(4 * SECOND).step(TIMEOUT, **ENDED, ended="clean").done()
    sent("no_quiet_second_before_the_ack").at(5 * SECOND).step(TIMEOUT).done()
    sent("reset_without_an_ack").step(FAIL, **ENDED, ended="reset").done()
    sent("reset_after_the_ack").receive(ack(1), gives=(), timeout=SECOND).step(
        FAIL, **ENDED, ended="clean").done()
    two = case("one_of_two_acknowledged").streams().sends(1).sends(2).queues(end_of()).write(end(2))
    two.step(CLOSE, **CLOSING | WAITING).receive(ack(1), gives=()).step(
        RECEIVE_END, **ENDED, ended="unacknowledged").done()


def discards(case) -> None:
    case("frames_of_the_peer_are_discarded").step(CLOSE, **QUIET).receive(
        start("a"), data(1), end(1), gives=()).write().done()
    case("frames_before_an_ack_are_discarded").streams().sends(1).queues(end_of()).write(end(1)).step(
        CLOSE, **CLOSING | WAITING).receive(start("a"), ack(1), data(1), gives=(), timeout=SECOND).done()
    busy = case("a_peer_that_goes_on_is_not_quiet").step(CLOSE, **QUIET).at(SECOND - 1).receive(
        start("a"), gives=(), timeout=2 * SECOND - 1)
    busy.at(SECOND).step(TIMEOUT).at(2 * SECOND - 1).step(TIMEOUT, **ENDED, ended="clean").done()
    case("the_peer_ends_inside_its_stream").receive(start("a")).step(CLOSE, **QUIET).step(
        RECEIVE_END, **ENDED, ended="clean").done()
    case("the_peer_ends_inside_a_frame").step(CLOSE, **QUIET).receive_bytes(start("a").wire[:3]).step(
        RECEIVE_END, **ENDED, ended="clean").done()
    case("an_error_of_the_peer").step(CLOSE, **QUIET).receive(
        error(9), gives=(), **ENDED, ended="peer_error:9").done()


def times(case) -> None:
    never = case("timeout").streams().sends(1).step(CLOSE, **CLOSING, wants_write=True)
    never.write(end(1, ABORTED), **WAITING).at(LIMIT - 1).step(TIMEOUT).at(LIMIT).step(
        TIMEOUT, **ENDED, ended="close_timeout").done()
    stopped = case("timeout_with_bytes_unwritten").queues(start_of()).queues(end_of()).step(CLOSE, **CLOSING)
    stopped.at(LIMIT).step(TIMEOUT, **ENDED, ended="close_timeout").done()
    short = case("timeout_of_a_second", close_timeout_ns=SECOND).streams().sends(1)
    short.step(CLOSE, state="closing", timeout=SECOND, wants_write=True).at(SECOND).step(
        TIMEOUT, **ENDED, ended="close_timeout").done()
    case("within").streams().sends(1).step(
        {"close": 5}, state="closing", timeout=5, wants_write=True).at(5).step(
        TIMEOUT, **ENDED, ended="close_timeout").done()
    sooner = case("a_second_close_brings_it_forward").streams().sends(1).step(
        CLOSE, **CLOSING, wants_write=True)
    sooner.step({"close": 7}, timeout=7).step({"close": 9 * SECOND}).step(CLOSE).done()
    case("within_nothing_is_at_once").streams().sends(1).step(
        {"close": 0}, state="closing", timeout=0, wants_write=True).step(
        TIMEOUT, **ENDED, ended="close_timeout").done()
    talking = case("timeout_beside_a_peer_that_goes_on_is_clean").step(CLOSE, **QUIET).at(LIMIT - 1)
    talking.receive(start("a"), gives=(), timeout=LIMIT).at(LIMIT).step(TIMEOUT, **ENDED, ended="clean").done()


def anywhere(case, fresh) -> None:
    own = hello(ack_window=32)
    fresh("before_the_handshake").step(CLOSE, **CLOSING).write(own, **QUIET).step(
        RECEIVE_END, **ENDED, ended="clean").done()
    fresh("greeted_while_closing").step(CLOSE, **CLOSING).receive(hello(), gives=()).refused(
        start_of(), "closed").write(own, **QUIET).done()
    case("after_the_end").step(ABORT, **ENDED, ended="aborted").step(CLOSE).step(CLOSE).done()
    case("abort_while_closing").streams().step(CLOSE, **CLOSING, wants_write=True).step(
        ABORT, **ENDED, ended="aborted").write_bytes(b"").done()
    case("abort_drops_what_is_queued").queues(start_of()).step(ABORT, **ENDED, ended="aborted").write_bytes(
        b"").done()
    case("after_a_reject").receive_bytes(
        prefix(8, 0x99, 0), **CLOSING, wants_write=True, ended="reject:unknown_envelope").step(CLOSE).write(
        error(4, "unknown_envelope"), **QUIET).done()
