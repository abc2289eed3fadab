"""The runner, tried with small false testees: every kind of misbehaviour is named and exits 1."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import run
import suite

PATIENCE = "4"  # seconds; a busy machine takes one to start Python
ONLY = "ack_end_error"  # the file that the false testees answer, quicker than all

PERFECT = """
import json, sys
sys.path.insert(0, {here!r})
import run
cases = run.load({only!r})
answers = {{run.request_line(case["request"]): run.expand(case["answer"]) for case in cases}}
victim = run.request_line(next(case["request"] for case in cases if case["name"] == "ack_1"))
for text in sys.stdin:
    request = text[:-1]
    answer = json.dumps(answers[request])
    if request == victim:
        {misdeed}
    print(answer, flush=True)
{afterwards}
"""

# What the testee does at ack_1, what is shown, and whether it is an answer.
MISDEEDS = {
    "wrong_answer": ("answer = '{}'", "got:      {}"),
    "another_key": ("answer = answer.replace('\"frames\"', '\"frames\": [], \"more\"')", "got:"),
    "usage": ("answer = '{\"usage\":\"what?\"}'", 'got:      {"usage":"what?"}'),
    "null": ("answer = 'null'", "got:      null"),
    "crash": ("sys.exit(3)", "ended with status 3"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "ended with status -9"),
    "hang": ("import time; time.sleep(60)", "nothing within 4 s"),
    "garbage": ("answer = 'Segmentation fault'", "not JSON: Segmentation fault"),
    "garbage_bytes": ("sys.stdout.flush(); sys.stdout.buffer.write(bytes([255, 254]))", "not JSON: \\xff\\xfe"),
    "closes_its_output": ("import os, time; os.close(1); time.sleep(60)", "still runs"),
    "nested_too_deep": ("answer = '[' * 100000", "not JSON"),
}


SILENT = {"crash", "killed", "hang", "closes_its_output"}


def runner(tmp_path: Path, script: str, *options: str, only: str = ONLY) -> subprocess.CompletedProcess:
    path = tmp_path / "testee.py"
    path.write_text(script)
    command = shlex.join([sys.executable, str(path)])
    return subprocess.run([sys.executable, HERE / "run.py", "--only", only, "--testee", command, *options],
                          capture_output=True, text=True, timeout=60)


def false_testee(misdeed: str = "pass", afterwards: str = "", only: str = ONLY) -> str:
    return PERFECT.format(here=str(HERE), only=only, misdeed=misdeed, afterwards=afterwards)


def count(only: str = ONLY) -> int:
    return len(run.load(only))


def test_perfect_testee_passes(tmp_path):
    done = runner(tmp_path, false_testee(only="*"), only="*")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stdout.splitlines()[-1] == f"{count('*')} passed, 0 failed"
    for path in run.VECTORS.glob("*.json"):
        assert path.name in done.stdout


@pytest.mark.parametrize("name", MISDEEDS)
def test_misbehaviour_is_named(tmp_path, name):
    misdeed, shown = MISDEEDS[name]
    done = runner(tmp_path, false_testee(misdeed), "--timeout", PATIENCE)
    assert done.returncode == 1
    assert "ack_1 (ack_end_error.json, rule 2.7)" in done.stdout
    assert shown in done.stdout
    others = count() - 1
    silent = f"{others} passed, 0 failed, 1 not answered"
    assert done.stdout.splitlines()[-1] == (silent if name in SILENT else f"{others} passed, 1 failed")


def test_missing_answer_is_named(tmp_path):
    """One answer left out: every later one is compared with the wrong case, and the last has none."""
    done = runner(tmp_path, false_testee("continue"), "--timeout", PATIENCE)
    assert done.returncode == 1
    assert "ack_1 (ack_end_error.json, rule 2.7)" in done.stdout
    assert "no answer: the testee ended with status 0" in done.stdout


@pytest.mark.parametrize("afterwards, shown", [
    ("print('and another thing')", "more than it was asked: and another thing"),
    ("while True: print('x' * 1000)", "more than it was asked"),
    ("sys.exit(1)", "status 1 after the last answer"),
    ("import time; time.sleep(60)", "nothing within 4 s"),
])
def test_ends_quietly(tmp_path, afterwards, shown):
    done = runner(tmp_path, false_testee(afterwards=afterwards), "--timeout", PATIENCE)
    assert done.returncode == 1
    assert shown in done.stdout
    assert done.stdout.splitlines()[-1] == f"{count()} passed, 1 failed"


def test_reads_nothing_writes_much(tmp_path):
    """Neither side blocks the other."""
    done = runner(tmp_path, "import time\nwhile True: print('{}' * 1000)", "--timeout", PATIENCE, only="canonical")
    assert done.returncode == 1 and "hello_hello" in done.stdout


def test_testee_that_cannot_be_started():
    done = subprocess.run([sys.executable, HERE / "run.py", "--testee", "/no/such/testee", "--only", ONLY],
                          capture_output=True, text=True)
    assert done.returncode == 1
    assert "could not be started" in done.stdout
    assert done.stdout.splitlines()[-1] == f"0 passed, 0 failed, {count()} not answered"


def test_testee_that_never_answers_is_not_started_for_ever(tmp_path):
    done = runner(tmp_path, "import sys; sys.exit(4)")
    assert done.returncode == 1
    assert done.stdout.count("no answer: the testee ended with status 4") == run.STARTS_IN_VAIN
    assert f"not started again: {run.STARTS_IN_VAIN} times in turn it gave no answer" in done.stdout
    assert done.stdout.splitlines()[-1] == f"0 passed, 0 failed, {count()} not answered"


def test_testee_that_dies_often_is_judged_by_what_it_answers(tmp_path):
    """It leaves every third request without an answer."""
    script = false_testee().replace("    print(answer", "    asked = globals().get('asked', 0) + 1\n    asked < 3 or sys.exit(1)\n"
                                    "    print(answer")
    done = runner(tmp_path, script)
    passed = count() - count() // 3
    assert done.stdout.splitlines()[-1] == f"{passed} passed, 0 failed, {count() // 3} not answered"


def test_first_difference_is_marked(tmp_path):
    wrong = "answer = answer.replace('\"up_to\": \"1\"', '\"up_to\": \"2\"')"
    done = runner(tmp_path, false_testee(wrong))
    assert '  first difference: .frames[0].up_to: expected "1", got "2"\n' in done.stdout


@pytest.mark.parametrize("expected, got, marked", [
    ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}, (".b[1]", 2, 3)), ([1], [1, 2], ("[1]", run.ABSENT, 2)),
    ({"a": 1}, {}, (".a", 1, run.ABSENT)), ({}, {"a": 1}, (".a", run.ABSENT, 1)), ({"a": 1}, {"a": True}, (".a", 1, True)),
    ({"a": {"b": 1}}, {"a": []}, (".a", {"b": 1}, [])), (1, 2, (".", 1, 2)), ({"a": None}, {}, (".a", None, run.ABSENT)),
])
def test_first_difference(expected, got, marked):
    assert run.first_difference(expected, got) == marked
    assert run.first_difference(expected, expected) is None


def test_max_limits_what_is_printed_not_what_is_counted(tmp_path):
    done = runner(tmp_path, "import sys\nfor text in sys.stdin: print('{}', flush=True)", "--max", "2")
    assert done.stdout.count("\n  request:  ") == 2
    assert f"{count() - 2} more differences are not shown" in done.stdout
    assert done.stdout.splitlines()[-1] == f"0 passed, {count()} failed"


def test_rule_and_op_choose(tmp_path):
    chosen = run.selected(run.arguments(["--rule", "4.11", "--op", "session"]))
    assert {case["rule"] for case in chosen} == {"4.11"} and {case["request"]["op"] for case in chosen} == {"session"}
    one, section = (run.selected(run.arguments(["--rule", rule])) for rule in ("4.1", "4"))
    assert {case["rule"] for case in one} == {"4.1"}
    assert {case["rule"] for case in section} == {f"4.{n}" for n in range(1, 18)}
    both = run.selected(run.arguments(["--op", "constants", "--op", "encode", "--only", "encode"]))
    assert {case["request"]["op"] for case in both} == {"encode"}


def test_basic_topics_come_first():
    files = list(dict.fromkeys(case["file"] for case in run.load("*")))
    assert files[:2] == ["constants.json", "encode.json"]
    assert files == [f"{topic}.json" for topic in suite.BASIC_FIRST]


def test_another_set_of_cases_needs_no_known_names(tmp_path):
    for name in ("zebra", "table", "apple"):
        (tmp_path / f"{name}.json").write_text(json.dumps([{"name": name, "rule": "9.9", "request": {}, "answer": {}}]))
    assert [case["name"] for case in run.load("*", tmp_path)] == ["table", "apple", "zebra"]


DOCUMENT = """# Title

```json
{"no": "example"}
```

## One that is right

```json oap-example
{"request": {"op": "constants"},
 "answer": {"version": 1}}
```

### One that is wrong

```json oap-example
{"request": {"op": "encode"}, "answer": {"bytes": {"repeat": "00", "times": 2}}}
```
"""


def test_examples_of_a_document(tmp_path):
    document = tmp_path / "guide.md"
    document.write_text(DOCUMENT)
    done = runner(tmp_path, "import sys\nfor text in sys.stdin: print('{\"version\": 1}', flush=True)",
                  "--examples", str(document), only="*")
    assert done.returncode == 1
    assert "One that is wrong (guide.md, rule -)" in done.stdout and '.bytes: expected "0000", got nothing' in done.stdout
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed"
    assert [case["name"] for case in run.examples(document, "*right")] == ["One that is right"]


def test_one_bad_testee_beside_a_good_one(tmp_path):
    good = tmp_path / "good.py"
    good.write_text(false_testee())
    done = runner(tmp_path, false_testee("answer = '{}'"), "--testee", shlex.join([sys.executable, str(good)]))
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == f"{2 * count() - 1} passed, 1 failed"


def test_no_testees_and_no_cases(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run, "TESTEES", run.HERE / "no_such_directory")
    assert run.main([]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed"
    assert run.main(["--testee", "true", "--only", "no_such_case"]) == 1


def test_testees_are_the_executables_of_the_directory(monkeypatch, tmp_path):
    for name, mode in (("one", 0o755), ("two", 0o755), ("notes.txt", 0o644)):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(mode)
    monkeypatch.setattr(run, "TESTEES", tmp_path)
    assert list(run.chosen([], [])) == ["one", "two"]
    assert run.chosen([], ["two"]) == {"two": [str(tmp_path / "two")]}
    assert run.chosen(["codec --mode x"], []) == {"codec --mode x": ["codec", "--mode", "x"]}


def test_only_takes_names_and_files():
    assert [case["name"] for case in run.load("hello_hello")] == ["hello_hello"]
    assert {case["file"] for case in run.load("session_*")} >= {"session_ack.json", "session_seq.json"}
    assert {case["file"] for case in run.load("text.json")} == {"text.json"}


def test_repeat_is_expanded():
    ten = {"repeat": "0a", "times": 3}
    request = {"op": "decode", "chunks": ["ff", ten, ["00", ten, "01"]], "finish": True}
    assert run.expand(request)["chunks"] == ["ff", "0a0a0a", "000a0a0a01"]
    assert run.expand({"steps": [{"recv": ten}, {"send": {"body": ["aa", ten]}}]}) == {
        "steps": [{"recv": "0a0a0a"}, {"send": {"body": "aa0a0a0a"}}]}
    assert run.expand({"bytes": ten}) == {"bytes": "0a0a0a"}
    assert "repeat" not in json.dumps([run.expand(case["request"]) for case in run.load("*")])


NAMES = {"version": 1, "metrics": ["a"], "readiness_keys": ["b"]}


@pytest.mark.parametrize("expected, got, same", [
    ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True), ({"a": 1}, {"a": True}, False), ({"a": 1}, {"a": "1"}, False),
    ({"a": None}, {}, False), ({"a": [1, 2]}, {"a": [2, 1]}, False), ({"usage": ""}, {"usage": "why"}, True),
    ({"usage": ""}, {}, False), ({"usage": ""}, [], False), ({"frames": []}, {"usage": "why"}, False),
    ({"bytes": {"repeat": "0a", "times": 2}}, {"bytes": "0a0a"}, True),
    (NAMES, {"version": 1}, True), (NAMES, {"version": 1, "metrics": ["a"]}, True), (NAMES, NAMES, True),
    (NAMES, {"version": 1, "metrics": ["b"]}, False), (NAMES, {"metrics": ["a"]}, False), (NAMES, [], False),
    ({"readiness": [], "metrics": {}}, {"readiness": []}, False),
])
def test_comparison(expected, got, same):
    assert run.agrees(expected, got) is same
