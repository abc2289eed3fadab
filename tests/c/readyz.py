"""The example hosts of docs/examples: run, and asked by curl."""

import re
import socket
import subprocess
import time
from pathlib import Path

from tree import ENV, ROOT, run

EXAMPLES = ROOT / "docs" / "examples"
ACK = bytes([0, 0, 0, 10, 4, 0, 0, 2, 8, 1])
STRANGER = bytes([0, 0, 0, 8, 0x99, 0, 0, 0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Host:
    """An example at work, in a `with`."""

    def __init__(self, program: Path, **env: str):
        self.port = free_port()
        self.process = subprocess.Popen([program, str(self.port)], stdin=subprocess.PIPE, env=ENV | env)

    def __enter__(self):
        for _ in range(500):
            try:
                self.connect().close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise AssertionError("the host does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def get(self, path: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body."""
        said = run("curl", "-sS", "-i", "--noproxy", "*", "--max-time", "10", f"http://127.0.0.1:{self.port}{path}")
        head, body = re.split(r"\n\n", said, maxsplit=1)
        status, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        return int(status.split()[1]), headers, body

    def check_page(self, *samples: str) -> None:
        """/metrics, as promtool sees it, has these lines."""
        status, headers, page = self.get("/metrics")
        assert status == 200 and headers["Content-Type"].startswith("text/plain"), headers
        subprocess.run(["promtool", "check", "metrics"], input=page, text=True, check=True)
        assert set(samples) <= set(page.splitlines()), page


READY = '{"degraded":false,"missing":[],"retry_after":0}'


def not_ready(key: str) -> str:
    return f'{{"degraded":true,"missing":["{key}"],"retry_after":5}}'
