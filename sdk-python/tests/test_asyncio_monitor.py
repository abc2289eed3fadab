"""oap.asyncio: connections that report to a monitor, and the server that ticks it."""

import asyncio
import contextlib

import pytest
from asyncio_peers import HELLO, Collector, connect, raw_peer, run, served

import oap
from oap import Config, Data, Monitor, Session, Start
from oap.asyncio import Connection


def test_both_ends_count_in_their_monitors() -> None:
    async def main() -> None:
        collector, here, there = Collector(), Monitor(), Monitor(timing=False)
        async with served(collector, monitor=there) as port:
            async with await connect(port, monitor=here) as connection:
                await connection.send_stream("s", bytes(3000), chunk=1000)
            await collector.done.wait()
        for monitor in (here, there):
            frames = monitor.snapshot().frames
            assert frames["HELLO"] == 2
            assert (frames["START"], frames["DATA"], frames["END"]) == (1, 3, 1)
        assert here.snapshot().write.count >= 3 and here.snapshot().read.count >= 1
        assert there.snapshot().read.count == 0

    run(main())


@pytest.mark.parametrize("leave", [Connection.close, Connection.abort])
def test_a_connection_that_is_left_gives_its_gauges_back(leave: object) -> None:
    async def main() -> None:
        monitor, left = Monitor(), asyncio.Event()
        kept = list[Connection]()

        async def handler(connection: Connection) -> None:
            kept.append(connection)
            await connection.receive()
            data = await connection.receive()
            assert isinstance(data, Data)
            assert monitor.snapshot().inflight_frames == 1
            if leave is Connection.abort:
                connection.abort()
            else:
                with contextlib.suppress(oap.ConnectionClosedError):
                    await connection.close(0.1)
            left.set()

        async with served(handler, monitor=monitor) as port:
            connection = await connect(port)
            await connection.start("s")
            await connection.data(b"")
            await left.wait()
            connection.abort()
        snapshot = monitor.snapshot()
        assert (snapshot.ack_window, snapshot.inflight_frames) == (0, 0)
        assert kept[0].inbound.last_seq == 1

    run(main())


def test_a_reject_counts_once() -> None:
    async def main() -> None:
        monitor = Monitor()
        async with raw_peer(HELLO + b"\xff\xff\xff\xff") as (port, _):
            connection = await connect(port, monitor=monitor)
            with pytest.raises(oap.ConnectionClosedError):
                await connection.receive()
            connection.abort()
        assert monitor.snapshot().rejects["frame_oversize"] == 1

    run(main())


def starved(monitor: Monitor) -> Session:
    """A session of the monitor whose window is used up."""
    session, peer = Session(Config(ack_window_frames=1), monitor=monitor), Session()
    peer.recv(session.send(session.hello()))
    session.recv(peer.send(peer.hello()) + peer.send(Start("s")) + peer.send(Data(1)))
    return session


def test_a_server_ticks_by_itself_until_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oap.asyncio._server.TICK_SECONDS", 0.01)

    async def main() -> None:
        monitor = Monitor()
        _session = starved(monitor)
        async with served(Collector(), monitor=monitor):
            while monitor.snapshot().ack_starved_ns < 20_000_000:
                await asyncio.sleep(0.01)
        seen = monitor.snapshot().ack_starved_ns
        await asyncio.sleep(0.05)
        assert monitor.snapshot().ack_starved_ns == seen

    run(main())
