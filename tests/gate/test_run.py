"""The gate itself: what fails is said and kept, figures are taken from the output, a part alone leaves the others' rows."""

import sys

import pytest

import run


@pytest.fixture
def gate(tmp_path, monkeypatch):
    parts = [
        run.Part("good", "what is good", "echo said; echo 'gate: 7 of 7'"),
        run.Part("bad", "what is bad", "echo 'gate: 6 of 7'; exit 3"),
        run.Part("absent", "what needs a tool", "echo 'gate: no tool'; exit 77"),
    ]
    report = run.ROOT / "build" / "gate-test-report.md"
    report.parent.mkdir(exist_ok=True)
    for name, value in {"PARTS": parts, "RESULTS": tmp_path / "results", "REPORT": report}.items():
        monkeypatch.setattr(run, name, value)
    return run


def ran(gate, monkeypatch, *parts: str) -> tuple[int, list[str]]:
    monkeypatch.setattr(sys, "argv", ["run.py", *parts])
    status = gate.main()
    return status, [line for line in gate.REPORT.read_text().splitlines() if line.startswith(("| good", "| bad", "| absent"))]


def test_a_part_that_fails_fails_the_gate_and_stands_in_the_report(gate, monkeypatch):
    status, rows = ran(gate, monkeypatch)
    assert status == 1
    assert "| passed | 7 of 7 |" in rows[0] and "| **failed** | 6 of 7 |" in rows[1]


def test_a_part_that_could_not_run_is_said_and_fails_nothing(gate, monkeypatch):
    status, rows = ran(gate, monkeypatch, "absent")
    assert status == 0 and "| not run | no tool |" in rows[2]


def test_a_part_alone_leaves_what_the_others_came_to(gate, monkeypatch):
    status, rows = ran(gate, monkeypatch, "good")
    assert status == 0 and "not run yet" in rows[1]
    ran(gate, monkeypatch, "bad")
    status, rows = ran(gate, monkeypatch, "good")
    assert status == 0 and "| **failed** |" in rows[1]


def test_every_part_of_the_gate_is_a_program_of_the_repository():
    names = [part.name for part in run.PARTS]
    assert len(set(names)) == len(names)
    for part in run.PARTS:
        program = run.ROOT / part.command.split()[0]
        assert program.is_file() and program.stat().st_mode & 0o100, part.command
