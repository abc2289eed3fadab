"""What the runbook says of keys, metrics, events, alerts and figures is so."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from book import ANCHORS, PROSE, ROOT, quoted, section, table

sys.path.append(str(ROOT / "tests" / "prometheus"))

from gateway import CONSTANTS, Gateway  # noqa: E402

DEFAULTS = tomllib.loads((ROOT / "svc-gateway" / "gateway.example.toml").read_text())
RULES = yaml.safe_load((ROOT / "ops" / "prometheus" / "oap-rules.yml").read_text())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
# What the book advises in their place is not their default.
ADVISED = {"allow_pq_hello_flags", "quarantine_offences"}
REPORT = (ROOT / "svc-gateway" / "src" / "report.rs").read_text()


@pytest.fixture(scope="module")
def page():
    with Gateway() as gateway:
        return gateway.page()


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", PROSE)
    assert len(links) > 30
    for path, anchor in links:
        assert (ROOT / "docs" / path).exists(), path
        assert path or anchor in ANCHORS, anchor


def test_every_alert_leads_to_a_section_and_is_in_the_book():
    leads = [rule["annotations"]["runbook_url"].partition("#")[2] for rule in ALERTS.values()]
    assert len(leads) > 0 and set(leads) <= set(ANCHORS)
    assert [row[0].strip("`") for row in table("alert")] == list(ALERTS)
    for name, anchor in zip(ALERTS, leads):
        assert f"`{name}`" in section(anchor), name


def test_the_queries_are_those_of_the_rules():
    for alert, urgency, expression in table("alert"):
        rule = ALERTS[alert.strip("`")]
        assert quoted(expression)[0] in re.sub(r"\s+", " ", rule["expr"]), alert
        assert urgency == f"{rule['labels']['severity']}, {rule['for']}", alert


def test_every_metric_of_the_book_is_on_the_page_and_every_one_of_the_gateway_s_is_in_the_book(page):
    on_page = set(re.findall(r"^# TYPE (\w+) ", page, re.M))
    readiness = set(CONSTANTS["readiness_keys"])
    named = set(re.findall(r"\b(?:oap|svc_gateway|process)_\w+[a-z]\b", PROSE)) - readiness
    known = on_page | {f"{name}_bucket" for name in on_page}
    assert named <= known, named - known
    assert {name for name in on_page if name.startswith(("oap_", "svc_gateway_"))} <= named


@pytest.mark.parametrize("label", ["cause", "protocol", "transport", "outcome", "use", "error"])
def test_the_values_of_the_gateway_s_labels_are_in_the_book(page, label):
    values = set(re.findall(rf'{label}="(\w+)"', page))
    assert values and values <= set(quoted(PROSE))
    if label == "cause":
        assert {row[0].strip("`") for row in table("cause")} == values


def test_the_events_are_those_that_the_gateway_knows():
    known = set(re.findall(r'event = "(\w+)"', REPORT))
    assert {name for row in table("event") for name in quoted(row[0])} == known


def test_the_readiness_keys_are_those_of_the_contract_with_their_limits():
    rows = table("key | true when")
    assert [quoted(row[0])[0] for row in rows] == CONSTANTS["readiness_keys"]


def test_every_key_of_the_configuration_that_is_named_exists_and_every_default_is_right():
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| .+ \|$", PROSE, re.M)
    rows = [row for row in rows if quoted(row[0])[0] in DEFAULTS]
    assert len(rows) >= 6
    for keys, values in rows:
        assert [str(DEFAULTS[key]) for key in quoted(keys)] == quoted(values), keys
    for key, value in re.findall(r"`(\w+) = (\w+)`", PROSE):
        said = {"true": True, "false": False}.get(value, value)
        assert key in DEFAULTS and (key in ADVISED or str(DEFAULTS[key]) == str(said)), key
    for row in table("cause"):
        assert not row[3:] or set(quoted(row[3])) <= set(DEFAULTS), row


def test_quarantine_is_as_its_defaults_are():
    offences, window, lasts = (
        DEFAULTS[key] for key in ("quarantine_offences", "quarantine_window_seconds", "quarantine_seconds")
    )
    text = re.sub(r"\s+", " ", PROSE)
    assert f"After {offences} offences within {window} s" in text and f"in quarantine for {lasts} s" in text


def test_an_idle_connection_takes_what_the_gateway_s_tests_allow():
    sources = [(ROOT / "svc-gateway" / "tests" / name).read_text() for name in ("memory.rs", "tls.rs")]
    plain, tls = (re.search(r"MOST_KIB: u64 = (\d+);", source)[1] for source in sources)
    assert f"an idle one takes less than {plain} KiB, over TLS less than {tls} KiB" in PROSE


def seconds(cell):
    return float(cell.removesuffix(" ms")) / 1000


def rate(cell):
    number, unit = cell.split(" ")
    return float(number) * {"MB/s": 1e6, "GB/s": 1e9}[unit]


def test_the_window_table_is_window_times_frame_over_round_trip():
    head = re.search(r"^\| window \| frame \| (.+) \|$", PROSE, re.M)[1].split(" | ")
    for window, frame, *rates in table("window"):
        number, unit = frame.split(" ")
        size = int(number) * {"KiB": 1024, "MiB": 1 << 20}[unit]
        for round_trip, shown in zip(head, rates, strict=True):
            exact = int(window) * size / seconds(round_trip)
            assert rate(shown) == pytest.approx(exact, rel=0.05), (window, frame, round_trip)


def test_every_gate_has_a_command_that_make_knows():
    rows = table("gate")
    assert [row[0] for row in rows] == ["A", "J", "K", "L", "N", "O", "P"]
    targets = [target for row in rows for command in quoted(row[2]) for target in command.split()[1:]]
    known = subprocess.run(["make", "-n", *dict.fromkeys(targets)], cwd=ROOT, capture_output=True, text=True)
    assert known.returncode == 0, known.stderr


def test_the_example_of_not_ready_is_what_the_core_says():
    [example] = [span for span in quoted(PROSE) if span.startswith('{"degraded":true')]
    assert json.loads(example) == {"degraded": True, "missing": ["oap_reject_rate_ok"], "retry_after": 5}
