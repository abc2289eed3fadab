"""Medians of interleaved rounds, and what is printed of them."""

import gc
import json
import statistics
from dataclasses import asdict, dataclass
from time import perf_counter_ns


@dataclass
class Row:
    """One figure; `unit` is frame, call or byte."""

    language: str
    work: str
    what: str
    role: str
    unit: str
    ns: float


@dataclass
class Case:
    what: str
    role: str
    call: object


def medians(calls, rounds):
    """ns of the median call of each, with all caches as warm as one call before it makes them."""
    times = [[] for _ in calls]
    gc.disable()
    for _ in range(rounds):
        for call, taken in zip(calls, times, strict=True):
            call()
            start = perf_counter_ns()
            call()
            taken.append(perf_counter_ns() - start)
        gc.collect(0)
    gc.enable()
    return [statistics.median(taken) for taken in times]


def rows(work, cases, count, rounds, unit="frame"):
    """The figures of a work of `count` units."""
    costs = medians([case.call for case in cases], rounds)
    return [
        Row("python", work, case.what, case.role, unit, round(cost / count, 3))
        for case, cost in zip(cases, costs, strict=True)
    ]


def print_json(found):
    for row in found:
        print(json.dumps(asdict(row)))


def print_tables(found):
    for work in dict.fromkeys(row.work for row in found):
        of_work = [row for row in found if row.work == work]
        base = next((row.ns for row in of_work if row.what == "struct"), of_work[0].ns)
        print(f"\n{work}: ns a {of_work[0].unit}, and how many times faster than the first or struct")
        for row in of_work:
            print(f"  {row.what:34} {row.role:6} {row.ns:10.2f} {base / row.ns:8.2f}")
