"""oap.asyncio against hostile peers, over real sockets, on asyncio's loop and on uvloop."""

import asyncio
import contextlib
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from asyncio_peers import HELLO, Collector, connect, echo, served, stream_of
from hostile_peers import LOOPS, Run, greet_and_stay, lives, peer, reason_of, reset, stay
from tls import Tls

import oap
from oap import ConnectionClosedError, Data, End, Error, Start
from oap.asyncio import Connection, Options, serve


def test_a_mute_peer_ends_after_the_handshake_timeout(run: Run) -> None:
    async def main() -> None:
        options = Options(handshake_timeout=0.2)
        async with peer(stay) as port:
            connection = await connect(port, options=options)
            assert await reason_of(connection.send_stream("s", b"abc")) == "handshake_timeout"
            assert await connection.ended() == "handshake_timeout"

    run(main)


def test_silent_peers_are_not_held(run: Run) -> None:
    async def main() -> None:
        async with await serve(echo, "127.0.0.1", 0, options=Options(handshake_timeout=0.3)) as server:
            port = server.sockets[0].getsockname()[1]
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
            for reader, writer in silent:
                await reader.read()
                writer.close()
            while server.connections:
                await asyncio.sleep(0.01)
            await lives(port)

    run(main)


def test_a_slow_reader_gets_all_that_was_sent_and_closed(run: Run) -> None:
    async def main() -> None:
        got = bytearray()

        async def slow(connection: Connection) -> None:
            async for frame in connection:
                if isinstance(frame, Data):
                    got.extend(frame.body)
                    await asyncio.sleep(len(frame.body) / 400_000)

        async with served(slow) as port:
            connection = await connect(port)
            payload = bytes(range(250)) * 12_000
            await connection.send_stream("s", payload)
            await connection.close()
            assert connection.end_reason == "clean" and bytes(got) == payload

    run(main)


def test_a_stopped_reader_costs_the_send_buffer_and_close_keeps_its_time(run: Run) -> None:
    async def main() -> None:
        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield bytes(65_536)

        async with peer(greet_and_stay, limit=1) as port:
            connection = await connect(port)
            sending = asyncio.create_task(connection.send_stream("s", endless()))
            before = -1
            while connection.queued != before:
                before = connection.queued
                await asyncio.sleep(0.3)
            transport = connection._driver.transport
            assert transport is not None
            assert 0 < connection.queued <= 262_144 + 65_560
            assert transport.get_write_buffer_size() <= 65_536
            start = time.monotonic()
            assert await reason_of(connection.close(0.3)) == "close_timeout"
            assert time.monotonic() - start < 5
            assert await reason_of(sending) in ("closed", "close_timeout")

    run(main)


def test_a_reset_is_told_to_all_and_close_tells_it_too(run: Run) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection = await connect(listener.getsockname()[1])
            accepted, _ = listener.accept()
            accepted.sendall(HELLO)
            await connection.ready()
            sending = asyncio.create_task(connection.send_stream("s", bytes(50_000_000)))
            taking = asyncio.create_task(connection.receive())
            await asyncio.sleep(0.1)
            reset(accepted)
            for call in (sending, taking, connection.close(), connection.close(), connection.delivered()):
                assert await reason_of(call) == "reset"
            with pytest.raises(ConnectionClosedError) as caught:
                await connection.start("t")
            assert isinstance(caught.value.__cause__, OSError)
            connection.abort()
            assert connection.end_reason == "reset"

    run(main)


def test_a_peer_that_closes_at_any_byte(run: Run) -> None:
    wire = HELLO + oap.encode_batch([Start("s"), Data(1, None, b"abc"), End(1, 0), Error(9, "x")])

    async def main() -> None:
        hook = list[Exception]()
        async with await serve(echo, "127.0.0.1", 0, on_error=hook.append) as server:
            port = server.sockets[0].getsockname()[1]
            for end in range(len(wire) + 1):
                for leave in (socket.socket.close, reset):
                    sock = socket.create_connection(("127.0.0.1", port))
                    sock.sendall(wire[:end])
                    leave(sock)
            for _ in range(100):
                reset(socket.create_connection(("127.0.0.1", port)))
            await lives(port)
            while server.connections:
                await asyncio.sleep(0.01)
            assert all(isinstance(error, ConnectionClosedError | OSError) for error in hook), hook

    run(main)


def test_a_half_closed_peer_gets_its_answer(run: Run) -> None:
    async def main() -> None:
        async with served(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HELLO + oap.encode_batch([Start("s"), Data(1, None, b"abc"), End(1, 0)]))
            writer.write_eof()
            kinds = {frame.kind.name for frame in oap.Decoder().feed(await reader.read())}
            assert "ACK" in kinds and "ERROR" not in kinds
            writer.close()

    run(main)


def test_another_protocol_gets_an_error(run: Run) -> None:
    async def main() -> None:
        async with served(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert list(oap.Decoder().feed(await reader.read()))[-1] == Error(3, "frame_oversize")
            writer.close()
            await lives(port)

    run(main)


def test_a_handler_that_fails_ends_its_connection_alone(run: Run) -> None:
    async def main() -> None:
        hook = list[Exception]()

        async def handler(connection: Connection) -> None:
            if await connection.receive() == Start("bad"):
                raise LookupError
            await echo(connection)

        async with await serve(handler, "127.0.0.1", 0, on_error=hook.append) as server:
            connection = await connect(server.sockets[0].getsockname()[1])
            await connection.start("bad")
            assert await connection.ended() in ("clean", "unacknowledged")
            assert [type(error) for error in hook] == [LookupError]

    run(main)


def test_a_thousand_connections(run: Run) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))

    async def main() -> None:
        async with await serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            connections = [await connect(port) for _ in range(1000)]
            async with asyncio.TaskGroup() as group:
                for connection in connections:
                    group.create_task(connection.send_stream("s", b"abc"))
            for connection in connections:
                assert await stream_of(connection) == ("s", b"abc", 0)
            assert len(server.connections) == 1000
            async with asyncio.TaskGroup() as group:
                for connection in connections:
                    group.create_task(connection.close())

    try:
        run(main)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_more_connections_than_allowed_wait(run: Run) -> None:
    async def main() -> None:
        async with await serve(echo, "127.0.0.1", 0, max_connections=2) as server:
            port = server.sockets[0].getsockname()[1]
            connections = [await connect(port) for _ in range(3)]
            await connections[1].ready()
            await asyncio.sleep(0.1)
            assert [connection.state for connection in connections] == ["open", "open", "handshake"]
            await connections[0].close()
            await connections[2].ready()
            for connection in connections[1:]:
                connection.abort()

    run(main)


def test_close_twice_and_while_sending(run: Run) -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector, config=oap.Config(ack_window_frames=4)) as port:
            connection = await connect(port)
            sending = asyncio.create_task(connection.send_stream("s", (bytes(100) for _ in range(1 << 30))))
            waiting = asyncio.create_task(connection.send_stream("t", b"abc"))
            taking = asyncio.create_task(connection.receive())
            await asyncio.sleep(0.05)
            await asyncio.gather(connection.close(), connection.close(5))
            for late in (sending, waiting, taking, connection.data(b"x")):
                assert await reason_of(late) in ("closed", "clean")
            connection.abort()
            await connection.close()
            assert connection.end_reason == "clean"
            await collector.done.wait()
        assert isinstance(collector.frames[-1], End) and collector.frames[-1].status == 1

    run(main)


def test_abort_in_any_state(run: Run) -> None:
    async def main() -> None:
        async with served(echo) as port:
            for prepare in ("handshake", "open", "closing"):
                connection = await connect(port)
                if prepare != "handshake":
                    await connection.ready()
                closing = asyncio.create_task(connection.close()) if prepare == "closing" else None
                connection.abort()
                connection.abort()
                assert await connection.ended() == "aborted"
                if closing is not None:
                    assert await reason_of(closing) == "aborted"

    run(main)


def test_shutdown_lets_open_streams_finish_and_closes_what_is_idle(run: Run) -> None:
    async def main() -> None:
        collector = Collector()
        server = await serve(collector, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        idle, busy = await connect(port), await connect(port)
        await idle.ready()
        await busy.start("s")
        await busy.data(b"abc")
        await busy.delivered()
        shutting = asyncio.create_task(server.shutdown(20))
        assert await idle.ended() == "clean"
        with pytest.raises(OSError):
            await connect(port)
        await busy.data(b"def")
        await busy.end()
        assert await busy.ended() == "clean"
        await shutting
        assert collector.bodies() == b"abcdef" and server.connections == []

    run(main)


def test_shutdown_keeps_its_time(run: Run) -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            await asyncio.sleep(60)

        server = await serve(handler, "127.0.0.1", 0)
        connection = await connect(server.sockets[0].getsockname()[1])
        await connection.start("s")
        await connection.data(b"abc")
        await asyncio.sleep(0.1)
        start = time.monotonic()
        await server.shutdown(0.4)
        await server.wait_closed()
        assert time.monotonic() - start < 5
        await connection.ended()

    run(main)


SERVER = """
import asyncio, resource, ssl, sys
import uvloop
from oap.asyncio import connect, serve

loop, descriptors, *certificate = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (int(descriptors), int(descriptors)))
tls = None
if certificate:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)

async def take(connection):
    async for _ in connection:
        pass

async def main():
    async with await serve(take, "127.0.0.1", 0, ssl=tls) as server:
        port = server.sockets[0].getsockname()[1]
        client = None if tls else await connect("127.0.0.1", port)
        print(port, flush=True)
        await server.serve_forever()

with asyncio.Runner(loop_factory={"asyncio": asyncio, "uvloop": uvloop}[loop].new_event_loop) as runner:
    runner.run(main())
"""


@contextlib.contextmanager
def server_process(
    loop: str = "asyncio", descriptors: int = 1024, tls: Tls | None = None
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    certificate = [] if tls is None else [str(tls.cert), str(tls.key)]
    command = [sys.executable, "-c", SERVER, loop, str(descriptors), *certificate]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_ctrl_c_ends_a_server_with_a_client() -> None:
    with server_process() as (process, port):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(HELLO)
            assert sock.recv(100)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in told and "never" not in told


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
def test_without_descriptors_a_server_goes_on_when_there_are_some_again(
    loop: str, encrypted: bool, tls: Tls
) -> None:
    with server_process(loop, 64, tls if encrypted else None) as (process, port):
        socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
        time.sleep(0.5)
        busy = cpu_seconds(process.pid)
        time.sleep(1)
        assert cpu_seconds(process.pid) - busy < 0.5
        for sock in socks:
            sock.close()
        with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
            if encrypted:
                sock = tls.client["ssl"].wrap_socket(sock, server_hostname="localhost")
            with sock:
                sock.sendall(HELLO)
                assert sock.recv(100)[:2] == HELLO[:2]
        assert process.poll() is None


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
