"""Encoding, of frames and of tuples."""

from typing import Any

import numpy as np
import pytest
from wires import ADDRESS

import oap
from oap import Ack, Data, End, Error, Hello, Kind, Start

FRAMES: list[oap.Frame] = [
    Hello(1, 4096, 5, 9),
    Start("objects/v1"),
    Data(7, ADDRESS, b"abc"),
    Ack(7),
    End(7, 3),
    Error(4, "why"),
]


def test_a_batch_is_its_frames_in_order() -> None:
    assert oap.encode_batch(FRAMES) == b"".join(map(oap.encode, FRAMES))
    assert oap.encode_batch(frame for frame in FRAMES) == oap.encode_batch(tuple(FRAMES))
    assert oap.encode_batch([]) == b""


def test_what_tuples_gives_encode_takes() -> None:
    wire = oap.encode_batch(FRAMES)
    batch = oap.Decoder().feed(wire)
    assert oap.encode_batch(batch.tuples()) == wire
    assert oap.encode_batch(batch) == wire
    assert [oap.encode(fields) for fields in batch.tuples()] == [*map(oap.encode, FRAMES)]


def test_a_tuple_may_have_the_number_of_its_kind() -> None:
    assert oap.encode((4, 7)) == oap.encode(Ack(7))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body", [bytearray(b"abc"), memoryview(b"xabcx")[1:4], np.frombuffer(b"abc", np.uint8)]
)
def test_any_buffer_is_a_body(body: Any) -> None:
    expected = oap.encode(Data(1, None, b"abc"))
    assert oap.encode(Data(1, None, body)) == expected
    assert oap.encode((Kind.DATA, 1, None, body)) == expected
    assert oap.encode_batch([Ack(1), (Kind.DATA, 1, None, body)]) == oap.encode(Ack(1)) + expected


@pytest.mark.parametrize(
    "frame", [7, None, "ACK", (), (9, 1), (Kind.ACK,), (Kind.ACK, 1, 2), (Kind.ACK, "1"), ("x", 1), [4, 7]]
)
def test_what_is_no_frame_is_a_type_or_value_error(frame: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        oap.encode(frame)
    with pytest.raises((TypeError, ValueError)):
        oap.encode_batch([Ack(1), frame])


def test_numbers_over_64_bits_are_an_overflow() -> None:
    with pytest.raises(OverflowError):
        oap.encode((Kind.ACK, 1 << 64))
    with pytest.raises(OverflowError):
        oap.encode((Kind.DATA, -1, None, b""))


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        (Hello(2, 4096), "HELLO.version"),
        (Hello(1, 4095), "HELLO.max_frame"),
        (Start(""), "START.stream"),
        (Start("a\n"), "START.stream"),
        (Data(1, "b3:"), "DATA.obj"),
        (End(1, 65_536), "END.status"),
        (Error(1, "x" * 1025), "ERROR.reason"),
        (Data(1, None, bytes(oap.MAX_FRAME_BYTES)), "length"),
    ],
)
def test_what_a_decoder_would_reject_is_refused(frame: oap.Frame, field: str) -> None:
    for frames in ([frame], [Ack(1), frame, Ack(2)]):
        with pytest.raises(oap.RejectError) as caught:
            oap.encode_batch(frames)
        assert caught.value.field == field
        assert caught.value.offset is None
    with pytest.raises(type(caught.value)):
        oap.encode(frame)


def test_a_lone_surrogate_is_no_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        oap.encode(Start("\ud800"))
