"""Numbers that users give: integers of any make, and what is none."""

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from asyncio_peers import close_within, stay_open

import oap
from oap import Ack, Bodies, Config, Connection, Data, Decoder, End, Error, Hello, Kind, Monitor
from oap.asyncio import Options, serve

BATCH = Decoder().feed(oap.encode_batch([Data(1, None, b"abc"), Ack(1)]))


def open_connection() -> Connection:
    """One that has received four DATA, which it is to acknowledge by hand."""
    connection = Connection(auto_ack=False)
    connection.receive(oap.encode_batch([Hello(1, 1 << 20), oap.Start("s"), *map(Data, range(1, 5))]))
    return connection


# Wherever an int goes: a call with it.
LARGE: dict[str, Callable[[Any], object]] = {
    "Hello.max_frame": lambda n: Hello(1, n),
    "Hello.features": lambda n: Hello(1, 1, n),
    "Data.seq": Data,
    "Ack.up_to": Ack,
    "End.seq": lambda n: End(n, 0),
    "tuple of DATA": lambda n: oap.encode((Kind.DATA, n, None, b"")),
    "tuple of ACK": lambda n: oap.encode((Kind.ACK, n)),
    "tick": lambda n: Monitor().tick(n),
    "readiness": lambda n: Monitor().readiness(n),
    "observe_read": lambda n: Monitor().observe_read(n),
    "set_load": lambda n: Monitor().set_load(n),
    "count_frame": lambda n: Monitor().count_frame(Kind.ACK, n),
    "Connection.now": lambda n: Connection(now=n),
    "take": lambda n: Connection().take(n),
    "take.now": lambda n: Connection().take(0, n),
    "step.taken": lambda n: Connection().step(None, n),
    "step.written": lambda n: Connection().step(None, 0, n),
    "transmitted": lambda n: Connection().transmitted(n),
    "transmit_bytes": lambda n: Connection().transmit_bytes(n),
    "close": lambda n: Connection().close(n),
    "acknowledge": lambda n: open_connection().acknowledge(n),
    "Bodies.chunk": lambda n: Bodies(b"", chunk=n),
}
SMALL: dict[str, Callable[[Any], object]] = {
    "Hello.version": lambda n: Hello(n, 1),
    "Hello.ack_window": lambda n: Hello(1, 1, None, n),
    "End.status": lambda n: End(1, n),
    "Error.code": lambda n: Error(n, ""),
    "end_stream": lambda n: Connection().end_stream(n),
    "tuple of END": lambda n: oap.encode((Kind.END, 1, n)),
    "tuple of ERROR": lambda n: oap.encode((Kind.ERROR, n, "")),
}
FIELDS: dict[str, Callable[[Any], object]] = {
    "Config.max_frame": lambda n: Config(max_frame=n),
    "Config.ack_window_frames": lambda n: Config(ack_window_frames=n),
    "Config.features": lambda n: Config(features=n),
    "Monitor": lambda n: Monitor(inflight_capacity=n),
    "Connection.send_buffer": lambda n: Connection(send_buffer=n),
    "Connection.idle_timeout_ns": lambda n: Connection(idle_timeout_ns=n),
    "Options.receive_limit": lambda n: Options(receive_limit=n),
}
KINDS: dict[str, Callable[[Any], object]] = {
    "kind of a tuple": lambda n: oap.encode((n, 1)),
    "kind": lambda n: Monitor().count_frame(n, 1),
    "reject": lambda n: Monitor().count_reject(n),
}
INDICES: dict[str, Callable[[Any], object]] = {
    "batch": lambda n: BATCH[n],
    "body": BATCH.body,
}
ALL = LARGE | SMALL | FIELDS | KINDS | INDICES


class Index:
    """An integer by `__index__` alone."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("make", [int, Index, np.int16, np.uint16, np.int64, np.uint64])
def test_every_integer_will_do(name: str, make: Callable[[int], Any]) -> None:
    number = {"Config.max_frame": 4096, "kind of a tuple": 4, "batch": 1, "body": 0}.get(name, 4)
    ALL[name](make(number))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("number", [b"1", 1.0, float("nan"), float("inf"), Fraction(1), np.float64(1), [1]])
def test_what_is_no_integer_is_a_type_error(name: str, number: object) -> None:
    with pytest.raises(TypeError) as caught:
        ALL[name](number)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("number", [-1, 1 << 64, 10**30, np.int64(-1)])
def test_what_64_bits_cant_hold_is_an_overflow(name: str, number: Any) -> None:
    with pytest.raises(OverflowError) as caught:
        LARGE[name](number)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("number", [-1, 1 << 32, 1 << 64, 10**30, np.int64(-1)])
def test_what_32_bits_cant_hold_is_an_overflow(name: str, number: Any) -> None:
    with pytest.raises(OverflowError) as caught:
        SMALL[name](number)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("number", [-1, 1 << 64, 10**30, pytest.param(1 << 20_000, id="huge"), np.int64(-1)])
def test_what_is_out_of_range_is_a_config_error(name: str, number: Any) -> None:
    with pytest.raises(oap.ConfigError) as caught:
        FIELDS[name](number)
    assert caught.value.value == number
    assert_plain(caught.value)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("number", [-1, 0, 9, 300, 1 << 64])
def test_what_names_nothing_is_a_value_error(name: str, number: int) -> None:
    with pytest.raises(ValueError, match="is a Kind|its Kind|reject is one of") as caught:
        KINDS[name](number)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("number", [2, -3, (1 << 63) - 1, -(1 << 63), 1 << 63, 10**30, -(10**30), np.int64(2)])
def test_an_index_that_is_not_there_is_an_index_error(name: str, number: Any) -> None:
    with pytest.raises(IndexError) as caught:
        INDICES[name](number)
    assert_plain(caught.value)


@pytest.mark.parametrize("number", [-(10**30), -1, 0, 1, np.int64(9), 1 << 64, 10**30])
def test_the_limits_of_a_search_are_of_any_size(number: Any) -> None:
    for limits in ((number,), (0, number)):
        try:
            expected = list(BATCH).index(Ack(1), *limits)
        except ValueError:
            with pytest.raises(ValueError, match="no frame"):
                BATCH.index(Ack(1), *limits)
        else:
            assert BATCH.index(Ack(1), *limits) == expected


SECONDS: dict[str, Callable[[Any], object]] = {
    "handshake_timeout": lambda s: Options(handshake_timeout=s),
    "idle_timeout": lambda s: Options(idle_timeout=s),
    "within": lambda s: asyncio.run(close_within(s)),
}


@pytest.mark.parametrize("name", SECONDS)
def test_seconds_are_any_real_number(name: str) -> None:
    for seconds in (3, 2.5, Fraction(5, 2), np.float32(2.5), np.int16(3)):
        SECONDS[name](seconds)


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("seconds", [b"1", "1", [1], 1j])
def test_what_is_no_real_number_is_no_time(name: str, seconds: Any) -> None:
    with pytest.raises(TypeError, match=name) as caught:
        SECONDS[name](seconds)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_what_is_not_finite_is_no_time(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"{name} = .* is no number of seconds") as caught:
        SECONDS[name](seconds)
    assert_plain(caught.value)


@pytest.mark.parametrize("name", ["handshake_timeout", "idle_timeout"])
@pytest.mark.parametrize("seconds", [-1, -0.001, 1e9 + 1, 2**64, 1e300])
def test_a_time_out_of_range_is_a_config_error(name: str, seconds: float) -> None:
    with pytest.raises(oap.ConfigError, match=f"{name}_ns") as caught:
        SECONDS[name](seconds)
    assert_plain(caught.value)


@pytest.mark.parametrize("number", [-1, 1 << 64, 1e300])
def test_a_close_within_what_64_bits_cant_hold_is_an_overflow(number: float) -> None:
    with pytest.raises(OverflowError) as caught:
        SECONDS["within"](number)
    assert_plain(caught.value)


async def serve_so_many(number: Any) -> None:
    await serve(stay_open, "127.0.0.1", 0, max_connections=number)


@pytest.mark.parametrize(("number", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("1", TypeError)])
def test_how_many_connections(number: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        asyncio.run(serve_so_many(number))
    assert_plain(caught.value)


def assert_plain(error: Exception) -> None:
    """Its message is one line of words for users: nothing of Rust or PyO3."""
    shown = str(error) + "".join(getattr(error, "__notes__", []))
    assert shown and "\n" not in str(error)
    for word in ("extract", "variant", "::", "unprintable", "integral", "Bound", "None of"):
        assert word not in shown
