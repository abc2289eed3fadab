"""Requests that can't be understood (5.1): only the presence of "usage" is compared."""

import json

from ..envelope import OBJ, ONE_OF_EACH, ack, data, end, error, hello, start
from ..topic import Topic

RULE = "2a.1"
BORDER = "5.1"
CHUNKS = [start("a").wire.hex()]

REQUESTS = {
    "unknown_op": {"op": "transmogrify"},
    "no_op": {},
    "op_is_a_number": {"op": 1},
    "request_is_a_list": [],
    "request_is_a_string": "decode",
    "request_is_null": None,
    "decode_without_chunks": {"op": "decode", "config": {}, "finish": True},
    "decode_chunks_not_a_list": {"op": "decode", "config": {}, "chunks": 5, "finish": True},
    "decode_half_a_byte": {"op": "decode", "config": {}, "chunks": ["0"], "finish": True},
    "decode_not_hex": {"op": "decode", "config": {}, "chunks": ["zz"], "finish": True},
    "decode_config_not_an_object": {"op": "decode", "config": 1, "chunks": CHUNKS, "finish": True},
    "table_without_bytes": {"op": "table", "config": {}, "rows": 1},
    "encode_without_frames": {"op": "encode"},
    "encode_unknown_kind": {"op": "encode", "frames": [{"kind": "PING"}]},
    "encode_without_kind": {"op": "encode", "frames": [{"stream": "a"}]},
    "encode_u64_not_a_number": {"op": "encode", "frames": [{"kind": "ACK", "up_to": "one"}]},
    "encode_u64_over_range": {"op": "encode", "frames": [{"kind": "ACK", "up_to": "18446744073709551616"}]},
    "encode_u64_negative": {"op": "encode", "frames": [{"kind": "ACK", "up_to": "-1"}]},
    "encode_u64_empty": {"op": "encode", "frames": [{"kind": "ACK", "up_to": ""}]},
    "encode_stream_not_a_string": {"op": "encode", "frames": [{"kind": "START", "stream": 7}]},
    "encode_body_not_hex": {"op": "encode", "frames": [{"kind": "DATA", "seq": "1", "len": 1, "body": "x1"}]},
    "session_without_steps": {"op": "session", "config": {}},
    "session_unknown_step": {"op": "session", "config": {}, "steps": [{"jump": 1}]},
    "session_recv_not_hex": {"op": "session", "config": {}, "steps": [{"recv": "0x00"}]},
    "session_send_unknown_kind": {"op": "session", "config": {}, "steps": [{"send": {"kind": "hello"}}]},
    "session_bad_step_after_good": {
        "op": "session", "config": {}, "steps": [{"send": hello().envelope}, {"recv": "0"}]},
}

# A request of each op that is understood; every case of the border is one of them with one fault.
GOOD = {
    "decode": {"op": "decode", "config": {}, "chunks": CHUNKS, "finish": True},
    "table": {"op": "table", "config": {}, "bytes": CHUNKS[0], "rows": 1},
    "encode": {"op": "encode", "frames": []},
    "session": {"op": "session", "config": {}, "steps": []},
    "monitor": {"op": "monitor", "config": {}, "events": []},
    "constants": {"op": "constants"},
}
# A key that another op has.
STRAY = {"decode": {"rows": 1}, "table": {"finish": True}, "encode": {"config": {}}, "session": {"chunks": []},
         "monitor": {"steps": []}, "constants": {"config": {}}}
ENVELOPES = {frame.envelope["kind"].lower(): frame.envelope for frame in
             (hello(features=5, ack_window=32), start("a"), data(7, b"abc", OBJ), ack(7), end(7, 1), error(7, "no"))}
OPTIONAL = {"features", "ack_window", "obj"}
WIDE = {"max_frame", "features", "seq", "up_to"}
TEXT = {"stream", "obj", "reason"}
NOT_U64 = {"number": 7, "leading_zero": "07", "two_zeros": "00", "sign": "+7", "space": " 7", "fraction": "7.0",
           "exponent": "7e0", "hex": "0x7", "wide_digits": "\uff17", "over_64_bits": str(2**64)}
NOT_U32 = {"string": "7", "boolean": True, "fraction": 7.5, "whole_fraction": 7.0, "negative": -1, "over_32_bits": 2**32,
           "over_64_bits": 2**64, "list": [7]}
NOT_HEX = {"upper_case": "0A", "odd": "000", "space": "00 00", "prefix": "0x00", "number": 0, "null": None, "object": {"hex": "00"},
           "wide_digits": "\uff10\uff10"}
NOT_A_SWITCH = {"number": 1, "string": "true", "null": None}
SURROGATES = {"high": r"a\ud800", "low": r"\udc00a", "reversed": r"\udc00\ud800", "two_high": r"\ud83e\uD83E",
              "before_text": r"\uD800u", "before_backslash": r"\ud800\\dc00", "after_a_pair": r"\ud83e\udd80\udd80"}
CONSTANTS = '{"op":"constants"}'
ROWS = '{"op":"table","config":{},"bytes":"","rows":%s}'
NOT_JSON = {
    "empty": "", "space": "  ", "cut_off": CONSTANTS[:-1], "text": "constants", "text_behind": CONSTANTS + " x",
    "two_values": CONSTANTS + CONSTANTS, "bracket_behind": CONSTANTS + "}", "single_quotes": "{'op':'constants'}",
    "comma_behind": '{"op":"constants",}', "comment": CONSTANTS + " // all", "byte_order_mark": "\ufeff" + CONSTANTS,
    "control_character": '{"op":"encode","frames":[{"kind":"START","stream":"a\tb"}]}', "bad_escape": r'{"op":"\x63onstants"}',
    "leading_zero": ROWS % "01", "plus": ROWS % "+1", "point_alone": ROWS % "1.", "not_a_number": ROWS % "NaN",
}

# Of steps and events alike, each by the key that says what it is.
NOT_ONE_STEP = {
    "of_no_key": {}, "null": None, "a_list": [], "a_string": "finish", "finish_false": {"finish": False},
    "finish_null": {"finish": None}, "finish_a_number": {"finish": 1}, "recv_null": {"recv": None}, "send_null": {"send": None},
    "send_a_list": {"send": []}, "recv_and_finish": {"recv": "", "finish": True},
    "recv_and_send": {"recv": "", "send": hello().envelope}, "send_and_unknown": {"send": hello().envelope, "at": 1},
    "upper_case": {"RECV": ""},
}
NOT_ONE_EVENT = {
    "of_no_key": {}, "null": None, "a_list": [], "unknown": {"jump": 1}, "upper_case": {"Tick": 0},
    "tick_a_string": {"tick": "0"}, "tick_null": {"tick": None}, "tick_negative": {"tick": -1}, "tick_fraction": {"tick": 0.5},
    "tick_boolean": {"tick": True}, "close_a_string": {"close": "0"}, "close_null": {"close": None},
    "load_a_string": {"load": "0"}, "load_null": {"load": None}, "load_negative": {"load": -1}, "load_fraction": {"load": 0.5},
    "load_boolean": {"load": True}, "load_and_session": {"load": 0, "session": 0},
    "tick_and_load": {"tick": 0, "load": 0}, "tick_and_close": {"tick": 0, "close": 0}, "tick_and_session": {"tick": 0, "session": 0},
    "close_and_session": {"close": 0, "session": 0}, "session_alone": {"session": 0},
    "recv_without_session": {"recv": ""}, "send_without_session": {"send": hello().envelope},
    "recv_and_send": {"recv": "", "send": hello().envelope, "session": 0}, "finish": {"finish": True, "session": 0},
    "session_a_string": {"recv": "", "session": "0"}, "session_negative": {"recv": "", "session": -1},
    "session_null": {"recv": "", "session": None}, "session_boolean": {"recv": "", "session": True},
    "recv_upper_case_hex": {"recv": "0A", "session": 0}, "send_unknown_kind": {"send": {"kind": "PING"}, "session": 0},
}
CONFIG_NULLS = ("strict_headers", "enforce_obj_header_on_objects", "allow_pq_hello_flags", "seq_rollover_policy",
                "ack_window_frames", "max_frame", "features")
LIMITS = ("reject_limit_permille", "reject_min_events", "ack_starvation_limit_ns", "inflight_capacity",
          "backpressure_high_percent", "backpressure_low_percent")


def build(t: Topic) -> None:
    for name, request in REQUESTS.items():
        t.usage(f"usage_{name}", RULE, request)
    requests(t)
    configs(t)
    bytes_and_rows(t)
    envelopes(t)
    texts(t)
    lines(t)
    steps(t)
    events(t)
    whole(t)


def without(request: dict, name: str) -> dict:
    return {key: value for key, value in request.items() if key != name}


def requests(t: Topic) -> None:
    """Exactly the keys of the op, each with a value."""
    for op, request in GOOD.items():
        t.usage(f"usage_{op}_unknown_key", BORDER, request | {"comment": ""})
        t.usage(f"usage_{op}_key_of_another_op", BORDER, request | STRAY[op])
        t.usage(f"usage_{op}_upper_case_key", BORDER, without(request, "op") | {"Op": op})
        for name in request:
            t.usage(f"usage_{op}_null_{name}", BORDER, request | {name: None})
        for name in without(request, "op"):
            t.usage(f"usage_{op}_missing_{name}", BORDER, without(request, name))
    t.usage("usage_op_upper_case", BORDER, {"op": "Constants"})
    t.usage("usage_op_in_a_list", BORDER, ["constants"])
    t.usage("usage_op_is_a_list", BORDER, {"op": ["constants"]})
    for name, value in NOT_A_SWITCH.items():
        t.usage(f"usage_decode_finish_{name}", BORDER, GOOD["decode"] | {"finish": value})


def configs(t: Topic) -> None:
    def fault(name: str, config, op: str = "session") -> None:
        t.usage(f"usage_config_{name}", BORDER, GOOD[op] | {"config": config})

    for field in CONFIG_NULLS:
        fault(f"null_{field}", {field: None})
    for field in LIMITS:
        fault(f"null_{field}", {field: None}, "monitor")
        fault(f"string_{field}", {field: "10"}, "monitor")
        fault(f"negative_{field}", {field: -1}, "monitor")
    for op in ("decode", "table", "session"):
        fault(f"limit_in_{op}", {"inflight_capacity": 10}, op)
    for name, value in NOT_A_SWITCH.items():
        fault(f"strict_headers_{name}_", {"strict_headers": value})
    fault("max_frame_number", {"max_frame": 4096})
    fault("max_frame_leading_zero", {"max_frame": "04096"})
    fault("features_number", {"features": 0})
    fault("ack_window_string", {"ack_window_frames": "32"})
    fault("ack_window_boolean", {"ack_window_frames": True})
    fault("ack_window_fraction", {"ack_window_frames": 32.0})
    fault("upper_case_field", {"Strict_Headers": True})
    fault("camel_case_field", {"strictHeaders": True})
    fault("is_a_list", [])
    fault("is_a_string", "")
    fault("unknown_field_in_monitor", {"no_such_field": 1}, "monitor")
    fault("bad_value_in_monitor", {"ack_window_frames": 0}, "monitor")


def bytes_and_rows(t: Topic) -> None:
    for name, value in NOT_HEX.items():
        t.usage(f"usage_chunk_{name}", BORDER, GOOD["decode"] | {"chunks": [*CHUNKS, value]})
        t.usage(f"usage_bytes_{name}", BORDER, GOOD["table"] | {"bytes": value})
        t.usage(f"usage_recv_{name}", BORDER, GOOD["session"] | {"steps": [{"recv": value}]})
        t.usage(f"usage_body_{name}", BORDER, encode(ENVELOPES["data"] | {"len": 1, "body": value}))
    for name, value in {"0": 0, "negative": -1, "string": "1", "boolean": True, "fraction": 1.5, "whole_fraction": 1.0}.items():
        t.usage(f"usage_rows_{name}", BORDER, GOOD["table"] | {"rows": value})


def encode(*frames) -> dict:
    return GOOD["encode"] | {"frames": list(frames)}


def envelopes(t: Topic) -> None:
    """Exactly the fields of the kind, of their types; a body as long as `len` says."""
    for kind, envelope in ENVELOPES.items():
        def fault(name: str, wrong: dict) -> None:
            t.usage(f"usage_{kind}_{name}", BORDER, encode(wrong))

        fault("unknown_field", envelope | {"comment": ""})
        fault("lower_case_kind", envelope | {"kind": kind})
        for field, value in envelope.items():
            fault(f"null_{field}", envelope | {field: None})
            if field not in OPTIONAL and field != "kind":
                fault(f"missing_{field}", without(envelope, field))
            if field in WIDE:
                for name, wrong in NOT_U64.items():
                    fault(f"{field}_{name}", envelope | {field: wrong})
            elif isinstance(value, int):
                for name, wrong in NOT_U32.items():
                    fault(f"{field}_{name}", envelope | {field: wrong})
            elif field in TEXT:
                fault(f"{field}_number", envelope | {field: 7})
                fault(f"{field}_list", envelope | {field: [value]})
    t.usage("usage_start_field_of_another_kind", BORDER, encode(ENVELOPES["start"] | {"seq": "1"}))
    for name, length in (("short", 2), ("long", 4), ("0", 0)):
        t.usage(f"usage_len_{name}", BORDER, encode(ENVELOPES["data"] | {"len": length}))
    t.usage("usage_len_of_an_empty_body", BORDER, encode(data(1).envelope | {"len": 1}))
    for name, frame in (("null", None), ("a_list", []), ("a_string", "START")):
        t.usage(f"usage_envelope_{name}", BORDER, encode(frame))


def texts(t: Topic) -> None:
    """A lone surrogate is no Unicode text, so there is no string that it could be."""
    for name, value in SURROGATES.items():
        for frame, field in ((start("@"), "stream"), (error(1, "@"), "reason"), (data(1, b"", "@"), "obj")):
            text = json.dumps(encode(frame.envelope)).replace("@", value)
            t.usage(f"usage_lone_surrogate_{name}_in_{field}", BORDER, {"line": text})
        t.usage(f"usage_lone_surrogate_{name}_in_key", BORDER, {"line": '{"op":"constants","%s":1}' % value})
    t.encode("encode_surrogate_pair", "2.14", start("\U0001f980"))
    t.encode("encode_escaped_backslash_before_u", "2.14", start("\\ud800"))
    t.encode("encode_replacement_character", "2.14", start("\ufffd"))


def lines(t: Topic) -> None:
    for name, text in NOT_JSON.items():
        t.usage(f"usage_line_{name}", BORDER, {"line": text})
    t.usage("usage_line_exponent", BORDER, {"line": ROWS % "1e0"})


def steps(t: Topic) -> None:
    for name, step in NOT_ONE_STEP.items():
        t.usage(f"usage_step_{name}", BORDER, GOOD["session"] | {"steps": [step]})
    t.usage("usage_steps_an_object", BORDER, GOOD["session"] | {"steps": {}})


def events(t: Topic) -> None:
    for name, event in NOT_ONE_EVENT.items():
        t.usage(f"usage_event_{name}", BORDER, GOOD["monitor"] | {"events": [event]})
    t.usage("usage_events_an_object", BORDER, GOOD["monitor"] | {"events": {}})


def whole(t: Topic) -> None:
    """A request is understood as a whole or not at all: nothing before the fault is answered."""
    wrong = {"kind": "PING"}
    t.usage("usage_after_a_refused_envelope", BORDER, encode(start("").envelope, wrong))
    t.usage("usage_after_a_good_envelope", BORDER, encode(*[frame.envelope for frame in ONE_OF_EACH], wrong))
    t.usage("usage_after_a_reject", BORDER, GOOD["decode"] | {"chunks": ["0000000899", "0"]})
    t.usage("usage_after_a_rejected_step", BORDER, GOOD["session"] | {"steps": [{"recv": "0000000899"}, {"send": wrong}]})
    t.usage("usage_after_a_good_event", BORDER, GOOD["monitor"] | {"events": [{"tick": 0}, {"jump": 1}]})
