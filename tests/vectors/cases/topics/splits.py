"""3.5: the verdict is the same however the bytes are split."""

from .. import wire
from ..envelope import OBJ, OBJ2, ack, data, end, error, hello, joined, start
from ..steps import finish, hellos, recv_bytes, recv_in_chunks, send
from ..topic import Topic, cut, one_byte_chunks
from ..wire import prefix

RULE = "3.5"

TALK = (
    hello(features=1, ack_window=8), start("objects/v1"), data(1, b"abc", OBJ), data(2, b"\x00" * 70, OBJ2), ack(9),
    data(3, b"", OBJ), end(3, 0), start("b"), end(0, 4), error(7, "bye"),
)
SHORT = (start("a"), data(1, b"b"))


def in_sizes(data_: bytes, size: int) -> list[bytes]:
    return cut(data_, *range(size, len(data_), size))


def build(t: Topic) -> None:
    talk = joined(TALK)
    t.decode("split_talk_whole", RULE, [talk], TALK)
    t.decode("split_talk_by_frame", RULE, [frame.wire for frame in TALK], TALK)
    for size in (1, 2, 3, 5, 7, 8, 11, 13, 64, 101):
        t.decode(f"split_talk_by_{size}", RULE, in_sizes(talk, size), TALK)
    t.decode("split_talk_growing", RULE, cut(talk, *(n * (n + 1) // 2 for n in range(1, 24) if n * (n + 1) // 2 < len(talk))),
             TALK)
    t.decode("split_talk_with_empty_chunks", RULE, [b"", *in_sizes(talk, 9), b"", b""], TALK)
    every_cut(t)
    every_cut_of_a_reject(t)
    edges(t)
    sessions(t)


def every_cut(t: Topic) -> None:
    short = joined(SHORT)
    for place in range(1, len(short)):
        t.decode(f"split_in_two_at_{place}", RULE, cut(short, place), SHORT)


def every_cut_of_a_reject(t: Topic) -> None:
    """A good frame, then a START whose header lacks its field; the chunk with the last byte has the verdict."""
    good = ack(1)
    bad = good.wire + wire.frame(wire.START, b"\x10\x01")
    for place in range(1, len(bad)):
        t.decode(f"split_reject_at_{place}", RULE, cut(bad, place), [good], ("header_malformed", len(bad)))
    late = good.wire + prefix(8, 0x99, 0)
    deciding = len(good.wire) + 5
    for place in range(len(good.wire), len(late)):
        at = place if place >= deciding else len(late)
        t.decode(f"split_kind_at_{place}", RULE, cut(late, place), [good], ("unknown_envelope", at))


def edges(t: Topic) -> None:
    t.decode("split_nothing", RULE, [], [])
    t.decode("split_empty_chunks_only", RULE, [b"", b""], [])
    big = data(1, b"\x5a" * 70_000)
    for place in (65_535, 65_536, 65_537):
        t.decode(f"split_big_at_{place}", "1.8", cut(big.wire, place), [big])
    t.decode("split_big_then_small", RULE, cut(big.wire + ack(1).wire, 8, 65_536), [big, ack(1)])
    many = [ack(n) for n in range(200)]
    t.decode("split_200_frames_in_one_chunk", RULE, [joined(many)], many)
    t.decode("split_one_byte_then_all", RULE, cut(joined(TALK), 1), TALK)
    t.decode("split_all_but_one_byte", RULE, cut(joined(TALK), len(joined(TALK)) - 1), TALK)
    t.decode("split_by_1_with_truncated_tail", RULE, one_byte_chunks(joined(TALK) + ack(1).wire[:-1]), TALK,
             ("truncated", len(joined(TALK)) + len(ack(1).wire) - 1))


def sessions(t: Topic) -> None:
    talk = (start("objects/v1"), data(1, b"abc", OBJ), data(2, b"x" * 40, OBJ2), end(2, 0), start("b"), end(0, 4))
    for size in (1, 2, 3, 5, 7, 13, 50, 1000):
        t.session(f"split_session_by_{size}", RULE, send(hello()), recv_in_chunks((hello(), *talk), size), finish())
    bad = data(4, b"xyz", OBJ)
    before = (hello(), start("a"), data(1, b"a"))
    seen = joined(before) + bad.head
    for name, chunks in (("whole", [joined(before) + bad.wire]), ("at_the_header", [seen, bad.body])):
        steps = [recv_bytes(chunks[0], *before, reject="credit_violation")]
        steps += [recv_bytes(chunk, reject="credit_violation") for chunk in chunks[1:]]
        t.session(f"split_session_reject_{name}", RULE, send(hello()), steps)
    t.session("split_session_reject_before_the_header_ends", RULE, send(hello()), recv_bytes(seen[:-1], *before),
              recv_bytes(seen[-1:], reject="credit_violation"), recv_bytes(bad.body, reject="credit_violation"))
