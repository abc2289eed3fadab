#!/usr/bin/env python3
"""Feeds the conformance vectors to testees, compares their answers, prints what differs. See README.md."""

import argparse
import json
import os
import queue
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

HERE = Path(__file__).resolve().parent
TESTEES = HERE / "testees"
VECTORS = HERE.parent / "vectors" / "oap1"
HEX_KEYS = {"bytes", "body", "recv", "receive", "data"}
MAX_LINE_BYTES = 64 * 1024 * 1024
LONG_RUN = re.compile(r"([0-9a-f]{2})\1{63,}")


@dataclass
class Result:
    """What one testee did: passed cases by file, differences as text."""

    passed: Counter = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    failed: int = 0

    def fail(self, text: str, count: int = 1) -> None:
        self.failures.append(text)
        self.failed += count


class NoAnswer(Exception):
    pass


def joined(parts):
    """Hex from `{"repeat": hex, "times": N}` or a list of such parts; anything else as it is."""
    if isinstance(parts, dict) and parts.keys() == {"repeat", "times"}:
        return parts["repeat"] * parts["times"]
    if isinstance(parts, list):
        return "".join(map(joined, parts))
    return parts


def expand(value, key=None):
    if key in HEX_KEYS:
        return joined(value)
    if key == "chunks" and isinstance(value, list):
        return [joined(chunk) for chunk in value]
    if isinstance(value, dict):
        return {name: expand(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner) for inner in value]
    return value


def line(value) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def agrees(expected, got) -> bool:
    """JSON equality (1 is not true); of a usage answer only that it is one."""
    if "usage" in expected:
        return isinstance(got, dict) and "usage" in got
    return line(expand(expected)) == line(got)


def request_line(request) -> str:
    """`{"line": text}` stands for a line that is not a request in JSON."""
    if isinstance(request, dict) and request.keys() == {"line"}:
        return request["line"]
    return line(expand(request))


def load(only: str, vectors: Path = VECTORS) -> list[dict]:
    cases = []
    for path in sorted(vectors.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            if fnmatchcase(case["name"], only) or fnmatchcase(path.name, only) or fnmatchcase(path.stem, only):
                cases.append(case | {"file": path.name})
    return cases


class Testee:
    """The program, a thread that writes every request and one that reads lines, so that neither side can block."""

    def __init__(self, command: list[str], requests: list[str], timeout: float) -> None:
        self.timeout = timeout
        self.lines: queue.Queue[bytes] = queue.Queue(maxsize=64)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        threading.Thread(target=self._write, args=(requests,), daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

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

    def kill(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def clipped(text: bytes) -> str:
    shown = text[:2000].decode(errors="backslashreplace").rstrip("\n")
    return shown + (f"… ({len(text)} bytes)" if len(text) > 2000 else "")


def difference(name: str, case: dict, got: str) -> str:
    short = LONG_RUN.sub(lambda run: f"[{run[1]} x {len(run[0]) // 2}]", got)
    return (f"{name}: {case['name']} ({case['file']}, rule {case['rule']})\n"
            f"  request:  {line(case['request'])}\n  expected: {line(case['answer'])}\n  got:      {short}")


def judge(name: str, case: dict, text: bytes, result: Result) -> None:
    try:
        got = json.loads(text)
    except (ValueError, RecursionError):
        result.fail(difference(name, case, "not JSON: " + clipped(text)))
        return
    if agrees(case["answer"], got):
        result.passed[case["file"]] += 1
    else:
        result.fail(difference(name, case, line(got)))


def run(name: str, command: list[str], cases: list[dict], timeout: float) -> Result:
    result = Result()
    try:
        testee = Testee(command, [request_line(case["request"]) for case in cases], timeout)
    except OSError as error:
        result.fail(f"{name}: could not be started: {error}", len(cases))
        return result
    try:
        for index, case in enumerate(cases):
            try:
                text = testee.answer()
            except NoAnswer as reason:
                left = len(cases) - index
                result.fail(difference(name, case, f"no answer: {reason}; {left - 1} further cases not answered"), left)
                return result
            judge(name, case, text, result)
        try:
            testee.end()
        except NoAnswer as reason:
            result.fail(f"{name}: after {cases[-1]['name']}: {reason}")
    finally:
        testee.kill()
    return result


def table(cases: list[dict], results: dict[str, Result]) -> str:
    totals = Counter(case["file"] for case in cases)
    rows = [["", *results]]
    rows += [[file, *(f"{result.passed[file]}/{total}" for result in results.values())] for file, total in totals.items()]
    rows.append(["all", *(f"{result.passed.total()}/{len(cases)}" for result in results.values())])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]) for row in rows)


def chosen(commands: list[str], names: list[str]) -> dict[str, list[str]]:
    """Name and command of each testee: those given, else the executables in testees/, or of these the ones named."""
    if commands:
        return {command: shlex.split(command) for command in commands}
    there = [path.name for path in sorted(TESTEES.glob("*")) if path.is_file() and os.access(path, os.X_OK)]
    return {name: [str(TESTEES / name)] for name in names or there}


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--testee", metavar="CMD", action="append", default=[],
                        help="a command to test instead of tests/conformance/testees; may be given again")
    parser.add_argument("--vectors", metavar="FOLDER", type=Path, default=VECTORS, help="another set of cases")
    parser.add_argument("--only", metavar="GLOB", default="*", help="only cases or files with such a name")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=20, help="for each answer (20)")
    parser.add_argument("names", nargs="*", help="only these of tests/conformance/testees")
    options = parser.parse_args(argv)
    if options.testee and options.names:
        parser.error("names choose among testees/; --testee replaces them")
    return options


def main(argv: list[str]) -> int:
    options = arguments(argv)
    cases = load(options.only, options.vectors)
    testees = chosen(options.testee, options.names)
    results = {name: run(name, command, cases, options.timeout) for name, command in testees.items()} if cases else {}
    for result in results.values():
        for failure in result.failures:
            print(failure, end="\n\n")
    if results:
        print(table(cases, results), end="\n\n")
    else:
        print("no cases" if not cases else f"no testees in {TESTEES.relative_to(HERE.parent.parent)}")
    failed = sum(result.failed for result in results.values())
    print(f"{sum(result.passed.total() for result in results.values())} passed, {failed} failed")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
