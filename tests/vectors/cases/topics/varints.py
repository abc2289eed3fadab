"""2.2: varints as values, keys and lengths."""

from .. import wire
from ..envelope import ack, data, end, hello, start
from ..topic import Topic
from ..wire import BYTES, U64_MAX, VARINT, key, num, text, varint

RULE = "2.2"
FIELD_1 = key(1, VARINT)


def build(t: Topic) -> None:
    minimal(t)
    padded_values(t)
    ten_bytes(t)
    padded_keys(t)
    padded_lengths(t)
    cut_short(t)
    bad_lengths(t)


def minimal(t: Topic) -> None:
    t.takes("varint_0", RULE, ack(0))
    for width in range(1, 10):
        t.takes(f"varint_largest_of_{width}_bytes", RULE, ack(2 ** (7 * width) - 1))
        t.takes(f"varint_smallest_of_{width + 1}_bytes", RULE, ack(2 ** (7 * width)))
    t.takes("varint_u64_max", RULE, ack(U64_MAX))
    t.takes("varint_2_to_53_plus_1", RULE, ack(2**53 + 1))
    t.takes("varint_2_to_63_minus_1", RULE, ack(2**63 - 1))
    t.takes("varint_u64_max_data", RULE, data(U64_MAX, b"a"))
    t.takes("varint_u64_max_end", RULE, end(U64_MAX))
    t.takes("varint_u64_max_features", RULE, hello(features=U64_MAX))


def padded_values(t: Topic) -> None:
    for width in range(2, 11):
        t.relaxed_only(f"varint_1_in_{width}_bytes", RULE, FIELD_1 + varint(1, width), ack(1))
    t.relaxed_only("varint_0_in_2_bytes", RULE, FIELD_1 + varint(0, 2), ack(0))
    t.relaxed_only("varint_0_in_10_bytes", RULE, FIELD_1 + varint(0, 10), ack(0))
    t.relaxed_only("varint_2_to_63_minus_1_in_10_bytes", RULE, FIELD_1 + varint(2**63 - 1, 10), ack(2**63 - 1))
    t.relaxed_only("varint_padded_version", RULE, num(1, 1, 10) + num(2, 4096), hello(max_frame=4096))
    t.relaxed_only("varint_padded_status", RULE, num(1, 1) + num(2, 65_535, 10), end(1, 65_535))
    t.relaxed_only("varint_padded_in_unknown", RULE, num(1, 1) + num(5, 0, 10), ack(1))


def ten_bytes(t: Topic) -> None:
    """The tenth byte carries bit 63 only."""
    t.takes("varint_tenth_byte_1", RULE, ack(2**63))
    nine = b"\x80" * 9
    for name, raw in (("tenth_byte_2", nine + b"\x02"), ("tenth_byte_3", b"\xff" * 9 + b"\x03"),
                      ("tenth_byte_7f", b"\xff" * 9 + b"\x7f"), ("11_bytes", nine + b"\x81\x00"),
                      ("11_bytes_of_zero", nine + b"\x80\x00"), ("11_bytes_of_1", varint(1, 11)),
                      ("12_bytes", varint(1, 12))):
        t.bad_header_in_both(f"varint_{name}", RULE, wire.ACK, FIELD_1 + raw)
        t.bad_header_in_both(f"varint_{name}_in_unknown", RULE, wire.ACK, ack(1).header + key(5, VARINT) + raw)
    t.bad_header_in_both("varint_2_to_64_plus_1_version", RULE, wire.HELLO, num(1, 2**64 + 1) + num(2, 4096))


def padded_keys(t: Topic) -> None:
    for width in range(2, 11):
        t.relaxed_only(f"key_1_in_{width}_bytes", RULE, key(1, VARINT, width) + b"\x01", ack(1))
    t.relaxed_only("key_of_start_in_10_bytes", RULE, key(1, BYTES, 10) + b"\x01a", start("a"))
    t.relaxed_only("key_of_unknown_in_10_bytes", RULE, ack(1).header + key(5, VARINT, 10) + b"\x01", ack(1))
    t.bad_header_in_both("key_in_11_bytes", RULE, wire.ACK, key(1, VARINT, 11) + b"\x01")
    t.bad_header_in_both("key_tenth_byte_2", RULE, wire.ACK, b"\x88" + b"\x80" * 8 + b"\x02\x01")


def padded_lengths(t: Topic) -> None:
    for width in (2, 5, 6, 10):
        t.relaxed_only(f"length_in_{width}_bytes", RULE, text(1, "a", width), start("a"))
        t.relaxed_only(f"length_of_unknown_in_{width}_bytes", RULE, ack(1).header + text(5, "x", width), ack(1))
    t.bad_header_in_both("length_in_11_bytes", RULE, wire.START, text(1, "a", 11))
    t.takes("length_of_127", RULE, start("a" * 127))
    t.takes("length_of_128", RULE, start("a" * 128))


def cut_short(t: Topic) -> None:
    for width in (1, 2, 9, 10):
        raw = b"\x80" * width
        t.bad_header_in_both(f"varint_cut_after_{width}", RULE, wire.ACK, FIELD_1 + raw)
        t.bad_header_in_both(f"varint_of_unknown_cut_after_{width}", RULE, wire.ACK,
                             ack(1).header + key(5, VARINT) + raw)
    t.bad_header_in_both("length_cut_by_the_end", RULE, wire.START, key(1, BYTES) + b"\x81")
    t.rejects("varint_does_not_read_into_the_body", RULE, wire.frame(wire.DATA, FIELD_1 + b"\x80", b"\x01"),
              "header_malformed", 10)


def bad_lengths(t: Topic) -> None:
    """Lengths past the header's end, also those that overflow a sum."""
    good = start("a").header
    lengths = {"1_short": 2, "127": 127, "2_to_31": 2**31, "2_to_32_plus_1": 2**32 + 1, "2_to_63": 2**63,
               "u64_max": U64_MAX, "2_to_64_plus_1": 2**64 + 1}
    for name, length in lengths.items():
        t.bad_header_in_both(f"length_past_the_end_{name}", RULE, wire.START, key(1, BYTES) + varint(length) + b"a")
        t.bad_header_in_both(f"length_past_the_end_{name}_unknown", RULE, wire.START,
                             good + key(5, BYTES) + varint(length) + b"a")
    t.rejects("length_does_not_read_into_the_body", RULE,
              wire.frame(wire.DATA, data(1).header + key(2, BYTES) + b"\x43", b"b3:" + b"0" * 64),
              "header_malformed", 12)
