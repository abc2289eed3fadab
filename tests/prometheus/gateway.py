"""A running svc-gateway, and peers of it that speak the bytes of the shared vectors."""

import json
import socket
import subprocess
from pathlib import Path

from http_get import get

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "target" / "release" / "svc-gateway"
VECTORS = ROOT / "tests" / "vectors" / "oap1"
PATIENCE = 30


def vector(topic, name):
    cases = json.loads((VECTORS / f"{topic}.json").read_text())
    return next(case for case in cases if case["name"] == name)


CONSTANTS = vector("constants", "constants")["answer"]

# HELLO, START, DATA and END
HAPPY = [
    bytes.fromhex(outcome["bytes"])
    for outcome in vector("canonical", "happy_path")["answer"]["outcomes"]
    if "bytes" in outcome
]
OVERSIZE = bytes.fromhex("".join(vector("canonical", "oversize")["request"]["chunks"]))


class Gateway:
    def __init__(self, *args, before=()):
        """With `args`, and run by the command `before` them."""
        places = ["--listen", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--drain-seconds", "0"]
        # All traffic comes from one peer.
        command = [*before, PROGRAM, *places, "--quarantine-offences", "0", *args]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = self.event("listening")["addr"]
        self.endpoints = self.event("serving_metrics")["addr"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def event(self, name):
        """The next of that name in its log."""
        return next(event for event in map(json.loads, self.process.stdout) if event["event"] == name)

    def get(self, path):
        return get(f"http://{self.endpoints}{path}")

    def page(self):
        return self.get("/metrics")

    def stop(self):
        """Its exit status, once it has drained."""
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    def connect(self):
        host, port = self.address.split(":")
        return socket.create_connection((host, int(port)), timeout=PATIENCE)

    def converse(self, *frames):
        """Sends these and nothing more, and waits until the gateway has answered and closed."""
        with self.connect() as peer:
            peer.sendall(b"".join(frames))
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass
