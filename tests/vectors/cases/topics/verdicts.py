"""3.1, 3.3, 3.4, 3.6: each label once in its shortest form, when it is given, and that it stays."""

from .. import wire
from ..envelope import ack, data, hello, start
from ..steps import finish, hellos, recv, recv_bytes, rejected, send
from ..topic import KIND_AT, LENGTH_AT, STRICT, Topic, header_at, one_byte_chunks
from ..wire import prefix

BAD = {
    "bad_hello": (wire.frame(wire.HELLO, b""), 8, STRICT),
    "bad_hello_pq": (hello(features=1).wire, len(hello(features=1).wire), {"allow_pq_hello_flags": False}),
    "frame_oversize": (prefix(2**24, wire.DATA, 2), LENGTH_AT, STRICT),
    "unknown_envelope": (prefix(8, 0x99, 0), KIND_AT, STRICT),
    "header_malformed": (prefix(7, wire.ACK, 0), LENGTH_AT, STRICT),
}


def build(t: Topic) -> None:
    for label, (data_, at, config) in BAD.items():
        each_label(t, label, data_, at, config)
    t.session("label_missing_obj", "3.1", hellos(), recv(start("objects")), rejected("missing_obj", data(1)))
    t.session("label_credit_violation", "3.1", hellos(), rejected("credit_violation", ack(1)))
    t.decode("label_truncated", "3.1", [ack(1).wire[:3]], [], ("truncated", 3))
    shortest(t)
    whole_header(t)


def each_label(t: Topic, label: str, data_: bytes, at: int, config: dict) -> None:
    good = start("a")
    t.rejects(f"label_{label}", "3.1", data_, label, at, config=config)
    t.decode(f"stays_{label}", "3.6", [data_, good.wire, good.wire], [], (label, len(data_)), config)
    t.decode(f"stays_{label}_over_finish", "3.6", [data_, good.wire[:5]], [], (label, len(data_)), config)
    t.decode(f"stays_{label}_in_one_chunk", "3.6", [data_ + good.wire], [], (label, len(data_ + good.wire)), config)
    t.decode(f"delivered_before_{label}", "3.6", [good.wire, ack(3).wire + data_], [good, ack(3)],
             (label, len(good.wire + ack(3).wire + data_)), config)
    t.decode(f"delivered_before_{label}_one_byte_chunks", "3.6", one_byte_chunks(good.wire + data_ + good.wire), [good],
             (label, len(good.wire) + at), config)
    t.decode(f"no_finish_{label}", "3.3", [data_[:at]], [], (label, at), config, finish=False)
    t.decode(f"one_byte_before_{label}", "3.3", [data_[:at - 1]], [], None, config, finish=False)
    t.session(f"stays_{label}_in_a_session", "3.6", send(hello()), recv_bytes(data_, reject=label),
              recv_bytes(good.wire, reject=label), finish(label), recv_bytes(data_, reject=label), config=config)


def shortest(t: Topic) -> None:
    """No later byte is waited for."""
    for name, data_, label in (
        ("length_over", b"\x00\x10\x00\x01", "frame_oversize"), ("length_under", b"\x00\x00\x00\x07", "header_malformed"),
        ("kind", b"\x00\x00\x00\x08\x00", "unknown_envelope"), ("reserved", b"\x00\x00\x00\x08\x02\x01", "header_malformed"),
        ("header_len", b"\x00\x00\x00\x08\x02\x00\x00\x01", "header_malformed"),
        ("body_on_start", b"\x00\x00\x00\x0c\x02\x00\x00\x03", "header_malformed"),
    ):
        t.decode(f"verdict_without_a_later_byte_{name}", "3.3", [data_], [], (label, len(data_)), finish=False)
        t.decode(f"no_verdict_without_the_byte_{name}", "3.3", [data_[:-1]], [], None, finish=False)


def whole_header(t: Topic) -> None:
    """A header is judged whole: a fault in its first byte waits for its last."""
    bodies = {"start": (wire.START, b"\x0b" + b"\x00" * 20), "hello": (wire.HELLO, b"\x0b" + b"\x00" * 20),
              "data": (wire.DATA, b"\x00" * 30)}
    for name, (kind, header) in bodies.items():
        data_ = wire.frame(kind, header)
        label = "bad_hello" if kind == wire.HELLO else "header_malformed"
        t.rejects(f"header_judged_whole_{name}", "3.3", data_, label, header_at(header))
        t.decode(f"header_not_judged_before_its_last_byte_{name}", "3.3", [data_[:-1]], [], None, finish=False)
        t.decode(f"header_cut_is_truncated_{name}", "3.4", [data_[:-1]], [], ("truncated", len(data_) - 1))
    huge = wire.frame(wire.START, b"\x0b" * 2048)
    t.rejects("header_judged_whole_2048", "3.3", huge, "header_malformed", len(huge))
