"""By picows: `by_picows.py LOOP (server | client ADDRESS) SCENARIO`."""

import asyncio
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from messages import Messages, MessagesClient, MessagesServer
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect, ws_create_server
from scenario import Scenario, Tally, run


class Listener(WSListener, Messages):
    """A WebSocket: its messages are tallied as they come, where someone tallies, or wait to be received."""

    def __init__(self) -> None:
        self.inbox: deque[bytes] = deque()
        self.tally: Tally | None = None
        self.count = 0
        self.wakes: asyncio.Future[None] | None = None
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.connected = lambda: None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.connected()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif self.tally is not None and self.tally.messages < self.count:
            self.tally.add(frame.get_payload_as_memoryview())
            if self.tally.messages == self.count:
                self._wake()
        else:
            self.inbox.append(frame.get_payload_as_bytes())
            self._wake()

    def pause_writing(self) -> None:
        self.may_write.clear()

    def resume_writing(self) -> None:
        self.may_write.set()

    def _wake(self) -> None:
        if self.wakes is not None and not self.wakes.done():
            self.wakes.set_result(None)

    async def _wait(self) -> None:
        self.wakes = asyncio.get_running_loop().create_future()
        await self.wakes

    async def send(self, body: bytes) -> None:
        self.transport.send(WSMsgType.BINARY, body)
        if not self.may_write.is_set():
            await self.may_write.wait()

    async def send_all(self, bodies: Iterator[bytes]) -> None:
        send, may_write = self.transport.send, self.may_write
        for body in bodies:
            send(WSMsgType.BINARY, body)
            if not may_write.is_set():
                await may_write.wait()

    async def receive(self) -> bytes:
        while not self.inbox:
            await self._wait()
        return self.inbox.popleft()

    async def take(self, tally: Tally, count: int) -> None:
        # What came before anybody asked.
        while self.inbox:
            tally.add(self.inbox.popleft())
        self.tally, self.count = tally, count
        while tally.messages < count:
            await self._wait()

    async def close(self) -> None:
        self.transport.send_close()
        await self.transport.wait_disconnected()


class PicowsClient(MessagesClient):
    async def connect(self, host: str, port: int, fresh: bool) -> None:
        _, self.messages = await ws_connect(Listener, f"ws://{host}:{port}/")


async def run_server(scenario: Scenario) -> None:
    server, running = MessagesServer(scenario), set()

    def accept(_request) -> Listener:
        listener = Listener()
        listener.connected = lambda: running.add(asyncio.ensure_future(server.attend(listener)))
        return listener

    listening = await ws_create_server(accept, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    print(f"{host}:{port}", flush=True)
    await server.wait()
    await asyncio.sleep(0.1)


run(sys.argv[1], PicowsClient, run_server)
