"""The page that the gateway serves, as promtool sees it."""

import re
import subprocess

from gateway import HAPPY, OVERSIZE, Gateway
from server import RULES


def check(page):
    tool = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
    return tool.returncode, tool.stdout + tool.stderr


def test_the_page_of_an_idle_gateway_passes_promtool():
    with Gateway() as gateway:
        assert check(gateway.page()) == (0, "")


def test_a_page_with_traffic_passes_promtool():
    with Gateway() as gateway:
        gateway.converse(*HAPPY)
        gateway.converse(HAPPY[0], OVERSIZE)
        page = gateway.page()
        assert 'oap_rejects_total{reason="frame_oversize"} 1\n' in page
        assert check(page) == (0, "")


def test_the_page_has_every_series_that_the_rules_ask_for():
    with Gateway() as gateway:
        page = gateway.page()
    names = set(re.findall(r"^# TYPE (\w+) ", page, re.M))
    expressions = " ".join(re.findall(r"expr:(.*?)\n {8}\w+:", RULES.read_text(), re.S))
    asked = re.findall(r"\b((?:oap|svc_gateway|process)_\w+)(?:{(.*?)})?", expressions)
    assert {name.removesuffix("_bucket") for name, _ in asked} <= names and len(asked) > 15
    matchers = {(name, label, value) for name, labels in asked for label, value in re.findall(r'(\w+)="(\w+)"', labels)}
    # Those of the target come from the scrape configuration.
    own = {one for one in matchers if one[1] not in {"job", "component"}}
    assert {label for _, label, _ in own} == {"reason", "cause", "outcome"}
    for name, label, value in own:
        assert f'{name}{{{label}="{value}"}} 0\n' in page, (name, label, value)


def test_promtool_refuses_a_page_that_is_cut_off():
    with Gateway() as gateway:
        page = gateway.page()
    status, says = check(page[: page.index("} 0")])
    assert status != 0 and says
