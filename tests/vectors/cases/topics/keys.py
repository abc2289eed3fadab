"""2.1: a field's key; unknown fields."""

from .. import wire
from ..envelope import ack, data, end, error, hello, start
from ..topic import RELAXED, Topic
from ..wire import BYTES, FIXED32, FIXED64, VARINT, key, num, text, varint

RULE = "2.1"
ACK_1 = ack(1).header
TOP_FIELD = 2**29 - 1

# An unknown field of each wire type that relaxed skips.
UNKNOWN = {
    "varint": num(5, 300),
    "fixed64": wire.fixed64(5),
    "bytes": text(5, b"\xff\x00"),
    "fixed32": wire.fixed32(5),
}


def build(t: Topic) -> None:
    unknown_fields(t)
    field_number_zero(t)
    large_keys(t)
    key_cut_short(t)


def unknown_fields(t: Topic) -> None:
    for name, field in UNKNOWN.items():
        t.relaxed_only(f"unknown_{name}_after", RULE, ACK_1 + field, ack(1))
        t.relaxed_only(f"unknown_{name}_before", RULE, field + ACK_1, ack(1))
    everything = b"".join(UNKNOWN.values())
    for frame in (hello(features=1, ack_window=2), start("a"), data(1, b"abc"), end(1, 2), error(3, "no")):
        name = f"unknown_of_all_types_{frame.envelope['kind'].lower()}"
        t.relaxed_only(name, RULE, everything + frame.header + everything, frame)
    first, second = num(1, 1), num(2, 4096)
    t.relaxed_only("unknown_between_known", RULE, first + text(9, "between") + second, hello(max_frame=4096))
    t.relaxed_only("unknown_empty_bytes", RULE, ACK_1 + text(5, b""), ack(1))
    t.relaxed_only("unknown_bytes_that_hold_fields", RULE, text(5, num(1, 9)) + ACK_1, ack(1))
    t.relaxed_only("unknown_field_2_of_ack", RULE, ACK_1 + num(2, 7), ack(1))
    t.relaxed_only("unknown_field_3_of_end", RULE, end(1).header + num(3, 7), end(1))
    t.relaxed_only("unknown_field_16_two_byte_key", RULE, ACK_1 + num(16, 7), ack(1))
    t.relaxed_only("unknown_field_257_is_not_field_1", RULE, ACK_1 + num(257, 7), ack(1))
    for number in (2**28, TOP_FIELD):
        t.relaxed_only(f"unknown_field_{number}", RULE, ACK_1 + num(number, 7), ack(1))
        t.relaxed_only(f"unknown_field_{number}_bytes", RULE, text(number, "x") + ACK_1, ack(1))
    t.bad_header_in_both("only_unknown_fields", RULE, wire.ACK, everything)


def field_number_zero(t: Topic) -> None:
    payloads = {VARINT: b"\x01", FIXED64: bytes(8), BYTES: b"\x00", FIXED32: bytes(4)}
    for wire_type, payload in payloads.items():
        t.bad_header_in_both(f"field_0_wire_type_{wire_type}", RULE, wire.ACK, ACK_1 + key(0, wire_type) + payload)
    t.bad_header_in_both("field_0_hello", RULE, wire.HELLO, key(0, VARINT) + b"\x01" + hello().header)
    t.bad_header_in_both("field_0_in_a_padded_key", RULE, wire.ACK, ACK_1 + key(0, VARINT, 2) + b"\x01")


def large_keys(t: Topic) -> None:
    """A key over 32 bits is malformed, also where its low 32 bits are a good key."""
    for name, value in (("2_to_32", 2**32), ("2_to_32_plus_8", 2**32 + 8), ("2_to_35_plus_8", 2**35 + 8),
                        ("2_to_63_plus_8", 2**63 + 8), ("max", wire.U64_MAX - 7)):
        t.bad_header_in_both(f"key_{name}", RULE, wire.ACK, varint(value) + b"\x01")
        t.bad_header_in_both(f"key_{name}_beside_good", RULE, wire.ACK, ACK_1 + varint(value) + b"\x01")
    unknown = varint(2**32 + (5 << 3 | BYTES)) + b"\x00"
    t.bad_header_in_both("key_over_32_bits_of_an_unknown_field", RULE, wire.ACK, ACK_1 + unknown)
    t.bad_header_in_both("key_over_32_bits_hello", RULE, wire.HELLO, varint(2**32 + 8) + b"\x01" + num(2, 4096))
    t.bad_header_in_both("key_over_64_bits", RULE, wire.ACK, ACK_1 + varint(2**64 + 8) + b"\x01")


def key_cut_short(t: Topic) -> None:
    t.bad_header_in_both("key_without_value", RULE, wire.ACK, ACK_1 + key(5, VARINT))
    t.bad_header_in_both("key_cut_by_the_end", RULE, wire.ACK, ACK_1 + b"\x88")
    t.bad_header_in_both("key_alone", RULE, wire.ACK, key(1, VARINT))
    t.bad_header_in_both("stray_zero_byte", RULE, wire.ACK, ACK_1 + b"\x00")
    t.rejects("key_does_not_read_into_the_body", RULE, wire.frame(wire.DATA, data(1).header + b"\x88", b"\x01\x01"),
              "header_malformed", 11, config=RELAXED)
