"""The memory of idle connections on a server: `python idle.py [connections] [asyncio|uvloop]`."""

import asyncio
import gc
import os
import resource
import subprocess
import sys
from pathlib import Path

import uvloop

import oap
from oap.asyncio import Connection, serve

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}

PEERS = """
import socket, sys
port, count, hello = int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3])
peers = []
for _ in range(count):
    peers.append(socket.create_connection(("127.0.0.1", port)))
    peers[-1].sendall(hello)
for peer in peers:
    peer.recv(100)
print("here", flush=True)
sys.stdin.read()
"""


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def bytes_of_a_connection(count: int) -> float:
    """Bytes of resident memory that one of so many idle connections costs its server, sockets of the kernel aside."""

    async def take(connection: Connection) -> None:
        async for _ in connection:
            pass

    async with await serve(take, "127.0.0.1", 0, max_connections=count + 1) as server:
        port = server.sockets[0].getsockname()[1]
        before = resident()
        hello = oap.encode(oap.Hello(1, oap.MAX_FRAME_BYTES)).hex()
        peers = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PEERS, str(port), str(count), hello, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert peers.stdout is not None and await peers.stdout.readline()
        while sum(connection.state == "open" for connection in server.connections) < count:
            await asyncio.sleep(0.05)
        each = (resident() - before) / count
        peers.kill()
        await peers.wait()
        server.abort()
        return each


def measure(count: int, loop: str) -> float:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        return runner.run(bytes_of_a_connection(count))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for loop in sys.argv[2:] or LOOPS:
        print(f"{loop}: {measure(count, loop) / 1024:.1f} KiB a connection, of {count:,}")
