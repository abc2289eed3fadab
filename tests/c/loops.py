"""The example programs of docs/examples that move a connection's bytes: `PROGRAM PORT` serves, `PROGRAM PORT BYTES CONNECTIONS` asks.

Each check takes the server's program and, where clients ask it, theirs.
"""

import re
import select
import signal
import socket
import subprocess
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tree import ENV

HELLO = bytes.fromhex("0000000e01000006 0801 10808040")
START = bytes.fromhex("0000000b02000003 0a0173")
END = bytes.fromhex("0000000c05000004 08001000")
HALF_A_DATA = bytes.fromhex("0000001003000002 0801 6162")
SECONDS = 30


class Server:
    """A server at work, in a `with`. It must end by SIGINT with status 0."""

    def __init__(self, program: Path, **env: str):
        self.process = subprocess.Popen([program, "0"], stdout=subprocess.PIPE, text=True, env=ENV | env)
        self.port = int(re.fullmatch(r"listening (\d+)\n", self.process.stdout.readline())[1])
        self.ends: Counter[str] = Counter()
        self.stopped = False

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.stop(signal.SIGKILL if failed else signal.SIGINT)
        said, _ = self.process.communicate(timeout=SECONDS)
        self.ends.update(said.splitlines())
        assert failed or self.process.returncode == 0, self.process.returncode

    def stop(self, by: int) -> None:
        """By one signal only: some programs end at once by a second one."""
        if not self.stopped:
            self.process.send_signal(by)
        self.stopped = by == signal.SIGINT

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def memory(self) -> int:
        """KiB that stay in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1])

    def cpu(self) -> int:
        """Ticks of the processor, in user and system mode."""
        return sum(map(int, Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[-1].split()[11:13]))


def start_clients(program: Path, port: int, size: int, connections: int, **env: str) -> subprocess.Popen:
    return subprocess.Popen([program, str(port), str(size), str(connections)], stdout=subprocess.PIPE, text=True, env=ENV | env)


def said(clients: subprocess.Popen) -> Counter:
    output, _ = clients.communicate(timeout=SECONDS)
    assert clients.returncode == 0, clients.returncode
    return Counter(output.splitlines())


def check_clients(program: Path, server: Server, size: int, connections: int, **env: str) -> None:
    counted = said(start_clients(program, server.port, size, connections, **env))
    assert counted == {f"ended clean {size}": connections}, counted


def check_many(server: Path, client: Path, **env: str) -> None:
    """Many connections at once, each with more than its window and both buffers hold."""
    with Server(server, **env) as serving:
        check_clients(client, serving, 3_000_000, 20, **env)
        check_clients(client, serving, 1_000, 400, **env)
        check_clients(client, serving, 0, 1, **env)
    assert serving.ends == {"ended clean": 421}, serving.ends


def check_peers_that_stop(server: Path, client: Path, **env: str) -> None:
    """Peers that say nothing, or stop inside a frame, hold up nobody and cost no time."""
    with Server(server, **env) as serving, ExitStack() as peers:
        for words in [b"", HELLO, HELLO + START, HELLO + START + HALF_A_DATA[:-1]] * 10:
            peer = peers.enter_context(serving.connect())
            assert peer.recv(64)
            peer.sendall(words)
        check_clients(client, serving, 100_000, 10, **env)
        before = serving.cpu()
        time.sleep(0.5)
        assert serving.cpu() - before <= 10, "it turns while nothing comes"
        peers.close()
        check_clients(client, serving, 1_000, 1, **env)
    assert serving.ends == {"ended clean": 31, "ended incomplete": 10, "ended reject": 10}, serving.ends


def check_a_peer_that_never_reads(server: Path, client: Path, **env: str) -> None:
    """Its streams are not kept for ever, though their answers wait for its credit."""
    with Server(server, **env) as serving, serving.connect() as peer:
        peer.sendall(HELLO + (START + END) * 500_000)
        assert serving.memory() < 32 << 10, serving.memory()
        check_clients(client, serving, 100_000, 10, **env)
    assert serving.ends == {"ended stalled": 1, "ended clean": 10}, serving.ends


def check_a_client_that_stops(server: Path, client: Path, **env: str) -> None:
    with Server(server, **env) as serving:
        clients = start_clients(client, serving.port, 30_000_000, 5, **env)
        clients.send_signal(signal.SIGSTOP)
        check_clients(client, serving, 100_000, 5, **env)
        clients.send_signal(signal.SIGCONT)
        assert said(clients) == {"ended clean 30000000": 5}
        killed = start_clients(client, serving.port, 1 << 40, 1, **env)
        select.select([serving.process.stdout], [], [], 0.2)
        killed.kill()
        killed.communicate()
        check_clients(client, serving, 1_000, 1, **env)


def check_a_server_that_goes(server: Path, client: Path, **env: str) -> None:
    """Its clients say so, and end."""
    with Server(server, **env) as serving:
        clients = start_clients(client, serving.port, 1 << 40, 5, **env)
        time.sleep(0.2)
        serving.stop(signal.SIGINT)
        ends = said(clients)
        assert sum(ends.values()) == 5 and not any("clean" in end for end in ends), ends
    refused = said(start_clients(client, serving.port, 1, 1, **env))
    assert refused == {"ended reset": 1}, refused


def check_few_descriptors(server: Path, client: Path, **env: str) -> None:
    """Connections beyond the limit of the process wait until one is free."""
    with Server(server, **env) as serving:
        subprocess.run(["prlimit", "--pid", str(serving.process.pid), "--nofile=32"], check=True)
        check_clients(client, serving, 1_000, 100, **env)


CHECKS = [check_many, check_peers_that_stop, check_a_peer_that_never_reads, check_a_client_that_stops, check_a_server_that_goes]
