"""Sends a file over trio, on the engine without a transport: `python trio_client.py PORT FILE`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import trio

import oap


def within_deadline(engine: oap.Connection) -> trio.CancelScope:
    """A scope that is left when the engine has something to do about time."""
    deadline = engine.next_timeout
    seconds = float("inf") if deadline is None else (deadline - time.monotonic_ns()) / 1e9
    return trio.move_on_after(max(seconds, 0.0))


async def write(engine: oap.Connection, stream: trio.SocketStream) -> None:
    """Writes what there is."""
    while wire := engine.transmit_bytes(65_536):
        with within_deadline(engine):
            try:
                engine.transmitted(await stream.socket.send(wire))
            except OSError:
                engine.transport_failed()
        engine.handle_timeout()


async def read(engine: oap.Connection, stream: trio.SocketStream) -> None:
    """Waits for bytes of the peer, no longer than the engine does, and takes what comes."""
    with within_deadline(engine):
        try:
            chunk = await stream.receive_some()
        except trio.BrokenResourceError:
            return engine.transport_failed()
        if not chunk:
            return engine.receive_end()
        engine.take(len(engine.receive(chunk)))
    engine.handle_timeout()


async def send(engine: oap.Connection, stream: trio.SocketStream, queue: Callable[[], str | None]) -> None:
    """Queues what may go, and waits for the peer where it has to."""
    while queue() is not None:
        await write(engine, stream)
        if engine.outbound.credit == 0:
            await read(engine, stream)
    await write(engine, stream)


async def close(engine: oap.Connection, stream: trio.SocketStream) -> str | None:
    engine.close()
    await write(engine, stream)
    if engine.wants_shutdown:
        await stream.send_eof()
    while engine.state != "ended":
        await read(engine, stream)
    return engine.end_reason


async def main(port: int, path: Path) -> None:
    engine = oap.Connection()
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        bodies = oap.Bodies(path.read_bytes())
        await send(engine, stream, lambda: engine.start(path.name))
        await send(engine, stream, lambda: engine.data_all(bodies))
        await send(engine, stream, engine.end_stream)
        print(await close(engine, stream))


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), Path(sys.argv[2]))
