"""4.12 and 4.16: ERROR ends the session both ways; after a reject nothing goes but one ERROR."""

from .. import wire
from ..envelope import OBJ, ack, data, end, error, hello, joined, start
from ..steps import discarded, finish, hellos, recv, recv_bytes, refused, rejected, rejected_at_header, send, sends
from ..topic import Topic
from ..wire import prefix

VIOLATION = "credit_violation"
EVERY = (hello(), start("a"), data(1, b"abc"), ack(1), end(0), error(2, "again"))
REJECTS = {
    "bad_hello": [recv_bytes(hello().wire, reject="bad_hello")],
    "frame_oversize": [recv_bytes(prefix(2**24, wire.DATA, 0), reject="frame_oversize")],
    "unknown_envelope": [recv_bytes(prefix(8, 0x99, 0), reject="unknown_envelope")],
    "header_malformed": [recv_bytes(prefix(8, wire.ACK, 0), reject="header_malformed")],
    "missing_obj": [recv(start("objects")), rejected("missing_obj", data(1))],
    "credit_violation": [rejected(VIOLATION, ack(1))],
    "truncated": [recv_bytes(ack(1).wire[:5]), finish("truncated")],
}


def name_of(frame) -> str:
    return frame.envelope["kind"].lower()


def build(t: Topic) -> None:
    sent(t)
    received(t)
    received_decoder_first(t)
    after_reject(t)
    after_reject_discards(t)


def sent(t: Topic) -> None:
    """Once sent, what arrives is discarded unjudged and nothing more goes."""
    rule = "4.12"
    for frame in EVERY:
        t.session(f"after_error_sent_{name_of(frame)}", rule, hellos(), send(error(7, "bye")), discarded(frame.wire),
                  refused(VIOLATION, frame))
    junk = {"unknown_kind": prefix(8, 0x99, 0), "oversize": prefix(2**32 - 1, 1, 0), "malformed": prefix(8, 2, 0),
            "partial": ack(1).wire[:5], "garbage": b"\xff" * 40}
    for name, data_ in junk.items():
        t.session(f"after_error_sent_junk_{name}", rule, hellos(), send(error(7)), discarded(data_), finish(),
                  discarded(data_), finish())
    t.session("error_sent_in_a_stream", rule, hellos(), sends(start("a"), data(1), error(7)), refused(VIOLATION, end(1)),
              discarded(ack(1).wire))
    t.session("error_sent_inside_a_received_frame", rule, hellos(), recv(start("a")), recv_bytes(data(1, b"abc").wire[:-1]),
              send(error(7)), discarded(data(1, b"abc").wire[-1:]), finish())
    t.session("error_sent_inside_a_received_frame_finish", rule, hellos(), recv_bytes(start("a").wire[:6]), send(error(7)),
              finish())
    t.session("error_sent_twice", rule, hellos(), send(error(7)), refused(VIOLATION, error(7)))
    t.session("error_sent_before_any_hello", rule, send(error(1)), discarded(hello().wire), discarded(prefix(8, 0, 0)))
    t.session("error_any_code_and_reason", rule, hellos(), send(error(65_535, "r" * 1024)))


def received(t: Topic) -> None:
    """Once received, nothing more goes and a frame that still comes is a credit_violation."""
    rule = "4.12"
    for frame in EVERY:
        t.session(f"after_error_received_{name_of(frame)}", rule, hellos(), recv(error(7, "bye")), rejected(VIOLATION, frame))
        t.session(f"after_error_received_{name_of(frame)}_sent", rule, hellos(), recv(error(7)), refused(VIOLATION, frame),
                  finish())
    t.session("after_error_received_in_one_recv", rule, hellos(), rejected(VIOLATION, start("a"), error(7), end(0)))
    t.session("after_error_received_data_at_its_header", rule, hellos(), recv(start("a"), error(7)),
              rejected_at_header(VIOLATION, data(1, b"abc")))
    t.session("after_error_received_missing_obj", rule, hellos(), recv(start("objects"), error(7)),
              rejected(VIOLATION, data(1)))
    t.session("after_error_received_before_handshake", rule, recv(error(1)), rejected(VIOLATION, start("a")))
    t.session("after_error_received_hello_before_handshake", rule, recv(error(1)), rejected(VIOLATION, hello()))
    t.session("after_error_received_nothing", rule, hellos(), recv(error(7)), recv_bytes(b""), finish())
    t.session("after_error_received_partial_header", rule, hellos(), recv(error(7)), recv_bytes(start("a").wire[:-1]),
              recv_bytes(start("a").wire[-1:], reject=VIOLATION))
    t.session("after_error_received_truncated", "3.4", hellos(), recv(error(7)), recv_bytes(start("a").wire[:-1]),
              finish("truncated"))
    t.session("error_received_in_a_stream", rule, hellos(), sends(start("a"), data(1)),
              recv(start("b"), data(5, b"x"), error(7, "bye")), refused(VIOLATION, data(2)), refused(VIOLATION, ack(5)))
    t.session("error_received_does_not_ask_for_an_error", rule, hellos(), recv(error(7)), rejected(VIOLATION, ack(1)),
              refused(VIOLATION, error(7)), recv_bytes(ack(1).wire, reject=VIOLATION))


def received_decoder_first(t: Topic) -> None:
    """After a received ERROR the decoder's rules still come before the session's."""
    bad = {
        "unknown_envelope": prefix(8, 0x99, 0), "frame_oversize": prefix(2**24, 1, 0),
        "header_malformed": prefix(8, wire.ACK, 0), "bad_hello": prefix(8, wire.HELLO, 0),
        "bad_hello_pq": hello(features=1).wire,
    }
    for label, data_ in bad.items():
        t.session(f"after_error_received_{label}", "3.8", hellos(), recv(error(7)), recv_bytes(data_, reject=label),
                  refused(VIOLATION, error(7)), config={"allow_pq_hello_flags": False})


def after_reject(t: Topic) -> None:
    rule = "4.16"
    for label, steps in REJECTS.items():
        t.session(f"after_{label}_one_error", rule, hellos(), steps, send(error(1, label)), refused(VIOLATION, error(1, label)))
        t.session(f"after_{label}_other_sends", rule, hellos(), steps, *[refused(VIOLATION, frame) for frame in EVERY[:-1]],
                  send(error(1)))
        t.session(f"after_{label}_it_stays", "3.6", hellos(), steps, recv_bytes(start("a").wire, reject=label), finish(label))
    t.session("after_bad_hello_own_hello", rule, rejected("bad_hello", start("a")), refused(VIOLATION, hello()), send(error(1)))
    t.session("after_reject_sends_of_an_open_stream", rule, hellos(), sends(start("a"), data(1)), rejected(VIOLATION, ack(2)),
              refused(VIOLATION, data(2)), refused(VIOLATION, end(1)), send(error(7, "credit_violation")))
    t.session("after_reject_bad_error_then_good", rule, hellos(), rejected(VIOLATION, ack(2)),
              refused("header_malformed", error(65_536)), refused("header_malformed", error(7, "\n")), send(error(7)))


def after_reject_discards(t: Topic) -> None:
    """4.12 stands before the reject that stays: after the ERROR all is discarded."""
    for label, steps in REJECTS.items():
        t.session(f"after_{label}_and_error_discards", "4.12", hellos(), steps, send(error(1)), discarded(ack(1).wire),
                  finish(), discarded(prefix(8, 0x99, 0)), refused(VIOLATION, start("a")))
    t.session("delivered_before_a_session_reject", "3.6", hellos(),
              recv_bytes(joined((start("objects"), data(1, b"x", OBJ), data(2))), start("objects"), data(1, b"x", OBJ),
                         reject="missing_obj"))
