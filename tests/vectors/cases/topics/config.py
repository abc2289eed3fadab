"""2a: defaults, ranges, configuration errors."""

from .. import wire
from ..envelope import ack, data, hello, start
from ..steps import hellos, recv, refused, rejected, send
from ..topic import LENGTH_AT, Topic

RULE = "2a.1"

GOOD = {
    "all_defaults_spelled_out": {
        "strict_headers": True, "enforce_obj_header_on_objects": True, "allow_pq_hello_flags": True,
        "seq_rollover_policy": "error", "ack_window_frames": 32, "max_frame": "1048576",
    },
    "strict_headers_false": {"strict_headers": False},
    "enforce_obj_false": {"enforce_obj_header_on_objects": False},
    "allow_pq_false": {"allow_pq_hello_flags": False},
    "rollover_wrap": {"seq_rollover_policy": "wrap"},
    "ack_window_1": {"ack_window_frames": 1},
    "ack_window_1024": {"ack_window_frames": 1024},
    "max_frame_4096": {"max_frame": "4096"},
    "max_frame_1048576": {"max_frame": "1048576"},
    "features_0": {"features": "0"},
    "features_all": {"features": str(wire.U64_MAX)},
}

BAD = {
    "ack_window_0": {"ack_window_frames": 0},
    "ack_window_1025": {"ack_window_frames": 1025},
    "ack_window_negative": {"ack_window_frames": -1},
    "ack_window_2_to_32_plus_1": {"ack_window_frames": 2**32 + 1},
    "max_frame_0": {"max_frame": "0"},
    "max_frame_4095": {"max_frame": "4095"},
    "max_frame_1048577": {"max_frame": "1048577"},
    "max_frame_2_to_32_plus_4096": {"max_frame": str(2**32 + 4096)},
    "rollover_unknown": {"seq_rollover_policy": "saturate"},
    "rollover_upper_case": {"seq_rollover_policy": "WRAP"},
    "rollover_empty": {"seq_rollover_policy": ""},
    "features_over_64_bits": {"features": str(2**64)},
    "strict_headers_string": {"strict_headers": "yes"},
    "unknown_field": {"no_such_field": 1},
}


def build(t: Topic) -> None:
    frame = start("a")
    for name, config in GOOD.items():
        t.takes(f"config_{name}", RULE, frame, config)
    for name, config in BAD.items():
        request = {"op": "decode", "config": config, "chunks": [frame.wire.hex()], "finish": True}
        t.usage(f"config_{name}_is_an_error", RULE, request)
    t.usage("config_error_in_table", RULE, {
        "op": "table", "config": {"max_frame": "4095"}, "bytes": frame.wire.hex(), "rows": 1})
    t.usage("config_error_in_session", RULE, {
        "op": "session", "config": {"ack_window_frames": 0}, "steps": [{"recv": hello().wire.hex()}]})
    defaults(t)


def defaults(t: Topic) -> None:
    """Each default, seen by what it does."""
    reserved = wire.frame(wire.ACK, ack(1).header, reserved=1)
    t.rejects("default_strict_headers", RULE, reserved, "header_malformed", 6)
    t.session("default_enforce_obj", RULE, hellos(), recv(start("objects")), rejected("missing_obj", data(1)))
    t.takes("default_allow_pq", RULE, hello(features=1))
    t.session("default_rollover_error", RULE, hellos(), recv(start("a"), data(wire.U64_MAX)),
              rejected("credit_violation", data(0)))
    t.session("default_ack_window_32", RULE, refused("bad_hello", hello(ack_window=33)), send(hello(ack_window=32)))
    t.rejects("default_max_frame", RULE, wire.prefix(wire.MAX_FRAME_BYTES + 1, wire.DATA, 2), "frame_oversize", LENGTH_AT)
    t.session("default_features_absent_peer_may_set_any", RULE, hellos(peer=hello(features=wire.U64_MAX)))
