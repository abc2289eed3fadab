#!/usr/bin/env python3
"""The end-to-end benchmark, a part of `make bench`: two processes on loopback, client and server on a core each, at default
settings. Prints tables and targets as Markdown and writes them to build/reports/perf/end-to-end.md, which `make record`
copies to docs; keeps the raw figures in build/e2e.json. Expects `make build` and `tests/bench/e2e/build --peers`.

end_to_end.py                          measures all
end_to_end.py LANGUAGE … [--rounds N]  measures these languages, and keeps what is known of the others
end_to_end.py --again                  prints and writes what build/e2e.json holds
"""

import argparse
import json
import sys

from e2e import ends, report
from e2e.programs import PROGRAMS, ROOT
from e2e.scenarios import SCENARIOS

RAW = ROOT / "build" / "e2e.json"
REPORT = ROOT / "build" / "reports" / "perf" / "end-to-end.md"
ROUND_SECONDS = 1.0
"""Long enough that a compiler that works while the program runs counts for little."""
TOGETHER = [("rust", "c", "cpp"), ("go",), ("python",), ("node",)]
"""Languages whose programs take turns: C and C++ are judged by the peers of Rust."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--again", action="store_true")
    return parser.parse_args()


def calibrated(program, scenario):
    """The scenario, long enough for a round; all bytes of a short one are checked first."""
    ends.run(program.command, scenario.checked())
    while (wall := ends.run(program.command, scenario)["client"]["wall"]) < ROUND_SECONDS / 2:
        longer = scenario.lasting(min(ROUND_SECONDS / wall, 10))
        if longer == scenario:
            break
        scenario = longer
    return scenario


def measure_scenario(programs: list, scenario, rounds: int) -> list:
    """A row a program: its rounds, which were run in turn with those of the others."""
    rows, lasting = [], {}
    for program in programs:
        row = {"language": program.language, "name": program.name, "role": program.role, "scenario": scenario.name}
        rows.append(row)
        try:
            lasting[program] = calibrated(program, scenario)
            row |= {"messages": lasting[program].messages, "size": scenario.size, "rounds": []}
        except ends.Failed as failure:
            row["failed"] = str(failure)
    for _ in range(rounds):
        for program, row in zip(programs, rows, strict=True):
            if program in lasting:
                add_round(row, program, lasting[program])
    return rows


def add_round(row: dict, program, scenario) -> None:
    try:
        row["rounds"].append(ends.run(program.command, scenario))
    except ends.Failed as failure:
        row["failed"] = str(failure)


def measure(languages: list, rounds: int) -> list:
    rows = []
    for scenario in SCENARIOS:
        programs = [program for program in PROGRAMS if program.language in languages
                    and program.takes(scenario) and program.is_there()]
        print(f"{', '.join(languages)}: {scenario.name} …", file=sys.stderr)
        rows += measure_scenario(programs, scenario, rounds)
    return rows


def known() -> list:
    return json.loads(RAW.read_text()) if RAW.exists() else []


def main() -> int:
    given = arguments()
    RAW.parent.mkdir(exist_ok=True)
    for group in () if given.again else TOGETHER:
        languages = [language for language in group if language in given.languages or not given.languages]
        if not languages:
            continue
        rows = [row for row in known() if row["language"] not in languages] + measure(languages, given.rounds)
        RAW.write_text(json.dumps(rows, indent=1) + "\n")
    text = report.markdown(known())
    print(text)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(text)
    return 1 if any("failed" in row for row in known()) else 0


if __name__ == "__main__":
    sys.exit(main())
