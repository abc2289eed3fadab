"""4.14: own sends are judged fields first, then length, then the session; a refusal changes nothing."""

from .. import wire
from ..envelope import OBJ, ack, data, data_of_length, end, error, hello, start
from ..steps import hellos, recv, refused, rejected, send, sends
from ..topic import Topic

RULE = "4.14"
VIOLATION = "credit_violation"
LOW = hello(max_frame=4096)
ILL_FORMED = {
    "start_empty": ("header_malformed", start("")),
    "start_control": ("header_malformed", start("\x7f")),
    "data_obj": ("header_malformed", data(1, b"", "b3:")),
    "end_status": ("header_malformed", end(0, 65_536)),
    "error_code": ("header_malformed", error(65_536)),
    "error_reason": ("header_malformed", error(1, "r" * 1025)),
    "hello_version": ("bad_hello", hello(version=2)),
}


def build(t: Topic) -> None:
    for name, (label, frame) in ILL_FORMED.items():
        fields_first(t, name, label, frame)
    length_second(t)
    changes_nothing(t)


def fields_first(t: Topic, name: str, label: str, frame) -> None:
    t.session(f"send_{name}", RULE, hellos(), refused(label, frame), send(start("a")))
    t.session(f"send_{name}_before_hello", RULE, refused(label, frame), hellos())
    t.session(f"send_{name}_after_error_sent", RULE, hellos(), send(error(1)), refused(label, frame))
    t.session(f"send_{name}_after_error_received", RULE, hellos(), recv(error(1)), refused(label, frame))
    t.session(f"send_{name}_after_reject", RULE, hellos(), rejected(VIOLATION, ack(1)), refused(label, frame), send(error(7)))


def length_second(t: Topic) -> None:
    huge, over = data_of_length(wire.MAX_FRAME_BYTES + 1, 1), data_of_length(4097, 1)
    t.session("send_fields_before_length", RULE, hellos(peer=LOW), refused("header_malformed", data(1, b"\0" * 5000, "b3:")))
    t.session("send_1_mib_before_handshake", RULE, refused("frame_oversize", huge), send(hello()),
              refused("frame_oversize", huge))
    t.session("send_peer_limit_unknown_before_its_hello", RULE, send(hello()), refused("bad_hello", over), recv(LOW),
              refused("frame_oversize", over))
    t.session("send_length_before_own_hello", RULE, recv(LOW), refused("frame_oversize", over), refused("bad_hello", data(1)))
    t.session("send_length_before_stream", RULE, hellos(peer=LOW), refused("frame_oversize", over), refused(VIOLATION, data(1)))
    t.session("send_length_before_obj", RULE, hellos(peer=LOW), send(start("objects")), refused("frame_oversize", over),
              refused("missing_obj", data(1)))
    t.session("send_length_before_seq", RULE, hellos(peer=LOW), sends(start("a"), data(5)), refused("frame_oversize", over),
              send(data(6)))
    t.session("send_length_before_credit", RULE, hellos(peer=hello(max_frame=4096, ack_window=1)), sends(start("a"), data(0)),
              refused("frame_oversize", over), refused(VIOLATION, data(1)))
    for name, frame in (("1_mib", huge), ("peer_limit", over)):
        t.session(f"send_length_{name}_after_error_sent", RULE, hellos(peer=LOW), send(error(1)),
                  refused("frame_oversize", frame))
        t.session(f"send_length_{name}_after_error_received", RULE, hellos(peer=LOW), recv(error(1)),
                  refused("frame_oversize", frame))
        t.session(f"send_length_{name}_after_reject", RULE, hellos(peer=LOW), rejected(VIOLATION, ack(1)),
                  refused("frame_oversize", frame), send(error(7)))


def changes_nothing(t: Topic) -> None:
    """After each kind of refusal the talk goes on as if it had not been tried."""
    one = hello(max_frame=4096, ack_window=1)
    t.session("refusals_of_every_label_change_nothing", RULE, refused("bad_hello", start("a")), send(hello()),
              refused("bad_hello", hello()), recv(one), refused(VIOLATION, data(1)), refused("header_malformed", start("")),
              send(start("objects")), refused("missing_obj", data(1)), refused("frame_oversize", data_of_length(4097, 1, OBJ)),
              refused(VIOLATION, end(1)), send(data(1, b"x", OBJ)), refused(VIOLATION, data(2, b"x", OBJ)),
              refused(VIOLATION, ack(1)), refused(VIOLATION, end(2)), recv(ack(1)), send(data(2, b"y", OBJ)), send(end(2)),
              refused(VIOLATION, end(2)), recv(start("b"), data(3)), send(ack(3)))
    t.session("refusals_are_no_rejects", RULE, hellos(), refused(VIOLATION, end(0)), recv(start("a"), data(1)), send(ack(1)))
