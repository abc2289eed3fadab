"""2.11 and 2.12: the same bytes in strict and relaxed; duplicates, order, values that are overruled."""

from .. import wire
from ..envelope import OBJ, OBJ2, ack, data, end, error, hello, start
from ..topic import RELAXED, Topic
from ..wire import num, text

ALL_HELLO = (num(1, 1), num(2, 4096), num(3, 5), num(4, 9))
DEFAULTS = hello(max_frame=4096, features=5, ack_window=9)


def build(t: Topic) -> None:
    canonical(t)
    order_of_fields(t)
    duplicates(t)
    overruled(t)
    bad_last(t)
    limits_hold(t)


def canonical(t: Topic) -> None:
    """Relaxed takes what strict takes; zero values and empty text are present."""
    frames = {
        "hello": DEFAULTS, "hello_features_0": hello(features=0), "start": start("a"), "data": data(1, b"abc", OBJ),
        "data_zero": data(0), "ack_zero": ack(0), "end_zero": end(0, 0), "error_zero": error(0, ""),
    }
    for name, frame in frames.items():
        t.takes(f"canonical_{name}_strict", "2.11", frame)
        t.takes(f"canonical_{name}_relaxed", "2.12", frame, RELAXED)
    for name, kind, header in (("ack", wire.ACK, b""), ("end_seq", wire.END, num(2, 1)),
                               ("end_status", wire.END, num(1, 1)), ("error_code", wire.ERROR, text(2, "no")),
                               ("error_reason", wire.ERROR, num(1, 1))):
        t.bad_header_in_both(f"zero_left_out_{name}", "2.11", kind, header)


def order_of_fields(t: Topic) -> None:
    version, max_frame, features, window = ALL_HELLO
    orders = {"reversed": (window, features, max_frame, version), "swapped_1_2": (max_frame, version, features, window),
              "swapped_3_4": (version, max_frame, window, features), "rotated": (features, window, version, max_frame)}
    for name, fields in orders.items():
        t.relaxed_only(f"order_hello_{name}", "2.12", b"".join(fields), DEFAULTS)
    t.relaxed_only("order_data_obj_first", "2.12", text(2, OBJ) + num(1, 1), data(1, b"", OBJ))
    t.relaxed_only("order_end_status_first", "2.12", num(2, 3) + num(1, 1), end(1, 3))
    t.relaxed_only("order_error_reason_first", "2.12", text(2, "no") + num(1, 3), error(3, "no"))


def duplicates(t: Topic) -> None:
    """The last counts."""
    hello_fields = b"".join(ALL_HELLO)
    cases = {
        "hello_same_version": (num(1, 1) + hello_fields, DEFAULTS),
        "hello_max_frame": (hello_fields + num(2, 8192), hello(max_frame=8192, features=5, ack_window=9)),
        "hello_features": (hello_fields + num(3, 0), hello(max_frame=4096, features=0, ack_window=9)),
        "hello_ack_window": (hello_fields + num(4, 1), hello(max_frame=4096, features=5, ack_window=1)),
        "start": (text(1, "first") + text(1, "last"), start("last")),
        "start_three": (text(1, "a") + text(1, "bb") + text(1, "c"), start("c")),
        "data_seq": (num(1, 1) + num(1, 2), data(2)),
        "data_obj": (num(1, 1) + text(2, OBJ) + text(2, OBJ2), data(1, b"", OBJ2)),
        "ack": (num(1, 9) + num(1, 8), ack(8)),
        "ack_to_zero": (num(1, 9) + num(1, 0), ack(0)),
        "end_interleaved": (num(1, 1) + num(2, 1) + num(1, 5) + num(2, 6), end(5, 6)),
        "error": (num(1, 1) + text(2, "first") + num(1, 2) + text(2, ""), error(2, "")),
        "around_unknown": (num(1, 9) + num(7, 1) + num(1, 8), ack(8)),
    }
    for name, (header, frame) in cases.items():
        t.relaxed_only(f"duplicate_{name}", "2.12", header, frame)
    t.bad_header("duplicate_equal_is_not_canonical", "2.11", wire.ACK, num(1, 1) + num(1, 1))


def overruled(t: Topic) -> None:
    """Value rules, UTF-8 among them, are checked on the value that counts."""
    tail = num(2, 4096)
    good_obj = text(2, OBJ)
    cases = {
        "version": (num(1, 2) + num(1, 1) + tail, hello(max_frame=4096)),
        "max_frame": (num(2, 1) + num(1, 1) + tail, hello(max_frame=4096)),
        "max_frame_u64_max": (num(2, wire.U64_MAX) + num(1, 1) + tail, hello(max_frame=4096)),
        "ack_window": (num(4, 0) + num(1, 1) + tail + num(4, 1), hello(max_frame=4096, ack_window=1)),
        "stream_empty": (text(1, "") + text(1, "a"), start("a")),
        "stream_too_long": (text(1, "x" * 1025) + text(1, "a"), start("a")),
        "stream_control": (text(1, "\n") + text(1, "a"), start("a")),
        "stream_not_utf8": (text(1, b"\xff") + text(1, "a"), start("a")),
        "obj_short": (num(1, 1) + text(2, "b3:") + good_obj, data(1, b"", OBJ)),
        "obj_upper_case": (num(1, 1) + text(2, "b3:" + "A" * 64) + good_obj, data(1, b"", OBJ)),
        "obj_not_utf8": (num(1, 1) + text(2, b"\x80") + good_obj, data(1, b"", OBJ)),
        "status": (num(2, 65_536) + num(1, 1) + num(2, 0), end(1)),
        "code": (num(1, 65_536) + text(2, "no") + num(1, 1), error(1, "no")),
        "reason_too_long": (text(2, "x" * 1025) + num(1, 1) + text(2, ""), error(1)),
        "reason_not_utf8": (text(2, b"\xc0\x80") + num(1, 1) + text(2, "no"), error(1, "no")),
    }
    for name, (header, frame) in cases.items():
        t.relaxed_only(f"overruled_{name}", "2.12", header, frame)


def bad_last(t: Topic) -> None:
    """A good value does not help when a bad one counts."""
    cases = {
        "version": (wire.HELLO, hello().header + num(1, 2)),
        "max_frame": (wire.HELLO, hello().header + num(2, 4095)),
        "ack_window": (wire.HELLO, hello(ack_window=1).header + num(4, 1025)),
        "stream": (wire.START, text(1, "a") + text(1, "")),
        "stream_not_utf8": (wire.START, text(1, "a") + text(1, b"\xff")),
        "obj": (wire.DATA, num(1, 1) + text(2, OBJ) + text(2, "")),
        "status": (wire.END, end(1).header + num(2, 65_536)),
        "code": (wire.ERROR, error(1).header + num(1, 65_536)),
        "reason": (wire.ERROR, error(1).header + text(2, "\x7f")),
    }
    for name, (kind, header) in cases.items():
        t.bad_header_in_both(f"bad_last_{name}", "2.12", kind, header)


def limits_hold(t: Topic) -> None:
    """What relaxed does not relax, each beside something that it does."""
    cases = {
        "hello_version_2": (wire.HELLO, num(2, 4096) + num(1, 2)),
        "hello_without_max_frame": (wire.HELLO, num(9, 1) + num(1, 1)),
        "start_empty": (wire.START, num(9, 1) + text(1, "")),
        "data_without_seq": (wire.DATA, text(2, OBJ) + num(9, 1)),
        "end_status": (wire.END, num(2, 65_536) + num(1, 1)),
        "error_reason": (wire.ERROR, text(2, "r" * 1025) + num(1, 1)),
        "malformed_after_all_fields": (wire.ACK, num(1, 1) + num(9, 1) + b"\x0b"),
    }
    for name, (kind, header) in cases.items():
        t.bad_header(f"relaxed_keeps_{name}", "2.12", kind, header, RELAXED)
