"""docs/trust.md states the figures that the last runs came to."""

import csv
import json
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
    [figures] = json.loads((ROOT / "tests" / "gate" / "results" / "mutants.json").read_text())["figures"]
    caught, survive, _, unviable = map(int, re.findall(r"\d+", figures))
    stated = f"Of {caught + survive + unviable:,} mutants {unviable} do not compile, {caught} are caught, and {survive} survive"
    assert stated in TRUST
