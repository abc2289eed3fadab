"""4.11: ACK names a DATA frame that is in flight."""

from ..envelope import ack, data, end, start
from ..steps import hellos, recv, refused, rejected, send, sends
from ..topic import Topic
from ..wire import U64_MAX

VIOLATION = "credit_violation"
RULE = "4.11"
THREE = (start("a"), data(1), data(2), data(3))


def build(t: Topic) -> None:
    good(t)
    breaches(t)
    refusals_change_nothing(t)


def good(t: Topic) -> None:
    traces = {
        "each": (THREE, (ack(1), ack(2), ack(3))),
        "all_at_once": (THREE, (ack(3),)),
        "some": (THREE, (ack(2), ack(3))),
        "of_zero": ((start("a"), data(0)), (ack(0),)),
        "of_u64_max": ((start("a"), data(U64_MAX)), (ack(U64_MAX),)),
        "after_end": ((*THREE, end(3)), (ack(3),)),
        "under_a_later_stream": ((*THREE, end(3), start("b")), (ack(2), ack(3))),
        "across_streams": ((*THREE, end(3), start("b"), data(4)), (ack(4),)),
        "under_a_later_stream_with_data": ((*THREE, end(3), start("b"), data(4)), (ack(1), ack(3), ack(4))),
        "after_the_last_stream": ((*THREE, end(3), start("b"), end(0)), (ack(3),)),
    }
    for name, (frames, acks) in traces.items():
        t.session(f"ack_{name}_received", RULE, hellos(), sends(*frames), recv(*acks))
        t.session(f"ack_{name}_sent", RULE, hellos(), recv(*frames), sends(*acks))
    t.session("ack_needs_no_own_stream", RULE, hellos(), recv(*THREE), send(ack(1)), sends(start("b"), ack(2), end(0), ack(3)))
    t.session("ack_inside_the_peers_stream", RULE, hellos(), sends(*THREE), recv(start("b"), ack(1), data(50), ack(3), end(50)))


def breaches(t: Topic) -> None:
    cases = {
        "of_nothing": ((), ack(1)),
        "of_nothing_zero": ((), ack(0)),
        "of_an_empty_stream": ((start("a"), end(0)), ack(0)),
        "ahead": (THREE, ack(4)),
        "far_ahead": (THREE, ack(U64_MAX)),
        "before_the_first": (THREE, ack(0)),
        "plus_2_to_32": (THREE, ack(2**32 + 2)),
        "before_the_first_10": ((start("a"), data(10)), ack(9)),
        "ahead_under_a_later_stream": ((*THREE, end(3), start("b")), ack(4)),
    }
    for name, (frames, bad) in cases.items():
        t.session(f"ack_{name}_received", RULE, hellos(), sends(*frames), rejected(VIOLATION, bad))
        t.session(f"ack_{name}_sent", RULE, hellos(), recv(*frames) if frames else [], refused(VIOLATION, bad))
    old = {"twice": (2, 2), "old": (2, 1), "twice_all": (3, 3), "old_after_all": (3, 2), "ahead_after_all": (3, 4)}
    for name, (first, then) in old.items():
        t.session(f"ack_{name}_received", RULE, hellos(), sends(*THREE), recv(ack(first)), rejected(VIOLATION, ack(then)))
        t.session(f"ack_{name}_sent", RULE, hellos(), recv(*THREE), send(ack(first)), refused(VIOLATION, ack(then)))
        t.session(f"ack_{name}_in_one_recv", RULE, hellos(), sends(*THREE), rejected(VIOLATION, ack(first), ack(then)))
    t.session("ack_of_own_data_is_not_ours_to_send", RULE, hellos(), sends(*THREE), refused(VIOLATION, ack(1)))
    t.session("ack_of_the_peers_own_data", RULE, hellos(), recv(*THREE), rejected(VIOLATION, ack(1)))
    t.session("ack_of_a_refused_data", RULE, hellos(), sends(*THREE), refused(VIOLATION, data(5)), rejected(VIOLATION, ack(5)))


def refusals_change_nothing(t: Topic) -> None:
    t.session("ack_refused_then_right", "4.14", hellos(), recv(*THREE), refused(VIOLATION, ack(4)), refused(VIOLATION, ack(0)),
              send(ack(1)), refused(VIOLATION, ack(1)), send(ack(3)))
