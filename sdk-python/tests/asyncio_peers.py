"""Both ends of a loopback connection, for the tests of oap.asyncio."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import oap
import oap.asyncio
from oap import Data, End, Hello, Start
from oap.asyncio import Connection, serve

Handler = Callable[[Connection], Awaitable[None]]


def run(main: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await main

    asyncio.run(bounded())


@contextlib.asynccontextmanager
async def served(handler: Handler, **options: Any) -> AsyncIterator[int]:
    server = await serve(handler, "127.0.0.1", 0, **options)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def connect(port: int, **options: Any) -> Connection:
    return await oap.asyncio.connect("127.0.0.1", port, **options)


class Collector:
    """A handler that keeps what it is sent, and sends nothing."""

    def __init__(self) -> None:
        self.frames: list[oap.Frame] = []
        self.done = asyncio.Event()

    async def __call__(self, connection: Connection) -> None:
        try:
            async for frame in connection:
                self.frames.append(frame)
        finally:
            self.done.set()

    def bodies(self) -> bytes:
        return b"".join(frame.body for frame in self.frames if isinstance(frame, Data))


async def stay_open(connection: Connection) -> None:
    await connection.ended()


async def close_within(seconds: Any) -> None:
    """Closes a connection, and shuts its server down, within so long."""
    server = await serve(stay_open, "127.0.0.1", 0)
    connection = await connect(server.sockets[0].getsockname()[1])
    try:
        await connection.close(seconds)
        await server.shutdown(seconds)
    finally:
        connection.abort()
        server.abort()
        await server.wait_closed()


async def echo(connection: Connection) -> None:
    """Sends back each stream as it has come."""
    name, parts = "", list[bytes]()
    async for frame in connection:
        match frame:
            case Start(stream):
                name, parts = stream, []
            case Data(_, _, body):
                parts.append(bytes(body))
            case End():
                await connection.send_stream(name, b"".join(parts))


async def stream_of(connection: Connection) -> tuple[str, bytes, int]:
    """The next stream: its name, its bytes, its status."""
    name, parts = "", list[bytes]()
    async for frame in connection:
        match frame:
            case Start(stream):
                name = stream
            case Data(_, _, body):
                parts.append(bytes(body))
            case End(_, status):
                return name, b"".join(parts), status
    raise AssertionError("the connection ended inside a stream")


@contextlib.asynccontextmanager
async def raw_peer(first: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that sends these bytes and keeps what it gets."""
    got = list[bytes]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            writer.write(first)
            got.append(await reader.read())

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got


HELLO = oap.encode(Hello(1, oap.MAX_FRAME_BYTES))
