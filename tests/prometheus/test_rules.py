"""The alert rules that an operator loads, as promtool sees them."""

import subprocess

from server import RULES


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True)


def test_promtool_accepts_the_rules():
    tool = promtool("check", "rules", RULES)
    assert tool.returncode == 0, tool.stdout + tool.stderr


def test_each_alert_fires_and_recovers_as_its_unit_tests_say():
    tool = promtool("test", "rules", RULES.with_name("oap-rules.test.yml"))
    assert tool.returncode == 0, tool.stdout + tool.stderr
