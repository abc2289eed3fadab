"""Decoder: chunks in, batches out."""

import gc
import mmap
import sys
import threading
from array import array
from typing import Any

import numpy as np
import pytest

import oap
from oap import Ack, Data, Decoder

WIRE = oap.encode_batch([Data(1, None, b"abc"), Ack(1)])


def test_frames_come_whole() -> None:
    decoder = Decoder()
    frames = [frame for byte in WIRE for frame in decoder.feed(bytes([byte]))]
    assert frames == [Data(1, None, b"abc"), Ack(1)]
    decoder.finish()


def test_the_end_inside_a_frame_is_truncated() -> None:
    decoder = Decoder()
    assert len(decoder.feed(WIRE[:-1])) == 1
    assert decoder.staged == 9
    with pytest.raises(oap.TruncatedError) as caught:
        decoder.finish()
    assert caught.value.at == len(WIRE) - 1


def test_a_reject_stays_until_reset() -> None:
    decoder = Decoder()
    assert decoder.verdict is None
    with pytest.raises(oap.UnknownEnvelopeError) as first:
        decoder.feed(WIRE + b"\x00\x00\x00\x08\x99")
    assert list(first.value.frames) == [Data(1, None, b"abc"), Ack(1)]
    for again in (lambda: decoder.feed(WIRE), lambda: decoder.feed(b""), decoder.finish):
        with pytest.raises(oap.UnknownEnvelopeError) as caught:
            again()
        assert caught.value.at == first.value.at
        assert len(caught.value.frames) == 0
    assert isinstance(decoder.verdict, oap.UnknownEnvelopeError)
    decoder.reset()
    assert decoder.verdict is None
    assert len(decoder.feed(WIRE)) == 2


def test_the_config_is_kept() -> None:
    config = oap.Config(max_frame=4096)
    assert Decoder(config).config == config
    assert Decoder().config == oap.Config()


BUFFERS: dict[str, Any] = {
    "bytes": lambda wire: wire,
    "memoryview": memoryview,
    "memoryview, part": lambda wire: memoryview(b"#" + wire + b"#")[1:-1],
    "memoryview, strided": lambda wire: memoryview(b"".join(bytes([b, 0]) for b in wire))[::2],
    "bytearray": bytearray,
    "view of a bytearray": lambda wire: memoryview(bytearray(wire)),
    "read-only view of a bytearray": lambda wire: memoryview(bytearray(wire)).toreadonly(),
    "array": lambda wire: array("B", wire),
    "array of shorts": lambda wire: array("H", wire + b"\0" * (len(wire) % 2)),
    "numpy": lambda wire: np.frombuffer(bytearray(wire), np.uint8),
    "numpy, read-only": lambda wire: np.frombuffer(wire, np.uint8),
    "numpy, strided": lambda wire: np.repeat(np.frombuffer(wire, np.uint8), 2)[::2],
    "mmap": lambda wire: mapped(wire),
}


def mapped(wire: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, len(wire))
    memory[:] = wire
    return memory


@pytest.mark.parametrize("name", BUFFERS)
def test_any_buffer_goes_in(name: str) -> None:
    wire = oap.encode_batch([Data(1, None, b"abcd"), Ack(1)])
    assert list(Decoder().feed(BUFFERS[name](wire))) == [Data(1, None, b"abcd"), Ack(1)]


@pytest.mark.parametrize("name", ["bytes", "memoryview", "memoryview, part"])
def test_what_no_one_can_change_is_not_copied(name: str) -> None:
    chunk = BUFFERS[name](WIRE)
    owner = chunk.obj if isinstance(chunk, memoryview) else chunk
    assert Decoder().feed(chunk).wire.obj is owner


@pytest.mark.parametrize("name", sorted(BUFFERS.keys() - {"bytes", "memoryview", "memoryview, part"}))
def test_all_else_is_copied(name: str) -> None:
    chunk = BUFFERS[name](WIRE)
    wire = Decoder().feed(chunk).wire
    assert type(wire.obj) is bytes
    assert wire.obj is not chunk and wire.obj is not getattr(chunk, "obj", None)


def test_a_writable_buffer_may_change_afterwards() -> None:
    chunk = bytearray(WIRE)
    batch = Decoder().feed(chunk)
    chunk[:] = bytes(len(chunk))
    chunk.clear()
    assert list(batch) == [Data(1, None, b"abc"), Ack(1)]


def test_a_view_may_be_released_afterwards() -> None:
    chunk = memoryview(WIRE)
    batch = Decoder().feed(chunk)
    chunk.release()
    assert bytes(batch.body(0)) == b"abc"


def test_a_body_keeps_the_chunk_alive() -> None:
    chunk = oap.encode(Data(1, None, b"x" * 1000))
    before = sys.getrefcount(chunk)
    body = Decoder().feed(chunk).body(0)
    gc.collect()
    assert body.obj is chunk
    assert sys.getrefcount(chunk) > before
    del body
    assert sys.getrefcount(chunk) == before


def test_a_staged_frame_outlives_the_staging() -> None:
    decoder = Decoder()
    decoder.feed(WIRE[:5])
    batch = decoder.feed(WIRE[5:])
    decoder.feed(oap.encode(Data(2, None, b"xyz"))[:9])
    decoder.feed(oap.encode(Data(2, None, b"xyz"))[9:])
    assert list(batch) == [Data(1, None, b"abc"), Ack(1)]


@pytest.mark.parametrize("chunk", ["text", 7, None, [1, 2]])
def test_what_is_no_buffer_is_a_type_error(chunk: Any) -> None:
    with pytest.raises(TypeError):
        Decoder().feed(chunk)


def test_two_threads_at_once_get_an_exception_and_no_corruption() -> None:
    wire = oap.encode(Data(1, None, b"abc")) * 200_000
    decoder = Decoder()
    frames, refused = 0, 0
    lock, start = threading.Lock(), threading.Barrier(2)

    def feed() -> None:
        nonlocal frames, refused
        start.wait()
        for _ in range(20):
            try:
                found = len(decoder.feed(wire))
            except RuntimeError as error:
                assert "in use by another call" in str(error)
                with lock:
                    refused += 1
            else:
                with lock:
                    frames += found

    threads = [threading.Thread(target=feed) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused > 0
    assert frames == (40 - refused) * 200_000
    decoder.finish()
