"""docs/trust.md states the figures of the recorded runs."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRUST = (ROOT / "docs" / "trust.md").read_text().replace("\n", " ")


def test_the_figures_of_fuzzing_are_those_of_its_history():
    runs = list(csv.DictReader((ROOT / "fuzz" / "history.csv").open()))
    executions = sum(int(run["executions"]) for run in runs)
    hours = sum(int(run["seconds"]) for run in runs) / 3_600
    assert f"Kept runs so far: {executions:,} executions in {hours:.1f} hours" in TRUST


def test_the_figures_of_the_mutants_are_those_of_the_gate():
    report = (ROOT / "docs" / "gate-report.md").read_text()
    figures = re.search(r"(\d+) mutants caught, (\d+) survive, of these \d+ unexplained, (\d+) do not compile", report)
    caught, survive, unviable = map(int, figures.groups())
    stated = f"Of {caught + survive + unviable:,} mutants {unviable} do not compile, {caught} are caught, and {survive} survive"
    assert stated in TRUST
