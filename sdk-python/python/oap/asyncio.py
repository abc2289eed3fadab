"""OAP/1 over asyncio's streams: `open_connection`, `serve`, and `Connection.handshake` for streams that are there.

A `Connection` is an async iterator of what the peer sends, and `send_stream` sends. It reads by itself all the time, so
that the peer's ACKs give credit while a send waits. There are no timeouts here: put `asyncio.timeout` around a call.
Every call may be cancelled: no received frame is lost by it, and what was begun on the wire is brought to its end.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

from . import (
    STREAM_CHUNK_BYTES,
    Ack,
    Config,
    CreditViolationError,
    Data,
    End,
    Error,
    Frame,
    FrameBatch,
    Hello,
    Monitor,
    OapError,
    RejectError,
    Session,
    Start,
    encode,
)

__all__ = ["ABORTED", "Connection", "Source", "open_connection", "serve"]

Source: TypeAlias = bytes | bytearray | memoryview | BinaryIO | AsyncIterable[bytes]
"""What `send_stream` sends: bytes, a binary file, or an async iterator of bytes."""

ABORTED = 1
"""END.status of a stream whose source failed, or whose `send_stream` was cancelled."""

AHEAD_BYTES = 1 << 26
"""How many bytes are acknowledged ahead of their reader, at most, while a send waits for credit."""

QUEUED_FRAMES = 1 << 16
"""How many frames wait for their reader before no more is read."""

TICK_SECONDS = 1.0
"""How often `serve` ticks the monitor that it was given."""

RETRY_SECONDS = 0.01
"""How long a file that does not block, and has nothing yet, is left alone."""

LINGER_SECONDS = 1.0
"""How long `close` waits for the peer to close too, so that nothing under way to it is lost."""

SEQS = 1 << 64


class Connection:
    """One connection, both HELLOs passed. Made by `open_connection`, `serve` and `Connection.handshake`.

    Iterating gives Start, Data, End and Error frames; Hello and Ack are the connection's own business. Unless
    `auto_ack` is false, DATA are acknowledged when the iteration asks for what follows them, several with one ACK where
    they are there already. While a send of one's own waits for credit, DATA are acknowledged when they arrive, up to
    `AHEAD_BYTES` ahead of the iteration: so two sides that send at once do not stop each other.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        config: Config | None = None,
        auto_ack: bool = True,
        monitor: Monitor | None = None,
    ) -> None:
        self._session = Session(config, monitor=monitor)
        self._reader, self._writer = reader, writer
        self._auto_ack = auto_ack
        self._peer: Hello | None = None
        self._inbox = _Inbox()
        self._frames: Iterator[Frame] = iter(())
        self._given: int | None = None
        self._consumed: list[int] = []
        self._starved = 0
        self._stream = asyncio.Lock()
        self._waiters: set[asyncio.Future[None]] = set()
        self._failure: Exception | None = None
        self._read_all = False
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._write(self._session.hello())
        self._reading = asyncio.create_task(self._read())

    @property
    def session(self) -> Session:
        """The state of both directions, to look at; send through the connection."""
        return self._session

    @property
    def peer(self) -> Hello:
        """The peer's HELLO."""
        if self._peer is None:
            raise RuntimeError("the handshake is not complete")
        return self._peer

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport knows: `peername`, `ssl_object`, … as `asyncio.StreamWriter.get_extra_info`."""
        return self._writer.get_extra_info(name, default)

    # What is received

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        """The next frame. Raises the RejectError of what the peer sent amiss, behind the frames before it."""
        if self._given is not None:
            self._consume(self._given, at_once=False)
            self._given = None
        while True:
            for frame in self._frames:
                if isinstance(frame, Data):
                    self._given = frame.seq
                    return frame
                if isinstance(frame, Start | End | Error):
                    self._acknowledge()
                    return frame
            received = await self._next_batch()
            if received is None:
                raise StopAsyncIteration
            self._frames = iter(received.batch)

    async def batches(self) -> AsyncIterator[FrameBatch]:
        """What the peer sends, as it came, a batch a read, but for batches of nothing but ACKs.

        For many small frames this is faster than iterating over the frames; use one or the other. DATA of a batch are
        acknowledged when the iteration asks for the next one.
        """
        while (received := await self._next_batch()) is not None:
            yield received.batch
            if received.last_seq is not None:
                self._consume(received.last_seq, at_once=True)

    async def ack(self, up_to: int) -> None:
        """Acknowledges the DATA with seq `up_to` and all before it: for `auto_ack=False`."""
        self._write(Ack(up_to))
        await self._writer.drain()

    async def _next_batch(self) -> "_Received | None":
        """`None`: there is no more to come."""
        if not self._inbox:
            self._acknowledge()
        await self._wait(lambda: bool(self._inbox) or self._over)
        if self._inbox:
            received = self._inbox.pop()
            self._wake()
            return received
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # it may be raised again: it would grow
        return None

    def _consume(self, seq: int, *, at_once: bool) -> None:
        self._consumed.append(seq)
        if at_once or len(self._consumed) * 4 >= self._session.inbound.window:
            self._acknowledge()

    def _acknowledge(self) -> None:
        """Acknowledges what has been consumed."""
        if self._consumed:
            self._ack_quietly(self._consumed[-1])
            self._consumed.clear()

    def _ack_ahead(self) -> None:
        """Acknowledges all that has arrived: the peer may need the credit to go on to our own ACKs."""
        last_seq = self._session.inbound.last_seq
        if last_seq is not None and self._inbox.bytes <= AHEAD_BYTES:
            self._ack_quietly(last_seq)

    def _ack_quietly(self, up_to: int) -> None:
        if self._auto_ack:
            # Refused where it was acknowledged ahead, or where the session is over: nothing is owed then.
            with contextlib.suppress(CreditViolationError):
                self._write(Ack(up_to))

    # What is sent

    async def send(self, frame: Frame) -> None:
        """Sends a frame; DATA wait for credit. Returns when the transport has room for more.

        Raises the RejectError of the rule that the frame would break; then nothing was sent.
        """
        if isinstance(frame, Data):
            await self._credit()
        self._check()
        self._write(frame)
        await self._writer.drain()

    async def send_stream(
        self,
        name: str,
        source: Source,
        *,
        obj: str | None = None,
        chunk_size: int = STREAM_CHUNK_BYTES,
    ) -> None:
        """Sends a whole stream: START `name`, the source as DATA of at most `chunk_size` bytes, END with status 0.

        Waits for credit and for the transport. A file is read in a thread; a body is never larger than the peer takes.
        Several calls at once send their streams one after the other. Where the source fails, or the call is cancelled,
        the stream ends with status `ABORTED`, and the connection can be used on.
        """
        size = self._body_bytes(chunk_size, obj)
        async with self._stream:
            self._check()
            self._write(Start(name))
            before = self._session.outbound.last_seq
            try:
                async with contextlib.aclosing(_pieces(source, size)) as pieces:
                    async for piece in pieces:
                        await self._credit()
                        self._write(Data(self._next_seq(), obj, piece))
                        await self._writer.drain()
            except BaseException:
                with contextlib.suppress(OapError):
                    self._end(before, ABORTED)
                raise
            self._end(before, 0)
            await self._writer.drain()

    def _end(self, before: int | None, status: int) -> None:
        last_seq = self._session.outbound.last_seq
        carried = last_seq is not None and last_seq != before
        self._write(End(last_seq if carried and last_seq is not None else 0, status))

    def _next_seq(self) -> int:
        last_seq = self._session.outbound.last_seq
        return 1 if last_seq is None else (last_seq + 1) % SEQS

    def _body_bytes(self, chunk_size: int, obj: str | None) -> int:
        if chunk_size < 1:
            raise ValueError(f"chunk_size = {chunk_size} is not at least 1")
        longest_head = len(encode(Data(SEQS - 1, obj)))
        return min(chunk_size, self.peer.max_frame - longest_head)

    async def _credit(self) -> None:
        """Waits until a DATA may be sent."""
        if self._session.outbound.credit > 0:
            return
        self._starved += 1
        try:
            self._ack_ahead()
            await self._wait(lambda: self._session.outbound.credit > 0 or self._over)
        finally:
            self._starved -= 1
        self._check()

    def _check(self) -> None:
        """Raises why nothing can be sent any more, if so."""
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # it may be raised again: it would grow
        if self._read_all:
            raise ConnectionResetError("the peer has closed its side")

    def _write(self, frame: Frame) -> None:
        """What is written in one turn of the event loop goes out together at its end; at once where it is much."""
        wire = self._session.send(frame)
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(wire)
        self._unsent_bytes += len(wire)
        if self._unsent_bytes >= STREAM_CHUNK_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._unsent:
            self._writer.writelines(self._unsent)
            self._unsent, self._unsent_bytes = [], 0

    # The reading task

    async def _read(self) -> None:
        try:
            while chunk := await self._reader.read(STREAM_CHUNK_BYTES):
                self._take(self._session.recv(chunk), len(chunk))
                await self._wait(lambda: self._inbox.frames < QUEUED_FRAMES)
            self._session.finish()
        except RejectError as reject:
            self._failure = reject
            if reject.frames:
                self._take(reject.frames, 0)
            with contextlib.suppress(OapError):
                self._write(Error(reject.code, reject.reason))
        except Exception as error:
            self._failure = error
        finally:
            self._read_all = True
            self._wake()

    def _take(self, batch: FrameBatch, size: int) -> None:
        first = batch[0] if len(batch) else None
        if isinstance(first, Hello):
            self._peer, batch = first, batch[1:]
        if any(not isinstance(frame, Ack) for frame in batch):
            self._inbox.push(_Received(batch, self._session.inbound.last_seq, size))
        if self._starved:
            self._ack_ahead()
        self._wake()

    @property
    def _over(self) -> bool:
        return self._read_all or self._session.has_ended

    async def _wait(self, ready: Callable[[], bool]) -> None:
        while not ready():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    # Beginning and end

    @classmethod
    async def handshake(
        cls,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        config: Config | None = None,
        auto_ack: bool = True,
        monitor: Monitor | None = None,
    ) -> Self:
        """Begins OAP/1 on a pair of streams, whatever they run over, and waits for the peer's HELLO.

        Raises RejectError where the peer's first bytes break a rule, and ConnectionError where it refuses or closes;
        the streams are closed then, also where the call is cancelled.
        """
        connection = cls(reader, writer, config=config, auto_ack=auto_ack, monitor=monitor)
        try:
            await connection._greeted()
        except Exception:
            await connection.close()
            raise
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _greeted(self) -> None:
        await self._wait(lambda: self._peer is not None or self._over)
        if self._peer is None:
            if self._inbox:
                # Its reason is the peer's text, which has no place in a message.
                codes = [frame.code for frame in self._inbox.pop().batch if isinstance(frame, Error)]
                raise ConnectionRefusedError(f"the peer refuses with an ERROR of code {codes[0]}")
            self._check()

    async def close(self) -> None:
        """Ends the connection: sends what is left, waits for the peer to close too, at most `LINGER_SECONDS`."""
        self._inbox.close()
        self._wake()
        self._flush()
        try:
            if self._writer.can_write_eof() and not self._writer.is_closing():
                with contextlib.suppress(OSError):
                    self._writer.write_eof()
                await asyncio.wait({self._reading}, timeout=LINGER_SECONDS)
        finally:
            self._reading.cancel()
            self._session.close()
            self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def abort(self) -> None:
        """Ends the connection at once; what is not sent yet is lost."""
        self._reading.cancel()
        self._session.close()
        self._unsent.clear()
        self._writer.transport.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Exception):
            await self.close()
        else:
            self.abort()


class _Received:
    """A batch, the seq of the last DATA up to it, and how many bytes it came with."""

    __slots__ = ("batch", "last_seq", "size")

    def __init__(self, batch: FrameBatch, last_seq: int | None, size: int) -> None:
        self.batch, self.last_seq, self.size = batch, last_seq, size


class _Inbox:
    """What has been received and not yet been asked for."""

    def __init__(self) -> None:
        self._queue: deque[_Received] = deque()
        self._closed = False
        self.bytes = self.frames = 0

    def __bool__(self) -> bool:
        return bool(self._queue)

    def push(self, received: _Received) -> None:
        if not self._closed:
            self._queue.append(received)
            self.bytes += received.size
            self.frames += len(received.batch)

    def pop(self) -> _Received:
        received = self._queue.popleft()
        self.bytes -= received.size
        self.frames -= len(received.batch)
        return received

    def close(self) -> None:
        """Drops what there is and what still comes."""
        self._closed = True
        self._queue.clear()
        self.bytes = self.frames = 0


async def _pieces(source: Source, size: int) -> AsyncGenerator[bytes | memoryview, None]:
    """The source in pieces of at most `size` bytes."""
    if isinstance(source, bytes | bytearray | memoryview):
        for piece in _cut(source, size):
            yield piece
    elif isinstance(source, AsyncIterable):
        async for part in source:
            for piece in _cut(part, size):
                yield piece
    else:
        while (part := await asyncio.to_thread(source.read, size)) != b"":
            if part is None:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                yield part


def _cut(whole: bytes | bytearray | memoryview, size: int) -> Iterator[memoryview]:
    view = memoryview(whole).cast("B")
    return (view[start : start + size] for start in range(0, len(view), size))


async def open_connection(
    host: str,
    port: int,
    *,
    config: Config | None = None,
    auto_ack: bool = True,
    monitor: Monitor | None = None,
    **options: Any,
) -> Connection:
    """Connects and waits for the peer's HELLO: `async with await open_connection(host, port) as connection`.

    `options` (`ssl`, `server_hostname`, `local_addr`, …) are those of `asyncio.open_connection`. Errors are those of
    `Connection.handshake`.
    """
    reader, writer = await asyncio.open_connection(host, port, **options)
    return await Connection.handshake(reader, writer, config=config, auto_ack=auto_ack, monitor=monitor)


async def serve(
    handler: Callable[[Connection], Awaitable[None]],
    host: str | None = None,
    port: int | None = None,
    *,
    config: Config | None = None,
    auto_ack: bool = True,
    monitor: Monitor | None = None,
    **options: Any,
) -> asyncio.Server:
    """Listens, and runs `handler` for each connection whose handshake has passed; closes it when the handler returns.

    `options` (`ssl`, `backlog`, `reuse_port`, …) are those of `asyncio.start_server`. A peer that breaks the handshake
    gets its ERROR and is closed. What a handler raises goes to the event loop's exception handler. All connections
    report to `monitor`, which is ticked once a second until the server is closed.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            connection = await Connection.handshake(
                reader, writer, config=config, auto_ack=auto_ack, monitor=monitor
            )
        except (OapError, OSError):
            return
        async with connection:
            await handler(connection)

    server = await asyncio.start_server(connected, host, port, **options)
    if monitor is not None:
        _tick(monitor, server)
    return server


def _tick(monitor: Monitor, server: asyncio.Server) -> None:
    """Ticks now and once a second, until the server is closed."""
    if server.sockets:
        monitor.tick()
        asyncio.get_running_loop().call_later(TICK_SECONDS, _tick, monitor, server)
