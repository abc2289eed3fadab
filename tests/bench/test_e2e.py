"""Each program of ours runs each scenario of the end-to-end benchmark, and all bytes come over."""

import subprocess

import pytest
from e2e import ends
from e2e.programs import HERE, OURS
from e2e.scenarios import SCENARIOS, Scenario


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run([HERE / "build"], check=True)


@pytest.mark.parametrize("program", OURS, ids=lambda program: f"{program.language}: {program.name}")
def test_all_bytes_come_over(program):
    for scenario in SCENARIOS:
        if program.takes(scenario):
            ran = ends.run(program.command, scenario.checked())
            assert ran["client"]["wall"] > 0 and ran["server"]["cpu"] > 0


def test_a_missing_message_and_a_wrong_byte_are_seen():
    scenario = Scenario("", "stream", 32, 100, 2)
    assert scenario.expected() != Scenario("", "stream", 32, 99, 2).expected()
    right, crc = scenario.checked().expected(), Scenario("", "stream", 33, 100, 2, crc=True).expected()
    assert right["sum"] != crc["sum"]
