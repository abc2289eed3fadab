"""No leak and no reference too many: a million frames, and the resident memory stays flat."""

import asyncio
import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from wires import ADDRESS

import oap
from oap import Ack, Data, Decoder, End, Kind, Monitor, Session, Start
from oap.asyncio import Connection, connect, serve
from oap.prometheus import OapCollector

FRAMES = [
    frame
    for n in range(250)
    for frame in (Data(n, ADDRESS, b"x" * 100), Data(n), Ack(n), End(n, 1), Start("notes"))
]
WIRE = oap.encode_batch(FRAMES)
ROUNDS = 1_000_000 // len(FRAMES)
FLAT_BYTES = 4 << 20


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


def stays_flat(use: Callable[[], object], rounds: int) -> None:
    """After a tenth as many rounds to warm up."""
    for _ in range(rounds // 10):
        use()
    before = resident()
    for _ in range(rounds):
        use()
    assert resident() - before < FLAT_BYTES


def use_frames(decoder: Decoder) -> None:
    for frame in decoder.feed(WIRE):
        frame.kind, hash(frame), repr(frame)


def use_tuples(decoder: Decoder) -> None:
    for _ in decoder.feed(WIRE).tuples():
        pass


def use_straddled(decoder: Decoder) -> None:
    middle = len(WIRE) // 2 + 3
    for chunk in (WIRE[:middle], bytearray(WIRE[middle:])):
        batch = decoder.feed(chunk)
        batch.body(0), batch.wire, batch[1:-1], memoryview(batch)


def use_encode(_: Decoder) -> None:
    assert len(oap.encode_batch(FRAMES)) == len(WIRE)


def use_tuples_to_encode(decoder: Decoder) -> None:
    assert oap.encode_batch(decoder.feed(WIRE).tuples()) == WIRE


def use_rejects(decoder: Decoder) -> None:
    for _ in range(50):
        try:
            decoder.feed(WIRE[:2000] + b"\xff\xff\xff\xff")
        except oap.RejectError as error:
            assert len(error.frames) > 0
        decoder.reset()


@pytest.mark.parametrize(
    "use",
    [use_frames, use_tuples, use_straddled, use_encode, use_tuples_to_encode, use_rejects],
)
def test_a_million_frames_leave_memory_flat(use: Callable[[Decoder], None]) -> None:
    decoder = Decoder()
    stays_flat(lambda: use(decoder), ROUNDS)


def test_reference_counts_return_to_what_they_were() -> None:
    chunk = WIRE + b""
    shared: list[object] = [chunk, None, *Kind, ADDRESS]
    before = [sys.getrefcount(each) for each in shared]
    for _ in range(20):
        batch = Decoder().feed(memoryview(chunk))
        kept = [list(batch), list(batch.tuples()), batch[::2], batch.body(0), memoryview(batch)]
        oap.encode_batch(batch)
        del batch, kept
    gc.collect()
    after = [sys.getrefcount(each) for each in shared]
    assert all(abs(a - b) <= 2 for a, b in zip(after, before, strict=True)), (before, after)


def test_sessions_leave_memory_flat() -> None:
    def use() -> None:
        one, two = Session(), Session()
        two.recv(one.send(one.hello()))
        one.recv(two.send(two.hello()))
        two.recv(one.send(Start("s"))[:-1])

    stays_flat(use, 20_000)


def test_monitors_and_what_reports_to_them_leave_memory_flat() -> None:
    kept = Monitor()

    def use() -> None:
        monitor = Monitor()
        one, two = Session(monitor=monitor), Session(monitor=kept)
        two.recv(one.send(one.hello()))
        two.close()
        monitor.readiness().body, monitor.readiness().headers, monitor.snapshot().read.counts
        for _ in OapCollector(monitor).collect():
            pass

    stays_flat(use, 500)


def test_connections_leave_memory_flat() -> None:
    async def handler(connection: Connection) -> None:
        async for _ in connection:
            pass

    async def main() -> None:
        async with await serve(handler, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]

            async def use() -> None:
                async with await connect("127.0.0.1", port) as connection:
                    await connection.send_stream("s", bytes(1000))

            for _ in range(50):
                await use()
            before = resident()
            for _ in range(200):
                await use()
            assert resident() - before < FLAT_BYTES

    asyncio.run(main())


def test_an_idle_connection_costs_few_kilobytes() -> None:
    """The figure of the guide is of 10,000, by the same program."""
    idle = Path(__file__).parents[1] / "benchmarks" / "idle.py"
    command = [sys.executable, str(idle), "1000", "asyncio"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert float(shown.split()[1]) < 20, shown
