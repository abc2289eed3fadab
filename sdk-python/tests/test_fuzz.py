"""The package's own surface, fuzzed: sequences of calls, whatever objects and bytes. For long: sdk-python/fuzz."""

import contextlib
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from wires import ADDRESS, streams

import oap
from oap import Ack, Config, Data, Decoder, End, Error, FrameBatch, Hello, Kind, Monitor, Session, Start

U64 = st.integers(0, (1 << 64) - 1)
U32 = st.integers(0, (1 << 32) - 1)
TEXT = st.one_of(st.sampled_from(["", "notes", "objects/v1", "x" * 1025]), st.text(max_size=40))
BODIES = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=300).map(bytearray),
    st.binary(max_size=300).map(lambda body: memoryview(b"#" + body)[1:]),
)
FRAMES = st.one_of(
    st.builds(Hello, U32, U64, st.none() | U64, st.none() | U32),
    st.builds(Start, TEXT),
    st.builds(Data, U64, st.sampled_from([None, ADDRESS, "b3:"]), BODIES),
    st.builds(Ack, U64),
    st.builds(End, U64, U32),
    st.builds(Error, U32, TEXT),
)
CONFIGS = st.builds(
    Config,
    strict_headers=st.booleans(),
    enforce_obj_header_on_objects=st.booleans(),
    allow_pq_hello_flags=st.booleans(),
    seq_rollover_policy=st.sampled_from(["error", "wrap"]),
    ack_window_frames=st.sampled_from([1, 2, 32, 1024]),
    max_frame=st.sampled_from([4096, 1 << 20]),
)
LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    *(st.sampled_from(Kind), FRAMES),
)
OBJECTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.lists(inner).map(tuple), max_leaves=8)
STREAMS = streams()


def looked_at(batch: FrameBatch) -> list[oap.Frame]:
    """Its frames, which are the same by every road."""
    frames = list(batch)
    assert len(frames) == len(batch)
    assert oap.encode_batch(batch.tuples()) == oap.encode_batch(frames)
    again = pickle.loads(pickle.dumps(batch))
    assert (again, hash(again), list(again)) == (batch, hash(batch), frames)
    rows, wire = np.asarray(batch), batch.wire
    assert rows["kind"].tolist() == [frame.kind for frame in frames]
    for at, (row, frame) in enumerate(zip(rows.tolist(), frames, strict=True)):
        body = wire[row[1] : row[1] + row[2]]
        assert batch[at] == frame and batch.body(at) == body
        assert batch.index(frame) == frames.index(frame)
        assert not isinstance(frame, Data) or (row[0], body) == (frame.seq, frame.body)
    return frames


@given(CONFIGS, st.lists(st.one_of(st.sampled_from(STREAMS), st.binary(max_size=60)), max_size=6))
def test_every_road_tells_the_same_of_whatever_bytes(config: Config, chunks: list[bytes]) -> None:
    monitor, seen = Monitor(), 0
    decoder = Decoder(config, monitor=monitor)
    try:
        for chunk in chunks:
            seen += len(looked_at(decoder.feed(chunk)))
        decoder.finish()
    except oap.RejectError as reject:
        if reject.frames:
            assert isinstance(reject.frames, FrameBatch)
            seen += len(looked_at(reject.frames))
        assert sum(monitor.snapshot().rejects.values()) == 1
    assert sum(monitor.snapshot().frames.values()) == seen


@given(st.lists(FRAMES, max_size=8))
def test_what_is_not_refused_decodes_to_itself(frames: list[oap.Frame]) -> None:
    try:
        wire = oap.encode_batch(frames)
    except oap.RejectError as refusal:
        assert refusal.offset is None
        return
    assert looked_at(Decoder().feed(wire)) == frames
    assert b"".join(map(oap.encode, frames)) == wire


@given(OBJECTS)
def test_whatever_is_to_be_encoded_is_encoded_or_told_why_not(thing: Any) -> None:
    for call in (oap.encode, oap.encode_batch, Session().send):
        with contextlib.suppress(oap.RejectError, TypeError, ValueError, OverflowError):
            assert isinstance(call(thing), bytes)


@given(OBJECTS)
def test_whatever_is_given_is_taken_or_told_why_not(thing: Any) -> None:
    monitor = Monitor()
    calls: list[Callable[[Any], object]] = [
        *(Decoder().feed, Session().recv, Decoder, Session, Data, Start, Ack),
        *(monitor.tick, monitor.count_reject, monitor.set_parser_ready, monitor.observe_read),
        *(lambda value, name=name: Monitor(**{name: value}) for name in monitor.limits),
        *(lambda value, name=name: Config(**{name: value}) for name in ("max_frame", "features")),
        lambda value: monitor.count_frame(value, value),
        lambda value: Decoder().feed(oap.encode(Ack(1)))[value],
    ]
    for call in calls:
        with contextlib.suppress(oap.OapError, TypeError, ValueError, OverflowError, IndexError):
            call(thing)


class TwoSides(RuleBasedStateMachine):
    """Two sessions that send each other whatever they may, cut anywhere: no one ever has a reject to give."""

    @initialize(config=CONFIGS)
    def begin(self, config: Config) -> None:
        self.monitor = Monitor()
        self.sides = [Session(config, monitor=self.monitor) for _ in range(2)]
        self.under_way = [b"", b""]
        for side, session in enumerate(self.sides):
            self.sent(side, session.hello())

    def sent(self, side: int, frame: oap.Frame) -> None:
        with contextlib.suppress(oap.RejectError):
            self.under_way[side] += self.sides[side].send(frame)

    @rule(side=st.integers(0, 1), frame=FRAMES)
    def send(self, side: int, frame: oap.Frame) -> None:
        if not isinstance(frame, Error):
            self.sent(side, frame)

    @rule(side=st.integers(0, 1), obj=st.sampled_from([None, ADDRESS]), body=BODIES)
    def send_next(self, side: int, obj: str | None, body: bytes) -> None:
        last_seq = self.sides[side].outbound.last_seq
        self.sent(side, Data(1 if last_seq is None else (last_seq + 1) % (1 << 64), obj, body))

    @rule(side=st.integers(0, 1), back=st.integers(0, 3))
    def acknowledge(self, side: int, back: int) -> None:
        last_seq = self.sides[side].inbound.last_seq
        if last_seq is not None:
            self.sent(side, Ack((last_seq - back) % (1 << 64)))

    @rule(side=st.integers(0, 1), status=st.integers(0, 65_535))
    def end(self, side: int, status: int) -> None:
        self.sent(side, End(self.sides[side].outbound.last_seq or 0, status))

    @rule(side=st.integers(0, 1), size=st.integers(1, 400))
    def receive(self, side: int, size: int) -> None:
        part, self.under_way[side] = self.under_way[side][:size], self.under_way[side][size:]
        looked_at(self.sides[1 - side].recv(part))

    @precondition(lambda self: hasattr(self, "sides"))
    @invariant()
    def credit_and_gauges_agree(self) -> None:
        flows = [session.inbound for session in self.sides]
        assert all(flow.in_flight <= flow.window for flow in flows)
        snapshot = self.monitor.snapshot()
        assert snapshot.inflight_frames == sum(flow.in_flight for flow in flows)
        assert snapshot.ack_window == sum(flow.credit for flow in flows if flow.open)
        assert sum(snapshot.rejects.values()) == 0


TestTwoSides = TwoSides.TestCase
