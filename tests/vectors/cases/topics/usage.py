"""Requests that can't be understood: only the presence of "usage" is compared."""

from ..envelope import hello, start
from ..topic import Topic

RULE = "2a.1"
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


def build(t: Topic) -> None:
    for name, request in REQUESTS.items():
        t.usage(f"usage_{name}", RULE, request)
