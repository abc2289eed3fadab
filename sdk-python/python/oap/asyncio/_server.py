"""`serve` and `Server`: accepts, limits, lists, shuts down."""

import asyncio
import contextlib
import logging
import operator
import socket
import ssl as tls
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self, TypeAlias

from .. import Config, ConnectionClosedError, Monitor
from ._connection import Connection
from ._driver import Driver
from ._options import NANOSECONDS, Options, nanoseconds

log = logging.getLogger("oap.asyncio")

Handler: TypeAlias = Callable[[Connection], Awaitable[None]]
ErrorHook: TypeAlias = Callable[[Exception], None]

IDLE_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 0.005
LONGEST_PAUSE_SECONDS = 1.0
TICK_SECONDS = 1.0
"""How often a server ticks the monitor that it was given."""
SHUTDOWN_SECONDS = 10.0
CLOSE_SECONDS = 10.0
HANDSHAKE_SECONDS = 10.0


class Server:
    """A server that accepts connections until it is closed or shut down. Made by `serve`."""

    def __init__(
        self,
        handler: Handler,
        sockets: list[socket.socket],
        *,
        config: Config | None,
        options: Options,
        monitor: Monitor | None,
        max_connections: int,
        on_error: ErrorHook | None,
        ssl: tls.SSLContext | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._handler, self._sockets = handler, sockets
        self._config, self._options, self._monitor = config, options, monitor
        self._on_error, self._ssl = on_error, ssl
        self._slots = asyncio.Semaphore(max_connections)
        self._connections: dict[asyncio.Task[None], Connection | None] = {}
        self._closing = False
        self._closed = asyncio.Event()
        self._accepting = [self._loop.create_task(self._accept(sock)) for sock in sockets]
        for task, sock in zip(self._accepting, sockets, strict=True):
            task.add_done_callback(partial(_close, sock))
        if monitor is not None:
            self._tick(monitor)

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """The sockets that it listens on; none once it is closed."""
        return tuple(self._sockets)

    @property
    def connections(self) -> list[Connection]:
        """The connections that are open now: to look at, and to close or abort one by one."""
        return [connection for connection in self._connections.values() if connection is not None]

    # Accepting

    async def _accept(self, listener: socket.socket) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._closing:
            await self._slots.acquire()
            try:
                accepted, _ = await self._loop.sock_accept(listener)
            except OSError as error:
                self._slots.release()
                self._report(error, "an accept failed")
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            except BaseException:
                self._slots.release()
                raise
            else:
                pause = FIRST_PAUSE_SECONDS
                task = self._loop.create_task(self._serve(accepted))
                self._connections[task] = None
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task, None)
        self._slots.release()
        if self._closing and not self._connections:
            self._closed.set()

    async def _serve(self, accepted: socket.socket) -> None:
        try:
            connection = await self._open(accepted)
        except (OSError, TimeoutError) as error:
            accepted.close()
            self._report(error, "a connection could not be made ready", logging.DEBUG)
            return
        try:
            await self._attend(connection)
        except BaseException:
            connection.abort()
            raise

    async def _open(self, accepted: socket.socket) -> Connection:
        accepted.setblocking(False)
        timeouts: dict[str, float] = {}
        if self._ssl is not None:
            timeouts["ssl_handshake_timeout"] = self._options.handshake_timeout or HANDSHAKE_SECONDS
        # What uvloop returns as the protocol is, over TLS, one of its own.
        driver = Driver(self._config, self._options, self._monitor)
        await self._loop.connect_accepted_socket(lambda: driver, accepted, ssl=self._ssl, **timeouts)
        connection = Connection(driver)
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = connection
        if self._closing:
            driver.shut_when_idle()
        return connection

    async def _attend(self, connection: Connection) -> None:
        try:
            await self._handler(connection)
        except ConnectionClosedError as error:
            # Its own closing is no failure, and what a peer did is no warning.
            if error.reason not in ("closed", "clean"):
                self._report(error, "a connection ended", logging.DEBUG)
        except Exception as error:
            self._report(error, "a handler failed")
        with contextlib.suppress(ConnectionClosedError):
            await connection.close()

    def _report(self, error: Exception, message: str, level: int = logging.WARNING) -> None:
        if self._on_error is None:
            log.log(level, message, exc_info=error if level == logging.WARNING else None)
            return
        try:
            self._on_error(error)
        except Exception:
            log.exception("the hook of errors failed")

    def _tick(self, monitor: Monitor) -> None:
        """Ticks now and once a second, until the server is closed."""
        if not self._closing:
            monitor.tick()
            self._loop.call_later(TICK_SECONDS, self._tick, monitor)

    # Its end

    def close(self) -> None:
        """Accepts no more. Connections go on until their handlers return."""
        if self._closing:
            return
        self._closing = True
        for task in self._accepting:
            task.cancel()
        self._sockets = []
        if not self._connections:
            self._closed.set()

    async def wait_closed(self) -> None:
        """Waits until it is closed and nothing is left of its connections."""
        await self._closed.wait()

    async def serve_forever(self) -> None:
        """Waits until the server is closed."""
        await self._closed.wait()

    async def shutdown(self, within: float = SHUTDOWN_SECONDS) -> None:
        """Accepts no more and closes what is idle; open streams may finish.

        What is open `close_timeout`, or half of `within`, before the end is closed, and what is left then aborted. Returns
        when nothing is left, at the latest after `within` seconds.
        """
        end = self._loop.time() + nanoseconds("within", within) / NANOSECONDS
        self.close()
        for task, connection in list(self._connections.items()):
            if connection is None:
                task.cancel()
            else:
                connection._driver.shut_when_idle()  # pyright: ignore[reportPrivateUsage]
        closing = min(self._options.close_timeout or CLOSE_SECONDS, within / 2)
        if not await self._empty(end - closing):
            for connection in self.connections:
                connection._driver.close(closing)  # pyright: ignore[reportPrivateUsage]
            await self._empty(end)
        self.abort()

    def abort(self) -> None:
        """Ends the server and its connections at once, and cancels their handlers."""
        self.close()
        for connection in self.connections:
            connection.abort()
        for task in self._connections:
            task.cancel()

    async def _empty(self, at: float) -> bool:
        try:
            async with asyncio.timeout_at(at):
                await self._closed.wait()
        except TimeoutError:
            return False
        return True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Exception):
            await self.shutdown()
        else:
            self.abort()


async def serve(
    handler: Handler,
    host: str | None = None,
    port: int = 0,
    *,
    sock: socket.socket | None = None,
    ssl: tls.SSLContext | None = None,
    backlog: int = 1024,
    reuse_port: bool = False,
    config: Config | None = None,
    options: Options | None = None,
    monitor: Monitor | None = None,
    max_connections: int = 1024,
    on_error: ErrorHook | None = None,
) -> Server:
    """Listens on `host` and `port`, or on `sock`, and runs `handler` for each connection; closes it when that returns.

    `host` None: all addresses; `port` 0: any. Connections over `max_connections` wait to be accepted. What a handler, an
    accept or a TLS handshake raises goes to `on_error`, else to the log `oap.asyncio`. All connections report to
    `monitor`, which is ticked once a second until the server is closed. An idle connection ends after 300 seconds where
    `options` has no `idle_timeout`.
    """
    options = Options() if options is None else options
    if options.idle_timeout is None:
        options = replace(options, idle_timeout=IDLE_SECONDS)
    if operator.index(max_connections) < 1:
        raise ValueError(f"max_connections = {max_connections} is not at least 1")
    sockets = [sock] if sock is not None else await _listeners(host, port, reuse_port)
    for listener in sockets:
        listener.listen(backlog)
        listener.setblocking(False)
    return Server(
        handler,
        sockets,
        config=config,
        options=options,
        monitor=monitor,
        max_connections=max_connections,
        on_error=on_error,
        ssl=ssl,
    )


def _close(sock: socket.socket, _: object) -> None:
    sock.close()


async def _listeners(host: str | None, port: int, reuse_port: bool) -> list[socket.socket]:
    """A socket an address; none stays open where one fails."""
    infos = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    with contextlib.ExitStack() as stack:
        sockets = list[socket.socket]()
        for family, kind, protocol, _, address in dict.fromkeys(infos):
            sock = stack.enter_context(socket.socket(family, kind, protocol))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if reuse_port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
            sockets.append(sock)
        stack.pop_all()
    return sockets
