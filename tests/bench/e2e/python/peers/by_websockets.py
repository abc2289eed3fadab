"""By websockets: `by_websockets.py LOOP (server | client ADDRESS) SCENARIO`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from messages import Messages, MessagesClient, MessagesServer
from scenario import Scenario, run
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve


class Socket(Messages):
    def __init__(self, socket) -> None:
        self.send, self.receive, self.close = socket.send, socket.recv, socket.close


class SocketClient(MessagesClient):
    async def connect(self, host: str, port: int, fresh: bool) -> None:
        self.messages = Socket(await connect(f"ws://{host}:{port}/"))


async def run_server(scenario: Scenario) -> None:
    server = MessagesServer(scenario)

    async def attend(socket) -> None:
        await server.attend(Socket(socket))
        await socket.wait_closed()

    async with serve(attend, "127.0.0.1", 0) as listening:
        host, port = listening.sockets[0].getsockname()
        print(f"{host}:{port}", flush=True)
        await server.wait()


run(sys.argv[1], SocketClient, run_server)
