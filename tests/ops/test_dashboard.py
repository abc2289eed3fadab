"""The Grafana dashboard is whole, and a real Prometheus that scrapes a gateway has an answer for each of its queries."""

import re
import sys
from pathlib import Path

import pytest

import certificate
import dashboard

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "prometheus"))
from gateway import CONSTANTS, Gateway  # noqa: E402
from server import Prometheus, eventually  # noqa: E402
from traffic import Traffic  # noqa: E402

LOADED = dashboard.load()
PANELS = list(dashboard.panels(LOADED, "4s"))


def test_no_two_panels_share_an_id_or_a_place():
    assert len({panel["id"] for panel in LOADED["panels"]}) == len(PANELS)
    cells = [
        (x, y)
        for panel in PANELS
        for x in range(panel.grid["x"], panel.grid["x"] + panel.grid["w"])
        for y in range(panel.grid["y"], panel.grid["y"] + panel.grid["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_every_query_goes_to_the_chosen_data_source_and_instances():
    for panel in LOADED["panels"]:
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert target["expr"].count('instance=~"$instance"') == len(re.findall(r"\b(?:oap|up|process|svc)\w*\{", target["expr"])) > 0


def test_every_metric_of_the_contract_is_shown_and_no_other_of_that_name():
    shown = {name for panel in PANELS for target in panel.targets for name in re.findall(r"\boap_\w+", target.expression)}
    assert {name.removesuffix("_bucket") for name in shown} == set(CONSTANTS["metrics"])


def test_the_variables_are_those_that_the_queries_use():
    used = set(re.findall(r"\$\{?(\w+)", str(LOADED["panels"]))) - {"__rate_interval"}
    linked = {link["url"].removeprefix("$").strip("{}") for link in LOADED["links"]}
    assert used | linked == set(dashboard.variables(LOADED)) and linked == {"runbook"}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    args = certificate.arguments(tmp_path_factory.mktemp("certificate"))
    with Gateway(*args) as gateway, Prometheus(gateway.endpoints) as server, Traffic(gateway):
        eventually("a rate", lambda: server.value("sum(rate(oap_frames_total[4s]))"))
        yield server


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_real_prometheus_has_data_for_the_panel(prometheus, panel):
    for target in panel.targets:
        def samples():
            return [value for _, value in prometheus.query(target.expression) if value == value]

        assert eventually(target.expression, samples)


def test_the_list_of_instances_is_what_prometheus_answers(prometheus):
    query = dashboard.variables(LOADED)["instance"]["query"]["query"]
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()
    assert prometheus.ask(f"label/{label}/values?match[]={metric}")
