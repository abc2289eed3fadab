"""Values in the hands of users: pickled, copied, compared, hashed, indexed and referred to weakly."""

import copy
import gc
import multiprocessing
import pickle
import traceback
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import pytest
from wires import ADDRESS

import oap
from oap import Ack, Config, Data, Decoder, End, Error, FrameBatch, Hello, Monitor, Session, Start

FRAMES: list[oap.Frame] = [
    Hello(1, 1 << 20, 0xBEEF, 7),
    Start("notes"),
    Data(7, ADDRESS, b"abc"),
    Data(8),
    Ack((1 << 64) - 1),
    End(7, 3),
    Error(4, "why"),
]
WIRE = oap.encode_batch(FRAMES)


def busy() -> Monitor:
    """A monitor whose numbers differ from one another."""
    monitor = Monitor(reject_min_events=1)
    for count, kind in enumerate(oap.Kind):
        for _ in range(count):
            monitor.count_frame(kind, 10 + count)
    monitor.count_reject("missing_obj")
    monitor.set_load(77)
    monitor.observe_read(1_500)
    monitor.observe_write(2_000_000)
    session, peer = Session(monitor=monitor), Session()
    hello = session.send(session.hello())
    peer.recv(hello)
    session.recv(peer.send(peer.hello()) + peer.send(Start("notes")) + peer.send(Data(1)))
    return monitor


def flow() -> oap.Flow:
    session, peer = Session(), Session(Config(ack_window_frames=9))
    peer.recv(session.send(session.hello()))
    session.recv(peer.send(peer.hello()))
    session.send(Start("objects"))
    session.send(Data(5, ADDRESS))
    return session.outbound


def cut() -> FrameBatch:
    """A batch whose first frame an earlier chunk began, in an encoding of relaxed mode."""
    decoder = Decoder(Config(strict_headers=False))
    padded = b"\x00\x00\x00\x0b\x04\x00\x00\x03\x08\x87\x00"
    assert len(decoder.feed(padded[:4])) == 0
    return decoder.feed(padded[4:] + WIRE)


VALUES: dict[str, Callable[[], Any]] = {
    **{frame.kind.name: partial(copy.copy, frame) for frame in FRAMES},
    "text that UTF-8 can't hold": lambda: Data(1, "\ud800"),
    "Config": lambda: Config(
        strict_headers=False,
        enforce_obj_header_on_objects=False,
        allow_pq_hello_flags=False,
        seq_rollover_policy="wrap",
        ack_window_frames=5,
        max_frame=5000,
        features=3,
    ),
    "Flow": flow,
    "Snapshot": lambda: busy().snapshot(),
    "Timing": lambda: busy().snapshot().read,
    "Readiness": lambda: busy().readiness(0),
    "FrameBatch": lambda: Decoder().feed(WIRE),
    "a slice": lambda: Decoder().feed(WIRE)[::-2],
    "a batch of a cut frame": cut,
    "an empty batch": lambda: Decoder().feed(b""),
}

def pickled(protocol: int, value: Any) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {number}": partial(pickled, number) for number in range(pickle.HIGHEST_PROTOCOL + 1)},
}


def fields(value: Any) -> dict[str, Any]:
    names = [name for name in dir(value) if not name.startswith("_")]
    return {name: got for name in names if not callable(got := getattr(value, name))}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_a_value_can_be_pickled_and_copied(make: Callable[[], Any], copied: Callable[[Any], Any]) -> None:
    value = make()
    again = copied(value)
    assert type(again) is type(value)
    assert again == value and hash(again) == hash(value)
    if not isinstance(value, FrameBatch):
        assert fields(again) == fields(value)


@pytest.mark.parametrize("make", [Decoder, Session, Monitor])
def test_what_has_a_state_is_not_copied(make: Callable[[], object]) -> None:
    for copied in COPIES.values():
        with pytest.raises(TypeError, match="cannot pickle"):
            copied(make())


def raised(call: Callable[[], object]) -> oap.OapError:
    with pytest.raises(oap.OapError) as caught:
        call()
    return caught.value


def closed(wire: bytes) -> oap.OapError:
    """What a call says that comes after those bytes of the peer."""
    connection = oap.Connection()
    connection.receive(wire)
    return raised(lambda: connection.start("late"))


EXCEPTIONS: dict[str, Callable[[], oap.OapError]] = {
    "a connection that a reject closed": lambda: closed(oap.encode(Ack(1))),
    "a connection that the peer's ERROR closed": lambda: closed(oap.encode(Error(9, "enough"))),
    "a reject": lambda: raised(lambda: Decoder().feed(oap.encode(Ack(1)) + b"\xff" * 4)),
    "a refusal": lambda: raised(lambda: oap.encode(Start(""))),
    "a ConfigError": lambda: raised(lambda: Config(max_frame=1)),
    "a policy": lambda: raised(lambda: Config(seq_rollover_policy="never")),  # type: ignore[arg-type]
    "one of one's own": lambda: oap.TruncatedError("mine"),
    "an InternalError": lambda: oap.InternalError("mine"),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("make", EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_an_exception_can_be_pickled_and_copied(
    make: Callable[[], oap.OapError], copied: Callable[[Any], Any]
) -> None:
    error = make()
    again = copied(error)
    assert type(again) is type(error)
    assert (str(again), again.args, fields_of(again)) == (str(error), error.args, fields_of(error))


def fields_of(error: oap.OapError) -> dict[str, Any]:
    """Those of an exception, and of the one that it holds."""
    fields = dict(error.__dict__)
    reject = fields.get("reject")
    return fields | {"reject": reject and (str(reject), reject.__dict__)}


def test_what_is_raised_again_has_no_longer_traceback() -> None:
    decoder, session, connection = Decoder(), Session(), oap.Connection()
    connection.receive(oap.encode(Ack(1)))
    bad = oap.encode(Ack(1))[:-1] + b"\xff"
    calls: list[Callable[[], object]] = [lambda: decoder.feed(bad), lambda: session.recv(bad), lambda: connection.start("s")]
    for call in calls:
        lengths = set[int]()
        for _ in range(3):
            error = raised(call)
            lengths.add(sum(1 for _ in traceback.walk_tb(error.__traceback__)))
        assert len(lengths) == 1


def reject_in_a_worker(wire: bytes) -> int:
    return len(Decoder().feed(wire))


def test_a_reject_leaves_a_process_pool_whole() -> None:
    wire = oap.encode(Ack(1)) + b"\x00\x10\x00\x01"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        with pytest.raises(oap.FrameOversizeError) as caught:
            pool.submit(reject_in_a_worker, wire).result()
    reject = caught.value
    assert (reject.reason, reject.code, reject.field) == ("frame_oversize", 3, "length")
    assert (reject.limit, reject.offset, reject.at) == (1 << 20, 10, 14)
    assert list(reject.frames) == [Ack(1)]


def test_a_batch_is_a_sequence_as_abc_has_it() -> None:
    batch = Decoder().feed(WIRE)
    assert isinstance(batch, Sequence)
    match batch:
        case [Hello(), Start(), *rest]:
            assert rest == FRAMES[2:]
        case _:
            raise AssertionError


def test_index_and_count_are_those_of_a_list() -> None:
    frames: list[oap.Frame] = [Ack(1), Ack(2), Ack(1), Start("a"), Ack(1)]
    batch = Decoder().feed(oap.encode_batch(frames))
    values: list[Any] = [*frames, Ack(9), "other"]
    for value in values:
        assert batch.count(value) == frames.count(value)
        for limits in [(), (1,), (1, 3), (-2,), (-9, -1), (0, 99), (3, 1), (9, 9)]:
            try:
                expected = frames.index(value, *limits)
            except ValueError:
                with pytest.raises(ValueError, match="no frame"):
                    batch.index(value, *limits)
            else:
                assert batch.index(value, *limits) == expected


def test_batches_are_equal_and_hash_by_their_frames() -> None:
    whole, again = Decoder().feed(WIRE), Decoder().feed(memoryview(b"x" + WIRE)[1:])
    assert whole == again and hash(whole) == hash(again)
    assert cut()[1:] == whole and hash(cut()[1:]) == hash(whole)
    assert cut()[:1] == Decoder().feed(oap.encode(Ack(7)))
    assert whole != whole[1:] and whole != whole[::-1] and whole[:0] == whole[3:3]
    assert whole != FRAMES and whole != "other"
    for one, other in zip(FRAMES, [*FRAMES[1:], Data(8, ADDRESS)], strict=True):
        ours, theirs = (Decoder().feed(oap.encode(frame)) for frame in (one, other))
        assert (ours == theirs) is (one == other)


@pytest.mark.parametrize("make", [lambda: Decoder().feed(WIRE), Decoder, Session, Monitor])
def test_a_weak_reference_does_not_keep_it(make: Callable[[], object]) -> None:
    value = make()
    reference = weakref.ref(value)
    assert reference() is value
    del value
    gc.collect()
    assert reference() is None


class Odd(str):
    """A str whose methods fail."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __hash__(self) -> int:
        raise ZeroDivisionError


@pytest.mark.parametrize("obj", ["\ud800", "", "b3:", ADDRESS, "é" * 100, Odd("odd")])
def test_data_with_any_obj_can_be_compared_and_hashed(obj: str) -> None:
    data = Data(1, obj)
    assert data == Data(1, obj) and hash(data) == hash(Data(1, obj))
    assert data != Data(1) and data != Data(1, "other") and data != Data(2, obj)
    assert type(data.obj) is str and data in {data}
