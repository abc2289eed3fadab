#!/usr/bin/env python3
"""Feeds the conformance vectors to testees, compares their answers, prints what differs. See README.md."""

import argparse
import json
import os
import re
import shlex
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from testee_process import NoAnswer, Testee, clipped
from suite import ABSENT, VECTORS, agrees, choose, examples, expand, first_difference, line, load, op_of, request_line

HERE = Path(__file__).resolve().parent
TESTEES = HERE / "testees"
# A testee that gives no answer so many times in turn is not started again.
STARTS_IN_VAIN = 5
# The ops of the library, not of the protocol, that a testee's library does not have.
WITHOUT = {"go-pure": ("monitor",)}
LONG_RUN = re.compile(r"([0-9a-f]{2})\1{63,}")


@dataclass
class Result:
    """What one testee did: passed cases by file, what is wrong as text."""

    passed: Counter = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    failed: int = 0
    not_answered: int = 0

    def fail(self, text: str) -> None:
        self.failures.append(text)
        self.failed += 1

    def miss(self, text: str, count: int = 1) -> None:
        self.failures.append(text)
        self.not_answered += count


def shortened(text: str) -> str:
    return LONG_RUN.sub(lambda run: f"[{run[1]} x {len(run[0]) // 2}]", text)


def difference(name: str, case: dict, got: str, mark: str = "") -> str:
    return (f"{name}: {case['name']} ({case['file']}, rule {case['rule']})\n"
            f"  request:  {line(case['request'])}\n  expected: {line(case['answer'])}\n  got:      {shortened(got)}{mark}")


def marked(case: dict, got) -> str:
    """The first place where the answers differ."""
    if "usage" in case["answer"]:
        return ""
    where, *sides = first_difference(expand(case["answer"]), got)
    wanted, given = ("nothing" if side is ABSENT else shortened(line(side)) for side in sides)
    return f"\n  first difference: {where}: expected {wanted}, got {given}"


def judge(name: str, case: dict, text: bytes, result: Result) -> None:
    try:
        got = json.loads(text)
    except (ValueError, RecursionError):
        result.fail(difference(name, case, "not JSON: " + clipped(text)))
        return
    if agrees(case["answer"], got):
        result.passed[case["file"]] += 1
    else:
        result.fail(difference(name, case, line(got), marked(case, got)))


def judge_until_silent(name: str, testee: Testee, cases: list[dict], result: Result) -> int:
    """Judges the answers up to the first that does not come; gives their number."""
    for index, case in enumerate(cases):
        try:
            text = testee.answer()
        except NoAnswer as reason:
            result.miss(difference(name, case, f"no answer: {reason}"))
            return index
        judge(name, case, text, result)
    try:
        testee.end()
    except NoAnswer as reason:
        result.fail(f"{name}: after {cases[-1]['name']}: {reason}")
    return len(cases)


def run(name: str, command: list[str], cases: list[dict], timeout: float) -> Result:
    """Asks every case; a testee that leaves one without an answer is started again for those after it."""
    result, rest, in_vain = Result(), cases, 0
    while rest:
        if in_vain == STARTS_IN_VAIN:
            result.miss(f"{name}: not started again: {in_vain} times in turn it gave no answer; "
                        f"{len(rest)} further cases not answered", len(rest))
            break
        try:
            with Testee(command, [request_line(case["request"]) for case in rest], timeout) as testee:
                answered = judge_until_silent(name, testee, rest, result)
        except OSError as error:
            result.miss(f"{name}: could not be started: {error}", len(rest))
            break
        in_vain = 0 if answered else in_vain + 1
        rest = rest[answered + 1:]
    return result


def asked_of(name: str, cases: list[dict]) -> list[dict]:
    return [case for case in cases if op_of(case) not in WITHOUT.get(name, ())]


def table(cases: list[dict], results: dict[str, Result]) -> str:
    totals = {name: Counter(case["file"] for case in asked_of(name, cases)) for name in results}
    rows = [["", *results]]
    for file in dict.fromkeys(case["file"] for case in cases):
        rows.append([file, *(f"{result.passed[file]}/{totals[name][file]}" for name, result in results.items())])
    rows.append(["all", *(f"{result.passed.total()}/{totals[name].total()}" for name, result in results.items())])
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
    parser.add_argument("--examples", metavar="FILE.md", type=Path, action="append", default=[],
                        help="the examples of a document instead of vectors; may be given again")
    parser.add_argument("--only", metavar="GLOB", default="*", help="only cases or files with such a name")
    parser.add_argument("--rule", metavar="RULE", action="append", default=[],
                        help="only cases of a rule (4.11) or section (4); may be given again")
    parser.add_argument("--op", action="append", default=[], help="only requests of this op; may be given again")
    parser.add_argument("--max", metavar="N", type=int, help="print only the first N differences of each testee")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=20, help="for each answer (20)")
    parser.add_argument("names", nargs="*", help="only these of tests/conformance/testees")
    options = parser.parse_args(argv)
    if options.testee and options.names:
        parser.error("names choose among testees/; --testee replaces them")
    return options


def selected(options: argparse.Namespace) -> list[dict]:
    cases = load(options.only, options.vectors)
    if options.examples:
        cases = [case for document in options.examples for case in examples(document, options.only)]
    return choose(cases, options.rule, options.op)


def print_failures(result: Result, most: int | None) -> None:
    for failure in result.failures[:most]:
        print(failure, end="\n\n")
    if left := len(result.failures) - len(result.failures[:most]):
        print(f"{left} more differences are not shown", end="\n\n")


def summary(results: list[Result]) -> str:
    passed, failed, missed = (sum(counts) for counts in zip(
        *((result.passed.total(), result.failed, result.not_answered) for result in results))) if results else (0, 0, 0)
    return f"{passed} passed, {failed} failed" + (f", {missed} not answered" if missed else "")


def main(argv: list[str]) -> int:
    options = arguments(argv)
    cases = selected(options)
    testees = chosen(options.testee, options.names)
    results = {name: run(name, command, asked_of(name, cases), options.timeout) for name, command in testees.items()} if cases else {}
    for result in results.values():
        print_failures(result, options.max)
    if results:
        print(table(cases, results), end="\n\n")
    else:
        print("no cases" if not cases else f"no testees in {TESTEES}")
    print(summary(list(results.values())))
    return 1 if not results or any(result.failures for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
