"""A real Prometheus scrapes a gateway under traffic and evaluates the rules."""

import re

import pytest
from prometheus_client import start_http_server

from gateway import CONSTANTS, HAPPY, OVERSIZE, Gateway
from server import RULES, RUNBOOK, Prometheus, eventually

CONVERSATIONS = 5
# Of 4 events each: enough to judge a ratio by.
HOSTILE = 40


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as running:
        yield running


@pytest.fixture(scope="module")
def polyglot_host():
    """The exporter of one in Python: this process."""
    server, _ = start_http_server(0, addr="127.0.0.1")
    yield "%s:%d" % server.server_address
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def prometheus(gateway, polyglot_host):
    """One that has seen the gateway before and after the traffic."""
    with Prometheus(gateway.endpoints, polyglot_host) as server:
        eventually("a first scrape", lambda: server.value("oap_frame_bytes_total") == 0)
        for _ in range(CONVERSATIONS):
            gateway.converse(*HAPPY)
        for _ in range(HOSTILE):
            gateway.converse(HAPPY[0], OVERSIZE)
        rejects = 'oap_rejects_total{reason="frame_oversize"}'
        eventually("the rejects", lambda: server.value(rejects) == HOSTILE)
        yield server


def series(page):
    """Name and labels of each sample of the contract on a page."""
    found = set()
    for name, labels in re.findall(r"^(oap_\w+)(?:{(.*)})? \S+$", page, re.M):
        found.add((name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))))
    return found


def test_every_series_of_the_page_arrives_with_its_labels(gateway, prometheus):
    where = {"job": "gateway", "instance": gateway.endpoints}.items()
    samples = [labels for labels, _ in prometheus.query('{__name__=~"oap_.*"}')]
    arrived = {(labels.pop("__name__"), frozenset(labels.items() - where)) for labels in samples}
    assert arrived == series(gateway.page())
    assert all(where <= labels.items() for labels in samples)


def test_the_metrics_of_the_contract_arrive_and_no_others(prometheus):
    known = {entry["metric"] for entry in prometheus.ask("targets/metadata") if entry["metric"].startswith("oap_")}
    assert known == set(CONSTANTS["metrics"])


@pytest.mark.parametrize(
    ("metric", "label", "values"),
    [
        ("oap_frames_total", "kind", CONSTANTS["kinds"]),
        ("oap_rejects_total", "reason", CONSTANTS["reject_labels"]),
    ],
)
def test_each_value_of_a_label_is_a_series(prometheus, metric, label, values):
    assert {labels[label] for labels, _ in prometheus.query(metric)} == set(values)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("HELLO", 2 * (CONVERSATIONS + HOSTILE)),
        ("START", 2 * CONVERSATIONS),
        ("DATA", CONVERSATIONS),
        ("ACK", CONVERSATIONS),
        ("END", 2 * CONVERSATIONS),
        ("ERROR", HOSTILE),
    ],
)
def test_frames_of_the_traffic_are_counted(prometheus, kind, count):
    assert prometheus.value(f'oap_frames_total{{kind="{kind}"}}') == count


@pytest.mark.parametrize("histogram", ["oap_read_frame_seconds", "oap_write_frame_seconds"])
def test_a_histogram_gives_a_quantile(prometheus, histogram):
    counted = prometheus.value(f"{histogram}_count")
    assert counted > 0 and prometheus.value(f'{histogram}_bucket{{le="+Inf"}}') == counted
    p95 = f"histogram_quantile(0.95, sum by (instance, le) (rate({histogram}_bucket[5m])))"
    assert 0 < prometheus.value(p95) <= 1


def test_an_open_stream_is_seen_in_the_gauge_until_its_connection_closes(gateway, prometheus):
    with gateway.connect() as peer:
        hello, start, *_ = HAPPY
        peer.sendall(hello + start)
        eventually("its credit", lambda: prometheus.value("oap_ack_window") > 0)
    eventually("no credit", lambda: prometheus.value("oap_ack_window") == 0)
    assert prometheus.value("oap_inflight_frames") == 0


def test_hostile_traffic_raises_its_alerts_and_no_other(prometheus):
    expected = {"OapRejectRateHigh", "OapOversizeFrames"}
    # On average over the few seconds that this server has seen.
    beside = {"OapNotReady"}
    eventually("the alerts", lambda: expected <= prometheus.active() <= expected | beside)


def test_an_alert_leads_to_the_runbook_wherever_the_operator_has_it(prometheus):
    [alert] = eventually("the alert", lambda: prometheus.rules()["OapOversizeFrames"]["alerts"])
    assert alert["annotations"]["runbook_url"] == f"{RUNBOOK}#oversize-spike"


def test_every_rule_is_evaluated_without_an_error(prometheus):
    def evaluated():
        return all(rule["health"] != "unknown" for rule in prometheus.rules().values())

    eventually("an evaluation", evaluated)
    rules = prometheus.rules()
    assert set(rules) == set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    for name, rule in rules.items():
        assert (rule["health"], rule.get("lastError")) == ("ok", None), name


def test_a_polyglot_host_has_the_label_that_its_alert_asks_for(prometheus, polyglot_host):
    where = {"job": "gateway", "component": "ffi_ready", "instance": polyglot_host}
    query = 'process_cpu_seconds_total{job="gateway",component="ffi_ready"}'
    [(labels, value)] = eventually("its processor time", lambda: prometheus.query(query))
    assert where.items() <= labels.items() and value > 0
