"""2.11: encode gives the canonical bytes, or the label of the rule that the envelope breaks."""

from .. import wire
from ..envelope import OBJ, ONE_OF_EACH, ack, data, data_of_length, end, error, hello, start
from ..topic import Topic
from ..wire import MAX_FRAME_BYTES, U64_MAX


def build(t: Topic) -> None:
    for frame in ONE_OF_EACH:
        t.encode(f"encode_{frame.envelope['kind'].lower()}", "2.11", frame)
    t.encode("encode_several", "2.11", *ONE_OF_EACH)
    t.encode("encode_none", "2.11")
    t.encode("encode_knows_no_session", "3.8", end(9), data(3), hello(), hello(), ack(7), data(3))
    presence(t)
    limits(t)
    refusals(t)
    text_refusals(t)
    first_fault(t)


def presence(t: Topic) -> None:
    """Zero values are present, an optional field exactly when it was set."""
    cases = {
        "data_zero": data(0), "data_zero_with_obj": data(0, b"", OBJ), "ack_zero": ack(0), "end_zero": end(0, 0),
        "error_zero": error(0, ""), "hello_required": hello(), "hello_features_0": hello(features=0),
        "hello_ack_window_only": hello(ack_window=32), "hello_features_only": hello(features=1),
        "hello_all": hello(1, 4096, U64_MAX, 1024),
    }
    for name, frame in cases.items():
        t.encode(f"encode_{name}", "2.11", frame)


def limits(t: Topic) -> None:
    for value in (1, 127, 128, 16_383, 16_384, 2**32, 2**53 + 1, 2**63, U64_MAX):
        t.encode(f"encode_ack_{value}", "2.2", ack(value))
    t.encode("encode_stream_1024", "2.5", start("a" * 1024))
    t.encode("encode_stream_unicode", "2.14", start("stra\u00dfe/\u6e90/\U0001f980"))
    t.encode("encode_stream_bom", "2.14", start("\ufeffa"))
    t.encode("encode_stream_1024_bytes_of_2", "2.14", start("\u00e9" * 512))
    t.encode("encode_reason_1024", "2.9", error(65_535, "r" * 1024))
    t.encode("encode_status_65535", "2.8", end(U64_MAX, 65_535))
    t.encode("encode_length_1048576", "1.2", data_of_length(MAX_FRAME_BYTES, 1))
    t.encode("encode_length_1048576_with_obj", "1.2", data_of_length(MAX_FRAME_BYTES, 1, OBJ))
    t.encode("encode_body_over_64_kib", "1.8", data(1, b"\x00" * 65_537))


def refusals(t: Topic) -> None:
    hellos = {
        "version_0": hello(version=0), "version_2": hello(version=2), "max_frame_0": hello(max_frame=0),
        "max_frame_4095": hello(max_frame=4095), "max_frame_1048577": hello(max_frame=MAX_FRAME_BYTES + 1),
        "max_frame_u64_max": hello(max_frame=U64_MAX), "ack_window_0": hello(ack_window=0),
        "ack_window_1025": hello(ack_window=1025),
    }
    for name, frame in hellos.items():
        t.no_encode(f"encode_hello_{name}", "2.4", "bad_hello", frame)
    digits = OBJ[3:]
    others = {
        "end_status_65536": ("2.8", end(1, 65_536)), "error_code_65536": ("2.9", error(65_536)),
        "stream_empty": ("2.5", start("")), "stream_1025": ("2.5", start("a" * 1025)),
        "reason_1025": ("2.9", error(1, "r" * 1025)), "obj_empty": ("2.6", data(1, b"", "")),
        "obj_short": ("2.6", data(1, b"", OBJ[:-1])), "obj_long": ("2.6", data(1, b"", OBJ + "0")),
        "obj_prefix": ("2.6", data(1, b"", "b2:" + digits)),
        "obj_upper_case": ("2.6", data(1, b"", "b3:" + digits.upper())),
        "obj_not_hex": ("2.6", data(1, b"", "b3:" + digits[:-1] + "g")),
    }
    for name, (rule, frame) in others.items():
        t.no_encode(f"encode_{name}", rule, "header_malformed", frame)
    t.no_encode("encode_length_1048577", "1.2", "frame_oversize", data_of_length(MAX_FRAME_BYTES + 1, 1))
    t.no_encode("encode_length_1048577_with_obj", "1.2", "frame_oversize", data_of_length(MAX_FRAME_BYTES + 1, 1, OBJ))
    t.no_encode("encode_body_of_1048576", "1.2", "frame_oversize", data(1, b"\x00" * MAX_FRAME_BYTES))


def text_refusals(t: Topic) -> None:
    for name, char in (("nul", "\0"), ("newline", "\n"), ("1f", "\x1f"), ("7f", "\x7f")):
        t.no_encode(f"encode_stream_{name}", "2.14", "header_malformed", start(f"a{char}z"))
        t.no_encode(f"encode_reason_{name}", "2.14", "header_malformed", error(1, f"a{char}z"))
    t.no_encode("encode_stream_513_of_2", "2.14", "header_malformed", start("\u00e9" * 513))
    for name, char in (("space", " "), ("tilde", "~"), ("u0080", "\x80"), ("u10ffff", "\U0010ffff")):
        t.encode(f"encode_stream_{name}", "2.14", start(f"a{char}z"))


def first_fault(t: Topic) -> None:
    """One that is refused refuses the request; the first of several gives the label; fields come before length."""
    t.no_encode("encode_refused_last", "2.11", "header_malformed", ack(1), start("a"), start(""))
    t.no_encode("encode_refused_first", "2.11", "header_malformed", start(""), ack(1))
    t.no_encode("encode_two_refused_hello_first", "2.11", "bad_hello", hello(version=2), start(""))
    t.no_encode("encode_two_refused_hello_last", "2.11", "header_malformed", start(""), hello(version=2))
    bad_obj = "b3:" + "A" * 64
    t.no_encode("encode_fields_before_length", "4.14", "header_malformed", data(1, b"\x00" * MAX_FRAME_BYTES, bad_obj))
