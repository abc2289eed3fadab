"""What the gate of the mutants remembers: on the same code what is settled is not tried again, on other code everything is."""

import pytest

from program import program


@pytest.fixture
def gate(tmp_path, monkeypatch):
    module = program("mutants")
    monkeypatch.setattr(module, "OUT", tmp_path / "mutants")
    monkeypatch.setattr(module, "LAST", tmp_path / "mutants" / "mutants.out")
    monkeypatch.setattr(module, "code", lambda: "this code")
    return module


def cut_short(gate):
    gate.forget_other_code()
    gate.LAST.mkdir()
    for name, mutant in {"caught": "a", "timeout": "b", "unviable": "c", "missed": "d"}.items():
        (gate.LAST / f"{name}.txt").write_text(mutant + "\n")


def left_out(gate):
    gate.forget_other_code()
    gate.leave_out_what_is_settled()
    return (gate.LAST / "previously_caught.txt").read_text().split()


def test_on_the_same_code_a_run_goes_on_and_tries_again_what_survived(gate):
    cut_short(gate)
    assert left_out(gate) == ["a", "b", "c"]
    (gate.LAST / "caught.txt").write_text("d\n")
    assert gate.settled() == {"caught": {"a", "d"}, "timeout": {"b"}, "unviable": {"c"}}


@pytest.mark.parametrize("code", ["other code", ""])
def test_on_other_code_or_uncommitted_code_a_run_begins_anew(gate, monkeypatch, code):
    cut_short(gate)
    monkeypatch.setattr(gate, "code", lambda: code)
    assert left_out(gate) == []
