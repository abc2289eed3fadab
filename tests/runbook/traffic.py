"""traffic.py LOG: streams that a gateway takes and bytes that it refuses, so that the book's commands find something.
The log says where the gateway is."""

import contextlib
import json
import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "prometheus"))

from gateway import HAPPY, OVERSIZE, PATIENCE  # noqa: E402

HELLO = HAPPY[0]
HELLO_WITH_BITS = bytes.fromhex("00000010 01000008 0801 10808040 1801")
FOREIGN = b"GET / HTTP/1.1\r\n\r\n"
STALLED = HELLO + bytes.fromhex("0010")


def listening(log):
    events = map(json.loads, Path(log).read_text().splitlines())
    address = next(event["addr"] for event in events if event["event"] == "listening")
    host, port = address.split(":")
    return host, int(port)


def converse(address, data, source="127.0.0.1"):
    """Sends it and nothing more, and waits until the gateway has answered and closed."""
    peer = socket.create_connection(address, timeout=PATIENCE, source_address=(source, 0))
    # A peer in quarantine is closed on its first bytes.
    with peer, contextlib.suppress(OSError):
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass


def main():
    address = listening(sys.argv[1])
    for _ in range(5):
        converse(address, b"".join(HAPPY))
    for _ in range(12):
        converse(address, HELLO + OVERSIZE, "127.0.0.66")
    converse(address, HELLO_WITH_BITS, "127.0.0.67")
    converse(address, FOREIGN, "127.0.0.68")
    converse(address, STALLED, "127.0.0.69")


if __name__ == "__main__":
    main()
