"""The host programs: each language's sender against each language's server, and hostile sockets against each server."""

import contextlib
import os
import queue
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import zlib
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
HOSTS = sorted(file.name for file in HERE.iterdir() if file.is_file() and file.suffix == "" and os.access(file, os.X_OK))
# Nothing here takes as long, on any machine.
LIMIT = 120


def body(length):
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def crc(length):
    return f"{zlib.crc32(body(length)):08x}"


class Server:
    """A host program that serves."""

    def __init__(self, name, *options):
        self.process = subprocess.Popen([HERE / name, "serve", *map(str, options)], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.port = int(re.fullmatch(r"listening (\d+)", self.line())[1])

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self):
        line = self.lines.get(timeout=LIMIT)
        assert line is not None, f"{self.process.args} has ended: is it built?"
        return line

    def ended(self):
        """The reason of the next connection that ended."""
        return re.fullmatch(r"ended (\S+)", self.line())[1]

    def lives(self, sender):
        assert send(sender, self.port, "after", 1_000, "--echo") == (0, [receipt("after", 1_000), delivered(1_000)])

    def shut_down(self):
        self.process.stdin.write("shutdown\n")
        self.process.stdin.flush()
        assert self.process.wait(LIMIT) == 0


@contextlib.contextmanager
def serving(name, *options):
    server = Server(name, *options)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        server.process.stdin.close()


def sending(name, port, stream, length, *options):
    command = [HERE / name, "send", str(port), stream, str(length), *map(str, options)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def connected(port):
    """Waits until a peer is connected to a server, however long a sender takes to start."""
    end = time.monotonic() + LIMIT
    while not re.search(rf":{port:04X} [0-9A-F]+:[0-9A-F]+ 01 ", Path("/proc/net/tcp").read_text()):
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.3)


def outcome(process):
    out, _ = process.communicate(timeout=LIMIT)
    return process.returncode, out.splitlines()


def send(*arguments):
    return outcome(sending(*arguments))


def delivered(length):
    return f"delivered {length} {crc(length)}"


def receipt(stream, length):
    return f"{stream} {length} {crc(length)} 0"


def failed(lines):
    """Reason and acknowledged bytes of a sender's last line."""
    word, acknowledged = re.fullmatch(r"failed (\S+) acknowledged (\d+)", lines[-1]).groups()
    return word, int(acknowledged)


each_server = pytest.mark.parametrize("server", HOSTS)
PAIRS = [(sender, server) for sender in HOSTS for server in HOSTS]
each_pair = pytest.mark.parametrize(("sender", "server"), PAIRS)
# What takes seconds on purpose: each sender and each server, against its own language and against one other.
slow_pairs = pytest.mark.parametrize(("sender", "server"), [pair for pair in PAIRS if pair[0] == pair[1] or "rust" in pair])

WAYS = {
    "empty": (0, []),
    "one byte": (1, []),
    "large": (3_000_000, []),
    "empty, echoed": (0, ["--echo"]),
    "large, echoed": (3_000_000, ["--echo"]),
    "bytes one by one": (5_000, ["--chunk", 1, "--echo"]),
    "large chunks": (3_000_000, ["--chunk", 1_000_000, "--echo"]),
    "chunks beyond a frame": (3_000_000, ["--chunk", 2_000_000, "--echo"]),
    "nothing waited for": (3_000_000, ["--nowait"]),
    "small buffers": (500_000, ["--send-buffer", 1, "--receive-buffer", 1, "--echo"]),
    "a window of one": (300_000, ["--window", 1, "--echo"]),
}


def test_there_is_a_host_program():
    assert "rust" in HOSTS


@each_pair
def test_what_is_sent_arrives(sender, server):
    with serving(server) as host:
        for way, (length, options) in WAYS.items():
            status, lines = send(sender, host.port, "objects-to-come", length, *options)
            echoed = [receipt("objects-to-come", length)] if "--echo" in options else []
            assert (status, lines) == (0, [*echoed, delivered(length)]), way
            reason = host.ended()
            # The receipt may be on its way to a sender that does not wait for it.
            assert reason == "clean" or (not echoed and reason in ("unacknowledged", "reset")), way
        host.shut_down()


@each_pair
def test_a_server_of_small_means_takes_everything(sender, server):
    with serving(server, "--window", 1, "--max-frame", 4_096, "--receive-buffer", 1) as host:
        status, lines = send(sender, host.port, "small", 300_000, "--echo")
        assert (status, lines) == (0, [receipt("small", 300_000), delivered(300_000)])
        host.shut_down()


@slow_pairs
def test_a_close_behind_the_last_byte_delivers_to_a_slow_server(sender, server):
    length = 1_000_000
    with serving(server, "--slow", 400_000) as host:
        began = time.monotonic()
        assert send(sender, host.port, "slow", length, "--nowait", "--close", 60_000) == (0, [delivered(length)])
        assert time.monotonic() - began > 1
        host.lives(sender)
        host.shut_down()


@slow_pairs
def test_a_close_that_comes_too_late_says_how_much_was_taken(sender, server):
    with serving(server, "--slow", 400_000) as host:
        status, lines = send(sender, host.port, "slow", 3_000_000, "--nowait", "--close", 500)
        reason, acknowledged = failed(lines)
        assert (status, reason) == (1, "close_timeout")
        assert acknowledged < 3_000_000


@slow_pairs
def test_a_server_that_is_terminated_lets_the_open_stream_finish(sender, server):
    length = 600_000
    with serving(server, "--slow", 400_000) as host:
        process = sending(sender, host.port, "last", length, "--echo")
        connected(host.port)
        host.process.send_signal(signal.SIGTERM)
        assert outcome(process) == (0, [receipt("last", length), delivered(length)])
        assert host.ended() == "clean"
        assert host.process.wait(LIMIT) == 0
        status, lines = send(sender, host.port, "late", 1)
        assert (status, failed(lines)) == (1, ("refused", 0))


@slow_pairs
def test_a_sender_that_is_killed_ends_nothing_but_its_connection(sender, server):
    with serving(server, "--slow", 10_000_000) as host:
        process = sending(sender, host.port, "killed", 1_000_000_000)
        connected(host.port)
        process.kill()
        process.communicate()
        assert host.ended() in ("incomplete", "reset", "reject:truncated")
        host.lives(sender)
        host.shut_down()


def frame(kind, header):
    return struct.pack(">IBBH", 8 + len(header), kind, 0, len(header)) + header


def start(name):
    return frame(2, b"\x0a" + bytes([len(name)]) + name)


def end(seq, status):
    return frame(5, bytes([8, seq, 16, status]))


def hello():
    return frame(1, bytes.fromhex("0801" "10808040"))


# What a peer says before it is gone, and the reasons that the server may give.
HOSTILE = {
    "nothing": (b"", {"clean", "reset"}),
    "a part of a greeting": (hello()[:5], {"reject:truncated", "reset"}),
    "another protocol": (b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", {"reject:frame_oversize"}),
    "an unknown kind": (hello() + frame(0x99, b""), {"reject:unknown_envelope"}),
    "a second greeting": (hello() + hello(), {"reject:bad_hello"}),
    "an end of nothing": (hello() + end(0, 0), {"reject:credit_violation"}),
    "an open stream": (hello() + start(b"open"), {"incomplete", "reset"}),
    "a stream, an end and an error": (hello() + start(b"a") + end(0, 0) + frame(6, b"\x08\xac\x02\x12\x01x"),
                                      {"peer_error:300", "reset"}),
}


def talk(port, words, reset=False):
    """Says it, hears the server out and goes; or resets the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as peer:
        peer.sendall(words)
        if reset:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        peer.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while peer.recv(65_536):
                pass


@each_server
def test_hostile_peers_are_told_apart_and_end_nothing_else(server):
    with serving(server, "--close", 2_000) as host:
        for name, (words, reasons) in HOSTILE.items():
            talk(host.port, words)
            assert host.ended() in reasons, name
        for words, _ in HOSTILE.values():
            talk(host.port, words, reset=True)
            host.ended()
        host.lives(server)
        host.shut_down()


@each_server
def test_peers_that_say_nothing_are_given_up(server):
    with serving(server, "--handshake", 300, "--idle", 300) as host:
        with socket.create_connection(("127.0.0.1", host.port)), \
                socket.create_connection(("127.0.0.1", host.port)) as greeter:
            greeter.sendall(hello())
            assert {host.ended(), host.ended()} == {"handshake_timeout", "idle_timeout"}
        host.lives(server)
        host.shut_down()


@each_server
def test_connections_beyond_the_most_wait(server):
    with serving(server, "--max-connections", 1) as host:
        with socket.create_connection(("127.0.0.1", host.port)) as first:
            first.sendall(hello())
            assert first.recv(1)
            process = sending(server, host.port, "second", 1_000, "--handshake", 60_000)
            time.sleep(0.3)
            assert process.poll() is None
        assert outcome(process) == (0, [delivered(1_000)])


@pytest.mark.parametrize("sender", HOSTS)
def test_a_sender_says_what_a_bad_server_did(sender):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def against(words, *options):
            process = sending(sender, port, "one", 1_000, *options)
            peer, _ = listener.accept()
            with peer:
                peer.sendall(words)
                peer.shutdown(socket.SHUT_WR)
                status, lines = outcome(process)
            return status, failed(lines)

        assert against(hello() + frame(0x99, b"")) == (1, ("reject:unknown_envelope", 0))
        assert against(hello() + frame(6, b"\x08\x07\x12\x01x")) == (1, ("peer_error:7", 0))
        assert against(hello() + start(b"open")) == (1, ("incomplete", 0))
        assert against(hello()) == (1, ("unacknowledged", 0))
        process = sending(sender, port, "one", 1_000, "--handshake", 200)
        peer, _ = listener.accept()
        with peer:
            status, lines = outcome(process)
            assert (status, failed(lines)) == (1, ("handshake_timeout", 0))
