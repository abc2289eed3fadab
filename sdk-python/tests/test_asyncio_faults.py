"""oap.asyncio: peers that break a rule, refuse, close, or flood."""

import asyncio
import contextlib
from traceback import walk_tb
from types import TracebackType

import pytest
from asyncio_peers import HELLO, Collector, connect, echo, raw_peer, run, served, stream_of

import oap
from oap import Ack, Config, Data, End, Error, Start
from oap.asyncio import Connection


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


def test_a_reject_that_is_raised_again_has_the_traceback_of_one() -> None:
    def length(traceback: TracebackType | None) -> int:
        return len(list(walk_tb(traceback)))

    async def main() -> None:
        async with raw_peer(HELLO + oap.encode(Data(1))) as (port, _):
            async with await connect(port) as connection:
                lengths = list[int]()
                for _ in range(9):
                    with pytest.raises(oap.CreditViolationError) as caught:
                        await anext(connection)
                    lengths.append(length(caught.value.__traceback__))
                assert len(set(lengths)) == 1

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
            with pytest.raises(ConnectionRefusedError, match="code 99") as caught:
                await connect(port)
            assert "full" not in str(caught.value)

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
