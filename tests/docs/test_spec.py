"""docs/OAP-1.md is held to the testee, to the vectors and to docs/oap1.proto.

Set OAP_TESTEE to a command to run the worked examples against another testee.
"""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import rules

ROOT = Path(__file__).resolve().parents[2]
SPEC = (ROOT / "docs" / "OAP-1.md").read_text(encoding="utf-8")
TELEMETRY = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
PROTO = (ROOT / "docs" / "oap1.proto").read_text(encoding="utf-8")
VECTORS = ROOT / "tests" / "vectors"
TESTEE = shlex.split(os.environ.get("OAP_TESTEE", "")) or [
    str(ROOT / "tests" / "conformance" / "testees" / "rust")
]

KINDS = ["HELLO", "START", "DATA", "ACK", "END", "ERROR"]
LABELS = [
    "bad_hello",
    "bad_hello_pq",
    "frame_oversize",
    "unknown_envelope",
    "header_malformed",
    "missing_obj",
    "credit_violation",
    "truncated",
]
RULES_PER_SECTION = {"1": 8, "2": 14, "2a": 1, "3": 8, "4": 17, "5": 1}
RULE_HEADING = re.compile(r"^### (\d+a?\.\d+) \S", re.M)
TELEMETRY_RULE_HEADING = re.compile(r"^### (T\.\d+) \S", re.M)
EXAMPLE = re.compile(
    r"^### (?P<title>[^\n]+)\n(?:(?!^```|^#).*\n)*"
    r"```text\n(?P<breakdown>(?:(?!^```).*\n)*)```\n\n"
    r"```json oap-example\n(?P<case>(?:(?!^```).*\n)*)```$",
    re.M,
)
EXAMPLES = [
    pytest.param(m["breakdown"], json.loads(m["case"]), id=m["title"])
    for m in EXAMPLE.finditer(SPEC)
]
CASES = [p.values[1] for p in EXAMPLES]


def ask(requests):
    lines = "".join(json.dumps(r) + "\n" for r in requests)
    done = subprocess.run(
        TESTEE, input=lines, capture_output=True, encoding="utf-8", timeout=60, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.removesuffix("\n").split("\n")]
    assert len(answers) == len(requests), done.stdout + done.stderr
    return answers


def same(got, want):
    return "usage" in got if "usage" in want else got == want


def case_bytes(case):
    """What the breakdown shows: the bytes received, and those made by encoding, in order."""
    request, answer = case["request"], case["answer"]
    if request["op"] == "decode":
        return "".join(request["chunks"])
    if request["op"] == "table":
        return request["bytes"]
    if request["op"] == "encode":
        return answer["bytes"]
    assert request["op"] == "session"
    assert len(request["steps"]) == len(answer["outcomes"])
    return "".join(
        step.get("recv", outcome.get("bytes", ""))
        for step, outcome in zip(request["steps"], answer["outcomes"])
    )


def breakdown_bytes(breakdown):
    tokens = [t for line in breakdown.splitlines() for t in line.split("#")[0].split()]
    assert all(re.fullmatch(r"[0-9a-f]{2}", t) for t in tokens), tokens
    return "".join(tokens)


def section(heading):
    """The text below a heading, up to the next one of its level or above."""
    level = len(heading.split(" ")[0])
    found = re.search(
        r"^%s[^\n]*\n(.*?)(?=^#{1,%d} |\Z)" % (re.escape(heading), level), SPEC, re.M | re.S
    )
    assert found, heading
    return found[1]


def table(text):
    """The first Markdown table of a text, as a list of rows of cells, without its head."""
    lines = re.search(r"(?:^\|.*\n)+", text, re.M)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def values(node, key):
    if isinstance(node, dict):
        for name, child in node.items():
            if name == key:
                yield child
            yield from values(child, key)
    elif isinstance(node, list):
        for child in node:
            yield from values(child, key)


def test_every_example_block_was_found():
    assert len(EXAMPLES) == SPEC.count("```json oap-example") >= 14


@pytest.mark.parametrize("breakdown, case", EXAMPLES)
def test_example(breakdown, case):
    assert set(case) == {"request", "answer"}
    assert breakdown_bytes(breakdown) == case_bytes(case)
    [got] = ask([case["request"]])
    assert same(got, case["answer"]), got


def test_examples_show_every_kind_and_every_label():
    answers = [case["answer"] for case in CASES]
    assert set(values(answers, "kind")) == set(KINDS)
    shown = {r for r in values(answers, "reject") if isinstance(r, str)}
    shown |= {r["label"] for r in values(answers, "reject") if isinstance(r, dict)}
    assert shown == set(LABELS)


def test_every_rule_has_one_heading():
    expected = [f"{s}.{n}" for s, count in RULES_PER_SECTION.items() for n in range(1, count + 1)]
    assert RULE_HEADING.findall(SPEC) == expected


def test_rules_for_a_machine_are_current():
    assert rules.TABLE.read_text(encoding="utf-8") == rules.text(), "run tests/docs/rules.py"


def test_rules_for_a_machine_are_whole():
    listed = rules.rules(SPEC)
    assert list(dict.fromkeys(rule["rule"] for rule in listed)) == RULE_HEADING.findall(SPEC)
    assert {rule["label"] for rule in listed} == {*LABELS, ""}
    places = {"4", "5", "6", "8", "8 + header_len", "end of the input", "send"}
    assert {rule["known_at"] for rule in listed if rule["label"]} == places
    assert not any(rule["known_at"] for rule in listed if not rule["label"])


def test_order_of_checks_agrees_with_the_rules():
    """Each row of 3.2 that names rules of a prefix gives their label and their byte."""
    by_number = {rule["rule"]: rule for rule in rules.rules(SPEC)}
    checked = 0
    for _, byte, check, label in table(section("### 3.2 Order of checks")):
        for number in re.findall(r"\b1\.\d", check):
            rule = by_number[number]
            assert (rule["known_at"], rule["label"]) == (byte, label.strip("`")), number
            checked += 1
    assert checked == 6


def test_every_rule_that_is_referred_to_exists():
    prose = re.sub(r"^```.*?^```", "", SPEC, flags=re.M | re.S)
    named = set(re.findall(r"(?<![\d.])([1-5]a?\.\d+)\b", prose))
    assert named <= set(RULE_HEADING.findall(SPEC))


def test_every_rule_of_the_vectors_exists():
    files = sorted(VECTORS.glob("*/*.json"))
    assert files, f"no vectors in {VECTORS}"
    connection = re.findall(r"^\*\*(C\.\d+) ", (ROOT / "docs" / "connection.md").read_text(encoding="utf-8"), re.M)
    rules = {*RULE_HEADING.findall(SPEC), *TELEMETRY_RULE_HEADING.findall(TELEMETRY), *connection}
    unknown = [
        (file.name, case["name"], case["rule"])
        for file in files
        for case in json.loads(file.read_text(encoding="utf-8"))
        if case["rule"] not in rules
    ]
    assert not unknown


def test_field_tables_agree_with_the_proto():
    messages = {}
    for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", PROTO, re.M | re.S):
        fields = re.findall(r"^  optional (\w+) (\w+) = (\d+); *(?:// *(.*))?$", body, re.M)
        assert len(fields) == len(body.splitlines()), name
        messages[name.upper()] = [
            (int(number), field, kind, note.startswith("required"))
            for kind, field, number, note in fields
        ]
    assert list(messages) == KINDS
    headings = re.findall(r"^### (2\.\d+ (HELLO|START|DATA|ACK|END|ERROR))$", SPEC, re.M)
    assert [kind for _, kind in headings] == KINDS
    for heading, kind in headings:
        documented = [
            (int(number), field, type_, {"yes": True, "no": False}[required])
            for number, field, type_, required, _ in table(section(f"### {heading}"))
        ]
        assert documented == messages[kind], kind


def test_constants_are_shown_in_the_readme():
    """The keys of the protocol word for word, those of telemetry by their names."""
    readme = (ROOT / "tests" / "conformance" / "README.md").read_text(encoding="utf-8")
    shown = re.search(r'\{"max_frame_bytes".*?\n\n', readme, re.S)[0].replace(",…", "")
    [constants] = ask([{"op": "constants"}])
    telemetry = {"metrics", "readiness_keys"}
    shortened = {key: value[:1] if key in telemetry else value for key, value in constants.items()}
    assert json.loads(shown) == shortened
    assert [key for key in json.loads(shown) if key not in telemetry] == list(json.loads(shown))[:6]


def test_constants_agree_with_the_testee():
    [constants] = ask([{"op": "constants"}])
    limits = {row[0].strip("`"): row[1] for row in table(section("### Limits and constants"))}
    for name in ("MAX_FRAME_BYTES", "MAX_HEADER_BYTES", "STREAM_CHUNK_BYTES"):
        assert int(limits[name].replace(",", "")) == constants[name.lower()]
    assert int(limits["protocol version"]) == constants["version"]
    kinds = table(section("### 1.4 Kind"))
    assert [row[0] for row in kinds] == [f"0x{n:02x}" for n in range(1, 7)]
    assert [row[1] for row in kinds] == constants["kinds"]
    rejects = table(section("### 3.1 Labels and codes"))
    assert [row[0] for row in rejects] == [str(n) for n in range(1, 9)]
    assert [row[1].strip("`") for row in rejects] == constants["reject_labels"] == LABELS
