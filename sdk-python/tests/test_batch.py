"""FrameBatch: a sequence, a structured array, and the fast road."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from wires import ADDRESS

import oap
from oap import Ack, Data, Decoder, End, Error, FrameBatch, Hello, Kind, Start

FRAMES: list[oap.Frame] = [
    Hello(1, 4096, 5, 9),
    Start("objects/v1"),
    Data(7, ADDRESS, b"abc"),
    Data(8, None, b""),
    Ack(7),
    End(8, 3),
    Error(4, "why"),
]
WIRE = oap.encode_batch(FRAMES)


def whole() -> FrameBatch:
    return Decoder().feed(WIRE)


def straddled() -> FrameBatch:
    """The same frames; an earlier chunk began the first."""
    decoder = Decoder()
    assert len(decoder.feed(WIRE[:10])) == 0
    return decoder.feed(WIRE[10:] + WIRE[:3])


BATCHES = pytest.mark.parametrize("make", [whole, straddled])


@BATCHES
def test_a_batch_is_a_sequence(make: Callable[[], FrameBatch]) -> None:
    batch = make()
    assert len(batch) == 7
    assert list(batch) == FRAMES
    assert [batch[i] for i in range(7)] == FRAMES
    assert [batch[-i] for i in range(1, 8)] == FRAMES[::-1]
    assert list(reversed(batch)) == FRAMES[::-1]
    assert FRAMES[2] in batch
    assert repr(batch) == "<oap.FrameBatch of 7 frames>"


@pytest.mark.parametrize("index", [7, -8, 1 << 40])
def test_an_index_out_of_range(index: int) -> None:
    with pytest.raises(IndexError):
        whole()[index]
    with pytest.raises(IndexError):
        whole().body(index)


@BATCHES
@pytest.mark.parametrize(
    "part", [slice(2, 5), slice(None), slice(None, None, -1), slice(1, None, 2), slice(9, 20)]
)
def test_a_slice_is_a_batch(make: Callable[[], FrameBatch], part: slice) -> None:
    batch = make()[part]
    assert isinstance(batch, FrameBatch)
    assert list(batch) == FRAMES[part]
    assert [fields[0] for fields in batch.tuples()] == [frame.kind for frame in FRAMES[part]]
    assert list(np.asarray(batch)["kind"]) == [frame.kind for frame in FRAMES[part]]


@BATCHES
def test_bodies(make: Callable[[], FrameBatch]) -> None:
    batch = make()
    assert [bytes(batch.body(i)) for i in range(7)] == [b"", b"", b"abc", b"", b"", b"", b""]
    assert bytes(batch.body(-5)) == b"abc"


@BATCHES
def test_the_columns(make: Callable[[], FrameBatch]) -> None:
    batch = make()
    rows = np.asarray(batch)
    assert rows.shape == (7,) and rows.itemsize == 32
    assert not rows.flags.writeable
    assert list(rows["kind"]) == [frame.kind for frame in FRAMES]
    assert list(rows["seq"]) == [5, 0, 7, 8, 7, 8, 0]
    assert list(rows["value"]) == [4096, 0, 0, 0, 0, 3, 4]
    assert list(rows["ack_window"]) == [9, 0, 0, 0, 0, 0, 0]
    assert list(rows["body_len"]) == [0, 0, 3, 0, 0, 0, 0]
    assert list(rows["text_len"]) == [0, 10, 67, 0, 0, 0, 3]
    assert list(rows["flags"]) == [6, 0, 1, 0, 0, 0, 0]


@BATCHES
def test_the_offsets_count_in_the_wire(make: Callable[[], FrameBatch]) -> None:
    batch = make()
    wire = batch.wire
    assert wire == WIRE and wire.readonly
    for row, frame in zip(np.asarray(batch), FRAMES, strict=True):
        body = wire[row["body_offset"] :][: row["body_len"]]
        text = wire[row["text_offset"] :][: row["text_len"]]
        start = int(row["body_offset"]) - int(row["header_len"]) - 8
        assert int.from_bytes(wire[start:][:4], "big") == 8 + row["header_len"] + row["body_len"]
        if isinstance(frame, Data):
            assert body == frame.body
            assert bytes(text).decode() == (frame.obj or "")


def test_columns_share_memory_with_the_batch() -> None:
    batch = whole()
    one, two = np.asarray(batch), np.frombuffer(memoryview(batch), np.asarray(batch).dtype)
    assert np.shares_memory(one, two)
    assert (one == two).all()
    del batch
    assert list(one["seq"]) == [5, 0, 7, 8, 7, 8, 0]


def test_the_buffer_is_read_only_and_one_dimensional() -> None:
    view = memoryview(whole())
    assert (view.ndim, view.itemsize, view.shape, view.readonly) == (1, 32, (7,), True)
    assert view.format.startswith("T{")
    with pytest.raises((BufferError, TypeError)):
        BytesIO(bytes(32)).readinto(whole())


def test_an_empty_batch() -> None:
    batch = Decoder().feed(b"")
    assert len(batch) == 0 and list(batch) == [] and list(batch.tuples()) == []
    assert np.asarray(batch).shape == (0,)
    assert bytes(batch.wire) == b""
    with pytest.raises(IndexError):
        batch[0]


@BATCHES
def test_tuples_are_kind_and_fields(make: Callable[[], FrameBatch]) -> None:
    tuples = list(make().tuples())
    assert tuples == [
        (Kind.HELLO, 1, 4096, 5, 9),
        (Kind.START, "objects/v1"),
        (Kind.DATA, 7, ADDRESS, b"abc"),
        (Kind.DATA, 8, None, b""),
        (Kind.ACK, 7),
        (Kind.END, 8, 3),
        (Kind.ERROR, 4, "why"),
    ]
    for (kind, *fields), frame in zip(tuples, FRAMES, strict=True):
        assert kind is frame.kind
        assert fields == [getattr(frame, name) for name in frame.__match_args__]
    assert [type(fields[3]) for fields in tuples if fields[0] is Kind.DATA] == [bytes, bytes]


def test_tuples_of_more_than_a_block() -> None:
    frames = [Data(n, (None, ADDRESS)[n % 2], bytes([n % 256]) * (n * 37 % 5000)) for n in range(999)]
    tuples = Decoder().feed(oap.encode_batch(frames)).tuples()
    assert [Data(*fields[1:]) for fields in tuples if fields[0] is Kind.DATA] == frames


def test_obj_is_that_of_its_own_frame() -> None:
    other = "b3:" + "f" * 64
    frames = [Data(1, ADDRESS), Data(2, other), Data(3), Data(4, other), Data(5, ADDRESS)]
    batch = Decoder().feed(oap.encode_batch(frames))
    objs = [fields[2] for fields in batch.tuples() if fields[0] is Kind.DATA]
    assert objs == [ADDRESS, other, None, other, ADDRESS]
    assert list(batch) == frames
