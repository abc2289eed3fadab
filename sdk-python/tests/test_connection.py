"""The engine without a transport: what is this class's own. The rules are tried by the vectors of `connection`."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

import oap
from oap import Bodies, Connection, ConnectionClosedError, Data, End, Start


def carry(source: Connection, target: Connection) -> list[oap.Frame]:
    pieces = source.transmit()
    wire = b"".join(pieces)
    assert source.transmit_bytes(len(wire) + 1) == wire
    source.transmitted(len(wire))
    return list(target.receive(wire))


def pair(**options: Any) -> tuple[Connection, Connection]:
    a, b = Connection(**options), Connection()
    carry(a, b)
    carry(b, a)
    assert a.state == b.state == "open"
    return a, b


def test_bodies_are_cut_to_the_chunk_and_what_fits_goes_as_it_is() -> None:
    a, b = pair()
    a.start("s")
    assert a.data_all(Bodies([b"abcde", bytearray(b""), memoryview(b"fg")], chunk=3)) is None
    assert a.data_all(Bodies(b"hijk", chunk=2, obj="b3:" + "0" * 64)) is None
    bodies = [bytes(frame.body) for frame in carry(a, b) if isinstance(frame, Data)]
    assert bodies == [b"abc", b"de", b"fg", b"hi", b"jk"]


def test_a_body_is_cut_to_what_the_peer_takes() -> None:
    a, b = Connection(), Connection(oap.Config(max_frame=4096))
    carry(a, b), carry(b, a)
    a.start("s")
    assert a.data_all(Bodies(bytes(10_000))) is None
    frames = carry(a, b)
    assert sum(len(frame.body) for frame in frames if isinstance(frame, Data)) == 10_000
    assert a.end_reason is b.end_reason is None


def test_large_bodies_are_written_from_where_they_lie_in_any_split() -> None:
    large = [bytes([n]) * 20_000 for n in range(3)]
    for step in (1_000, 19_999, 20_011, 45_000):
        a, b = pair()
        a.start("s")
        assert a.data_all(Bodies([large[0], b"small", large[1], bytearray(large[2])])) is None
        pieces = a.transmit()
        views = [piece for piece in pieces if isinstance(piece, memoryview)]
        assert [view.obj is body for view, body in zip(views, large, strict=True)] == [True, True, False]
        frames = list[oap.Frame]()
        while wire := a.transmit_bytes(step):
            assert b"".join(a.transmit())[: len(wire)] == wire
            a.transmitted(len(wire))
            frames += b.receive(wire)
        bodies = [bytes(frame.body) for frame in frames if isinstance(frame, Data)]
        assert bodies == [large[0], b"small", large[1], large[2]]


def test_an_iterable_is_asked_for_one_body_more_than_may_go() -> None:
    a, b = pair(send_buffer=1_000)
    asked = []

    def source() -> Iterator[bytes]:
        for number in range(100):
            asked.append(number)
            yield bytes(400)

    bodies = Bodies(source())
    a.start("s")
    assert a.data_all(bodies) == "room"
    assert len(asked) == 4
    carry(a, b)
    assert a.data_all(bodies) == "room"
    assert len(asked) == 7


def test_small_bodies_are_to_be_written_at_half_a_window() -> None:
    a, b = pair()
    bodies = Bodies([b"small"] * 1_000)
    a.start("s")
    assert a.data_all(bodies) == "room"
    assert a.outbound.in_flight == 512
    carry(a, b)
    assert a.data_all(bodies) is None
    assert a.outbound.last_seq == 1_000


def test_an_iterable_may_look_at_the_connection() -> None:
    a, b = pair()
    a.start("s")
    assert a.data_all(Bodies(str(a.outbound.in_flight).encode() for _ in range(3))) is None
    assert [bytes(frame.body) for frame in carry(a, b) if isinstance(frame, Data)] == [b"0", b"1", b"2"]


def test_what_an_iterable_raises_comes_through_behind_what_it_gave() -> None:
    a, b = pair()

    def source() -> Iterator[bytes]:
        yield b"one"
        raise LookupError

    a.start("s")
    with pytest.raises(LookupError):
        a.data_all(Bodies(source()))
    a.end_stream(1)
    assert carry(a, b) == [Start("s"), Data(1, None, b"one"), End(1, 1)]
    with pytest.raises(TypeError):
        Bodies([1]), a.data_all(Bodies(["text"]))  # type: ignore[list-item]


def test_a_send_before_the_hello_waits_and_what_can_never_go_is_refused() -> None:
    a = Connection()
    assert a.start("s") == "handshake"
    assert a.data_all(Bodies([b"x"])) == "handshake"
    with pytest.raises(oap.HeaderMalformedError):
        a.start("")


def test_the_error_of_a_late_call_tells_the_reason_and_is_a_new_one_each_time() -> None:
    a, _ = pair()
    a.receive(oap.encode(oap.Error(7, "the peer's words")))
    errors = []
    for _ in range(2):
        with pytest.raises(ConnectionClosedError) as raised:
            a.start("s")
        errors.append(raised.value)
    assert errors[0] is not errors[1]
    error = errors[0]
    assert (error.reason, error.code, error.text, error.reject) == ("peer_error:7", 7, "the peer's words", None)
    assert "words" not in str(error) and isinstance(error, ConnectionError)

    _, b = pair()
    assert list(b.receive(oap.encode(Start("s")) + b"\xff" * 8)) == [Start("s")]
    error = b.error()
    assert isinstance(error.reject, oap.RejectError)
    assert error.reason == b.end_reason == f"reject:{error.reject.reason}"
    assert b.verdict is not None
    b.close()
    assert a.end_reason == "peer_error:7"


def test_a_closed_connection_that_has_not_ended_says_closed() -> None:
    a, _ = pair()
    a.close()
    with pytest.raises(ConnectionClosedError) as raised:
        a.start("s")
    assert raised.value.reason == "closed"
    a.abort()
    assert (a.state, a.error().reason) == ("ended", "aborted")


def test_time_is_that_of_the_monotonic_clock_where_it_is_left_out() -> None:
    before = time.monotonic_ns()
    a = Connection(handshake_timeout_ns=1)
    assert a.next_timeout is not None
    assert before < a.next_timeout <= time.monotonic_ns() + 1
    a.handle_timeout()
    assert a.end_reason == "handshake_timeout"


def test_options_are_checked_by_name_and_range() -> None:
    with pytest.raises(oap.ConfigError) as raised:
        Connection(close_timeout_ns=0)
    assert (raised.value.field, raised.value.value) == ("close_timeout_ns", 0)
    with pytest.raises(oap.ConfigError):
        Connection(send_buffer=2**70)
    with pytest.raises(TypeError):
        Connection(close_timeout=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Connection(send_buffer=1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        Bodies(b"", chunk=0)


def test_a_monitor_counts_its_frames() -> None:
    monitor = oap.Monitor()
    a, b = Connection(monitor=monitor), Connection()
    carry(b, a)
    assert monitor.snapshot().frames["HELLO"] == 2
    assert monitor.snapshot().read.count == 1


def test_a_step_does_all_that_the_calls_one_by_one_do() -> None:
    stepped, called, peer = Connection(now=0), Connection(now=0), Connection(now=0)
    greeting = peer.transmit_bytes(100)
    peer.transmitted(len(greeting))
    wire = greeting + oap.encode_batch([Start("s"), Data(1, None, b"abc"), Data(2, None, b"d")])
    taken = written = 0
    for chunk in (None, wire[:30], wire[30:], None, None):
        called.take(taken, now=7)
        called.transmitted(written, now=7)
        frames = called.receive(chunk or b"", now=7)
        expected = called.transmit_bytes(5, now=7) if called.wants_write else b""
        asked = (called.state, called.wants_read, called.next_timeout)
        batch, given, *answers = stepped.step(chunk, taken, written, 5, now=7)
        assert (list(batch or []), given, tuple(answers)) == (list(frames), expected, asked)
        taken, written = len(frames), len(given)
    assert stepped.inbound == called.inbound and stepped.queued == called.queued


def test_a_step_that_may_not_write_leaves_the_ack_for_later() -> None:
    a, b = pair()
    a.start("s")
    a.data(b"abc")
    batch, wire, *_ = b.step(a.transmit_bytes(100), most=0)
    assert batch is not None and wire == b""
    assert b.step(taken=len(batch), most=0)[1] == b"" and b.queued == 0
    assert list(oap.Decoder().feed(b.step()[1])) == [oap.Ack(1)]


def test_the_window_is_the_default_unless_a_config_says_otherwise() -> None:
    a, b = pair()
    assert a.outbound.window == b.outbound.window == 1_024
    a, b = Connection(oap.Config(ack_window_frames=5)), Connection()
    carry(a, b)
    assert b.outbound.window == 5
