#!/usr/bin/env python3
"""What the tool costs, as Markdown for docs/oap.md: `oap load` beside the gateway that it loads, a core each; `explain` and `decode` on tiny frames;
`oap send` beside the C client of the demo. Expects `make build` and the demo's client, whose path is the argument."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "prometheus"))
from gateway import Gateway  # noqa: E402

OAP = ROOT / "target" / "release" / "oap"
TICK = os.sysconf("SC_CLK_TCK")
LOADS = [("32 B", 32, 8), ("1 KiB", 1_024, 8), ("64 KiB", 65_536, 8)]
STREAM_BYTES = 512 << 20
ROUNDS = 5


def cpu_of(process) -> float:
    """Its CPU seconds so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def spent(command, **given) -> tuple[float, float, str]:
    """Seconds and CPU seconds of a command, and what it printed."""
    began = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, **given)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, printed
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, printed


def loads() -> None:
    print("| DATA of | DATA/s | CPU of `oap load`, s | of the gateway, s | the gateway's core busy |\n| --- | --- | --- | --- | --- |")
    for name, size, connections in LOADS:
        with Gateway(before=["taskset", "-c", "0"]) as gateway:
            load = ["taskset", "-c", "1", OAP, "load", gateway.address, "--size", size, "--connections", connections, "--duration", 10]
            seconds, ours, printed = spent(load)
            theirs = cpu_of(gateway.process)
        rate = int(re.search(r"DATA, (\d+) a second", printed)[1])
        print(f"| {name} | {rate:,} | {ours:.1f} | {theirs:.1f} | {theirs / seconds:.0%} |")


def readings(place: Path) -> None:
    """Streams of DATA with bodies of 10 bytes: 20 bytes a frame."""
    frames = b"".join(bytes.fromhex("000000140300000208") + bytes([seq]) + bytes(10) for seq in range(1, 128))
    wire = place / "tiny.bin"
    with wire.open("wb") as file:
        for _ in range(STREAM_BYTES // len(frames)):
            file.write(frames)
    print("\n| command | MB/s |\n| --- | --- |")
    for command in ("explain", "decode"):
        best = min(spent([OAP, command, "--summary", wire])[1] for _ in range(ROUNDS))
        print(f"| `oap {command} --summary` | {wire.stat().st_size / best / 1e6:,.0f} |")


def sends(place: Path, client: str) -> None:
    file = place / "file"
    with file.open("wb") as out:
        for _ in range(STREAM_BYTES >> 20):
            out.write(os.urandom(1 << 20))
    address = spent([ROOT / "target" / "release" / "svc-gateway", "address", file])[2].strip()
    best = {"oap send": [], "the demo's C client": []}
    with Gateway("--max-object-bytes", "1073741824") as gateway:
        host, port = gateway.address.split(":")
        for _ in range(ROUNDS):
            best["oap send"].append(spent([OAP, "send", gateway.address, file], stderr=subprocess.DEVNULL)[:2])
            best["the demo's C client"].append(spent([client, host, port, file, address], stderr=subprocess.DEVNULL)[:2])
    print("\n| 512 MiB by | s | CPU, s |\n| --- | --- | --- |")
    for name, rounds in best.items():
        print(f"| {name} | {min(seconds for seconds, _ in rounds):.2f} | {min(cpu for _, cpu in rounds):.2f} |")


if __name__ == "__main__":
    loads()
    with tempfile.TemporaryDirectory() as folder:
        readings(Path(folder))
        sends(Path(folder), sys.argv[1])
