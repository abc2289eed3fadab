"""2.4: HELLO."""

from .. import wire
from ..envelope import Frame, hello
from ..topic import RELAXED, Topic
from ..wire import MAX_FRAME_BYTES, MIN_MAX_FRAME, U64_MAX, num, text

RULE = "2.4"


def build(t: Topic) -> None:
    t.takes("hello_of_required_fields", RULE, hello())
    t.takes("hello_of_all_fields", RULE, hello(1, 65_536, 3, 64))
    for version in (0, 2, 3, 127, 128, 256, 257, wire.U32_MAX):
        bad(t, f"version_{version}", hello(version=version))
    for size in (MIN_MAX_FRAME, MIN_MAX_FRAME + 1, 65_536, MAX_FRAME_BYTES - 1, MAX_FRAME_BYTES):
        t.takes(f"hello_max_frame_{size}", RULE, hello(max_frame=size))
    for size in (0, 1, MIN_MAX_FRAME - 1, MAX_FRAME_BYTES + 1, 2**32 + MIN_MAX_FRAME, 2**63, U64_MAX):
        bad(t, f"max_frame_{size}", hello(max_frame=size))
    for frames in (1, 2, 32, 1023, 1024):
        t.takes(f"hello_ack_window_{frames}", RULE, hello(ack_window=frames))
    for frames in (0, 1025, 65_537, wire.U32_MAX):
        bad(t, f"ack_window_{frames}", hello(ack_window=frames))
    features(t)
    missing(t)
    t.bad_header_in_both("hello_empty_header", RULE, wire.HELLO, b"")
    t.accepts("hello_takes_no_config_limit", RULE, hello().wire, hello(), {"max_frame": "4096", "ack_window_frames": 1})


def bad(t: Topic, name: str, frame: Frame) -> None:
    t.bad_header("hello_" + name, RULE, wire.HELLO, frame.header)
    t.bad_header("hello_" + name + "_relaxed", RULE, wire.HELLO, frame.header, RELAXED)


def features(t: Topic) -> None:
    for bit in (0, 1, 7, 31, 32, 53, 63):
        t.takes(f"hello_features_bit_{bit}", "2.13", hello(features=1 << bit))
    t.takes("hello_features_0_is_present", "2.13", hello(features=0))
    t.takes("hello_features_all_bits", "2.13", hello(features=U64_MAX))
    t.takes("hello_features_2_to_53_plus_1", "2.13", hello(features=2**53 + 1))
    t.relaxed_only("hello_features_padded", "2.13", hello().header + num(3, 1, 10), hello(features=1))


def missing(t: Topic) -> None:
    rest = num(3, 0) + num(4, 1)
    t.bad_header_in_both("hello_without_version", RULE, wire.HELLO, num(2, 4096) + rest)
    t.bad_header_in_both("hello_without_max_frame", RULE, wire.HELLO, num(1, 1) + rest)
    t.bad_header_in_both("hello_without_required", RULE, wire.HELLO, rest)
    t.bad_header_in_both("hello_with_only_unknown", RULE, wire.HELLO, text(9, "x"))
