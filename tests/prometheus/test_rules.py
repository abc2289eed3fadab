"""The alert rules that an operator loads, as promtool sees them."""

import re
import subprocess

import pytest
import yaml

from gateway import ROOT
from server import PROMETHEUS, RULES

TESTS = RULES.with_name("oap-rules.test.yml")
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
PAGES = {rule["alert"] for rule in ALERTS if rule["labels"]["severity"] == "page"}


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True)


def test_promtool_accepts_the_rules_and_the_configuration_that_loads_them():
    tool = promtool("check", "config", PROMETHEUS)
    assert tool.returncode == 0, tool.stdout + tool.stderr
    assert f"SUCCESS: {len(ALERTS)} rules found" in tool.stdout


def test_the_contract_shows_how_it_is_scraped():
    text = (ROOT / "docs" / "telemetry.md").read_text()
    [example] = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    assert yaml.safe_load(example)["scrape_configs"] == yaml.safe_load(PROMETHEUS.read_text())["scrape_configs"]


def test_each_alert_fires_and_recovers_as_its_unit_tests_say():
    tool = promtool("test", "rules", TESTS)
    assert tool.returncode == 0, tool.stdout + tool.stderr


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_waits_says_how_urgent_it_is_and_leads_to_the_runbook(rule):
    assert rule["for"] != "0s" and rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["runbook_url"].startswith("{{ $externalLabels.runbook_base }}#")
    assert rule["annotations"]["summary"]


def test_every_alert_has_a_time_at_which_it_fires_and_one_at_which_it_does_not():
    looks = [look for test in yaml.safe_load(TESTS.read_text())["tests"] for look in test.get("alert_rule_test", [])]
    names = {rule["alert"] for rule in ALERTS}
    assert {look["alertname"] for look in looks if look.get("exp_alerts")} == names
    assert {look["alertname"] for look in looks if not look.get("exp_alerts")} == names


def test_what_one_peer_s_frame_can_raise_is_no_page():
    counted = {rule["alert"] for rule in ALERTS if "oap_rejects_total" in rule["expr"] or "quarantine" in rule["expr"]}
    assert len(counted) == 4 and not counted & PAGES
