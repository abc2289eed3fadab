#!/usr/bin/env python3
"""Runs the parts of `make gate` and writes build/reports/gate-report.md. `tests/gate/run.py coverage fuzz` runs only these;
the report keeps what the others came to, with the commit that they ran at. A part is a command: it passes by its exit
status, 77 means that it could not run here, and its lines that begin with `gate: ` are its figures."""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build" / "reports" / "gate-report.md"
RESULTS = ROOT / "build" / "gate"
VERDICTS = {0: "passed", 77: "not run"}


@dataclass(frozen=True)
class Part:
    name: str
    proves: str
    command: str


PARTS = [
    Part("rejects", "every reject in each language and every status of C has a test", "tests/gate/rejects.py"),
    Part("coverage", "at least 98 % of the lines of oap and oap-ffi run under tests", "tests/coverage/run"),
    Part("model", "the session's algebra in every state, to the larger bounds", "tests/gate/model"),
    Part("miri", "no undefined behaviour under Miri: Stacked and Tree Borrows, i686, armv7, s390x", "tests/gate/miri"),
    Part("tsan", "no race under ThreadSanitizer", "tests/gate/tsan"),
    Part("msrv", "oap and oap-ffi by Rust 1.80 itself", "tests/gate/msrv"),
    Part("no-std", "the core without std, for targets that have none", "tests/gate/no-std"),
    Part("mutants", "no mutant of oap survives unexplained", "tests/gate/mutants"),
    Part("fuzz", "every fuzz target with AddressSanitizer", "fuzz/run --asan --seconds 20"),
    Part("public-api", "the API of the crate is the one on record", "tests/gate/public-api"),
    Part("semver", "nothing of the last release's API is broken within its version", "tests/gate/semver"),
    Part("deny", "licences, bans, sources and advisories of every dependency", "tests/gate/deny"),
    Part("faults", "every fuzz target finds the faults that are planted for it", "fuzz/faults"),
    Part("reproducible", "two clean builds in different folders give the same liboap.so, wheel and packages", "tests/gate/reproducible"),
    Part("captures", "the PySpark queries of docs/captures.md over recordings", "tests/gate/captures"),
    Part("frameworks", "the Node package under Jest's own runner and in a standalone build of Next.js", "tests/gate/frameworks"),
    Part("names", "another name of the Python, npm or Go package is one edit", "tests/gate/names"),
    Part("interpreters", "the Python package on every newer CPython that is here", "sdk-python/interpreters"),
    Part("dist-all", "the files of every platform are built, and tried where this machine can", "tests/gate/dist-all"),
    Part("inspector", "the inspector in Chromium: by keys, hostile bytes, 10 MB, 400 pixels", "oap-inspector/test"),
    Part("site", "the site with all references, and no dead link in it", "tools/site/build build/site"),
    Part("cross", "core, C ABI and vectors as aarch64 and as big-endian s390x", "tests/cross/run"),
    Part("bare", "`make demo` on a bare Debian 12 with make, git and ca-certificates", "tests/gate/bare demo"),
    Part("bare-test", "`make test` there", "tests/gate/bare test"),
]


@dataclass
class Outcome:
    verdict: str
    figures: list[str]
    seconds: int
    commit: str
    day: str


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def run(part: Part) -> Outcome:
    print(f"== gate: {part.name}", flush=True)
    start = time.monotonic()
    process = subprocess.Popen(part.command, shell=True, cwd=ROOT, text=True, errors="replace",
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    figures = []
    for line in process.stdout:
        print(line, end="", flush=True)
        if line.startswith("gate: "):
            figures.append(line.removeprefix("gate: ").strip())
    verdict = VERDICTS.get(process.wait(), "failed")
    dirty = "+" if git("status", "--porcelain", "--untracked-files=no") else ""
    return Outcome(verdict, figures, round(time.monotonic() - start), git("rev-parse", "--short", "HEAD") + dirty,
                   time.strftime("%Y-%m-%d", time.gmtime()))


def keep(part: Part, outcome: Outcome) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{part.name}.json").write_text(json.dumps(asdict(outcome), indent=1) + "\n")


def kept(part: Part) -> Outcome | None:
    path = RESULTS / f"{part.name}.json"
    return Outcome(**json.loads(path.read_text())) if path.exists() else None


def row(part: Part, outcome: Outcome | None) -> str:
    if outcome is None:
        return f"| {part.name} | {part.proves} | not run yet | | | |"
    verdict = "**failed**" if outcome.verdict == "failed" else outcome.verdict
    figures = "; ".join(outcome.figures)
    return f"| {part.name} | {part.proves} | {verdict} | {figures} | {outcome.seconds} | {outcome.commit}, {outcome.day} |"


def report() -> str:
    tools = [subprocess.run([tool, "--version"], capture_output=True, text=True).stdout.split("\n")[0] for tool in ("rustc", "cc")]
    lines = ["# Gate report", "",
             "Written by `make gate`: the checks that take longer than `make test` may. Each part with what it came to, its",
             "figures, its time in seconds, and the commit that it ran at (a `+`: with changes beside it).", "",
             f"Tools of the last run: {', '.join(tools)}; {os.cpu_count()} processors.", "",
             "| part | proves | verdict | figures | s | ran at |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join(lines + [row(part, kept(part)) for part in PARTS]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *(part.name for part in PARTS)], help="default: all of them")
    chosen = parser.parse_args().parts
    failed = []
    for part in PARTS:
        if not chosen or part.name in chosen:
            outcome = run(part)
            keep(part, outcome)
            failed += [part.name] if outcome.verdict == "failed" else []
    REPORT.write_text(report(), encoding="utf-8")
    print(f"{REPORT.relative_to(ROOT)}: {'failed: ' + ', '.join(failed) if failed else 'no part failed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
