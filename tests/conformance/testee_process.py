"""A testee that runs: what it is asked, what it answers, how it ends."""

import os
import queue
import signal
import subprocess
import threading

MAX_LINE_BYTES = 64 * 1024 * 1024


class NoAnswer(Exception):
    pass


class Testee:
    """The program, a thread that writes every request and one that reads lines, so that neither side can block."""

    def __init__(self, command: list[str], requests: list[str], timeout: float) -> None:
        self.timeout = timeout
        self.lines: queue.Queue[bytes] = queue.Queue(maxsize=64)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        threading.Thread(target=self._write, args=(requests,), daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "Testee":
        return self

    def __exit__(self, *_) -> None:
        try:
            if os.name == "nt":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def _write(self, requests: list[str]) -> None:
        try:
            with self.process.stdin as stdin:
                for request in requests:
                    stdin.write(request.encode() + b"\n")
        except OSError:
            pass  # the testee has gone; the reader sees its end

    def _read(self) -> None:
        while text := self.process.stdout.readline(MAX_LINE_BYTES):
            self.lines.put(text)
        self.lines.put(b"")

    def _line(self) -> bytes:
        try:
            return self.lines.get(timeout=self.timeout)
        except queue.Empty:
            raise NoAnswer(f"nothing within {self.timeout:g} s") from None

    def answer(self) -> bytes:
        text = self._line()
        if not text:
            raise NoAnswer(f"the testee ended with status {self._status()}")
        return text

    def _status(self) -> int:
        try:
            return self.process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            raise NoAnswer(f"closed its output, but still runs after {self.timeout:g} s") from None

    def end(self) -> None:
        """After the last answer: end of output and status 0."""
        if text := self._line():
            raise NoAnswer(f"more than it was asked: {clipped(text)}")
        if status := self._status():
            raise NoAnswer(f"status {status} after the last answer")


def clipped(text: bytes) -> str:
    shown = text[:2000].decode(errors="backslashreplace").rstrip("\n")
    return shown + (f"… ({len(text)} bytes)" if len(text) > 2000 else "")
