"""By hand: a length of four bytes and the message, on an asyncio.Protocol. `by_hand.py LOOP (server | client ADDRESS) SCENARIO`."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from messages import Messages, MessagesClient, MessagesServer
from scenario import Scenario, Tally, run

HEAD = Struct(">I")


class ByHand(asyncio.Protocol, Messages):
    def __init__(self, connected: Callable[["ByHand"], None] | None = None) -> None:
        self.connected = connected
        self.rest = b""
        self.inbox: list[bytes] = []
        self.wakes: asyncio.Future[None] | None = None
        self.may_write = asyncio.Event()
        self.may_write.set()

    def connection_made(self, transport) -> None:
        self.transport = transport
        if self.connected is not None:
            self.connected(self)

    def data_received(self, data: bytes) -> None:
        chunk = self.rest + data if self.rest else data
        at, end, inbox, unpack = 0, len(chunk), self.inbox, HEAD.unpack_from
        while at + 4 <= end:
            (size,) = unpack(chunk, at)
            if at + 4 + size > end:
                break
            inbox.append(chunk[at + 4 : at + 4 + size])
            at += 4 + size
        self.rest = chunk[at:]
        if inbox and self.wakes is not None and not self.wakes.done():
            self.wakes.set_result(None)

    def pause_writing(self) -> None:
        self.may_write.clear()

    def resume_writing(self) -> None:
        self.may_write.set()

    async def send(self, body: bytes) -> None:
        self.transport.write(HEAD.pack(len(body)) + body)
        if not self.may_write.is_set():
            await self.may_write.wait()

    async def send_all(self, bodies: Iterator[bytes]) -> None:
        write, pack, may_write = self.transport.write, HEAD.pack, self.may_write
        for body in bodies:
            write(pack(len(body)) + body)
            if not may_write.is_set():
                await may_write.wait()

    async def _wait(self) -> None:
        self.wakes = asyncio.get_running_loop().create_future()
        await self.wakes

    async def receive(self) -> bytes:
        while not self.inbox:
            await self._wait()
        return self.inbox.pop(0)

    async def take(self, tally: Tally, count: int) -> None:
        while tally.messages < count:
            while not self.inbox:
                await self._wait()
            bodies, self.inbox = self.inbox, []
            for body in bodies:
                tally.add(body)

    async def close(self) -> None:
        self.transport.close()


class HandClient(MessagesClient):
    async def connect(self, host: str, port: int, fresh: bool) -> None:
        loop = asyncio.get_running_loop()
        _, self.messages = await loop.create_connection(ByHand, host, port)


async def run_server(scenario: Scenario) -> None:
    server, running = MessagesServer(scenario), set()

    def connected(messages: ByHand) -> None:
        running.add(asyncio.ensure_future(server.attend(messages)))

    listening = await asyncio.get_running_loop().create_server(lambda: ByHand(connected), "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    print(f"{host}:{port}", flush=True)
    await server.wait()
    await asyncio.sleep(0.1)


run(sys.argv[1], HandClient, run_server)
