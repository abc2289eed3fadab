"""oap.asyncio: streams between a client and a server over loopback."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asyncio_peers import Collector, connect, echo, run, served, stream_of
from wires import ADDRESS

import oap
from oap import Config, Data, End, Start
from oap.asyncio import ABORTED, Connection, Options


def test_the_handshake_tells_the_peers_limits() -> None:
    async def main() -> None:
        windows = list[int]()

        async def handler(connection: Connection) -> None:
            await connection.ready()
            windows.append(connection.outbound.window)

        async with served(handler, config=Config(max_frame=8192)) as port:
            async with await connect(port, config=Config(ack_window_frames=3)) as connection:
                assert (connection.state, connection.max_body()) == ("handshake", None)
                await connection.ready()
                assert (connection.state, connection.max_body()) == ("open", 8192 - 10)
                assert connection.outbound.window == 32
                assert connection.get_extra_info("peername")[1] == port
                await connection.ended()
            async with await connect(port) as connection:
                await connection.ended()
        assert windows == [3, 1_024]

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
                await connection.send_stream("objects/x", source(payload), obj=ADDRESS, chunk=10_000)
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


def test_a_file_that_has_nothing_yet_is_not_at_its_end() -> None:
    class Slow(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.asked += 1
            return super().read(size) if self.asked % 3 == 0 else None  # type: ignore[return-value]

    async def main() -> None:
        async with served(echo) as port, await connect(port) as connection:
            await connection.send_stream("s", Slow(b"abc" * 1000), chunk=1000)
            assert await stream_of(connection) == ("s", b"abc" * 1000, 0)

    run(main())


def test_a_body_is_never_larger_than_the_peer_takes() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector, config=Config(max_frame=4096)) as port:
            async with await connect(port) as connection:
                await connection.send_stream("s", bytes(100_000), obj=ADDRESS, chunk=1 << 20)
            await collector.done.wait()
        assert collector.bodies() == bytes(100_000)

    run(main())


@pytest.mark.parametrize("window", [1, 2, 32])
def test_both_sides_send_at_once_and_take_while_they_send(window: int) -> None:
    payload = bytes(1000) * 200

    async def main() -> None:
        results = list[tuple[str, bytes, int]]()

        async def exchange(connection: Connection, name: str) -> None:
            sending = asyncio.create_task(connection.send_stream(name, payload, chunk=1000))
            results.append(await stream_of(connection))
            await sending

        async def handler(connection: Connection) -> None:
            await exchange(connection, "down")
            await connection.delivered()

        config = Config(ack_window_frames=window)
        async with served(handler, config=config) as port:
            async with await connect(port, config=config) as connection:
                await exchange(connection, "up")
                await connection.ended()
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
                sending = asyncio.create_task(connection.send_stream("s", bytes(100), chunk=1))
                await asyncio.sleep(0.1)
                assert not sending.done()
                assert connection.outbound.in_flight == 4
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
                    group.create_task(connection.send_stream(name, name.encode() * 3, chunk=1))
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
                    await connection.acknowledge(2)

        options = Options(auto_ack=False)
        async with served(handler, options=options, config=Config(ack_window_frames=3)) as port:
            connection = await connect(port)
            await connection.start("s")
            for body in (b"1", b"2", b"3", b"4", b"5"):
                await connection.data(body)
            assert connection.outbound.in_flight == 3
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await connection.data(b"6")
            assert connection.outbound.last_seq == 5
            with pytest.raises(oap.CreditViolationError):
                await connection.acknowledge(1)
            connection.abort()

    run(main())


def test_batches_give_what_came_and_acknowledge_it() -> None:
    async def main() -> None:
        kinds = list[oap.Kind]()

        async def handler(connection: Connection) -> None:
            async for batch in connection.batches():
                kinds.extend(frame.kind for frame in batch)

        async with served(handler, config=Config(ack_window_frames=2)) as port:
            async with await connect(port) as connection:
                await connection.send_stream("s", bytes(50), chunk=1)
        assert kinds == [oap.Kind.START, *[oap.Kind.DATA] * 50, oap.Kind.END]

    run(main())


def test_a_cancelled_read_loses_nothing() -> None:
    async def main() -> None:
        async with served(echo) as port, await connect(port) as connection:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await connection.receive()
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
                        await connection.send_stream("s", b"abc", chunk=1)
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
                with pytest.raises(ValueError, match="chunk"):
                    await connection.send_stream("s", b"abc", chunk=0)
                with pytest.raises(oap.MissingObjError):
                    await connection.send_stream("objects/x", b"abc")
            await collector.done.wait()
        assert collector.frames == [Start("objects/x"), End(0, ABORTED)]

    run(main())


def test_what_is_sent_in_one_turn_of_the_loop_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            async with await connect(port) as connection:
                await connection.ready()
                writes = list[int]()
                transport: Any = type(connection._driver.transport)
                write = transport.write

                def counted(of: Any, wire: bytes) -> None:
                    writes.append(len(wire))
                    write(of, wire)

                monkeypatch.setattr(transport, "write", counted)
                await connection.start("s")
                for _ in range(30):
                    await connection.data(b"x")
                await connection.end()
                assert writes == []
                await asyncio.sleep(0)
                assert len(writes) == 1
                monkeypatch.undo()
            await collector.done.wait()
        assert len(collector.frames) == 32

    run(main())


def test_a_list_of_bodies_goes_as_it_is() -> None:
    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            async with await connect(port) as connection:
                await connection.send_stream("s", [b"one", b"two", bytes(100_000)])
                await connection.delivered()
                assert connection.outbound.in_flight == 0
            await collector.done.wait()
        bodies = [bytes(frame.body) for frame in collector.frames if isinstance(frame, Data)]
        assert bodies == [b"one", b"two", bytes(65_536), bytes(100_000 - 65_536)]

    run(main())


def test_iterators_survive_timeouts_and_can_be_left_and_gone_on_with() -> None:
    async def main() -> None:
        async with served(echo) as port, await connect(port) as connection:
            frames = list[oap.Frame]()
            for iterator in (aiter(connection), connection.batches()):
                for _ in range(3):
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(0.01):
                            await anext(iterator)
                await connection.send_stream("s", [b"1", b"2", b"3"])
                first = await anext(iterator)
                frames += first if isinstance(first, oap.FrameBatch) else [first]
                while not isinstance(frames[-1], End):  # goes on where the iterator was left
                    async for batch in connection.batches():
                        frames += batch
                        break
            kinds = [frame.kind.name for frame in frames]
            assert kinds == ["START", "DATA", "END"] * 2

    run(main())


def test_to_leave_a_loop_acknowledges_what_it_gave() -> None:
    async def main() -> None:
        async def by_frame(connection: Connection) -> None:
            async for frame in connection:
                if isinstance(frame, Data):
                    break
            await gone.wait()

        async def by_batch(connection: Connection) -> None:
            async for batch in connection.batches():
                if any(isinstance(frame, Data) for frame in batch):
                    break
            await gone.wait()

        for handler in (by_frame, by_batch):
            gone = asyncio.Event()
            async with served(handler) as port:
                connection = await connect(port)
                await connection.start("s")
                await connection.data(b"x")
                async with asyncio.timeout(10):
                    await connection.delivered()
                connection.abort()
                gone.set()

    run(main())


def test_a_generator_is_closed_when_its_stream_ends() -> None:
    closed = list[str]()

    def sync() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append("sync")

    async def later() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append("async")

    async def main() -> None:
        async with served(Collector(), config=Config(ack_window_frames=1)) as port:
            async with await connect(port) as connection:
                for source in (sync(), later()):
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(0.02):
                            await connection.send_stream("s", source)
                    with pytest.raises(TimeoutError):  # while it waits for its turn
                        async with connection._turn, asyncio.timeout(0.02):
                            await connection.send_stream("s", later())
        assert closed == ["sync", "async"]

    run(main())
