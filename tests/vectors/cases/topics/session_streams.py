"""4.6 and 4.7: streams, one at a time in a direction, and END.seq."""

from ..envelope import ack, data, end, hello, start
from ..steps import hellos, recv, refused, rejected, rejected_at_header, send, sends
from ..topic import Topic
from ..wire import U64_MAX

VIOLATION = "credit_violation"


def build(t: Topic) -> None:
    good(t)
    breaches(t)
    end_seq(t)
    t.session("both_directions_are_apart", "4.6", hellos(), sends(start("mine"), data(1)), recv(start("yours"), data(100)),
              sends(ack(100), data(2)), recv(ack(2), data(101), end(101)), send(end(2)), recv(start("more"), end(0)))


def both_ways(t: Topic, name: str, rule: str, frames, bad) -> None:
    """The same breach received and sent."""
    t.session(f"{name}_received", rule, hellos(), recv(*frames) if frames else [], rejected(VIOLATION, bad))
    t.session(f"{name}_sent", rule, hellos(), sends(*frames), refused(VIOLATION, bad))


def good(t: Topic) -> None:
    traces = {
        "one_stream": (start("a"), data(1, b"x"), end(1)),
        "empty_stream": (start("a"), end(0)),
        "three_in_turn": (start("a"), data(1), end(1), start("b"), data(2), data(3), end(3), start("c"), end(0)),
        "same_name_again": (start("a"), end(0), start("a"), end(0)),
        "empty_between_full": (start("a"), data(7), end(7), start("b"), end(0), start("c"), data(8), end(8)),
        "data_without_body": (start("a"), data(1), end(1)),
        "stream_left_open": (start("a"), data(1)),
        "status_of_any_kind": (start("a"), end(0, 65_535), start("b"), end(0, 1)),
    }
    for name, frames in traces.items():
        t.session(f"streams_{name}_received", "4.6", hellos(), recv(*frames))
        t.session(f"streams_{name}_sent", "4.6", hellos(), sends(*frames))


def breaches(t: Topic) -> None:
    cases = {
        "start_while_open": ((start("a"),), start("b")),
        "start_again": ((start("a"),), start("a")),
        "start_while_open_with_data": ((start("a"), data(1)), start("b")),
        "data_without_stream": ((), data(1, b"x")),
        "data_after_end": ((start("a"), data(1), end(1)), data(2)),
        "data_after_empty_stream": ((start("a"), end(0)), data(1)),
        "end_without_stream": ((), end(0)),
        "end_twice": ((start("a"), end(0)), end(0)),
        "end_twice_with_data": ((start("a"), data(1), end(1)), end(1)),
    }
    for name, (frames, bad) in cases.items():
        both_ways(t, name, "4.6", frames, bad)
    t.session("data_without_stream_at_its_header", "4.6", hellos(), rejected_at_header(VIOLATION, data(1, b"abc")))
    t.session("peer_stream_is_not_ours", "4.6", hellos(), recv(start("a")), refused(VIOLATION, data(1)),
              refused(VIOLATION, end(0)), send(start("b")), send(data(1)))
    t.session("own_stream_is_not_the_peers", "4.6", hellos(), send(start("a")), rejected(VIOLATION, data(1)))
    t.session("refused_start_leaves_the_stream_open", "4.14", hellos(), send(start("objects")),
              refused(VIOLATION, start("b")), refused("missing_obj", data(1)), send(end(0)))


def end_seq(t: Topic) -> None:
    rule = "4.7"
    traces = {
        "of_its_last_data": (start("a"), data(5), data(6), end(6)),
        "zero_when_data_was_zero": (start("a"), data(0), end(0)),
        "u64_max": (start("a"), data(U64_MAX), end(U64_MAX)),
        "zero_of_an_empty_stream_after_a_full": (start("a"), data(5), end(5), start("b"), end(0)),
    }
    for name, frames in traces.items():
        t.session(f"end_seq_{name}_received", rule, hellos(), recv(*frames))
        t.session(f"end_seq_{name}_sent", rule, hellos(), sends(*frames))
    cases = {
        "of_an_earlier_data": ((start("a"), data(5), data(6)), end(5)),
        "ahead": ((start("a"), data(5)), end(6)),
        "zero_after_data": ((start("a"), data(5)), end(0)),
        "not_zero_of_an_empty_stream": ((start("a"),), end(1)),
        "of_the_stream_before": ((start("a"), data(5), end(5), start("b")), end(5)),
        "one_after_data_zero": ((start("a"), data(0)), end(1)),
        "truncated_to_32_bits": ((start("a"), data(2**32 + 1)), end(1)),
    }
    for name, (frames, bad) in cases.items():
        both_ways(t, f"end_seq_{name}", rule, frames, bad)
    t.session("end_seq_refused_then_right", "4.14", hellos(), sends(start("a"), data(5)), refused(VIOLATION, end(4)),
              send(end(5)), send(start("b")))
    t.session("end_seq_counts_acknowledged_data", rule, hellos(hello(ack_window=1)), recv(start("a"), data(5)),
              send(ack(5)), recv(end(5)))
