#!/usr/bin/env python3
"""Instruction counts of the hot paths under callgrind, against those of counts.json. Expects `make build`.

counts.py           fails where one is more than 3 % over
counts.py --write   writes them anew: where a path got quicker, or slower for a reason that the commit gives
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCH = HERE.parents[1] / "target" / "release" / "oap-bench"
COUNTS = HERE / "counts.json"
ALLOWED = 1.03
PATHS = [
    ("tiny", "FrameTable"),
    ("ack", "FrameTable"),
    ("obj", "FrameTable"),
    ("split", "StreamDecoder, 1,460 bytes"),
    ("one", "Decoder::decode_table, tiny frames"),
    ("encode", "encode_to"),
    ("encode", "encode_rows"),
    ("tiny", "Session::recv"),
    ("tiny", "sessions by hand, in batches"),
    ("tiny", "connections"),
]


def own_instructions(lines) -> int:
    """Those of the program itself: the C library's differ from processor to processor."""
    names, ours, inclusive, total = {}, False, False, 0
    for line in lines:
        if match := re.match(r"ob=\((\d+)\)(?: (.*))?", line):
            number, name = match.groups()
            names.setdefault(number, name)
            ours = names[number].endswith(BENCH.name)
        elif line.startswith("cob="):
            number, name = re.match(r"cob=\((\d+)\)(?: (.*))?", line).groups()
            names.setdefault(number, name)
        elif line.startswith("calls="):
            inclusive = True
        elif re.match(r"[0-9+*-]", line):
            if ours and not inclusive:
                total += int(line.split()[1])
            inclusive = False
    return total


def count(work: str, what: str) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "callgrind"
        command = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}",
                   "--toggle-collect=oap_bench::measure::Case::run", BENCH, "--once", work, what]
        subprocess.run(command, check=True, stderr=subprocess.PIPE)
        return own_instructions(out.read_text().splitlines())


def counted() -> dict:
    return {f"{work}: {what}": count(work, what) for work, what in PATHS}


def rustc() -> str:
    return subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.strip()


def recorded() -> dict:
    return json.loads(COUNTS.read_text())


def over(before: dict, now: dict) -> list:
    """The paths that take more than is allowed, and those of which one list does not know."""
    unknown = sorted(set(before) ^ set(now))
    return unknown + [name for name in now if name in before and now[name] > before[name] * ALLOWED]


def show(before: dict, now: dict) -> None:
    for name, instructions in now.items():
        was = before.get(name, instructions)
        print(f"{name:44} {was:8} {instructions:8} {instructions / was - 1:+7.2%}")


def main() -> int:
    compiler, now = rustc(), counted()
    if sys.argv[1:] == ["--write"]:
        COUNTS.write_text(json.dumps({"rustc": compiler, "instructions": now}, indent=2) + "\n")
        return 0
    before = recorded()
    show(before["instructions"], now)
    worse = over(before["instructions"], now)
    if worse and compiler != before["rustc"]:
        print(f"These were counted with {before['rustc']}, and here is {compiler}: another compiler makes other "
              "code, so this tells nothing of a change here. To guard with it, run `tests/bench/counts.py --write` "
              "on the last good commit.")
        return 0
    for name in worse:
        print(f"over + 3 %: {name}: make it as quick as it was, or run `tests/bench/counts.py --write` and say why")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
