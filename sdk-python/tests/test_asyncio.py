"""oap.asyncio: client and server over loopback."""

import asyncio
import contextlib
import io
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from wires import ADDRESS

import oap
from oap import Ack, Config, Data, End, Error, Hello, Start
from oap.asyncio import ABORTED, Connection, open_connection, serve

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
    return await open_connection("127.0.0.1", port, **options)


class Collector:
    """A handler that keeps what it is sent, and sends nothing."""

    def __init__(self) -> None:
        self.frames: list[oap.Frame] = []
        self.done = asyncio.Event()

    async def __call__(self, connection: Connection) -> None:
        async for frame in connection:
            self.frames.append(frame)
        self.done.set()

    def bodies(self) -> bytes:
        return b"".join(frame.body for frame in self.frames if isinstance(frame, Data))


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


def test_the_handshake_tells_the_peers_hello() -> None:
    async def main() -> None:
        seen = list[Hello]()

        async def handler(connection: Connection) -> None:
            seen.append(connection.peer)

        async with served(handler, config=Config(max_frame=8192)) as port:
            async with await connect(port, config=Config(ack_window_frames=3)) as connection:
                assert connection.peer == Hello(1, 8192, None, 32)
                assert connection.session.is_established
                assert connection.get_extra_info("peername")[1] == port
        assert seen == [Hello(1, oap.MAX_FRAME_BYTES, None, 3)]

    run(main())


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 5_000_000])
def test_a_stream_there_and_back(size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)

    async def main() -> None:
        async with served(echo) as port, await connect(port) as connection:
            await connection.send_stream("notes", payload)
            assert await stream_of(connection) == ("notes", payload, 0)
            await connection.send_stream("more", payload[:10])
            assert await stream_of(connection) == ("more", payload[:10], 0)

    run(main())


async def parts_of(payload: bytes) -> AsyncIterator[bytes]:
    yield b""
    yield payload[:100]
    yield payload[100:]


@pytest.mark.parametrize(
    "source",
    [
        bytes,
        bytearray,
        memoryview,
        io.BytesIO,
        parts_of,
    ],
)
def test_any_source(source: Callable[[bytes], Any]) -> None:
    payload = bytes(range(251)) * 1000

    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            async with await connect(port) as connection:
                await connection.send_stream("objects/x", source(payload), obj=ADDRESS, chunk_size=10_000)
            await collector.done.wait()
        data = [frame for frame in collector.frames if isinstance(frame, Data)]
        assert collector.bodies() == payload
        assert [frame.seq for frame in data] == list(range(1, len(data) + 1))
        assert {frame.obj for frame in data} == {ADDRESS}
        assert max(len(frame.body) for frame in data) == 10_000
        assert collector.frames[0] == Start("objects/x")
        assert collector.frames[-1] == End(len(data), 0)

    run(main())


def test_a_file(tmp_path: Path) -> None:
    payload = bytes(range(256)) * 4000
    path = tmp_path / "object"
    path.write_bytes(payload)

    async def main() -> None:
        async with served(echo) as port, await connect(port) as connection:
            with path.open("rb") as file:
                await connection.send_stream("file", file)
            assert await stream_of(connection) == ("file", payload, 0)

    run(main())


def test_a_body_is_never_larger_than_the_peer_takes() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector, config=Config(max_frame=4096)) as port:
            async with await connect(port) as connection:
                await connection.send_stream("s", bytes(100_000), obj=ADDRESS, chunk_size=1 << 20)
            await collector.done.wait()
        assert collector.bodies() == bytes(100_000)

    run(main())


@pytest.mark.parametrize("window", [1, 2, 32])
def test_both_sides_send_at_once_and_read_later(window: int) -> None:
    payload = bytes(1000) * 200

    async def main() -> None:
        results = list[tuple[str, bytes, int]]()

        async def exchange(connection: Connection, name: str) -> None:
            await connection.send_stream(name, payload, chunk_size=1000)
            results.append(await stream_of(connection))

        async def handler(connection: Connection) -> None:
            await exchange(connection, "down")

        config = Config(ack_window_frames=window)
        async with served(handler, config=config) as port:
            async with await connect(port, config=config) as connection:
                await exchange(connection, "up")
        assert sorted(results) == [("down", payload, 0), ("up", payload, 0)]

    run(main())


def test_a_slow_reader_holds_the_sender_back() -> None:
    async def main() -> None:
        release = asyncio.Event()
        collector = Collector()

        async def handler(connection: Connection) -> None:
            await release.wait()
            await collector(connection)

        config = Config(ack_window_frames=4)
        async with served(handler, config=config) as port:
            async with await connect(port) as connection:
                sending = asyncio.create_task(connection.send_stream("s", bytes(100), chunk_size=1))
                await asyncio.sleep(0.1)
                assert not sending.done()
                assert connection.session.outbound.in_flight == 4
                release.set()
                await sending
            await collector.done.wait()
        assert collector.bodies() == bytes(100)

    run(main())


def test_several_streams_at_once_go_one_after_the_other() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            async with await connect(port) as connection, asyncio.TaskGroup() as group:
                for name in "abc":
                    group.create_task(connection.send_stream(name, name.encode() * 3, chunk_size=1))
            await collector.done.wait()
        names = [frame.stream for frame in collector.frames if isinstance(frame, Start)]
        assert names == ["a", "b", "c"]
        assert collector.bodies() == b"aaabbbccc"

    run(main())


def test_acks_by_hand() -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            async for frame in connection:
                if isinstance(frame, Data) and frame.seq == 2:
                    await connection.ack(2)

        async with served(handler, auto_ack=False, config=Config(ack_window_frames=3)) as port:
            async with await connect(port) as connection:
                await connection.send(Start("s"))
                for seq in (1, 2, 3, 4, 5):
                    await connection.send(Data(seq))
                assert connection.session.outbound.in_flight == 3
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await connection.send(Data(6))
                assert connection.session.outbound.last_seq == 5
                with pytest.raises(oap.CreditViolationError):
                    await connection.ack(1)

    run(main())


def test_batches_give_what_came_and_acknowledge_it() -> None:
    async def main() -> None:
        kinds = list[oap.Kind]()

        async def handler(connection: Connection) -> None:
            async for batch in connection.batches():
                kinds.extend(frame.kind for frame in batch)

        async with served(handler, config=Config(ack_window_frames=2)) as port:
            async with await connect(port) as connection:
                await connection.send_stream("s", bytes(50), chunk_size=1)
        assert kinds == [oap.Kind.START, *[oap.Kind.DATA] * 50, oap.Kind.END]

    run(main())


def test_a_cancelled_read_loses_nothing() -> None:
    async def main() -> None:
        async with served(echo) as port, await connect(port) as connection:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await anext(connection)
            await connection.send_stream("s", b"abc")
            assert await stream_of(connection) == ("s", b"abc", 0)

    run(main())


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x"
        await asyncio.sleep(0)


async def failing() -> AsyncIterator[bytes]:
    yield b"x"
    raise KeyError("the source is broken")


def test_a_cancelled_stream_is_ended_and_the_connection_goes_on() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            async with await connect(port) as connection:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await connection.send_stream("endless", endless())
                with pytest.raises(KeyError):
                    await connection.send_stream("failing", failing())
                await connection.send_stream("whole", b"abc")
            await collector.done.wait()
        ends = [frame for frame in collector.frames if isinstance(frame, End)]
        assert [end.status for end in ends] == [ABORTED, ABORTED, 0]
        assert ends[1].seq == ends[0].seq + 1
        assert ends[2].seq == ends[0].seq + 2

    run(main())


def test_a_stream_cancelled_while_it_waits_for_credit() -> None:
    async def main() -> None:
        release = asyncio.Event()
        collector = Collector()

        async def handler(connection: Connection) -> None:
            await release.wait()
            await collector(connection)

        async with served(handler, config=Config(ack_window_frames=1)) as port:
            async with await connect(port) as connection:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await connection.send_stream("s", b"abc", chunk_size=1)
                release.set()
                await connection.send_stream("t", b"d")
            await collector.done.wait()
        assert collector.frames == [
            Start("s"),
            Data(1, None, b"a"),
            End(1, ABORTED),
            Start("t"),
            Data(2, None, b"d"),
            End(2, 0),
        ]

    run(main())


def test_a_refused_stream_sends_nothing_of_it() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            async with await connect(port) as connection:
                with pytest.raises(oap.HeaderMalformedError):
                    await connection.send_stream("objects/x", b"abc", obj="b3:no")
                with pytest.raises(oap.HeaderMalformedError):
                    await connection.send_stream("", b"abc")
                with pytest.raises(ValueError, match="chunk_size"):
                    await connection.send_stream("s", b"abc", chunk_size=0)
                with pytest.raises(oap.MissingObjError):
                    await connection.send_stream("objects/x", b"abc")
            await collector.done.wait()
        assert collector.frames == [Start("objects/x"), End(0, ABORTED)]

    run(main())


@contextlib.asynccontextmanager
async def raw_peer(first: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that sends these bytes and keeps what it gets."""
    got = list[bytes]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        got.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got


HELLO = oap.encode(Hello(1, oap.MAX_FRAME_BYTES))


def test_a_reject_comes_behind_the_frames_before_it_and_is_told_to_the_peer() -> None:
    async def main() -> None:
        wire = HELLO + oap.encode(Start("s")) + oap.encode(Data(1)) + oap.encode(Data(3))
        async with raw_peer(wire) as (port, got):
            async with await connect(port) as connection:
                frames = list[oap.Frame]()
                with pytest.raises(oap.CreditViolationError) as caught:
                    async for frame in connection:
                        frames.append(frame)
                assert frames == [Start("s"), Data(1)]
                assert caught.value.at is not None
                with pytest.raises(oap.CreditViolationError):
                    await anext(connection)
                with pytest.raises(oap.CreditViolationError):
                    await connection.send_stream("t", b"abc")
        assert oap.Decoder().feed(got[0])[-1] == Error(7, "credit_violation")

    run(main())


def test_a_reject_in_the_handshake() -> None:
    async def main() -> None:
        async with raw_peer(oap.encode(Ack(1))) as (port, got):
            with pytest.raises(oap.BadHelloError):
                await connect(port)
        assert oap.Decoder().feed(got[0])[-1] == Error(1, "bad_hello")

    run(main())


def test_a_peer_that_refuses_or_closes_in_the_handshake() -> None:
    async def main() -> None:
        async with raw_peer(oap.encode(Error(99, "full"))) as (port, _):
            with pytest.raises(ConnectionRefusedError, match="full"):
                await connect(port)

        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            with pytest.raises(ConnectionError):
                await connect(server.sockets[0].getsockname()[1])

    run(main())


def test_a_cancelled_handshake_closes() -> None:
    async def main() -> None:
        async with raw_peer(b"") as (port, got):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await connect(port)
            while not got:
                await asyncio.sleep(0.01)

    run(main())


def test_the_end_inside_a_frame_is_truncated() -> None:
    async def main() -> None:
        async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(HELLO + oap.encode(Start("s"))[:-1])
            writer.write_eof()
            await reader.read()
            writer.close()

        async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
            async with await connect(server.sockets[0].getsockname()[1]) as connection:
                with pytest.raises(oap.TruncatedError):
                    await anext(connection)

    run(main())


def test_an_error_of_the_peer_ends_the_iteration() -> None:
    async def main() -> None:
        async with raw_peer(HELLO + oap.encode(Error(99, "enough"))) as (port, _):
            async with await connect(port) as connection:
                assert [frame async for frame in connection] == [Error(99, "enough")]
                with pytest.raises(oap.CreditViolationError):
                    await connection.send(Start("s"))

    run(main())


def test_a_sender_without_credit_is_told_that_the_peer_has_closed() -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            await anext(connection)

        async with served(handler, config=Config(ack_window_frames=1)) as port:
            async with await connect(port) as connection:
                with pytest.raises(ConnectionError):
                    await connection.send_stream("s", bytes(100_000), chunk_size=1)

    run(main())


def test_a_bad_client_does_not_disturb_the_server() -> None:
    async def main() -> None:
        async with served(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            answer = list(oap.Decoder().feed(await reader.read()))
            writer.close()
            assert isinstance(answer[-1], Error) and answer[-1].reason == "frame_oversize"
            async with await connect(port) as connection:
                await connection.send_stream("s", b"abc")
                assert await stream_of(connection) == ("s", b"abc", 0)

    run(main())


def test_a_flood_of_acks_is_not_kept() -> None:
    async def main() -> None:
        async with served(Collector()) as port, await connect(port) as connection:
            await connection.send_stream("s", bytes(100_000), chunk_size=1)
            assert connection.session.outbound.last_seq == 100_000

    run(main())


def test_frames_that_cost_no_credit_wait_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oap.asyncio.QUEUED_FRAMES", 10)
    streams = [frame for _ in range(50_000) for frame in (Start("s"), End(0, 0))]

    async def main() -> None:
        async with raw_peer(HELLO + oap.encode_batch(streams)) as (port, _):
            async with await connect(port) as connection:
                await asyncio.sleep(0.1)
                first = await anext(connection)
                rest = [await anext(connection) for _ in streams[1:]]
                assert [first, *rest] == streams

    run(main())


def test_what_is_acknowledged_ahead_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oap.asyncio.AHEAD_BYTES", 10_000)

    async def main() -> None:
        async def handler(connection: Connection) -> None:
            with contextlib.suppress(ConnectionError):
                await connection.send_stream("s", bytes(1_000_000), chunk_size=1000)

        config = Config(ack_window_frames=2)
        async with served(handler, auto_ack=False) as port, await connect(port, config=config) as connection:
            sending = asyncio.create_task(connection.send_stream("up", bytes(100), chunk_size=1))
            await asyncio.sleep(0.2)
            last_seq = connection.session.inbound.last_seq
            assert not sending.done()
            assert last_seq is not None and 5 < last_seq < 100
            sending.cancel()
            connection.abort()

    run(main())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    where = tmp_path_factory.mktemp("tls")
    cert, key = where / "cert.pem", where / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=DNS:localhost", "-out", cert, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_over_tls(certificate: tuple[Path, Path]) -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(*certificate)
    client_side = ssl.create_default_context(cafile=str(certificate[0]))
    payload = bytes(range(256)) * 4000

    async def main() -> None:
        async with served(echo, ssl=server_side) as port:
            async with await connect(
                port, ssl=client_side, server_hostname="localhost"
            ) as connection:
                await connection.send_stream("s", payload)
                assert await stream_of(connection) == ("s", payload, 0)

    run(main())


def test_over_a_socket_pair() -> None:
    async def main() -> None:
        one, two = socket.socketpair()
        ends = [await asyncio.open_connection(sock=end) for end in (one, two)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(Connection.handshake(*end)) for end in ends]
        ours, theirs = (task.result() for task in tasks)
        async with ours, theirs:
            await ours.send_stream("s", b"abc")
            assert await stream_of(theirs) == ("s", b"abc", 0)

    run(main())


def test_leaving_by_an_exception_closes_at_once() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            with pytest.raises(KeyError):
                async with await connect(port) as connection:
                    await connection.send(Start("s"))
                    raise KeyError
            await collector.done.wait()
        assert collector.frames == [Start("s")]

    run(main())
