#!/usr/bin/env python3
"""What the tool costs, as Markdown for docs/oap.md: `oap load` beside the gateway that it loads, a core each; `explain` and `decode` on
tiny frames; `oap send` beside the C client of the demo. Expects `make build`. What is compared is run in turn, and medians are shown."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "prometheus"))
from gateway import PROGRAM as GATEWAY  # noqa: E402
from gateway import Gateway  # noqa: E402

OAP = ROOT / "target" / "release" / "oap"
ROUNDS = 5
SECONDS = 3
# What DATA have, the gateway's window, and options.
LOADS = [
    ("32 B", 32, ["--size", 32]),
    ("1 KiB", 32, ["--size", 1_024]),
    ("64 KiB", 32, ["--size", 65_536]),
    ("1 KiB, objects", 32, ["--size", 1_024, "--objects"]),
    ("32 B", 1_024, ["--size", 32]),
    ("1 KiB", 1_024, ["--size", 1_024]),
]
TINY_BYTES = 32 << 20
FILE_BYTES = 512 << 20


def cpu_of(process) -> float:
    """Its CPU seconds so far, of all its threads."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def spent(*command, stdout=subprocess.PIPE) -> tuple[float, float, str]:
    """Seconds and CPU seconds of a command, and what it printed."""
    began = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=stdout, stderr=subprocess.DEVNULL, text=True)
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, printed
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, printed


def load(window, options) -> tuple[float, float, float]:
    """DATA a second, and CPU nanoseconds a DATA of the tool and of the gateway."""
    with Gateway("--ack-window-frames", str(window), before=["taskset", "-c", "0"]) as gateway:
        before = cpu_of(gateway.process)
        ours, printed = spent("taskset", "-c", "1", OAP, "load", gateway.address, "-c", 8, "-d", SECONDS, *options)[1:]
        theirs = cpu_of(gateway.process) - before
    count, rate = map(int, re.search(r"acknowledged  (\d+) DATA, (\d+) a second", printed).groups())
    return rate, ours / count * 1e9, theirs / count * 1e9


def loads() -> None:
    print("| DATA of | window | DATA/s | CPU of `oap load`, ns a DATA | of the gateway | ratio |\n| --- | --- | --- | --- | --- | --- |")
    rounds = [[load(window, options) for _, window, options in LOADS] for _ in range(ROUNDS)]
    for (name, window, _), runs in zip(LOADS, zip(*rounds)):
        rate, ours, theirs = map(median, zip(*runs))
        ratio = median(ours / theirs for _, ours, theirs in runs)
        print(f"| {name} | {window:,} | {rate:,.0f} | {ours:,.0f} | {theirs:,.0f} | {ratio:.2f} |")


def readings(place: Path) -> None:
    """Streams of DATA with bodies of 10 bytes: 20 bytes a frame."""
    wire = place / "tiny.bin"
    frames = b"".join(bytes.fromhex("000000140300000208") + bytes([seq]) + bytes(10) for seq in range(1, 128))
    wire.write_bytes(frames * (TINY_BYTES // len(frames)))
    print("\n| command | MB/s |\n| --- | --- |")
    for command in ("explain --summary", "decode --summary", "decode", "explain", "explain --json"):
        cpu = median(spent(OAP, *command.split(), wire, stdout=subprocess.DEVNULL)[1] for _ in range(ROUNDS))
        print(f"| `oap {command}` | {wire.stat().st_size / cpu / 1e6:,.0f} |")


def sends(place: Path) -> None:
    file = place / "file"
    with file.open("wb") as out:
        for _ in range(FILE_BYTES >> 20):
            out.write(os.urandom(1 << 20))
    client = demo_client(place)
    address = spent(GATEWAY, "address", file)[2].strip()
    with Gateway("--max-object-bytes", str(FILE_BYTES)) as gateway:
        c = [client, *gateway.address.split(":"), file, address]
        ways = {
            "the demo's C client, given the address": [c],
            "`oap send --object`, given the address": [[OAP, "send", gateway.address, file, "--object", address]],
            "`svc-gateway address`, then the C client": [[GATEWAY, "address", file], c],
            "`oap send`": [[OAP, "send", gateway.address, file]],
        }
        rounds = [[total(way) for way in ways.values()] for _ in range(ROUNDS)]
    print(f"\n| {FILE_BYTES >> 20} MiB by | s | CPU, s |\n| --- | --- | --- |")
    for name, runs in zip(ways, zip(*rounds)):
        seconds, cpu = map(median, zip(*runs))
        print(f"| {name} | {seconds:.2f} | {cpu:.2f} |")


def total(commands) -> tuple[float, float]:
    """Seconds and CPU seconds of commands, one after the other."""
    seconds, cpu, _ = zip(*(spent(*command) for command in commands))
    return sum(seconds), sum(cpu)


def demo_client(place: Path) -> Path:
    prefix, client = place / "prefix", place / "demo-client"
    subprocess.run([ROOT / "tools" / "install"], env={**os.environ, "PREFIX": str(prefix)}, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([ROOT / "tests" / "demo" / "compile", prefix, client], check=True)
    return client


if __name__ == "__main__":
    loads()
    with tempfile.TemporaryDirectory() as folder:
        readings(Path(folder))
        sends(Path(folder))
