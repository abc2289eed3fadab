"""oap.asyncio on event loops in threads other than the main one, several at once."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asyncio_peers import connect, echo, served, stream_of
from hostile_peers import LOOPS

THREADS = 4
ROUNDS = 20

Main = Callable[[int], Coroutine[Any, Any, None]]


def in_threads(loop: str, main: Main) -> None:
    """Runs it on a loop a thread, with the number of the thread."""

    def run(number: int) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(60):
                await main(number)

        assert threading.current_thread() is not threading.main_thread()
        with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
            runner.run(bounded())

    with ThreadPoolExecutor(THREADS) as pool:
        for running in [pool.submit(run, number) for number in range(THREADS)]:
            running.result()


@pytest.mark.parametrize("loop", LOOPS)
def test_each_thread_has_its_loop_and_talks_to_another(loop: str) -> None:
    """What one thread reads does not get into what another reads at the same time."""
    ports = [0] * THREADS
    all_serve, all_are_done = threading.Barrier(THREADS), threading.Barrier(THREADS)

    async def main(number: int) -> None:
        async with served(echo) as port:
            ports[number] = port
            await asyncio.to_thread(all_serve.wait, 60)
            async with await connect(ports[(number + 1) % THREADS]) as connection:
                for turn in range(ROUNDS):
                    payload = bytes([number, turn]) * (5_000 * turn)
                    await connection.send_stream(f"{number}/{turn}", payload)
                    assert await stream_of(connection) == (f"{number}/{turn}", payload, 0)
            await asyncio.to_thread(all_are_done.wait, 60)

    in_threads(loop, main)
