"""Monitor: what decoders and sessions tell it, and what it says of the process."""

import gc
import json
import threading
import time
from typing import Any

import pytest
from wires import cases

import oap
from oap import Ack, Config, ConfigError, Data, Decoder, Kind, Monitor, Session, Start

OVERSIZE = b"\xff\xff\xff\xff"


def receiving(monitor: Monitor, **config: Any) -> Session:
    """A session of the monitor that has received both HELLOs, START and one DATA."""
    session, peer = Session(Config(**config), monitor=monitor), Session()
    hello = session.send(session.hello())
    peer.recv(hello)
    session.recv(peer.send(peer.hello()) + peer.send(Start("notes")) + peer.send(Data(1, None, b"abc")))
    return session


def test_all_names_are_there_from_the_start_with_0() -> None:
    snapshot = Monitor().snapshot()
    assert snapshot.frames == dict.fromkeys(oap.KINDS, 0)
    assert snapshot.rejects == dict.fromkeys(oap.REJECT_LABELS, 0)
    assert (snapshot.frame_bytes, snapshot.ack_window, snapshot.inflight_frames) == (0, 0, 0)
    assert (snapshot.ack_starved_ns, snapshot.inflight_capacity) == (0, 1024)
    assert snapshot.host_load_permille == 0
    for timing in (snapshot.read, snapshot.write):
        assert (timing.count, timing.sum_ns) == (0, 0)
        assert timing.counts == (0,) * (len(oap.HISTOGRAM_BOUNDS_NS) + 1)


def test_the_limits_are_the_contract_s() -> None:
    name = "monitor_config_all_defaults_spelled_out"
    [spelt] = [case for case in cases("monitor") if case["name"] == name]
    limits = Monitor().limits
    assert limits.items() <= spelt["request"]["config"].items()
    given = {name: value + 1 for name, value in limits.items()}
    assert Monitor(**given).limits == given  # type: ignore[arg-type]


@pytest.mark.parametrize("field", Monitor().limits)
@pytest.mark.parametrize("value", [-1, 1 << 64])
def test_a_bad_limit_is_a_config_error_that_names_it(field: str, value: int) -> None:
    with pytest.raises(ConfigError) as caught:
        Monitor(**{field: value})  # type: ignore[arg-type]
    error = caught.value
    assert (error.field, error.value, error.range) == (field, value, range(1 << 64))


def test_wrong_types_and_names_are_type_errors() -> None:
    wrong: list[dict[str, Any]] = [{"inflight_capacity": "9"}, {"timing": 1}, {"window": 1}]
    for fields in wrong:
        with pytest.raises(TypeError):
            Monitor(**fields)
    for make in (Decoder, Session):
        with pytest.raises(TypeError):
            make(monitor="m")  # type: ignore[arg-type]


def test_decoders_count_frames_bytes_and_rejects() -> None:
    monitor = Monitor()
    wire = oap.encode_batch([Data(1, None, b"abc"), Ack(1), Ack(2)])
    with pytest.raises(oap.FrameOversizeError):
        Decoder(monitor=monitor).feed(wire + OVERSIZE)
    snapshot = monitor.snapshot()
    assert snapshot.frames == dict.fromkeys(oap.KINDS, 0) | {"DATA": 1, "ACK": 2}
    assert snapshot.rejects == dict.fromkeys(oap.REJECT_LABELS, 0) | {"frame_oversize": 1}
    assert snapshot.frame_bytes == len(wire)


def test_sessions_count_what_they_send_and_receive_and_give_to_the_gauges() -> None:
    monitor = Monitor()
    session = receiving(monitor, ack_window_frames=8)
    snapshot = monitor.snapshot()
    assert snapshot.frames == dict.fromkeys(oap.KINDS, 0) | {"HELLO": 2, "START": 1, "DATA": 1}
    assert (snapshot.ack_window, snapshot.inflight_frames) == (7, 1)
    session.send(Ack(1))
    assert (monitor.snapshot().ack_window, monitor.snapshot().inflight_frames) == (8, 0)


def test_a_session_that_is_collected_gives_its_gauges_back() -> None:
    monitor = Monitor()
    session = receiving(monitor)
    assert monitor.snapshot().inflight_frames == 1
    cycle: list[Any] = [session]
    cycle.append(cycle)
    del session, cycle
    gc.collect()
    assert (monitor.snapshot().ack_window, monitor.snapshot().inflight_frames) == (0, 0)
    assert monitor.snapshot().frames["DATA"] == 1


def test_a_session_that_is_closed_gives_its_gauges_back_and_can_be_looked_at() -> None:
    monitor = Monitor()
    session = receiving(monitor)
    flow = session.inbound
    session.close()
    session.close()
    assert (monitor.snapshot().ack_window, monitor.snapshot().inflight_frames) == (0, 0)
    assert session.inbound == flow and session.is_established


def test_a_closed_session_that_is_used_on_is_in_the_gauges_again() -> None:
    monitor = Monitor()
    session = receiving(monitor)
    session.close()
    session.send(Ack(1))
    assert monitor.snapshot().ack_window == session.inbound.credit


def test_a_session_may_outlive_the_name_of_its_monitor() -> None:
    session = receiving(Monitor())
    gc.collect()
    assert session.send(Ack(1))


def test_each_decode_call_and_each_send_call_is_timed_once() -> None:
    monitor = Monitor()
    start = time.monotonic_ns()
    decoder = Decoder(monitor=monitor)
    for chunk in (oap.encode(Ack(1)) * 1000, b"", b"\x00"):
        decoder.feed(chunk)
    with pytest.raises(oap.RejectError):
        decoder.feed(OVERSIZE)
    session = Session(monitor=monitor)
    session.send(session.hello())
    with pytest.raises(oap.RejectError):
        session.send(Data(1))
    spent = time.monotonic_ns() - start
    read, write = monitor.snapshot().read, monitor.snapshot().write
    assert (read.count, write.count) == (4, 2)
    assert (sum(read.counts), sum(write.counts)) == (4, 2)
    assert 0 < read.sum_ns + write.sum_ns <= spent


def test_without_timing_no_call_is_timed_but_all_is_counted() -> None:
    monitor = Monitor(timing=False)
    assert Monitor().timing and not monitor.timing
    receiving(monitor)
    assert (monitor.snapshot().read.count, monitor.snapshot().write.count) == (0, 0)
    assert monitor.snapshot().frames["DATA"] == 1


def test_a_host_counts_and_observes_what_it_did_itself() -> None:
    monitor = Monitor()
    monitor.count_frame(Kind.ACK, 10)
    monitor.count_reject("truncated")
    monitor.count_reject(oap.TruncatedError.code)
    for ns in (1000, 1001, 2_000_000_000):
        monitor.observe_read(ns)
    monitor.observe_write(5)
    snapshot = monitor.snapshot()
    assert (snapshot.frames["ACK"], snapshot.frame_bytes) == (1, 10)
    assert snapshot.rejects["truncated"] == 2
    assert snapshot.read.counts == (1, 1, *[0] * 10, 1)
    assert (snapshot.read.sum_ns, snapshot.write.count) == (2_000_002_001, 1)


@pytest.mark.parametrize("reject", ["", "oversize", 0, 9])
def test_an_unknown_reject_is_a_value_error(reject: str | int) -> None:
    with pytest.raises(ValueError, match="reject"):
        Monitor().count_reject(reject)


def test_an_unknown_kind_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="kind"):
        Monitor().count_frame(7, 10)  # type: ignore[arg-type]


def test_a_ready_process_answers_200() -> None:
    readiness = Monitor().readiness(0)
    assert readiness.ready and readiness.missing == ()
    assert readiness.keys == dict.fromkeys(oap.READINESS_KEYS, True)
    assert (readiness.status, readiness.headers) == (200, {"Content-Type": "application/json"})
    assert json.loads(readiness.body) == {"degraded": False, "missing": [], "retry_after": 0}
    assert readiness == Monitor().readiness(0)


def test_a_process_that_is_not_ready_answers_503() -> None:
    monitor = Monitor(reject_min_events=1)
    monitor.set_parser_ready(False)
    monitor.count_reject("truncated")
    readiness = monitor.readiness(0)
    missing = ["oap_parser_ready", "oap_reject_rate_ok"]
    assert not readiness.ready and list(readiness.missing) == missing
    assert [key for key, ok in readiness.keys.items() if not ok] == missing
    assert readiness.status == 503
    assert readiness.headers == {"Content-Type": "application/json", "Retry-After": "5"}
    assert json.loads(readiness.body) == {"degraded": True, "missing": missing, "retry_after": 5}
    assert readiness != Monitor().readiness(0)


def test_the_host_s_load_counts_in_readiness_and_metrics() -> None:
    monitor = Monitor(inflight_capacity=7)
    snapshot = monitor.snapshot()
    assert (snapshot.inflight_capacity, snapshot.host_load_permille) == (7, 0)
    for load, ready, ratio in [(800, True, "0.8"), (801, False, "0.801"), (601, False, "0.601"), (600, True, "0.6")]:
        monitor.set_load(load)
        readiness = monitor.readiness(0)
        assert readiness.ready is ready
        assert readiness.missing == (() if ready else ("oap_backpressure_ok",))
        assert monitor.snapshot().host_load_permille == load
        assert f"\noap_host_load_ratio {ratio}\n" in monitor.text()
    assert "\noap_inflight_capacity 7\n" in monitor.text()


@pytest.mark.parametrize("load", [1000, 1001, 1 << 32, (1 << 64) - 1])
def test_a_load_over_1000_counts_as_1000(load: int) -> None:
    monitor = Monitor()
    monitor.set_load(load)
    assert monitor.snapshot().host_load_permille == 1000


def test_time_is_the_host_s_where_it_gives_it() -> None:
    monitor = Monitor(ack_starvation_limit_ns=1000)
    _session = receiving(monitor, ack_window_frames=1)
    monitor.tick(0)
    assert monitor.readiness(1000).ready
    assert monitor.readiness(1001).missing == ("oap_ack_window_ok",)
    assert monitor.snapshot().ack_starved_ns == 1001


def test_time_that_is_left_out_is_time_monotonic_ns() -> None:
    monitor = Monitor()
    _session = receiving(monitor, ack_window_frames=1)
    start = time.monotonic_ns()
    monitor.tick(start)
    monitor.tick()
    assert 0 <= monitor.snapshot().ack_starved_ns <= time.monotonic_ns() - start


def test_no_count_is_lost_among_threads() -> None:
    monitor, wire = Monitor(), oap.encode(Ack(1)) * 200_000  # long enough to decode without the GIL

    def work() -> None:
        decoder = Decoder(monitor=monitor)
        for _ in range(5):
            decoder.feed(wire)
            monitor.tick()
            monitor.count_reject("truncated")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    snapshot = monitor.snapshot()
    assert snapshot.frames["ACK"] == 8 * 5 * 200_000
    assert (snapshot.rejects["truncated"], snapshot.read.count) == (40, 40)


def test_nothing_shows_feature_bits_or_payload() -> None:
    monitor = Monitor()
    session, peer = Session(monitor=monitor), Session(Config(features=0xBEEF))
    session.recv(peer.send(peer.hello()))
    shown = [repr(monitor), repr(monitor.readiness()), repr(monitor.snapshot()), monitor.text()]
    assert "48879" not in "".join(shown) and "beef" not in "".join(shown).lower()
