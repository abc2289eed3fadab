"""The faults that `fuzz/faults` plants fit the code as it is, and every fuzz target has some to find."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAULTS = tomllib.loads((ROOT / "fuzz" / "faults.toml").read_text())["fault"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["is"])
def test_the_fault_fits_one_place(fault):
    assert (ROOT / fault["file"]).read_text().count(fault["old"]) == 1


def test_every_target_has_faults_to_find():
    assert {fault["target"] for fault in FAULTS} == {path.stem for path in (ROOT / "fuzz" / "fuzz_targets").glob("*.rs")}
