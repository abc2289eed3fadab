"""T.9 and T.10: the answer of a tick, and the limits beside the Config in one object."""

from ..envelope import data, error, hello, start
from ..events import (
    PRESSURE, RATE, STARVED, closed, hellos, recv, recv_bytes, refused, reject_of, rejected, send, tick)
from ..topic import Topic
from ..wire import prefix

ALL_LIMITS = {
    "reject_limit_permille": 10, "reject_min_events": 100, "ack_starvation_limit_ns": 5_000_000_000,
    "inflight_capacity": 1024, "backpressure_high_percent": 80, "backpressure_low_percent": 60,
}
BAD_CONFIG = {
    "ack_window_0": {"ack_window_frames": 0},
    "ack_window_1025": {"ack_window_frames": 1025},
    "max_frame_4095": {"max_frame": "4095"},
    "max_frame_1048577": {"max_frame": "1048577"},
    "rollover_unknown": {"seq_rollover_policy": "saturate"},
    "ack_window_0_beside_a_good_limit": {"inflight_capacity": 10, "ack_window_frames": 0},
    "unknown_field": {"no_such_limit": 1},
    **{f"{name}_negative": {name: -1} for name in ALL_LIMITS},
    **{f"{name}_a_string": {name: "10"} for name in ALL_LIMITS},
}
BAD_EVENTS = {
    "unknown": [{"jump": 1}],
    "tick_negative": [{"tick": -1}],
    "tick_a_string": [{"tick": "1"}],
    "recv_not_hex": [{"recv": "0x00", "session": 0}],
    "recv_half_a_byte": [{"recv": "0", "session": 0}],
    "send_unknown_kind": [{"send": {"kind": "hello"}, "session": 0}],
    "bad_after_good": [{"tick": 0}, {"recv": "zz", "session": 0}],
}


def build(t: Topic) -> None:
    combinations(t)
    each_tick(t)
    config(t)
    usage(t)


def combinations(t: Topic) -> None:
    """Every set of keys that can be missing, in their order; oap_parser_ready is true of whoever answers."""
    for reject in (False, True):
        for starved in (False, True):
            for pressed in (False, True):
                combination(t, reject, starved, pressed)


def combination(t: Topic, reject: bool, starved: bool, pressed: bool) -> None:
    """One reject, one starved nanosecond and one frame in flight, each too many or just not."""
    limits = {"reject_limit_permille": 250 if reject else 251, "reject_min_events": 1,
              "ack_starvation_limit_ns": 0 if starved else 1, "inflight_capacity": 1 if pressed else 2}
    early = [key for key, missing in ((RATE, reject), (PRESSURE, pressed)) if missing]
    late = [key for key, missing in ((RATE, reject), (STARVED, starved), (PRESSURE, pressed)) if missing]
    name = "_".join(["missing", *(key.removeprefix("oap_").removesuffix("_ok") for key in late)])
    t.monitor(name if late else "missing_nothing", "T.9", hellos(hello(ack_window=1)), recv(start("a"), data(1)), reject_of(1),
              tick(0, *early), tick(1, *late), config=limits, in_flight=1)


def each_tick(t: Topic) -> None:
    t.monitor("one_answer_a_tick", "T.9", tick(0), tick(0), tick(1), tick(2))
    t.monitor("answers_are_those_of_their_tick", "T.9", tick(0), reject_of(0), tick(1, RATE), reject_of(1),
              config={"reject_min_events": 1})


def config(t: Topic) -> None:
    """Config's fields hold for each session, limits for the monitor, in any mixture."""
    t.monitor("config_all_defaults_spelled_out", "T.10", hellos(), recv(start("a")), tick(0), ack_window=32, config={
        "strict_headers": True, "enforce_obj_header_on_objects": True, "allow_pq_hello_flags": True,
        "seq_rollover_policy": "error", "ack_window_frames": 32, "max_frame": "1048576"} | ALL_LIMITS)
    t.monitor("config_of_each_session", "T.10", recv_bytes(prefix(4097, 3, 2)[:4], reject="frame_oversize"),
              recv_bytes(prefix(4097, 3, 2)[:4], reject="frame_oversize", session=1), config={"max_frame": "4096"})
    t.monitor("config_and_limits", "T.10", refused(hello(ack_window=3)), hellos(hello(max_frame=4096, ack_window=2)),
              recv(start("objects"), data(1)), tick(0, PRESSURE), ack_window=1, in_flight=1,
              config={"max_frame": "4096", "inflight_capacity": 1, "ack_window_frames": 2,
                      "enforce_obj_header_on_objects": False})
    t.monitor("config_features_are_not_sent_by_themselves", "T.10", send(hello()), rejected("bad_hello_pq", hello(features=1)),
              config={"features": "1", "allow_pq_hello_flags": False})
    t.monitor("config_a_limit_alone", "T.10", reject_of(0), tick(0, RATE), config={"reject_min_events": 1})


def usage(t: Topic) -> None:
    hellos_events = [event.event for event in hellos()]
    for name, bad in BAD_CONFIG.items():
        t.usage(f"monitor_config_{name}", "T.10", {"op": "monitor", "config": bad, "events": [*hellos_events, {"tick": 0}]})
    for name, events in BAD_EVENTS.items():
        t.usage(f"monitor_event_{name}", "T.10", {"op": "monitor", "config": {}, "events": events})
    t.usage("monitor_without_events", "T.10", {"op": "monitor", "config": {}})
