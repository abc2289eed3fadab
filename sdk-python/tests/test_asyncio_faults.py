"""oap.asyncio: peers that break a rule, refuse, close, or flood."""

import asyncio
import contextlib

import pytest
from asyncio_peers import HELLO, Collector, connect, echo, raw_peer, run, served, stream_of

import oap
from oap import Ack, Config, ConnectionClosedError, Data, End, Error, Start
from oap.asyncio import Connection, Options


def test_a_reject_comes_behind_the_frames_before_it_and_is_told_to_the_peer() -> None:
    async def main() -> None:
        wire = HELLO + oap.encode(Start("s")) + oap.encode(Data(1)) + oap.encode(Data(3))
        async with raw_peer(wire) as (port, got):
            connection = await connect(port)
            frames = list[oap.Frame]()
            with pytest.raises(ConnectionClosedError) as caught:
                async for frame in connection:
                    frames.append(frame)
            assert frames == [Start("s"), Data(1)]
            errors = [caught.value]
            for late in (connection.receive(), connection.send_stream("t", b"abc"), connection.close()):
                with pytest.raises(ConnectionClosedError) as caught:
                    await late
                errors.append(caught.value)
            assert len({id(error) for error in errors}) == 4
            for error in errors:
                assert error.reason == "reject:credit_violation" == connection.end_reason
                assert isinstance(error.reject, oap.CreditViolationError) and error.reject.at is not None
                assert type(error.__cause__) is oap.CreditViolationError
        assert oap.Decoder().feed(got[0])[-1] == Error(7, "credit_violation")

    run(main())


def test_a_reject_in_the_handshake() -> None:
    async def main() -> None:
        async with raw_peer(oap.encode(Ack(1))) as (port, got):
            connection = await connect(port)
            with pytest.raises(ConnectionClosedError) as caught:
                await connection.ready()
            assert caught.value.reason == "reject:bad_hello"
            assert await connection.ended() == "reject:bad_hello"
        assert oap.Decoder().feed(got[0])[-1] == Error(1, "bad_hello")

    run(main())


@pytest.mark.parametrize("before", [b"", HELLO])
def test_an_error_of_the_peer_is_raised_with_its_code(before: bytes) -> None:
    async def main() -> None:
        async with raw_peer(before + oap.encode(Error(99, "enough"))) as (port, _):
            connection = await connect(port)
            for late in (connection.receive(), connection.start("s"), connection.close()):
                with pytest.raises(ConnectionClosedError) as caught:
                    await late
                error = caught.value
                assert (error.reason, error.code, error.text) == ("peer_error:99", 99, "enough")
                assert "enough" not in str(error)

    run(main())


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (oap.encode(Start("s"))[:-1], "reject:truncated"),
        (oap.encode(Start("s")), "incomplete"),
        (oap.encode(Start("s")) + oap.encode(Data(1)), "incomplete"),
        (oap.encode(Start("s")) + oap.encode(End(0, 0)), "clean"),
        (b"", "clean"),
    ],
)
def test_the_end_of_input(wire: bytes, reason: str) -> None:
    async def main() -> None:
        async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.closing(writer):
                await reader.read(1)
                writer.write(HELLO + wire)
                writer.write_eof()
                await reader.read()

        async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
            connection = await connect(server.sockets[0].getsockname()[1])
            try:
                async for _ in connection:
                    pass
                told = "clean"
            except ConnectionClosedError as error:
                told = error.reason
            assert told == reason == await connection.ended()

    run(main())


def test_a_sender_without_credit_is_told_that_the_peer_has_closed() -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            await connection.receive()

        async with served(handler, config=Config(ack_window_frames=1)) as port:
            connection = await connect(port)
            with pytest.raises(ConnectionClosedError) as caught:
                await connection.send_stream("s", bytes(100_000), chunk=1)
            assert caught.value.reason == "unacknowledged"

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
            await connection.send_stream("s", bytes(100_000), chunk=1)
            assert connection.outbound.last_seq == 100_000

    run(main())


def test_frames_that_cost_no_credit_wait_too() -> None:
    streams = [frame for _ in range(50_000) for frame in (Start("s"), End(0, 0))]

    async def main() -> None:
        async with raw_peer(HELLO + oap.encode_batch(streams)) as (port, _):
            connection = await connect(port, options=Options(receive_buffer=1000))
            await asyncio.sleep(0.1)
            assert connection._engine.untaken < 1_000_000
            assert [await connection.receive() for _ in streams] == streams
            connection.abort()

    run(main())


def test_both_waiting_for_credit_is_an_error_that_says_the_cure() -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            with contextlib.suppress(ConnectionClosedError):
                await connection.send_stream("s", bytes(100), chunk=1)

        config, options = Config(ack_window_frames=2), Options(stall_timeout=0.1)
        async with served(handler, config=config) as port:
            connection = await connect(port, config=config, options=options)
            with pytest.raises(ConnectionClosedError, match="take what is received") as caught:
                await connection.send_stream("up", bytes(100), chunk=1)
            assert caught.value.reason == "stalled"
            connection.abort()

    run(main())
