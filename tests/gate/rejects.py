#!/usr/bin/env python3
"""Every reject in every language, every status of the C ABI: how many vectors provoke each reject and which testees give
it, and which C tests assert each status. Exit status 1 where one has no test. Expects `make build`."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

import run as conformance  # noqa: E402

# names.c lists every name of the header: no proof that a status is ever given.
LISTS = {"names.c"}


def labels(answer) -> Iterator[str]:
    """The rejects and refusals that an answer has, at any depth."""
    if isinstance(answer, list):
        for inner in answer:
            yield from labels(inner)
    if isinstance(answer, dict):
        for key, value in answer.items():
            if key in ("reject", "refused", "error", "label") and isinstance(value, str):
                yield value
            yield from labels(value)


def by_label() -> dict[str, list[dict]]:
    cases = defaultdict(list)
    for case in conformance.load("*"):
        for label in set(labels(case["answer"])):
            cases[label].append(case)
    return cases


def reject_rows(known: list[str], testees: dict[str, list[str]]) -> tuple[list[list[str]], list[str]]:
    rows, missing = [], []
    cases = by_label()
    for label in known:
        row = [label]
        for name, command in testees.items():
            asked = conformance.asked_of(name, cases[label])
            passed = conformance.run(name, command, asked, 60).passed.total() if asked else 0
            row.append(f"{passed}/{len(asked)}")
            if passed == 0 or passed < len(asked):
                missing.append(f"{label} in {name}")
        rows.append(row)
    return rows, missing


def status_rows() -> tuple[list[list[str]], list[str]]:
    header = (ROOT / "include" / "oap.h").read_text()
    statuses = re.findall(r"^#define (OAP_STATUS_\w+) ", header, re.M)
    tests = {path.name: path.read_text() for path in sorted((ROOT / "tests" / "c").glob("*.c")) if path.name not in LISTS}
    rows, missing = [], []
    for status in statuses:
        asserted = [name for name, text in tests.items() if re.search(rf"\b{status}\b", text)]
        rows.append([status, ", ".join(asserted)])
        if not asserted:
            missing.append(f"{status} in C")
    return rows, missing


def show(head: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def main() -> int:
    constants = next(case["answer"] for case in conformance.load("*") if "reject_labels" in case["answer"])
    testees = conformance.chosen([], [])
    rejects, missing = reject_rows(constants["reject_labels"], testees)
    show(["reject", *testees], rejects)
    statuses, more = status_rows()
    show(["status", "asserted by"], statuses)
    for what in missing + more:
        print(f"no test: {what}")
    print(f"gate: {len(rejects)} rejects in {len(testees)} languages, {len(statuses)} statuses of C, {len(missing + more)} without a test")
    return 1 if missing or more else 0


if __name__ == "__main__":
    sys.exit(main())
