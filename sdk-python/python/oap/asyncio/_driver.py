"""The protocol under a connection: it moves bytes between the transport and the engine."""

import asyncio
import sys
import threading
import time
from collections import deque
from typing import cast

from .. import Config, ConnectionClosedError, FrameBatch, Monitor
from .. import Connection as Engine
from ._options import NANOSECONDS, Options, nanoseconds

READ_BYTES = 1 << 18
"""How much one read takes at most."""

WRITE_BYTES = 1 << 16
"""How much one write hands over, which is the most that lies twice: in the engine and in the transport."""

TLS_CLOSE_SECONDS = 1.0
"""How long TLS may take to say goodbye once the connection has ended."""

EVERYTHING = 1 << 62


class _ReadBuffer(threading.local):
    """Where the transports of a thread read to. One does for all: what was read is taken before another reads."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(READ_BYTES))


read_buffer = _ReadBuffer()


class Driver(asyncio.BufferedProtocol):
    """Decides nothing: after each event it does what the engine wants."""

    def __init__(self, config: Config | None, options: Options, monitor: Monitor | None) -> None:
        self.loop = asyncio.get_running_loop()
        self.engine = Engine(config, monitor=monitor, auto_ack=options.auto_ack, **options.of_engine())
        self.options = options
        self.opened = time.monotonic()
        self.inbox: deque[FrameBatch] = deque()
        self.transport: asyncio.Transport | None = None
        self.state = self.engine.state
        self.closed_here = False
        self.close_when_idle = False
        self.busy = False
        self.failure: Exception | None = None
        self.over = False
        self.lost = False
        # Windows may fill it while another transport is served.
        self._read_buffer = _ReadBuffer().view if sys.platform == "win32" else read_buffer.view
        self._tls = False
        self._waiters: list[asyncio.Future[None]] = []
        self._scheduled = False
        self._owes_end = False
        self._writing = self._writing_paused = self._reading_paused = self._shut = False
        self._handed_over = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0

    # Events of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are no subclass.
        self.transport = transport = cast(asyncio.Transport, transport)
        self._tls = transport.get_extra_info("sslcontext") is not None
        # More than nothing left: asyncio's TLS pauses at `high` itself.
        transport.set_write_buffer_limits(high=1, low=0)
        self.settle()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.settle(self._read_buffer[:nbytes])

    def eof_received(self) -> bool:
        self.engine.receive_end()
        self.settle()
        return not self._tls

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        if not self._writing:
            self.engine.transmitted(self._handed_over)
            self._handed_over = 0
            self.settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self.engine.state != "ended":
            self.failure = exc
            if exc is None:
                self._end_without_writing()
            self.engine.transport_failed()
        self.settle()

    def _end_without_writing(self) -> None:
        """The peer has closed both ways: acknowledgements that it will not read are owed to nobody."""
        self.engine.receive_end()
        if self.engine.state == "peer_closed":
            self.engine.take(EVERYTHING)
            self.engine.transmitted(sum(map(len, self.engine.transmit())))

    # Wishes of the engine

    def settle(self, received: memoryview | None = None, taken: int = 0) -> None:
        """Tells the engine what has happened, does what it wants now, and wakes who waits for a change."""
        self._scheduled = False
        reads, deadline = self._exchange(received, taken)
        if self.close_when_idle and not self.closed_here and self.is_idle:
            self._begin_close(None)
            reads, deadline = self._exchange(None, 0)
        if self._owes_end:
            self._give_up()
        transport = self.transport
        if self.state == "ended":
            self._finish()
        elif transport is not None and not self.lost:
            if self.state == "shut":
                self._shut_writing(transport)
            if reads is self._reading_paused:
                self._turn_reading(transport)
            if deadline is not None and (self._alarm is None or deadline < self._alarm_at):
                self._set_alarm(deadline)
        if self._waiters:
            self._wake()

    def _exchange(self, received: memoryview | None, taken: int) -> tuple[bool, int | None]:
        """Carries bytes and frames between transport, engine and inbox. Returns what else the engine wants."""
        step, transport = self.engine.step, self.transport
        blocked = transport is None or self._writing or self._writing_paused
        batch, wire, self.state, reads, deadline = step(received, taken, 0, 0 if blocked else WRITE_BYTES)
        if batch is not None and not self.closed_here:
            self.inbox.append(batch)
        while wire and transport is not None and not transport.is_closing():
            self._writing = True
            transport.write(wire)
            self._writing = False
            # Bytes that the transport could not write still count as waiting.
            left = transport.get_write_buffer_size() if self._writing_paused else 0
            self._handed_over = min(left, len(wire))
            written, most = len(wire) - self._handed_over, 0 if self._writing_paused else WRITE_BYTES
            _, wire, self.state, reads, deadline = step(None, 0, written, most)
        return reads, deadline

    def schedule(self) -> None:
        """Settles at the end of this turn of the loop, so that what is queued in it is written together."""
        if not self._scheduled:
            self._scheduled = True
            self.loop.call_soon(self._settle_scheduled)

    def _settle_scheduled(self) -> None:
        if self._scheduled:
            self.settle()

    def _shut_writing(self, transport: asyncio.Transport) -> None:
        if not self._shut and transport.can_write_eof() and not transport.is_closing():
            try:
                transport.write_eof()
            except OSError:
                pass  # the peer has reset it: that is told by the transport
        self._shut = True

    def _turn_reading(self, transport: asyncio.Transport) -> None:
        self._reading_paused = not self._reading_paused
        if self._reading_paused:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _set_alarm(self, deadline: int) -> None:
        """An alarm that rings early asks again: deadlines mostly move away."""
        if self._alarm is not None:
            self._alarm.cancel()
        delay = (deadline - time.monotonic_ns()) / NANOSECONDS
        self._alarm, self._alarm_at = self.loop.call_later(max(delay, 0.0), self._ring), deadline

    def _ring(self) -> None:
        self._alarm = None
        self.engine.handle_timeout()
        self.settle()

    def _finish(self) -> None:
        if self.over:
            return
        self.over = True
        if self._alarm is not None:
            self._alarm.cancel()
        if self.transport is None or self.lost:
            return
        if self._writing_paused or self.engine.end_reason in ("aborted", "close_timeout"):
            self.transport.abort()
        else:
            self.transport.close()
            if self._tls:
                self.loop.call_later(TLS_CLOSE_SECONDS, self.transport.abort)

    # Waiting

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def change(self) -> None:
        """Waits until something has happened."""
        waiter = self.loop.create_future()
        self._waiters.append(waiter)
        await waiter

    # Ends

    def close(self, within: float | None) -> None:
        within_ns = None if within is None else nanoseconds("within", within)
        if not self.over:
            self._begin_close(within_ns)
        self.settle()

    def _begin_close(self, within_ns: int | None) -> None:
        self.engine.close(within_ns)
        self.closed_here = True
        self.inbox.clear()

    def abort(self) -> None:
        self.closed_here = True
        self.inbox.clear()
        self.engine.abort()
        self.settle()

    def shut_when_idle(self) -> None:
        self.close_when_idle = True
        self.settle()

    @property
    def has_written(self) -> bool:
        """All that was queued is with the transport, which takes more."""
        return self.state == "open" and not self.engine.queued

    @property
    def is_idle(self) -> bool:
        """No stream is open, and nothing waits."""
        engine = self.engine
        waits = self.busy or self.inbox or engine.untaken
        return not waits and not engine.inbound.open and not engine.outbound.open

    def error(self) -> ConnectionClosedError:
        """The exception of a call that comes too late; its cause is what the connection ended by."""
        error = self.engine.error()
        error.__cause__ = self.failure or error.reject
        return error

    # The open stream

    @property
    def owes_end(self) -> bool:
        """A stream was given up, and its END waits to be queued."""
        return self._owes_end

    def give_up_stream(self) -> None:
        self.engine.cancel_send()
        self._owes_end = True
        self._give_up()
        self.schedule()

    def _give_up(self) -> None:
        try:
            open = self.engine.outbound.open
            self._owes_end = open and self.engine.end_stream(1) is not None
        except ConnectionClosedError:
            self._owes_end = False
        if not self._owes_end:
            self.schedule()
