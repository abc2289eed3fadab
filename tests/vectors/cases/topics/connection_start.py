"""C.1: HELLO at once, sends wait for the peer's, a peer that does not greet is given up."""

from ..engine import (
    CANCEL, CLOSE, ENDED, HANDSHAKE, RECEIVE_END, TIMEOUT, Engine, body_of, end_of, start_of)
from ..envelope import ack, data, error, hello, start
from ..events import SECOND
from ..topic import Topic

RULE = "C.1"
OWN = hello(ack_window=32)


def build(t: Topic) -> None:
    def case(name, **options) -> Engine:
        return Engine(t, f"start_{name}", RULE, **options)

    case("hello_is_queued_at_once").write(OWN).done()
    case("hello_says_the_config", window=7, config={"max_frame": "4096", "features": "5"}).write(
        hello(max_frame=4096, features=5, ack_window=7)).done()
    case("opens_with_the_peers_hello").greet().done()
    case("opens_before_its_own_hello_is_written").receive(
        hello(), gives=(), state="open", timeout=None).write(OWN).done()
    case("hello_in_two_pieces").write_bytes(OWN.wire[:5], most=5).write_bytes(
        OWN.wire[5:], wants_write=False).done()
    for name, action in (("start", start_of()), ("data", body_of()), ("end", end_of())):
        case(f"{name}_waits_for_the_peers_hello").waits(action, "handshake").done()
    case("bad_name_is_refused_before_the_handshake").refused(start_of(""), "header_malformed").done()
    case("a_send_that_waited_goes_after_the_handshake").waits(start_of(), "handshake").greet().queues(
        start_of()).write(start("a")).done()
    timeouts(case)
    others(case)


def timeouts(case) -> None:
    case("timeout_default").at(HANDSHAKE - 1).step(TIMEOUT).at(HANDSHAKE).step(
        TIMEOUT, **ENDED, ended="handshake_timeout").done()
    short = case("timeout_of_a_second", handshake_timeout_ns=SECOND)
    short.at(SECOND - 1).step(TIMEOUT).at(SECOND).step(TIMEOUT, **ENDED, ended="handshake_timeout").done()
    case("timeout_does_not_run_after_the_handshake").greet().at(100 * SECOND).step(TIMEOUT).done()
    case("part_of_a_hello_is_no_greeting").receive_bytes(OWN.wire[:-1]).at(HANDSHAKE).step(
        TIMEOUT, **ENDED, ended="handshake_timeout").done()
    case("after_the_timeout_all_is_closed").at(HANDSHAKE).step(
        TIMEOUT, **ENDED, ended="handshake_timeout").refused(start_of(), "closed").step(
        CLOSE).receive_bytes(OWN.wire).write_bytes(b"").done()


def others(case) -> None:
    case("the_peer_closes_before_it_greets").write(OWN).step(
        RECEIVE_END, **ENDED, ended="clean").done()
    case("the_peer_closes_while_a_send_waits").write(OWN).waits(start_of(), "handshake").step(
        RECEIVE_END, **ENDED, ended="unacknowledged").done()
    case("the_peer_closes_before_a_send_that_waited_goes").write(OWN).waits(start_of(), "handshake").receive(
        hello(), gives=(), state="open", timeout=None).step(RECEIVE_END, **ENDED, ended="unacknowledged").done()
    case("a_cancelled_send_waits_no_more").write(OWN).waits(start_of(), "handshake").step(CANCEL).step(
        RECEIVE_END, **ENDED, ended="clean").done()
    case("an_error_may_take_the_place_of_hello").write(OWN).receive(
        error(300, "busy"), gives=(), **ENDED, ended="peer_error:300").done()
    for frame in (start("a"), data(1), ack(1)):
        case(f"{frame.envelope['kind'].lower()}_in_place_of_hello").write(OWN).receive(
            frame, gives=(), state="closing", wants_write=True, timeout=10 * SECOND,
            ended="reject:bad_hello").write(error(1, "bad_hello"), state="shut", timeout=SECOND).done()
