"""Whatever the split, the answer is the same; whatever the bytes, there is one."""

from hypothesis import given, settings
from hypothesis import strategies as st
from wires import streams

import oap

STREAMS = streams()

Answer = tuple[list[oap.Frame], tuple[str, int | None, str] | None]


def answer(config: oap.Config, chunks: list[bytes]) -> Answer:
    decoder = oap.Decoder(config)
    frames: list[oap.Frame] = []
    try:
        for chunk in chunks:
            frames += decoder.feed(chunk)
        decoder.finish()
    except oap.RejectError as error:
        frames += error.frames
        return frames, (error.reason, error.offset, error.field)
    return frames, None


def split(data: st.DataObject, wire: bytes) -> list[bytes]:
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=8))
    edges = [0, *sorted(cuts), len(wire)]
    return [wire[start:end] for start, end in zip(edges, edges[1:], strict=False)]


CONFIGS = st.builds(oap.Config, strict_headers=st.booleans(), max_frame=st.sampled_from([4096, 8192]))
WIRES = st.lists(st.sampled_from(STREAMS), min_size=1, max_size=4).map(b"".join)


def test_the_vectors_have_streams() -> None:
    assert len(STREAMS) > 300


@given(st.data(), CONFIGS, WIRES)
def test_a_split_stream_gives_the_frames_of_the_whole(
    data: st.DataObject, config: oap.Config, wire: bytes
) -> None:
    assert answer(config, split(data, wire)) == answer(config, [wire])


@given(CONFIGS, WIRES)
def test_byte_by_byte_as_the_whole(config: oap.Config, wire: bytes) -> None:
    assert answer(config, [bytes([byte]) for byte in wire]) == answer(config, [wire])


@settings(max_examples=300)
@given(st.data(), CONFIGS, st.binary(max_size=200), st.sampled_from(STREAMS))
def test_arbitrary_bytes_get_an_answer(
    data: st.DataObject, config: oap.Config, noise: bytes, wire: bytes
) -> None:
    at = data.draw(st.integers(0, len(wire)))
    dirty = wire[:at] + noise + wire[at:]
    frames, _ = answer(config, split(data, dirty))
    assert all(isinstance(frame, oap.Frame) for frame in frames)


@given(
    st.lists(
        st.one_of(
            st.builds(oap.Data, st.integers(0, 2**64 - 1), st.none(), st.binary(max_size=300)),
            st.builds(oap.Ack, st.integers(0, 2**64 - 1)),
            st.builds(oap.End, st.integers(0, 2**64 - 1), st.integers(0, 65_535)),
        ),
        max_size=40,
    )
)
def test_what_is_encoded_decodes_to_itself(frames: list[oap.Frame]) -> None:
    wire = oap.encode_batch(frames)
    batch = oap.Decoder().feed(wire)
    assert list(batch) == frames
    assert oap.encode_batch(batch.tuples()) == wire
