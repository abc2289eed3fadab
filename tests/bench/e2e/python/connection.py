"""By `oap.asyncio`: `connection.py LOOP (server | client ADDRESS) SCENARIO`."""

import asyncio
import os
import sys

import oap
from oap.asyncio import Connection, connect, serve
from scenario import Client, Report, Scenario, Tally, run


def config() -> oap.Config | None:
    """None, or a window other than the default: for the sweep of windows."""
    window = os.environ.get("OAP_E2E_WINDOW")
    return oap.Config(ack_window_frames=int(window)) if window else None


class OapClient(Client):
    connection: Connection

    async def connect(self, host: str, port: int, fresh: bool) -> None:
        self.connection = await connect(host, port, config=config())
        if not fresh:
            await self.connection.ready()

    async def stream(self, scenario: Scenario) -> int:
        await self.connection.send_stream("bench", scenario.bodies())
        total = 0
        async for frame in self.connection:
            match frame:
                case oap.Data():
                    total = int(bytes(frame.body))
                case oap.End():
                    return total
        raise EOFError("the server closed before its answer")

    async def begin(self) -> None:
        await self.connection.start("ping")

    async def send(self, body: bytes) -> None:
        await self.connection.data(body)

    async def receive(self) -> bytes:
        while frame := await self.connection.receive():
            if isinstance(frame, oap.Data):
                return frame.body
        raise EOFError("the server closed before its answer")

    async def end(self) -> None:
        await self.connection.end()
        while not isinstance(await self.connection.receive(), oap.End):
            pass

    async def close(self) -> None:
        await self.connection.close()


async def take(connection: Connection, scenario: Scenario) -> Tally:
    tally = Tally(scenario.crc)
    async for batch in connection.batches():
        for frame in batch:
            if isinstance(frame, oap.Data):
                tally.add(frame.body)
            elif isinstance(frame, oap.End):
                await connection.send_stream("sum", str(tally.sum).encode())
    return tally


async def echo(connection: Connection, scenario: Scenario) -> Tally:
    tally = Tally(scenario.crc)
    async for frame in connection:
        match frame:
            case oap.Start():
                await connection.start("pong")
            case oap.Data():
                tally.add(frame.body)
                await connection.data(frame.body)
            case oap.End():
                await connection.end()
    return tally


async def run_server(scenario: Scenario) -> None:
    report, done = Report(), asyncio.Queue[Tally | BaseException]()

    async def attend(connection: Connection) -> None:
        try:
            done.put_nowait(await (echo if scenario.kind == "ping" else take)(connection, scenario))
        except BaseException as error:
            done.put_nowait(error)
            raise

    server = await serve(attend, "127.0.0.1", 0, config=config())
    host, port = server.sockets[0].getsockname()
    print(f"{host}:{port}", flush=True)
    for _ in range(scenario.connections):
        tally = await done.get()
        if isinstance(tally, BaseException):
            raise tally
        report.add(tally)
    report.print()
    await server.shutdown(10)


if __name__ == "__main__":
    run(sys.argv[1], OapClient, run_server)
