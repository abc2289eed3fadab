#!/usr/bin/env python3
"""`make bench`: runs every language's benchmark, prints targets and tables as Markdown and writes them to
build/reports/perf/figures.md, keeps the raw figures in build/bench.json and draws build/reports/performance.svg; `make record`
copies both to docs. Expects `make build`.

report.py               measures
report.py --again       prints, writes and draws what build/bench.json holds
"""

import contextlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from plot import NAMES, svg
from targets import TARGETS, Figures

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "build" / "bench.json"
REPORTS = ROOT / "build" / "reports"
PROGRAMS = {
    "Rust": ["target/release/oap-bench"],
    "C and C++": ["tests/c/bench/bench"],
    "Go": ["bindings/go/bench"],
    "Python": ["sdk-python/bench"],
    "Node": ["sdk-node/bench"],
}
CALLS = ("empty", "one", "sixtyfour", "object")


def run(name: str, command: list) -> tuple:
    """The rows, and what is to be said where there are none."""
    for part in (command[0], command[-1]):
        if not (shutil.which(part) or (ROOT / part).exists()):
            return [], f"{name} is not measured: {part} is not there."
    print(f"measuring {name} …", file=sys.stderr)
    done = subprocess.run([*command, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        done.check_returncode()
        return [json.loads(line) for line in done.stdout.splitlines()], ""
    except (subprocess.CalledProcessError, json.JSONDecodeError) as error:
        return [], f"{name} failed: {error}"


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def measure() -> dict:
    rows, said = [], []
    for name, command in PROGRAMS.items():
        found, words = run(name, command)
        rows += found
        said += [words] * bool(words)
    return {"machine": machine(), "said": said, "rows": rows}


def table(head: tuple, lines: list) -> None:
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")
    print()


def show_works(language: str, rows: list) -> None:
    """Each work's rows beside the first of a peer or floor in it."""
    print(f"## {NAMES.get(language, language)}\n")
    lines = []
    for work in dict.fromkeys(row["work"] for row in rows):
        of_work = [row for row in rows if row["work"] == work and "ns" in row]
        base = next((row for row in of_work if row["role"] != "oap"), of_work[0] if of_work else None)
        for row in of_work:
            lines.append((work, row["role"], row["what"], f"{row['ns']:.3g}", row["unit"], f"{row['ns'] / base['ns']:.2f}"))
    table(("work", "role", "what", "ns", "a", "ratio to the first peer or floor"), lines)


def show_calls(rows: list) -> None:
    print("## What a call costs\n")
    chosen = [row for row in rows if row["role"] != "peer" and "ns" in row
              and (row["work"] in CALLS or row["what"] in CALLS)]
    lines = []
    for call in CALLS:
        for row in chosen:
            if call in (row["work"], row["what"]):
                name = NAMES.get(row["language"], row["language"])
                what = row["what"] if row["what"] != call else row["work"]
                lines.append((call, name, what, f"{row['ns']:.4g}", row["unit"]))
    table(("call", "language", "what", "ns", "a"), lines)


def show_targets(rows: list) -> None:
    print("## Targets\n")
    figures = Figures(rows)
    lines = []
    for target in TARGETS:
        verdict, value, limit = target.judge(figures)
        lines.append((NAMES[target.language], target.text, limit, value, verdict))
    table(("language", "what", "limit", "measured", ""), lines)


def show_idle(rows: list) -> None:
    lines = [(NAMES[row["language"]], row["what"], f"{row['bytes'] / 2**20:.3g} MiB") for row in rows if "bytes" in row]
    print("## What idle sessions hold\n")
    table(("language", "what", "memory"), lines)


def show(found: dict) -> None:
    rows = found["rows"]
    print(f"# What a frame costs: the figures of one run\n\nWritten by `make bench`; [performance.md](../performance.md) "
          f"says what is measured and why some limits are missed.\n\n{found['machine']}\n")
    for words in found["said"]:
        print(words + "\n")
    show_targets(rows)
    show_calls(rows)
    show_idle(rows)
    for language in NAMES:
        if of_language := [row for row in rows if row["language"] == language]:
            show_works(language, of_language)


def shown(found: dict) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        show(found)
    return text.getvalue().rstrip() + "\n"


def main() -> int:
    if sys.argv[1:] != ["--again"]:
        RAW.parent.mkdir(exist_ok=True)
        RAW.write_text(json.dumps(measure(), indent=1, ensure_ascii=False) + "\n")
    found = json.loads(RAW.read_text())
    report = shown(found)
    print(report)
    (REPORTS / "perf").mkdir(parents=True, exist_ok=True)
    (REPORTS / "perf" / "figures.md").write_text(report)
    (REPORTS / "performance.svg").write_text(svg(found["rows"], found["machine"]))
    return 1 if any("failed" in words for words in found["said"]) else 0


if __name__ == "__main__":
    sys.exit(main())
