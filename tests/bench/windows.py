#!/usr/bin/env python3
"""What a connection's window is worth: messages a second by window, on loopback in each language, and over a way that takes 10 ms
either way. Prints Markdown and writes it to build/reports/perf/windows.md. Expects `make build` and `tests/bench/e2e/build`;
the slow way needs root.

windows.py [--rounds N]
"""

import argparse
import os
import sys
from dataclasses import replace
from statistics import median

from e2e import delayed, ends
from e2e.programs import OURS, ROOT
from e2e.report import NAMES, table
from e2e.scenarios import SCENARIOS

WINDOWS = (32, 64, 128, 256, 512, 1_024)
LANGUAGES = ("rust", "go", "python", "node")
SIZES = [scenario for scenario in SCENARIOS if scenario.kind == "stream" and scenario.connections == 1]
DELAY_SECONDS = 0.01
REPORT = ROOT / "build" / "reports" / "perf" / "windows.md"
LOOPBACK = {"rust": 300_000, "go": 200_000, "python": 50_000, "node": 50_000}
"""Messages of 32 bytes."""
SHORTER = {"32 B": 1, "4 KiB": 8, "64 KiB": 50}
"""How many times fewer there are of the others."""


def program(language: str):
    return next(program for program in OURS if program.language == language and program.role == "oap")


def rates(run, rounds: int) -> dict:
    """Messages a second by window, a median; the windows take turns."""
    found = {window: [] for window in WINDOWS}
    for _ in range(rounds):
        for window in WINDOWS:
            found[window].append(run(window))
    return {window: median(of_window) for window, of_window in found.items()}


def line(words: tuple, found: dict) -> tuple:
    best = found[WINDOWS[-1]]
    return (*words, *(f"{found[window] / 1e3:,.1f} ({found[window] / best:.0%})" for window in WINDOWS))


def measure(command: list, scenario, window: int, **where) -> float:
    ran = ends.run(command, scenario, env={"OAP_E2E_WINDOW": str(window), **where.pop("env", {})}, **where)
    return scenario.messages / ran["client"]["wall"]


def on_loopback(rounds: int) -> list:
    lines = []
    for scenario in SIZES:
        for language in LANGUAGES:
            print(f"loopback, {scenario.name}: {language} …", file=sys.stderr)
            command = program(language).command
            lasting = replace(scenario, count=LOOPBACK[language] // SHORTER[scenario.name])
            found = rates(lambda window, c=command, s=lasting: measure(c, s, window), rounds)
            lines.append(line(("loopback", scenario.name, NAMES[language]), found))
    return lines


def with_delay(rounds: int) -> list:
    lines = []
    with delayed.link(DELAY_SECONDS) as (near, far):
        for scenario in SIZES:
            print(f"20 ms, {scenario.name} …", file=sys.stderr)

            def run(window, scenario=scenario):
                # About half a second each, whatever the window.
                lasting = replace(scenario, count=25 * window)
                return measure(program("rust").command, lasting, window, places=(near, far),
                               env={"OAP_E2E_HOST": delayed.FAR_ADDRESS})

            lines.append(line(("20 ms", scenario.name, "Rust"), rates(run, rounds)))
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    lines = with_delay(min(rounds, 3)) if os.geteuid() == 0 else []
    lines += on_loopback(rounds)
    head = ("way", "messages", "language", *(f"window {window:,}" for window in WINDOWS))
    text = ("# Windows: the figures of one run\n\n1,000 messages a second by a connection's window, and the share of what 1,024 "
            f"reaches; medians of rounds in turn.\n\n{table(head, lines)}")
    print(text)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
