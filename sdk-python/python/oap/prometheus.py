"""A collector for `prometheus_client`, the extra `oap[prometheus]`: `REGISTRY.register(OapCollector(monitor))`."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from . import Monitor, Snapshot

__all__ = ["OapCollector"]


class OapCollector(Collector):
    """The metrics of one Monitor, read at each scrape. `prometheus_client`'s multiprocess mode sees no collectors."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        # Names, help, types, labels and buckets are those of the monitor's own page.
        self._page = list(text_string_to_metric_families(monitor.text()))

    def collect(self) -> Iterator[Metric]:
        numbers = _numbers(self._monitor.snapshot())
        for described, family in zip(self.describe(), self._page, strict=True):
            described.samples = [sample._replace(value=next(numbers)) for sample in family.samples]
            yield described

    def describe(self) -> Iterable[Metric]:
        """The metrics without their samples: by these a registry knows the names that are taken."""
        return [Metric(family.name, family.documentation, family.type) for family in self._page]


def _numbers(snapshot: Snapshot) -> Iterator[float]:
    """In the order of the page."""
    yield from snapshot.frames.values()
    yield from snapshot.rejects.values()
    yield snapshot.frame_bytes
    for timing in (snapshot.read, snapshot.write):
        yield from accumulate(timing.counts)
        yield timing.sum_ns / 1e9
        yield timing.count
    yield snapshot.ack_window
    yield snapshot.inflight_frames
    yield snapshot.ack_starved_ns / 1e9
    yield snapshot.inflight_capacity
    yield snapshot.host_load_permille / 1000
