"""2.5 START and 2.6 DATA."""

from .. import wire
from ..envelope import OBJ, OBJ2, data, start
from ..topic import RELAXED, Topic, header_at
from ..wire import U64_MAX, num, text


def build(t: Topic) -> None:
    streams(t)
    seqs(t)
    good_objs(t)
    bad_objs(t)
    header_before_body(t)


def streams(t: Topic) -> None:
    for size in (1, 2, 127, 128, 1023, 1024):
        t.takes(f"stream_of_{size}_bytes", "2.5", start("a" * size))
    for size in (0, 1025, 1026, 2045):
        t.bad_header_in_both(f"stream_of_{size}_bytes", "2.5", wire.START, start("a" * size).header)
    t.bad_header_in_both("start_without_stream", "2.5", wire.START, b"")
    t.bad_header_in_both("start_with_only_unknown", "2.5", wire.START, text(2, "a"))
    for name, stream in (("objects", "objects"), ("objects_v1", "objects/v1"), ("spaces", " a "), ("quotes", "\"'\\"),
                         ("slash", "/"), ("unicode", "stra\u00dfe/\u6e90/\U0001f980")):
        t.takes(f"stream_{name}", "2.5", start(stream))


def seqs(t: Topic) -> None:
    for name, seq in (("0", 0), ("1", 1), ("2_to_32", 2**32), ("2_to_53_plus_1", 2**53 + 1), ("2_to_63", 2**63),
                      ("u64_max", U64_MAX)):
        t.takes(f"data_seq_{name}", "2.6", data(seq, b"abc"))
    t.bad_header_in_both("data_without_seq", "2.6", wire.DATA, text(2, OBJ))
    t.bad_header_in_both("data_empty_header", "2.6", wire.DATA, b"")
    t.takes("data_without_body", "2.6", data(1))
    t.takes("data_with_obj_without_body", "2.6", data(1, b"", OBJ))


def good_objs(t: Topic) -> None:
    for name, obj in (("mixed", OBJ), ("zeros", "b3:" + "0" * 64), ("nines", "b3:" + "9" * 64),
                      ("letters", "b3:" + "af" * 32)):
        t.takes(f"obj_{name}", "2.6", data(1, b"abc", obj))
    t.decode("obj_is_not_verified", "2.6", [data(1, b"other", OBJ).wire + data(1, b"bytes", OBJ).wire],
             [data(1, b"other", OBJ), data(1, b"bytes", OBJ)])
    t.decode("obj_of_each_frame", "2.6", [data(1, b"a", OBJ).wire + data(2, b"b").wire + data(3, b"c", OBJ2).wire],
             [data(1, b"a", OBJ), data(2, b"b"), data(3, b"c", OBJ2)])


def bad_objs(t: Topic) -> None:
    digits = OBJ[3:]
    objs = {
        "empty": "", "prefix_only": "b3:", "of_66_bytes": OBJ[:-1], "of_68_bytes": OBJ + "0",
        "without_prefix": digits + "abc", "prefix_b2": "b2:" + digits, "prefix_upper_case": "B3:" + digits,
        "prefix_without_colon": "b3;" + digits, "prefix_sha256": "sha256:" + digits[:60],
        "one_upper_case_digit": "b3:" + digits[:-1] + "F", "all_upper_case": "b3:" + digits.upper(),
        "digit_g": "b3:" + digits[:-1] + "g", "digit_g_first": "b3:g" + digits[1:], "digit_slash": "b3:/" + digits[1:],
        "digit_colon": "b3::" + digits[1:], "digit_backtick": "b3:`" + digits[1:], "digit_at": "b3:@" + digits[1:],
        "space_at_the_end": OBJ[:-1] + " ", "newline_at_the_end": OBJ[:-1] + "\n", "newline_after": OBJ + "\n",
        "nul_at_the_end": OBJ[:-1] + "\0", "full_width_digit": "b3:" + digits[:61] + "\uff11",
    }
    for name, obj in objs.items():
        t.bad_header_in_both(f"obj_{name}", "2.6", wire.DATA, data(1, b"", obj).header)
    t.bad_header_in_both("obj_not_utf8", "2.6", wire.DATA, num(1, 1) + text(2, OBJ[:-1].encode() + b"\xff"))


def header_before_body(t: Topic) -> None:
    """A header's verdict does not wait for the body."""
    for mode, config in (("strict", {}), ("relaxed", RELAXED)):
        header = data(1, b"", OBJ[:-1]).header
        t.rejects(f"data_refused_before_its_body_{mode}", "3.3", wire.frame(wire.DATA, header, b"abc"),
                  "header_malformed", header_at(header), config=config)
        promised = wire.prefix(wire.MAX_FRAME_BYTES, wire.DATA, len(header)) + header
        t.rejects(f"data_refused_without_its_body_{mode}", "3.3", promised, "header_malformed", header_at(header),
                  config=config)
