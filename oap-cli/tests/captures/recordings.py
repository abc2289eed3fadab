"""A small set of recordings: two hosts, a peer that breaks rules, a host that leaves a sender without credit."""

import contextlib
import re
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
OAP = ROOT / "target" / "debug" / "oap"
PAGE = (ROOT / "docs" / "captures.md").read_text()
LIMIT = 60


def queries(language):
    """The blocks of the page in a language, by the heading before each."""
    blocks = re.findall(r"^##+ ([^\n]+)\n(?:(?!^##).)*?^```" + language + r"\n(.*?)^```", PAGE, re.M | re.S)
    return dict(blocks)


@contextlib.contextmanager
def running(*command):
    """A program, and where it says that it listens."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process, re.fullmatch(r"listening (.+)\n", process.stdout.readline())[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


def oap(*arguments, status=0):
    done = subprocess.run([OAP, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == status, done.stderr
    return done.stdout


def record(folder, name, use):
    host = ROOT / "tests" / "conformance" / "hosts" / "rust"
    with running(host, "serve", "--window", 2) as (_, port):
        with running(OAP, "record", "--host", name, "127.0.0.1:0", f"127.0.0.1:{port}", folder) as (recorder, address):
            use(address)
            recorder.send_signal(signal.SIGTERM)
            assert recorder.wait(LIMIT) == 0


def record_all(folder):
    """Records into `captures` in that folder."""
    captures = Path(folder) / "captures"
    record(captures, "eu1", lambda address: oap("load", address, "-s", 100, "-m", 5, "-d", 0.2))
    record(captures, "eu2", lambda address: oap("load", address, "--hostile", "oversize,stray:2", "-r", 50, "-d", 0.3, "-s", 7))
    return captures
