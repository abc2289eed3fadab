"""The text page, and the collector for `prometheus_client`."""

import subprocess
import sys
from collections.abc import Callable, Iterable

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from prometheus_client.registry import Collector

import oap
from oap import Ack, Config, Data, Decoder, Monitor, Session, Start
from oap.prometheus import OapCollector

# Sessions that stay in the gauges.
KEPT: list[Session] = []


def used() -> Monitor:
    """A monitor after traffic, a reject, timed calls and starvation."""
    monitor = Monitor()
    session, peer = Session(Config(ack_window_frames=2), monitor=monitor), Session()
    peer.recv(session.send(session.hello()))
    session.recv(peer.send(peer.hello()) + peer.send(Start("notes")) + peer.send(Data(1)))
    session.recv(peer.send(Data(2, None, b"abc")))
    monitor.tick(0)
    monitor.tick(1_500_000_000)
    session.send(Ack(1))
    KEPT.append(session)
    with pytest.raises(oap.RejectError):
        Decoder(monitor=monitor).feed(oap.encode(Ack(1)) + b"\xff\xff\xff\xff")
    for ns in (1_000, 30_000_000, 5_000_000_000):
        monitor.observe_write(ns)
    return monitor


MONITORS = pytest.mark.parametrize("make", [Monitor, used])


def registry_of(monitor: Monitor) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(OapCollector(monitor))
    return registry


def described(families: Iterable[Metric]) -> list[tuple[str, str, str]]:
    return [(family.name, family.type, family.documentation) for family in families]


def samples(families: Iterable[Metric]) -> list[tuple[str, dict[str, str], float]]:
    return [
        (sample.name, sample.labels, sample.value) for family in families for sample in family.samples
    ]


@MONITORS
def test_the_collector_s_page_is_the_core_s_sample_for_sample(make: Callable[[], Monitor]) -> None:
    monitor = make()
    page = list(parse(generate_latest(registry_of(monitor)).decode()))
    core = list(parse(monitor.text()))
    assert described(page) == described(core)
    assert samples(page) == samples(core)
    assert [family.name for family in page] == [name.removesuffix("_total") for name in oap.METRICS]


def test_the_page_of_a_used_monitor_has_its_numbers() -> None:
    registry = registry_of(used())
    assert registry.get_sample_value("oap_frames_total", {"kind": "DATA"}) == 2
    assert registry.get_sample_value("oap_rejects_total", {"reason": "frame_oversize"}) == 1
    assert registry.get_sample_value("oap_ack_window") == 1
    assert registry.get_sample_value("oap_inflight_frames") == 1
    assert registry.get_sample_value("oap_ack_starved_seconds_total") == 1.5
    assert registry.get_sample_value("oap_write_frame_seconds_bucket", {"le": "+Inf"}) == 5
    assert registry.get_sample_value("oap_write_frame_seconds_bucket", {"le": "0.05"}) == 4


@MONITORS
def test_openmetrics_has_the_same_samples(make: Callable[[], Monitor]) -> None:
    registry = registry_of(make())
    page = generate_openmetrics(registry).decode()  # type: ignore[no-untyped-call]
    families = list(parse_openmetrics(page))  # type: ignore[no-untyped-call]
    assert samples(families) == samples(parse(generate_latest(registry).decode()))


@MONITORS
def test_promtool_takes_both_pages(make: Callable[[], Monitor]) -> None:
    monitor = make()
    for page in (monitor.text(), generate_latest(registry_of(monitor)).decode()):
        tool = subprocess.run(
            ["promtool", "check", "metrics"], input=page, capture_output=True, text=True
        )
        assert (tool.returncode, tool.stdout + tool.stderr) == (0, "")


def test_each_scrape_reads_the_numbers_anew() -> None:
    monitor = Monitor()
    registry = registry_of(monitor)
    for count in range(3):
        assert registry.get_sample_value("oap_frames_total", {"kind": "ACK"}) == count
        Decoder(monitor=monitor).feed(oap.encode(Ack(1)))


def test_what_it_describes_is_what_it_collects_without_samples() -> None:
    collector = OapCollector(used())
    families = list(collector.describe())
    assert samples(families) == []
    assert described(families) == described(collector.collect())


def test_a_registry_refuses_a_second_collector_of_the_same_names() -> None:
    registry = registry_of(Monitor())
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(OapCollector(Monitor()))

    class Other(Collector):
        def collect(self) -> Iterable[Metric]:
            return [CounterMetricFamily("oap_frames", "", 1)]

        describe = collect

    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(Other())


def test_prometheus_client_is_not_needed() -> None:
    code = "import sys; sys.modules['prometheus_client'] = None; import oap, oap.asyncio; oap.Monitor().text()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_content_type_is_that_of_the_format() -> None:
    assert oap.TEXT_CONTENT_TYPE.startswith("text/plain; version=0.0.4")
