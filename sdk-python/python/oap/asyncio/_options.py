"""The options of a connection, in Python's units."""

from dataclasses import dataclass, fields

from .. import STREAM_CHUNK_BYTES

NANOSECONDS = 1_000_000_000
TIMES = ("handshake_timeout", "idle_timeout", "stall_timeout", "close_timeout")
SIZES = ("receive_buffer", "receive_limit", "send_buffer")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Limits of a connection: times in seconds, sizes in bytes. None: the default of docs/connection.md.

    A server's connections have an `idle_timeout` of 300 seconds where none is given; 0 is for ever. `chunk` is the longest
    body that `send_stream` makes. Without `auto_ack` the application acknowledges, with `Connection.acknowledge`.
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

    def of_engine(self) -> dict[str, int]:
        """Those that are given, as `oap.Connection` has them."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        times = {f"{name}_ns": nanoseconds(given[name]) for name in TIMES if given[name] is not None}
        sizes = {name: given[name] for name in SIZES if given[name] is not None}
        return times | sizes


def nanoseconds(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
