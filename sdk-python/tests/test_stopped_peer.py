"""A peer that reads nothing costs its sender `send_buffer`, one frame, and what the sockets hold: on each event loop."""

import asyncio
import contextlib
import importlib.util
import socket
from collections.abc import Iterator
from types import ModuleType

import pytest
import trio
from hostile_peers import Run
from wires import ROOT

import oap
from oap import ConnectionClosedError
from oap.asyncio import Options, connect

SEND_BUFFER = 100_000
CHUNK = 10_000
HELLO = oap.encode(oap.Hello(1, oap.MAX_FRAME_BYTES, None, 1024))


class Source:
    """Bodies without end."""

    given = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.given += CHUNK
            yield bytes(CHUNK)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, int]]:
    """Our socket, to a peer that has greeted and stopped, and how many bytes the kernel holds of what goes there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        ours = socket.create_connection(listener.getsockname())
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        theirs, _ = listener.accept()
    with ours, theirs:
        theirs.sendall(HELLO)
        kernel = ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) + theirs.getsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF
        )
        ours.setblocking(False)
        yield ours, kernel


def test_on_asyncio_and_uvloop(run: Run, ends: tuple[socket.socket, int]) -> None:
    sock, kernel = ends
    source = Source()

    async def main() -> None:
        connection = await connect(sock=sock, options=Options(send_buffer=SEND_BUFFER))
        sending = asyncio.create_task(connection.send_stream("s", source))
        before = -1
        while source.given != before or not source.given:
            before = source.given
            await asyncio.sleep(0.2)
        transport = connection._driver.transport
        assert transport is not None
        assert SEND_BUFFER <= connection.queued < SEND_BUFFER + CHUNK + 100
        assert transport.get_write_buffer_size() <= 65_536, "that much of it lies with the loop too"
        assert source.given <= connection.queued + kernel + CHUNK
        connection.abort()
        with pytest.raises(ConnectionClosedError):
            await sending

    run(main)


def test_on_trio(ends: tuple[socket.socket, int]) -> None:
    sock, kernel = ends
    source = Source()
    client = example()
    engine = oap.Connection(send_buffer=SEND_BUFFER)

    async def main() -> None:
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))

        async def send() -> None:
            bodies = oap.Bodies(source)
            await client.send(engine, stream, lambda: engine.start("s"))
            await client.send(engine, stream, lambda: engine.data_all(bodies))

        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(send)
                before = -1
                while source.given != before or not source.given:
                    before = source.given
                    await trio.sleep(0.2)
                assert SEND_BUFFER - 65_536 <= engine.queued < SEND_BUFFER + CHUNK + 100
                assert source.given <= engine.queued + kernel + CHUNK
                nursery.cancel_scope.cancel()

    trio.run(main)


def test_a_close_on_trio_keeps_its_time(ends: tuple[socket.socket, int]) -> None:
    sock, _ = ends
    client = example()
    engine = oap.Connection(close_timeout_ns=200_000_000)

    async def main() -> None:
        stream, bodies = trio.SocketStream(trio.socket.from_stdlib_socket(sock)), oap.Bodies(Source())
        with trio.fail_after(30):
            await client.send(engine, stream, lambda: engine.start("s"))
            with contextlib.suppress(trio.TooSlowError), trio.fail_after(0.3):
                await client.send(engine, stream, lambda: engine.data_all(bodies))
            assert engine.queued > 0
            assert await client.close(engine, stream) == "close_timeout"

    trio.run(main)


def example() -> ModuleType:
    """The example on trio, as a module."""
    spec = importlib.util.spec_from_file_location("trio_client", ROOT / "sdk-python/examples/trio_client.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
