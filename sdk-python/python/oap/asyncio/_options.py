"""The options of a connection, in Python's units."""

import math
from dataclasses import dataclass, fields

from .. import STREAM_CHUNK_BYTES, Bodies
from .. import Connection as Engine

NANOSECONDS = 1_000_000_000
TIMES = ("handshake_timeout", "idle_timeout", "stall_timeout", "close_timeout")
SIZES = ("receive_buffer", "receive_limit", "send_buffer")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Limits of a connection: times in seconds, sizes in bytes. None: the default of docs/connection.md.

    A server's connections have an `idle_timeout` of 300 seconds where none is given; 0 is for ever. `chunk` is the longest
    body that `send_stream` makes. Without `auto_ack` the application acknowledges, with `Connection.acknowledge`. Raises
    ConfigError where a number is out of range, another ValueError where it is none.
    """

    handshake_timeout: float | None = None
    idle_timeout: float | None = None
    stall_timeout: float | None = None
    close_timeout: float | None = None
    receive_buffer: int | None = None
    receive_limit: int | None = None
    send_buffer: int | None = None
    chunk: int = STREAM_CHUNK_BYTES
    auto_ack: bool = True

    def __post_init__(self) -> None:
        Engine(None, monitor=None, auto_ack=self.auto_ack, **self.of_engine())
        Bodies(b"", chunk=self.chunk)

    def of_engine(self) -> dict[str, int]:
        """Those that are given, as `oap.Connection` has them."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        times = {f"{name}_ns": nanoseconds(name, given[name]) for name in TIMES if given[name] is not None}
        sizes = {name: given[name] for name in SIZES if given[name] is not None}
        return times | sizes


def nanoseconds(name: str, seconds: float) -> int:
    """Of anything that is a real number, NumPy's too."""
    if not hasattr(seconds, "__float__"):
        raise TypeError(f"{name} is a number of seconds, not a {type(seconds).__name__}")
    if not math.isfinite(seconds):
        raise ValueError(f"{name} = {seconds} is no number of seconds")
    fraction, whole = math.modf(seconds)
    return int(whole) * NANOSECONDS + round(fraction * NANOSECONDS)
