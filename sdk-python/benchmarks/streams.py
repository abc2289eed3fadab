"""The cost of a frame through asyncio, from one end of a loopback connection to the other."""

import asyncio
import statistics
from time import perf_counter_ns

import pure
from measure import Row
from works import WORKS

import oap
from oap.asyncio import connect, serve

CONFIG = oap.Config(ack_window_frames=1024)
FRAMES = 1000


class Counter:
    """The bytes that have arrived."""

    def __init__(self):
        self.frames = 0
        self.more = asyncio.Event()

    def add(self, frames):
        self.frames += frames
        self.more.set()

    async def reach(self, frames):
        while self.frames < frames:
            self.more.clear()
            await self.more.wait()


async def timed(counter, rounds, send):
    """ns a frame, the median of rounds of 1,000 DATA of 32 bytes."""
    taken = []
    for number in range(rounds):
        start, goal = perf_counter_ns(), counter.frames + FRAMES
        await send(number * FRAMES)
        await counter.reach(goal)
        taken.append(perf_counter_ns() - start)
    return statistics.median(taken) / FRAMES


async def through_oap(rounds, batches):
    counter = Counter()

    async def by_batch(connection):
        async for batch in connection.batches():
            counter.add(sum(1 for _ in batch.tuples()))

    async def by_frame(connection):
        async for _ in connection:
            counter.add(1)

    async with await serve(by_batch if batches else by_frame, "127.0.0.1", 0, config=CONFIG) as server:
        port = server.sockets[0].getsockname()[1]
        async with await connect("127.0.0.1", port, config=CONFIG) as connection:

            async def send(_):
                for _ in range(FRAMES):
                    await connection.data(bytes(32))

            await connection.start("s")
            await counter.reach(1)
            return await timed(counter, rounds, send)


async def through_struct(rounds):
    """Pure Python over asyncio's streams: no session, no acknowledgement."""
    counter = Counter()

    async def take(reader, writer):
        stream = pure.Stream()
        while chunk := await reader.read(oap.STREAM_CHUNK_BYTES):
            counter.add(len(stream.feed(chunk)))
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())

        async def send(_):
            for frame in WORKS["tiny"]:
                writer.write(pure.encode([frame]))
                await writer.drain()

        taken = await timed(counter, rounds, send)
        writer.close()
        await writer.wait_closed()
        return taken


def all_rows(rounds):
    cases = {
        ("send, and iterate batches", "oap"): through_oap(rounds, batches=True),
        ("send, and iterate frames", "oap"): through_oap(rounds, batches=False),
        ("struct", "peer"): through_struct(rounds),
    }
    return [
        Row("python", "asyncio", what, role, "frame", round(asyncio.run(case), 3))
        for (what, role), case in cases.items()
    ]
