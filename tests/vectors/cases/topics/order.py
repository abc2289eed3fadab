"""3.2: two faults in one frame; the earlier byte's verdict is the one."""

from .. import wire
from ..envelope import OBJ, ack, data, end, hello, start
from ..steps import hellos, recv, recv_bytes, send
from ..topic import HEADER_LEN_AT, KIND_AT, LENGTH_AT, RELAXED, RESERVED_AT, Topic, header_at
from ..wire import num, prefix

RULE = "3.2"
BIG = 2**32 - 1
NO_PQ = {"allow_pq_hello_flags": False}


def build(t: Topic) -> None:
    in_prefix(t)
    prefix_before_header(t)
    hello_order(t)
    session_last(t)


def in_prefix(t: Topic) -> None:
    cases = (
        ("length_over_and_kind", prefix(BIG, 0x99, 2), "frame_oversize", LENGTH_AT),
        ("length_over_and_reserved", prefix(BIG, wire.ACK, 2, 1), "frame_oversize", LENGTH_AT),
        ("length_over_and_header_len", prefix(BIG, wire.ACK, 65_535), "frame_oversize", LENGTH_AT),
        ("length_over_and_everything", prefix(BIG, 0, 65_535, 255), "frame_oversize", LENGTH_AT),
        ("length_under_and_kind", prefix(7, 0x99, 0), "header_malformed", LENGTH_AT),
        ("length_under_and_everything", prefix(0, 0, 65_535, 255), "header_malformed", LENGTH_AT),
        ("kind_and_reserved", prefix(8, 0, 0, 1), "unknown_envelope", KIND_AT),
        ("kind_and_header_len_over_limit", prefix(100_000, 7, 2_049), "unknown_envelope", KIND_AT),
        ("kind_and_header_len_over_length", prefix(8, 7, 1), "unknown_envelope", KIND_AT),
        ("kind_and_reserved_and_header_len", prefix(8, 7, 65_535, 1), "unknown_envelope", KIND_AT),
        ("reserved_and_header_len_over_limit", prefix(100_000, wire.DATA, 2_049, 1), "header_malformed", RESERVED_AT),
        ("reserved_and_header_len_over_length", prefix(8, wire.ACK, 1, 1), "header_malformed", RESERVED_AT),
        ("reserved_and_body", prefix(12, wire.ACK, 2, 1), "header_malformed", RESERVED_AT),
        ("reserved_of_hello", prefix(8, wire.HELLO, 0, 1), "header_malformed", RESERVED_AT),
    )
    for name, data_, label, at in cases:
        t.rejects(f"order_{name}", RULE, data_, label, at)
    relaxed = (
        ("kind_and_reserved", prefix(8, 0, 0, 1), "unknown_envelope", KIND_AT),
        ("reserved_and_header_len", prefix(8, wire.ACK, 1, 1), "header_malformed", HEADER_LEN_AT),
        ("reserved_and_body", prefix(12, wire.ACK, 2, 1), "header_malformed", HEADER_LEN_AT),
        ("length_over_and_reserved", prefix(BIG, wire.ACK, 2, 1), "frame_oversize", LENGTH_AT),
    )
    for name, data_, label, at in relaxed:
        t.rejects(f"order_{name}_relaxed", RULE, data_, label, at, config=RELAXED)
    lower = {"max_frame": "4096"}
    t.rejects("order_configured_length_over_and_kind", RULE, prefix(4097, 0x99, 0), "frame_oversize", LENGTH_AT,
              config=lower)


def prefix_before_header(t: Topic) -> None:
    bad_version = hello(version=2).header
    cases = (
        ("header_len_and_fields", prefix(9, wire.ACK, 2) + b"\x0b\x01", HEADER_LEN_AT),
        ("body_and_fields", prefix(11, wire.ACK, 2) + b"\x0b\x01\x00", HEADER_LEN_AT),
        ("hello_reserved_and_version", wire.frame(wire.HELLO, bad_version, reserved=1), RESERVED_AT),
        ("hello_body_and_version", wire.frame(wire.HELLO, bad_version, b"\x00"), HEADER_LEN_AT),
        ("hello_header_len_and_version", prefix(12, wire.HELLO, 7) + bad_version, HEADER_LEN_AT),
    )
    for name, data_, at in cases:
        t.rejects(f"order_{name}", RULE, data_, "header_malformed", at)
    t.rejects("order_first_of_two_bad_frames", RULE, wire.frame(wire.ACK, b"") + prefix(8, 0x99, 0), "header_malformed", 8)
    t.rejects("order_good_then_two_bad", RULE, ack(1).wire + prefix(8, 0x99, 0) + prefix(BIG, 1, 0), "unknown_envelope",
              len(ack(1).wire) + KIND_AT, [ack(1)])
    header = num(1, 1) + b"\x0b"
    t.rejects("order_fields_before_truncated", RULE, prefix(1000, wire.DATA, len(header)) + header, "header_malformed",
              header_at(header))


def hello_order(t: Topic) -> None:
    """The PQ rule is the last of the decoder's; a HELLO that is not otherwise good is bad_hello."""
    frames = {
        "version": num(1, 2) + num(2, 4096) + num(3, 1),
        "max_frame": num(1, 1) + num(2, 4095) + num(3, 1),
        "ack_window": num(1, 1) + num(2, 4096) + num(3, 1) + num(4, 0),
        "missing_version": num(2, 4096) + num(3, 1),
        "missing_max_frame": num(1, 1) + num(3, 1),
        "unknown_field": num(1, 1) + num(2, 4096) + num(3, 1) + num(9, 1),
        "field_order": num(3, 1) + num(1, 1) + num(2, 4096),
    }
    for name, header in frames.items():
        t.bad_header(f"order_hello_{name}_and_pq", RULE, wire.HELLO, header, NO_PQ)
    good = hello(features=1).header
    t.rejects("order_hello_reserved_and_pq", RULE, wire.frame(wire.HELLO, good, reserved=1), "header_malformed",
              RESERVED_AT, config=NO_PQ)
    t.rejects("order_hello_body_and_pq", RULE, wire.frame(wire.HELLO, good, b"\x00"), "header_malformed", HEADER_LEN_AT,
              config=NO_PQ)


def session_last(t: Topic) -> None:
    """3.8: session rules come after the decoder's."""
    rule = "3.8"
    bad = {
        "kind": (prefix(8, 0x99, 0), "unknown_envelope"), "length_over": (prefix(BIG, 2, 0), "frame_oversize"),
        "length_under": (prefix(7, 2, 0), "header_malformed"),
        "header": (wire.frame(wire.START, b""), "header_malformed"),
        "hello_header": (wire.frame(wire.HELLO, b""), "bad_hello"),
    }
    for name, (data_, label) in bad.items():
        t.session(f"decoder_before_session_first_frame_{name}", rule, send(hello()), recv_bytes(data_, reject=label))
    t.session("decoder_before_session_data_without_stream", rule, hellos(),
              recv_bytes(data(1, b"", OBJ[:-1]).wire, reject="header_malformed"))
    t.session("decoder_before_session_missing_obj", rule, hellos(), recv(start("objects")),
              recv_bytes(wire.frame(wire.DATA, b""), reject="header_malformed"))
    t.session("decoder_before_session_second_hello_pq", rule, hellos(),
              recv_bytes(hello(features=1).wire, reject="bad_hello_pq"), config=NO_PQ)
    t.session("decoder_before_session_end", rule, hellos(),
              recv_bytes(wire.frame(wire.END, end(1, 65_536).header), reject="header_malformed"))
    t.session("session_waits_for_the_whole_header", rule, hellos(), recv_bytes(end(1).wire[:-1]),
              recv_bytes(end(1).wire[-1:], reject="credit_violation"))
    frame = data(1, b"abc", OBJ)
    t.session("session_judges_data_at_its_header", rule, hellos(), recv_bytes(frame.head[:-1]),
              recv_bytes(frame.head[-1:], reject="credit_violation"))
    t.session("session_judges_a_huge_data_at_its_header", rule, hellos(),
              recv_bytes(prefix(wire.MAX_FRAME_BYTES, wire.DATA, 2) + num(1, 1), reject="credit_violation"))
