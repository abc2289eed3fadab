"""The example host, asked with curl."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from wires import ROOT

import oap

HOST = ROOT / "sdk-python" / "examples" / "host.py"
GUIDE = ROOT / "docs" / "python.md"


def free_ports() -> tuple[int, int]:
    with contextlib.ExitStack() as stack:
        one, two = (stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        return one.getsockname()[1], two.getsockname()[1]


@contextlib.contextmanager
def running() -> Iterator[tuple[int, int]]:
    ports = free_ports()
    with subprocess.Popen([sys.executable, "-W", "error", HOST, *map(str, ports)]) as host:
        try:
            for port in ports:
                wait_for(port)
            yield ports
        finally:
            host.terminate()


def wait_for(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=30).close()
        time.sleep(0.1)
    raise AssertionError("the host does not listen")


def curl(port: int, path: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body."""
    command = ["curl", "-sSi", "--noproxy", "*", "--max-time", "30", f"http://127.0.0.1:{port}{path}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    head, _, body = told.stdout.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


def reject(port: int) -> None:
    """A connection that sends what is no frame, and waits until it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        peer.sendall(b"\xff\xff\xff\xff")
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65_536):
            pass


def test_readyz_and_metrics_of_the_example() -> None:
    with running() as (port, pages):
        status, headers, body = curl(pages, "/readyz")
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert "Retry-After" not in headers
        assert json.loads(body) == {"degraded": False, "missing": [], "retry_after": 0}

        for _ in range(oap.Monitor().limits["reject_min_events"]):
            reject(port)
        status, headers, body = curl(pages, "/readyz")
        assert (status, headers["Content-Type"], headers["Retry-After"]) == (503, "application/json", "5")
        assert json.loads(body) == {"degraded": True, "missing": ["oap_reject_rate_ok"], "retry_after": 5}

        status, headers, body = curl(pages, "/metrics")
        assert (status, headers["Content-Type"]) == (200, oap.TEXT_CONTENT_TYPE)
        assert 'oap_rejects_total{reason="frame_oversize"} 100\n' in body
        tool = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, text=True)
        assert (tool.returncode, tool.stdout + tool.stderr) == (0, "")
        assert curl(pages, "/other")[0] == 404


def test_the_example_has_forty_lines_at_most_and_is_the_guide_s() -> None:
    example = HOST.read_text(encoding="utf-8")
    assert len(example.splitlines()) <= 40
    assert f"```py\n{example}```\n" in GUIDE.read_text(encoding="utf-8")
