"""Peers that misbehave, and the event loops on which they are tried."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
import uvloop
from asyncio_peers import connect, stream_of

import oap
from oap import ConnectionClosedError

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}

Main = Callable[[], Coroutine[Any, Any, None]]
Run = Callable[[Main], None]
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def peer(behave: Peer, **options: Any) -> AsyncIterator[int]:
    """A server that behaves so until it is left."""
    over = asyncio.Event()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            ends = [asyncio.create_task(behave(reader, writer)), asyncio.create_task(over.wait())]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
            for ended in await asyncio.gather(*ends, return_exceptions=True):
                assert not isinstance(ended, Exception) or isinstance(ended, OSError)

    async with await asyncio.start_server(attend, "127.0.0.1", 0, **options) as server:
        yield server.sockets[0].getsockname()[1]
        over.set()


async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def greet_and_stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(oap.encode(oap.Hello(1, oap.MAX_FRAME_BYTES, None, 1024)))
    await stay(reader, writer)


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def reason_of(call: Awaitable[object]) -> str:
    with pytest.raises(ConnectionClosedError) as caught:
        await call
    return caught.value.reason


async def lives(port: int, **options: Any) -> None:
    async with await connect(port, **options) as connection:
        await connection.send_stream("after", b"abc")
        assert await stream_of(connection) == ("after", b"abc", 0)
