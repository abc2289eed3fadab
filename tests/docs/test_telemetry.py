"""docs/telemetry.md is held to the testee and to the vectors."""

import json
import re

from test_spec import RULE_HEADING, SPEC, TELEMETRY, TELEMETRY_RULE_HEADING, VECTORS, ask, section, table

CASES = {
    case["name"]: case
    for file in VECTORS.glob("*/monitor_*.json")
    for case in json.loads(file.read_text(encoding="utf-8"))
}


def rows(heading):
    """The rows of the first table below a heading, names without their backticks."""
    after = TELEMETRY.split(f"{heading}\n", 1)[1]
    return [[cell.strip("`") for cell in row] for row in table(after)]


def test_rules_are_numbered_in_turn_and_each_has_a_case():
    rules = TELEMETRY_RULE_HEADING.findall(TELEMETRY)
    assert rules == [f"T.{n}" for n in range(1, len(rules) + 1)]
    assert {case["rule"] for case in CASES.values()} == set(rules)


def test_rules_referred_to_exist():
    prose = re.sub(r"^```.*?^```", "", TELEMETRY, flags=re.M | re.S)
    assert set(re.findall(r"\bT\.\d+", prose)) == set(TELEMETRY_RULE_HEADING.findall(TELEMETRY))
    protocol = set(re.findall(r"[( ]([234]a?\.\d+)[).]", prose))
    assert {"3.1", "4.12"} <= protocol <= set(RULE_HEADING.findall(SPEC))


def test_names_agree_with_the_testee():
    [constants] = ask([{"op": "constants"}])
    assert [row[0] for row in rows("## Metrics")] == constants["metrics"]
    assert [row[0] for row in rows("## Readiness")] == constants["readiness_keys"]
    kinds = re.search(r"^`kind` is (.*?);", TELEMETRY, re.M)[1]
    assert re.findall(r"`(\w+)`", kinds) == constants["kinds"]


def test_limits_agree_with_the_vectors():
    """The case that spells all defaults out has these limits beside the fields of the Config."""
    config = CASES["monitor_config_all_defaults_spelled_out"]["request"]["config"]
    fields = {row[0].strip("`") for row in table(section("### 2a.1 Fields of Config"))}
    limits = {row[0]: int(row[1].replace(",", "")) for row in rows("### T.10 Limits")}
    assert limits == {name: value for name, value in config.items() if name not in fields}


def test_example():
    [example] = re.findall(r"^```json oap-example\n(.*?)^```$", TELEMETRY, re.M | re.S)
    case = json.loads(example)
    assert ask([case["request"]]) == [case["answer"]]


def test_bodies_of_readyz_are_json_as_shown():
    shown = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```$", TELEMETRY, re.M | re.S)]
    assert [list(body) for body in shown] == [["degraded", "missing", "retry_after"]] * 2
