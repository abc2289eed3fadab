"""Keeps what each test came to for the table of `make dist-all`."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from release import RELEASE  # noqa: E402

RESULTS = RELEASE / ".done" / "tests.json"
outcomes = {}


def pytest_configure(config):
    config.addinivalue_line("markers", "shows(part, how): what the test shows of a part of its platform")


def pytest_collection_modifyitems(items):
    """Nothing to test where `make dist-all` was not run."""
    if not RESULTS.parent.is_dir():
        for item in items:
            item.add_marker(pytest.mark.skip(reason="make dist-all was not run"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    mark = item.get_closest_marker("shows")
    if mark and (report.when == "call" or report.outcome != "passed"):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        given = {name: str(value) for name, value in parameters.items() if name in ("platform", "part")}
        outcomes[item.nodeid] = mark.kwargs | given | {"outcome": report.outcome}
    return report


def pytest_sessionfinish():
    if RESULTS.parent.is_dir():
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps(known | outcomes, indent=1) + "\n")
