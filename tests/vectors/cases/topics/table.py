"""The batch table: any number of rows gives the frames and the verdict of the stream decoder."""

from .. import wire
from ..envelope import OBJ, ONE_OF_EACH, ack, data, data_of_length, end, hello, joined, start
from ..topic import RELAXED, Topic
from ..wire import prefix

RULE = "3.5"
ROWS = (1, 2, 3, 64)


def build(t: Topic) -> None:
    talk = (*ONE_OF_EACH, data(8, b"\x00" * 80, OBJ), ack(8))
    whole = joined(talk)
    for rows in ROWS:
        t.table(f"table_{rows}_rows", RULE, whole, rows, talk)
        t.table(f"table_{rows}_rows_partial_tail", RULE, whole + ack(9).wire[:-1], rows, talk)
        t.table(f"table_{rows}_rows_reject_after_frames", "3.6", whole + prefix(8, 0x99, 0), rows, talk, "unknown_envelope")
        t.table(f"table_{rows}_rows_frame_after_reject", "3.6", whole + prefix(8, 0x99, 0) + ack(1).wire, rows, talk,
                "unknown_envelope")
        t.table(f"table_{rows}_rows_reject_in_the_tail", "3.3", whole + prefix(2**24, wire.DATA, 2)[:4], rows, talk,
                "frame_oversize")
        t.table(f"table_{rows}_rows_reject_first", "3.6", wire.frame(wire.HELLO, b"") + whole, rows, [], "bad_hello")
    counts(t)
    tails(t)
    policies(t)


def counts(t: Topic) -> None:
    for count in (1, 2, 3, 4, 63, 64, 65, 129):
        frames = [ack(n) for n in range(count)]
        for rows in (3, 64):
            t.table(f"table_{rows}_rows_{count}_frames", RULE, joined(frames), rows, frames)
    t.table("table_empty", RULE, b"", 64, [])
    big = (data_of_length(wire.MAX_FRAME_BYTES, 1), ack(1))
    t.table("table_largest_frame", RULE, joined(big), 64, big)


def tails(t: Topic) -> None:
    """A partial frame at the end is no reject, wherever it ends."""
    frame = data(2, b"abc", OBJ)
    for size in (1, 3, 4, 5, 7, 8, 9, len(frame.head), len(frame.wire) - 1):
        t.table(f"table_tail_of_{size}", "3.4", start("a").wire + frame.wire[:size], 2, [start("a")])
    t.table("table_only_a_partial_frame", "3.4", frame.wire[:10], 64, [])
    header = data(1, b"", OBJ[:-1]).header
    t.table("table_partial_with_a_bad_header", "3.3", prefix(9000, wire.DATA, len(header)) + header, 2, [],
            "header_malformed")


def policies(t: Topic) -> None:
    padded = wire.frame(wire.ACK, wire.num(1, 1, 3), reserved=9)
    t.table("table_relaxed", "2.12", padded + end(1).wire, 2, [ack(1), end(1)], config=RELAXED)
    t.table("table_strict", "2.11", padded[:5] + b"\0" + padded[6:] + end(1).wire, 2, [], "header_malformed")
    t.table("table_pq_refused", "3.7", hello().wire + hello(features=1).wire, 2, [hello()], "bad_hello_pq",
            {"allow_pq_hello_flags": False})
    t.table("table_max_frame_4096", "1.2", data_of_length(4096, 1).wire + data_of_length(4097, 2).wire, 2,
            [data_of_length(4096, 1)], "frame_oversize", {"max_frame": "4096"})
    t.table("table_knows_no_session", "3.8", joined((end(5), data(9, b"x"), hello(), hello(), ack(1))), 64,
            (end(5), data(9, b"x"), hello(), hello(), ack(1)))
