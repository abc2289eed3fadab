"""oap.asyncio: over TLS, over a pair of sockets, and how it is left."""

import asyncio
import socket
from pathlib import Path

import pytest
from asyncio_peers import Collector, connect, echo, run, served, stream_of
from tls import Tls

import oap.asyncio
from oap import End, Start


def test_over_tls(tls: Tls) -> None:
    payload = bytes(range(256)) * 4000

    async def main() -> None:
        async with served(echo, **tls.server) as port:
            async with await connect(port, **tls.client) as connection:
                await connection.send_stream("s", payload)
                assert await stream_of(connection) == ("s", payload, 0)

    run(main())


def test_over_a_socket_pair() -> None:
    async def main() -> None:
        one, two = socket.socketpair()
        ours, theirs = [await oap.asyncio.connect(sock=end) for end in (one, two)]
        async with ours:
            await ours.send_stream("s", b"abc")
            assert await stream_of(theirs) == ("s", b"abc", 0)
            closing = asyncio.create_task(theirs.close())
        await closing

    run(main())


def test_over_a_unix_socket(tmp_path: Path) -> None:
    async def main() -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "socket"))
        async with await oap.asyncio.serve(echo, sock=listener):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, str(tmp_path / "socket"))
            async with await oap.asyncio.connect(sock=client) as connection:
                await connection.send_stream("s", b"abc")
                assert await stream_of(connection) == ("s", b"abc", 0)

    run(main())


def test_leaving_by_an_exception_gives_the_open_stream_up() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            with pytest.raises(KeyError):
                async with await connect(port) as connection:
                    await connection.start("s")
                    raise KeyError
            await collector.done.wait()
        assert collector.frames == [Start("s"), End(0, 1)]

    run(main())
