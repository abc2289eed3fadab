"""`Connection`: what an application does with a connection."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from .. import Config, ConnectionClosedError, End, Flow, Frame, FrameBatch, Monitor
from ._driver import TLS_CLOSE_SECONDS, Driver
from ._options import Options
from ._source import Source, check, close, parts

__all__ = ["Connection", "Source", "connect"]

P = ParamSpec("P")
T = TypeVar("T")

UNREPORTED_FRAMES = 32
"""How many frames may be taken before the engine hears of it."""

RUNNING = ("handshake", "open")


class Connection:
    """One connection. Made by `connect` and `serve`.

    Iterating gives Start, Data and End frames; `batches()` gives them as they came, which is much faster for small ones.
    DATA are acknowledged when what follows them is asked for, or when the iteration is left. Any call raises
    ConnectionClosedError once the connection closes or has ended: a new one each time, with the first reason.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver, self._engine = driver, driver.engine
        self._turn = asyncio.Lock()
        self._batch: FrameBatch | None = None
        self._frames: Iterator[Frame] = iter(())
        self._given = 0
        self._unreported = 0

    # Receiving

    def __aiter__(self) -> AsyncIterator[Frame]:
        return _Iterator(self, self._next_frame)

    def batches(self) -> AsyncIterator[FrameBatch]:
        """An iterator over what the peer sends, a batch a read. DATA of a batch are acknowledged when the next one is
        asked for, or when the iteration is left."""
        return _Iterator(self, self._next_batch_or_stop)

    async def receive(self) -> Frame | None:
        """The next frame; None at the clean end of the peer's input. What was given before counts as taken."""
        try:
            return await self._next_frame()
        except StopAsyncIteration:
            return None

    async def _next_frame(self) -> Frame:
        while True:
            self._driver.busy = False
            if self._unreported >= UNREPORTED_FRAMES:
                self._report_taken()
            for frame in self._frames:
                self._given += 1
                self._unreported += 1
                if type(frame) is End:
                    # Nobody has to ask for what follows an END; what is sent now carries the ACK.
                    self._report_taken()
                    self._driver.busy = True
                return frame
            batch = await self._next_batch()
            if batch is None:
                raise StopAsyncIteration
            self._batch, self._frames, self._given = batch, iter(batch), 0

    async def _next_batch_or_stop(self) -> FrameBatch:
        batch = await self.receive_batch()
        if batch is None:
            raise StopAsyncIteration
        return batch

    async def receive_batch(self) -> FrameBatch | None:
        """The frames that are here, at least one; None at the clean end of the peer's input."""
        batch, given = self._batch, self._given
        if batch is None or given == len(batch):
            batch, given = await self._next_batch(), 0
        if batch is None:
            return None
        self._batch, self._frames = None, iter(())
        self._unreported += len(batch) - given
        self._driver.busy = True
        return batch[given:] if given else batch

    async def acknowledge(self, up_to: int) -> None:
        """Acknowledges the DATA with seq `up_to` and all before it: for `Options(auto_ack=False)`."""
        await self._until_sent(self._engine.acknowledge, up_to)

    async def _next_batch(self) -> FrameBatch | None:
        driver = self._driver
        driver.busy = False
        if driver.inbox:
            self._report_taken()
        else:
            taken, self._unreported = self._unreported, 0
            driver.settle(None, taken)
        while not driver.inbox:
            if driver.closed_here or driver.state not in RUNNING:
                self._check_end()
                return None
            await driver.change()
        return driver.inbox.popleft()

    def _report_taken(self) -> None:
        """Reports to the engine what has been taken."""
        if self._unreported:
            self._engine.take(self._unreported)
            self._unreported = 0
            self._driver.schedule()

    def _check_end(self) -> None:
        """Raises where the peer's input has no clean end."""
        if self._driver.closed_here or self._engine.end_reason not in (None, "clean"):
            raise self._driver.error()

    # Sending

    async def send_stream(
        self,
        name: str,
        source: Source = b"",
        *,
        obj: str | None = None,
        chunk: int | None = None,
    ) -> None:
        """Sends a whole stream: START `name`, the source as DATA of at most `chunk` bytes, END with status 0.

        Returns when all is written; `delivered` waits until it is acknowledged. Parts that fit go as they are, longer ones
        are cut. A file is read in a thread. Several calls at once send one after the other. Where the source fails, or
        the call is cancelled, the stream ends with status `ABORTED`, and the connection can be used on; a generator is
        closed. `obj` is the address that each DATA carries.
        """
        chunk = self._driver.options.chunk if chunk is None else chunk
        try:
            check(chunk, obj)
            async with self._turn:
                await self.start(name)
                try:
                    await self._send_parts(source, chunk, obj)
                    await self.end()
                except BaseException:
                    self._driver.give_up_stream()
                    raise
            await self._written()
        finally:
            await close(source)

    async def _send_parts(self, source: Source, chunk: int, obj: str | None) -> None:
        async with contextlib.aclosing(parts(source, chunk, obj)) as all_parts:
            async for bodies in all_parts:
                await self._until_sent(self._engine.data_all, bodies)

    async def start(self, name: str) -> None:
        """Opens a stream. Returns when it is queued, which is written with all else that is queued in this turn."""
        await self._until_sent(self._engine.start, name)

    async def data(self, body: bytes | bytearray | memoryview, *, obj: str | None = None) -> None:
        """Sends a DATA of the open stream, once there is credit and room."""
        await self._until_sent(self._engine.data, body, obj)

    async def end(self, status: int = 0) -> None:
        """Ends the open stream."""
        await self._until_sent(self._engine.end_stream, status)

    async def ready(self) -> None:
        """Waits for the peer's HELLO."""
        await self._until(lambda: self._engine.state != "handshake")
        if self._engine.max_body() is None:
            raise self._driver.error()

    async def delivered(self) -> None:
        """Waits until the peer has acknowledged all DATA that were sent."""
        await self._until(lambda: not self._engine.queued and not self._engine.outbound.in_flight)
        self._check()

    async def _written(self) -> None:
        await self._until(lambda: not self._engine.queued)
        self._check()

    async def _until(self, done: Callable[[], bool]) -> None:
        driver = self._driver
        driver.settle()
        while not done() and not driver.over:
            await driver.change()

    def _check(self) -> None:
        """Raises where the connection has failed."""
        if self._engine.end_reason not in (None, "clean"):
            raise self._driver.error()

    async def _until_sent(self, send: Callable[P, str | None], *args: P.args, **kwargs: P.kwargs) -> None:
        driver = self._driver
        try:
            while (wait := self._wait_of(send, *args, **kwargs)) is not None:
                driver.settle()
                if wait == "room" and driver.has_written and not driver.owes_end:
                    continue
                # Credit comes from the peer alone.
                may_go = wait != "credit" or driver.state != "open"
                if may_go and self._wait_of(send, *args, **kwargs) is None:
                    break
                await driver.change()
        except asyncio.CancelledError:
            self._engine.cancel_send()
            raise
        except ConnectionClosedError:
            error = driver.error()
            raise error from error.__cause__
        driver.schedule()

    def _wait_of(self, send: Callable[P, str | None], *args: P.args, **kwargs: P.kwargs) -> str | None:
        return "room" if self._driver.owes_end else send(*args, **kwargs)

    # Questions

    @property
    def state(self) -> str:
        """`"handshake"`, `"open"`, `"peer_closed"`, `"closing"`, `"shut"` or `"ended"`."""
        return self._engine.state

    @property
    def end_reason(self) -> str | None:
        """Why it ended or is about to end, as `"clean"` or `"reject:truncated"`; None while it goes on."""
        return self._engine.end_reason

    @property
    def outbound(self) -> Flow:
        """The direction that this side sends."""
        return self._engine.outbound

    @property
    def inbound(self) -> Flow:
        """The direction that the peer sends."""
        return self._engine.inbound

    @property
    def queued(self) -> int:
        """Bytes that wait to be written."""
        return self._engine.queued

    @property
    def age(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._driver.opened

    def max_body(self, *, with_obj: bool = False) -> int | None:
        """The largest body, in bytes, that a DATA to this peer can have; None before its HELLO."""
        return self._engine.max_body(with_obj=with_obj)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """The facts that the transport knows: `peername`, `ssl_object`, … as `asyncio.BaseTransport.get_extra_info`."""
        transport = self._driver.transport
        return default if transport is None else transport.get_extra_info(name, default)

    def __repr__(self) -> str:
        return f"<oap.asyncio.Connection {self.state}>"

    # Its end

    async def close(self, within: float | None = None) -> None:
        """Ends the connection in good order: what is queued is written, and acknowledgements are waited for.

        It takes at most `within` seconds, `close_timeout` where that is left out. Raises ConnectionClosedError unless all
        that was sent is acknowledged and nothing went amiss before. May be called in any state, and again.
        """
        self._driver.close(within)
        if await self.ended() != "clean":
            raise self._driver.error()

    def abort(self) -> None:
        """Ends the connection at once; what is not written yet is lost."""
        self._driver.abort()

    async def ended(self) -> str:
        """Waits until the connection has ended, and returns the reason."""
        driver = self._driver
        while not driver.over:
            await driver.change()
        if driver.transport is not None and not driver.lost:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TLS_CLOSE_SECONDS):
                    while not driver.lost:
                        await driver.change()
        return self._engine.end_reason or "clean"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            if self.end_reason != "aborted":
                await self.close()
        elif isinstance(error, Exception):
            with contextlib.suppress(ConnectionClosedError):
                await self.close()
        else:
            self.abort()

    def _iteration_left(self) -> None:
        """Frames that an iterator gave count as taken."""
        if self._unreported and not self._driver.loop.is_closed():
            self._report_taken()


class _Iterator(AsyncIterator[T]):
    """An iteration. It can be left, by a timeout too, and gone on with."""

    def __init__(self, connection: Connection, advance: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._connection, self._advance = connection, advance

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Coroutine[Any, Any, T]:
        return self._advance()

    def __del__(self) -> None:
        self._connection._iteration_left()  # pyright: ignore[reportPrivateUsage]


async def connect(
    host: str | None = None,
    port: int | None = None,
    *,
    config: Config | None = None,
    options: Options | None = None,
    monitor: Monitor | None = None,
    **transport: Any,
) -> Connection:
    """Connects: `async with await connect(host, port) as connection`. Sends wait for the peer's HELLO by themselves.

    `transport` (`ssl`, `server_hostname`, `local_addr`, `sock`, …) is for `loop.create_connection`. Raises OSError where no
    connection can be made. The window is 1,024 DATA frames where there is no `config`.
    """
    loop = asyncio.get_running_loop()
    options = Options() if options is None else options
    # `sock` takes their place.
    address: dict[str, Any] = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    driver = Driver(config, options, monitor)
    await loop.create_connection(lambda: driver, **address, **transport)
    return Connection(driver)
