"""The eight canonical cases, and beside some of them what else their definition says."""

from .. import wire
from ..envelope import OBJ, ack, data, end, hello, start
from ..steps import hellos, recv, recv_bytes, refused, rejected, send, sends
from ..topic import KIND_AT, LENGTH_AT, Topic, cut

HAPPY = (start("objects/v1"), data(1, b"abc", OBJ), ack(1), end(1, 0))


def build(t: Topic) -> None:
    opened, chunk, acked, ended = HAPPY
    t.session("hello_hello", "4.1", hellos())
    t.session("hello_hello_other_version", "2.4", send(hello()), rejected("bad_hello", hello(version=2)))
    t.session("hello_hello_other_version_own", "2.4", refused("bad_hello", hello(version=2)), hellos())

    t.session("happy_path", "4.6", hellos(), sends(opened, chunk), recv(acked), send(ended))
    t.session("happy_path_received", "4.6", hellos(), recv(opened, chunk), send(acked), recv(ended))

    too_long = wire.prefix(wire.MAX_FRAME_BYTES + 1, wire.DATA, 2)
    t.rejects("oversize", "1.2", too_long, "frame_oversize", LENGTH_AT)

    t.session("missing_obj", "4.13", hellos(), recv(opened), rejected("missing_obj", data(7, b"\x61" * 1024)))

    t.rejects("unknown_envelope", "1.4", wire.prefix(8, 0x99, 0), "unknown_envelope", KIND_AT)

    truncated_pair(t)

    ten = data(10, b"abc", OBJ)
    t.session("credit_violation", "4.11", hellos(), sends(opened, ten), rejected("credit_violation", ack(9)))
    t.session("credit_violation_own", "4.11", hellos(), recv(opened, ten), refused("credit_violation", ack(9)))

    pq = hello(features=1)
    t.session("pq_hello", "2.13", hellos(pq, pq), sends(opened, chunk), recv(acked), send(ended))
    t.session("pq_hello_received", "2.13", hellos(pq, pq), recv(opened, chunk), send(acked), recv(ended))


def truncated_pair(t: Topic) -> None:
    frame = data(1, b"\x61" * (8192 - 10))
    first, rest = cut(frame.wire, 4096)
    t.decode("truncated_pair", "3.5", [first, rest], [frame])
    t.decode("truncated_pair_one_buffer", "3.5", [frame.wire], [frame])
    t.decode("truncated_pair_first_half", "3.4", [first], [], finish=False)
    t.decode("truncated_pair_first_half_finish", "3.4", [first], [], ("truncated", 4096))
    t.session("truncated_pair_session", "3.5", hellos(), recv(start("a")), recv_bytes(first), recv_bytes(rest, frame))
