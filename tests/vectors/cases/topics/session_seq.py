"""4.8, 4.9 and 4.17: sequence and rollover."""

from ..envelope import ack, data, end, hello, start
from ..steps import hellos, recv, recv_bytes, refused, rejected, rejected_at_header, send, sends
from ..topic import STRICT, Topic
from ..wire import U64_MAX

VIOLATION = "credit_violation"
WRAP = {"seq_rollover_policy": "wrap"}
ERROR = {"seq_rollover_policy": "error"}


def build(t: Topic) -> None:
    for name, (frames, bad) in SEQUENCE.items():
        breach(t, f"seq_{name}", "4.8", frames, bad)
    for first in (0, 1, 2, 1000, 2**32 - 1, 2**53, 2**63 - 1, U64_MAX - 1):
        passes(t, f"seq_first_{first}", "4.8", (start("a"), data(first), data(first + 1), end(first + 1)))
    passes(t, "seq_across_streams", "4.8", (start("a"), data(5), end(5), start("b"), data(6), data(7), end(7)))
    rollover_error(t)
    rollover_wrap(t)
    wrapped_acks(t)
    t.session("seq_refused_then_right", "4.14", hellos(), sends(start("a"), data(5)), refused(VIOLATION, data(7)),
              refused(VIOLATION, data(5)), sends(data(6), data(7)))
    t.session("seq_refused_first_does_not_set_it", "4.14", hellos(), refused(VIOLATION, data(5)), sends(start("a"), data(1)))
    t.session("seq_judged_at_the_header", "3.8", hellos(), recv(start("a"), data(1)),
              rejected_at_header(VIOLATION, data(3, b"abc")))
    t.session("seq_of_a_partial_frame_counts_once", "4.8", hellos(), recv(start("a")), recv_bytes(data(1, b"ab").wire[:-1]),
              recv_bytes(data(1, b"ab").wire[-1:], data(1, b"ab")), recv(data(2)))


SEQUENCE = {
    "repeated": ((start("a"), data(5)), data(5)),
    "gap": ((start("a"), data(5)), data(7)),
    "back": ((start("a"), data(5), data(6)), data(5)),
    "back_to_zero": ((start("a"), data(5)), data(0)),
    "restart_in_next_stream": ((start("a"), data(1), end(1), start("b")), data(1)),
    "gap_across_streams": ((start("a"), data(1), end(1), start("b")), data(3)),
    "gap_across_an_empty_stream": ((start("a"), data(1), end(1), start("b"), end(0), start("c")), data(3)),
    "plus_2_to_32": ((start("a"), data(1)), data(2**32 + 2)),
    "two_before_zero": ((start("a"), data(0)), data(U64_MAX)),
}


def passes(t: Topic, name: str, rule: str, frames, config=STRICT) -> None:
    t.session(f"{name}_received", rule, hellos(), recv(*frames), config=config)
    t.session(f"{name}_sent", rule, hellos(), sends(*frames), config=config)


def breach(t: Topic, name: str, rule: str, frames, bad, config=STRICT) -> None:
    t.session(f"{name}_received", rule, hellos(), recv(*frames), rejected(VIOLATION, bad), config=config)
    t.session(f"{name}_sent", rule, hellos(), sends(*frames), refused(VIOLATION, bad), config=config)


def rollover_error(t: Topic) -> None:
    rule = "4.9"
    at_max = (start("a"), data(U64_MAX - 1), data(U64_MAX))
    for name, bad in (("0", data(0)), ("1", data(1)), ("u64_max", data(U64_MAX))):
        breach(t, f"rollover_error_then_{name}", rule, at_max, bad)
    breach(t, "rollover_error_by_name", rule, at_max, data(0), ERROR)
    breach(t, "rollover_error_first_is_max", rule, (start("a"), data(U64_MAX)), data(0))
    breach(t, "rollover_error_in_next_stream", rule, (*at_max, end(U64_MAX), start("b")), data(0))
    passes(t, "rollover_error_end_and_empty_stream", rule, (*at_max, end(U64_MAX), start("b"), end(0)))
    t.session("rollover_error_leaves_the_other_direction", rule, hellos(), recv(*at_max), sends(start("b"), data(0), data(1)),
              recv(ack(1)), send(ack(U64_MAX)))


def rollover_wrap(t: Topic) -> None:
    rule = "4.9"
    at_max = (start("a"), data(U64_MAX - 1), data(U64_MAX))
    passes(t, "rollover_wrap", rule, (*at_max, data(0), data(1), end(1)), WRAP)
    passes(t, "rollover_wrap_end_at_zero", "4.17", (*at_max, data(0), end(0)), WRAP)
    passes(t, "rollover_wrap_across_streams", "4.17", (*at_max, end(U64_MAX), start("b"), data(0), end(0)), WRAP)
    for name, bad in (("1", data(1)), ("u64_max", data(U64_MAX)), ("u64_max_less_1", data(U64_MAX - 1))):
        breach(t, f"rollover_wrap_then_{name}", rule, at_max, bad, WRAP)
    breach(t, "rollover_wrap_then_0_twice", "4.17", (*at_max, data(0)), data(0), WRAP)
    breach(t, "rollover_wrap_is_no_jump", rule, (start("a"), data(5)), data(0), WRAP)
    t.session("rollover_policy_holds_for_both_wrap", "4.15", hellos(), sends(*at_max, data(0)), recv(*at_max, data(0)),
              config=WRAP)


def wrapped_acks(t: Topic) -> None:
    """A window that spans 2^64-1 and 0."""
    rule = "4.17"
    span = (start("a"), data(U64_MAX - 1), data(U64_MAX), data(0), data(1))
    four = hello(ack_window=4)
    own = {"ack_window_frames": 4} | WRAP
    for place, up_to in enumerate((U64_MAX - 1, U64_MAX, 0, 1), 1):
        more = [data(1 + n) for n in range(1, place + 1)]
        t.session(f"wrap_ack_{up_to}_frees_{place}_received", rule, hellos(peer=four), sends(*span),
                  refused(VIOLATION, data(2)), recv(ack(up_to)), sends(*more), refused(VIOLATION, data(place + 2)), config=WRAP)
        t.session(f"wrap_ack_{up_to}_frees_{place}_sent", rule, hellos(own=four), recv(*span), send(ack(up_to)), recv(*more),
                  rejected(VIOLATION, data(place + 2)), config=own)
    for name, up_to in (("ahead", 2), ("before", U64_MAX - 2), ("far", 2**63)):
        t.session(f"wrap_ack_{name}_received", rule, hellos(), sends(*span), rejected(VIOLATION, ack(up_to)), config=WRAP)
        t.session(f"wrap_ack_{name}_sent", rule, hellos(), recv(*span), refused(VIOLATION, ack(up_to)), send(ack(1)),
                  config=WRAP)
    t.session("wrap_ack_old_after_0", rule, hellos(), sends(*span), recv(ack(0)), rejected(VIOLATION, ack(U64_MAX)),
              config=WRAP)
    t.session("wrap_ack_old_after_0_sent", rule, hellos(), recv(*span), send(ack(0)), refused(VIOLATION, ack(U64_MAX)),
              refused(VIOLATION, ack(0)), send(ack(1)), refused(VIOLATION, ack(1)), config=WRAP)
    t.session("wrap_ack_before_the_wrap", rule, hellos(), sends(*span[:3]), rejected(VIOLATION, ack(0)), config=WRAP)
    t.session("error_policy_ack_of_u64_max", "4.11", hellos(), sends(*span[:3]), recv(ack(U64_MAX)))
