"""2.7 ACK, 2.8 END, 2.9 ERROR."""

from .. import wire
from ..envelope import ack, end, error
from ..topic import Topic
from ..wire import U64_MAX, num, text


def build(t: Topic) -> None:
    for name, up_to in (("0", 0), ("1", 1), ("u64_max", U64_MAX)):
        t.takes(f"ack_{name}", "2.7", ack(up_to))
        t.takes(f"end_seq_{name}", "2.8", end(up_to))
    t.bad_header_in_both("ack_without_up_to", "2.7", wire.ACK, b"")
    for status in (0, 1, 255, 256, 65_534, 65_535):
        t.takes(f"end_status_{status}", "2.8", end(1, status))
        t.takes(f"error_code_{status}", "2.9", error(status))
    for status in (65_536, 65_537, 131_072, wire.U32_MAX):
        t.bad_header_in_both(f"end_status_{status}", "2.8", wire.END, end(1, status).header)
        t.bad_header_in_both(f"error_code_{status}", "2.9", wire.ERROR, error(status).header)
    t.bad_header_in_both("end_without_seq", "2.8", wire.END, num(2, 0))
    t.bad_header_in_both("end_without_status", "2.8", wire.END, num(1, 1))
    t.bad_header_in_both("end_empty_header", "2.8", wire.END, b"")
    errors(t)


def errors(t: Topic) -> None:
    for size in (0, 1, 127, 128, 1023, 1024):
        t.takes(f"reason_of_{size}_bytes", "2.9", error(7, "r" * size))
    for size in (1025, 1026, 2042):
        t.bad_header_in_both(f"reason_of_{size}_bytes", "2.9", wire.ERROR, error(7, "r" * size).header)
    t.bad_header_in_both("error_without_code", "2.9", wire.ERROR, text(2, "no"))
    t.bad_header_in_both("error_without_reason", "2.9", wire.ERROR, num(1, 7))
    t.bad_header_in_both("error_empty_header", "2.9", wire.ERROR, b"")
    t.takes("error_code_is_not_of_the_closed_set", "2.9", error(9, "a code of the host's own"))
