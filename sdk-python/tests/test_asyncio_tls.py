"""oap.asyncio against hostile peers over TLS, on asyncio's loop and on uvloop."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator

from asyncio_peers import HELLO, connect, echo, served, stream_of
from hostile_peers import Run, greet_and_stay, lives, peer, reason_of, reset, stay
from tls import Tls

import oap
from oap import ConnectionClosedError, Data, End, Error, Start
from oap.asyncio import Connection, Options, serve

STREAM = oap.encode_batch([Start("s"), Data(1, None, b"abc"), End(1, 0)])

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def dial(port: int, tls: Tls) -> Streams:
    return await asyncio.open_connection("127.0.0.1", port, **tls.client)


def reset_below(writer: asyncio.StreamWriter) -> None:
    """Resets the socket under TLS."""
    reset(socket.socket(fileno=socket.dup(writer.get_extra_info("socket").fileno())))
    writer.transport.abort()


def test_a_peer_mute_at_any_stage_is_not_held(run: Run, tls: Tls) -> None:
    async def main() -> None:
        options = Options(handshake_timeout=0.5)
        async with await serve(echo, "127.0.0.1", 0, options=options, **tls.server) as server:
            port = server.sockets[0].getsockname()[1]
            silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
            greeted = [await dial(port, tls) for _ in range(20)]
            for sock in silent:
                # It ends without a word, since TLS has not begun.
                sock.setblocking(False)
                assert await asyncio.get_running_loop().sock_recv(sock, 1) == b""
                sock.close()
            for reader, writer in greeted:
                assert isinstance(oap.Decoder().feed(await reader.read())[0], oap.Hello)
                writer.close()
            await lives(port, **tls.client)
            while server.connections:
                await asyncio.sleep(0.01)
        async with peer(stay, **tls.server) as port:
            connection = await connect(port, options=options, **tls.client)
            assert await reason_of(connection.send_stream("s", b"abc")) == "handshake_timeout"

    run(main)


def test_a_slow_reader_gets_all_that_was_sent_and_closed(run: Run, tls: Tls) -> None:
    async def main() -> None:
        got = bytearray()

        async def slow(connection: Connection) -> None:
            async for frame in connection:
                if isinstance(frame, Data):
                    got.extend(frame.body)
                    await asyncio.sleep(len(frame.body) / 2_000_000)

        async with served(slow, **tls.server) as port:
            connection = await connect(port, **tls.client)
            payload = bytes(range(250)) * 8_000
            await connection.send_stream("s", payload)
            await connection.close()
            assert connection.end_reason == "clean" and bytes(got) == payload

    run(main)


def test_a_stopped_reader_costs_the_send_buffer_and_close_keeps_its_time(run: Run, tls: Tls) -> None:
    async def main() -> None:
        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield bytes(65_536)

        async with peer(greet_and_stay, limit=1, **tls.server) as port:
            connection = await connect(port, **tls.client)
            sending = asyncio.create_task(connection.send_stream("s", endless()))
            before = -1
            while connection.queued != before:
                before = connection.queued
                await asyncio.sleep(0.3)
            transport = connection._driver.transport
            assert transport is not None
            assert 0 < connection.queued <= 262_144 + 65_560
            assert transport.get_write_buffer_size() <= 65_536 + 1_024  # what TLS adds
            start = time.monotonic()
            assert await reason_of(connection.close(0.3)) == "close_timeout"
            assert time.monotonic() - start < 5
            assert await reason_of(sending) in ("closed", "close_timeout")

    run(main)


def test_a_reset_is_told_to_all(run: Run, tls: Tls) -> None:
    async def main() -> None:
        async def greet_and_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(HELLO)
            await reader.read(200_000)
            reset_below(writer)

        async with peer(greet_and_reset, **tls.server) as port:
            connection = await connect(port, **tls.client)
            sending = asyncio.create_task(connection.send_stream("s", bytes(50_000_000)))
            taking = asyncio.create_task(connection.receive())
            for call in (sending, taking, connection.close(), connection.delivered()):
                assert await reason_of(call) == "reset"

    run(main)


def test_a_peer_that_leaves_at_any_frame(run: Run, tls: Tls) -> None:
    after: list[oap.Frame] = [Start("s"), Data(1, None, b"abc"), End(1, 0), Error(9, "x")]
    frames = [HELLO, *(oap.encode(frame) for frame in after)]

    async def main() -> None:
        hook = list[Exception]()
        async with await serve(echo, "127.0.0.1", 0, on_error=hook.append, **tls.server) as server:
            port = server.sockets[0].getsockname()[1]
            for end in range(len(frames) + 1):
                for cut in (b"", b"\0\0"):
                    for leave in (asyncio.StreamWriter.close, reset_below):
                        _, writer = await dial(port, tls)
                        writer.write(b"".join(frames[:end]) + cut)
                        leave(writer)
            for _ in range(20):
                reset(socket.create_connection(("127.0.0.1", port)))
            await lives(port, **tls.client)
            while server.connections:
                await asyncio.sleep(0.01)
            assert all(isinstance(error, ConnectionClosedError | OSError) for error in hook), hook

    run(main)


def test_a_peer_that_ends_its_input_has_its_stream_taken(run: Run, tls: Tls) -> None:
    """TLS of Python has no half-closed connection: what the peer sent is taken, an answer does not reach it."""

    async def main() -> None:
        taken = asyncio.get_running_loop().create_future()

        async def take(connection: Connection) -> None:
            taken.set_result(await stream_of(connection))

        async with served(take, **tls.server) as port:
            _, writer = await dial(port, tls)
            writer.write(HELLO + STREAM)
            writer.close()
            assert await taken == ("s", b"abc", 0)

    run(main)


def test_other_protocols(run: Run, tls: Tls) -> None:
    async def main() -> None:
        hook = list[Exception]()
        async with await serve(echo, "127.0.0.1", 0, on_error=hook.append, **tls.server) as server:
            port = server.sockets[0].getsockname()[1]
            for wire in (b"GET / HTTP/1.1\r\n\r\n", HELLO, b"\x16\x03\x01\xff\xff" + b"\0" * 1000):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(wire)
                with contextlib.suppress(ConnectionError):
                    await reader.read()
                writer.close()
            reader, writer = await dial(port, tls)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert list(oap.Decoder().feed(await reader.read()))[-1] == Error(3, "frame_oversize")
            writer.close()
            await lives(port, **tls.client)
            assert all(isinstance(error, ConnectionClosedError | OSError) for error in hook), hook

    run(main)


def test_two_hundred_connections_at_once(run: Run, tls: Tls) -> None:
    async def main() -> None:
        async with await serve(echo, "127.0.0.1", 0, **tls.server) as server:
            port = server.sockets[0].getsockname()[1]
            connections = [await connect(port, **tls.client) for _ in range(200)]
            async with asyncio.TaskGroup() as group:
                for connection in connections:
                    group.create_task(connection.send_stream("s", b"abc"))
            for connection in connections:
                assert await stream_of(connection) == ("s", b"abc", 0)
            async with asyncio.TaskGroup() as group:
                for connection in connections:
                    group.create_task(connection.close())

    run(main)
