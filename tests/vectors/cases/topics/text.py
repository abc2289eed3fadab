"""2.14: UTF-8 and charset of START.stream and ERROR.reason."""

from .. import wire
from ..envelope import error, start
from ..topic import Topic
from ..wire import num, text

RULE = "2.14"

GOOD = {
    "space": "\x20", "tilde": "\x7e", "u0080": "\x80", "u009f": "\x9f", "u07ff": "\u07ff", "u0800": "\u0800",
    "ud7ff": "\ud7ff", "ue000": "\ue000", "ufffd": "\ufffd", "uffff": "\uffff", "bom": "\ufeff", "u2028": "\u2028",
    "u10000": "\U00010000", "u10ffff": "\U0010ffff", "combining": "e\u0301", "right_to_left": "\u202e",
}

BAD = {
    "nul": b"\x00", "tab": b"\x09", "newline": b"\x0a", "1f": b"\x1f", "7f": b"\x7f",
    "lone_80": b"\x80", "lone_bf": b"\xbf", "c0_80": b"\xc0\x80", "c1_bf": b"\xc1\xbf",
    "overlong_slash": b"\xc0\xaf", "overlong_3_first": b"\xe0\x80\x80", "overlong_3_last": b"\xe0\x9f\xbf",
    "surrogate_first": b"\xed\xa0\x80", "surrogate_last": b"\xed\xbf\xbf",
    "surrogate_pair": b"\xed\xa0\xbd\xed\xb8\x80", "overlong_4_first": b"\xf0\x80\x80\x80",
    "overlong_4_last": b"\xf0\x8f\xbf\xbf", "u110000": b"\xf4\x90\x80\x80", "f5": b"\xf5\x80\x80\x80",
    "five_bytes": b"\xf8\x88\x80\x80\x80", "fe": b"\xfe", "ff": b"\xff", "cut_2": b"\xc3", "cut_3": b"\xe2\x82",
    "cut_4": b"\xf0\x9f\xa6", "c3_28": b"\xc3\x28", "e2_28_a1": b"\xe2\x28\xa1", "f0_28_8c_bc": b"\xf0\x28\x8c\xbc",
    "latin_1": b"stra\xdfe",
}


def build(t: Topic) -> None:
    for name, value in GOOD.items():
        t.takes(f"stream_char_{name}", RULE, start(f"a{value}z"))
        t.takes(f"stream_char_{name}_alone", RULE, start(value))
        t.takes(f"reason_char_{name}", RULE, error(1, f"a{value}z"))
    for name, raw in BAD.items():
        t.bad_header_in_both(f"stream_bytes_{name}", RULE, wire.START, text(1, b"a" + raw + b"z"))
        t.bad_header(f"stream_bytes_{name}_at_the_end", RULE, wire.START, text(1, b"a" + raw))
        t.bad_header(f"reason_bytes_{name}", RULE, wire.ERROR, num(1, 1) + text(2, raw))
    lengths(t)


def lengths(t: Topic) -> None:
    """Limits count bytes, not characters."""
    for name, value in (("512_of_2", "\u00e9" * 512), ("341_of_3_and_1", "\u20ac" * 341 + "a"),
                        ("256_of_4", "\U0001f980" * 256)):
        t.takes(f"stream_1024_bytes_{name}", RULE, start(value))
        t.bad_header(f"stream_1025_bytes_{name}", RULE, wire.START, text(1, value + "a"))
        t.takes(f"reason_1024_bytes_{name}", RULE, error(1, value))
        t.bad_header(f"reason_1025_bytes_{name}", RULE, wire.ERROR, num(1, 1) + text(2, value + "a"))
    t.bad_header("stream_513_of_2", RULE, wire.START, text(1, "\u00e9" * 513))
    t.bad_header("stream_bad_byte_last_of_1024", RULE, wire.START, text(1, b"a" * 1023 + b"\x7f"))
    t.bad_header("stream_bad_byte_first_of_1024", RULE, wire.START, text(1, b"\x1f" + b"a" * 1023))
