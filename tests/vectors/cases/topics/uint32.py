"""2.10: the range of uint32 fields holds for each occurrence, value rules for the one that counts."""

from .. import wire
from ..envelope import Frame, end, error, hello
from ..topic import RELAXED, Topic
from ..wire import U32_MAX, U64_MAX, num

RULE = "2.10"

# Field, its number, a good frame.
FIELDS: tuple[tuple[str, int, Frame], ...] = (
    ("version", 1, hello()),
    ("ack_window", 4, hello(ack_window=2)),
    ("status", 2, end(1, 2)),
    ("code", 1, error(2, "no")),
)


def build(t: Topic) -> None:
    for field, number, frame in FIELDS:
        good = frame.envelope[field]
        for name, value in (("2_to_32", 2**32), ("2_to_32_plus_good", 2**32 + good), ("u64_max", U64_MAX)):
            out_of_range = frame.header.replace(num(number, good), num(number, value), 1)
            t.bad_header_in_both(f"uint32_{field}_{name}", RULE, frame.kind, out_of_range)
            t.bad_header(f"uint32_{field}_{name}_overruled", RULE, frame.kind, num(number, value) + frame.header, RELAXED)
        t.relaxed_only(f"uint32_{field}_u32_max_overruled", RULE, num(number, U32_MAX) + frame.header, frame)
        t.bad_header(f"uint32_{field}_u32_max_last", RULE, frame.kind, frame.header + num(number, U32_MAX), RELAXED)
    t.accepts("uint32_does_not_bind_unknown_fields", RULE, wire.frame(wire.END, end(1).header + num(3, U64_MAX)), end(1),
              RELAXED)
    t.accepts("uint32_does_not_bind_features", RULE, hello(features=2**32).wire, hello(features=2**32))
