"""A topic: the cases of one file of tests/vectors, and the shapes of their requests and answers."""

import json

from . import wire
from .envelope import Frame
from .events import answer, in_turn
from .hexparts import pack

STRICT: dict = {}
RELAXED = {"strict_headers": False}

# Bytes that must be there for each verdict of the prefix (3.2).
LENGTH_AT, KIND_AT, RESERVED_AT, HEADER_LEN_AT = 4, 5, 6, 8

_SHORT = 96


def header_at(header: bytes) -> int:
    return wire.PREFIX_BYTES + len(header)


def one_byte_chunks(data: bytes) -> list[bytes]:
    return [data[i:i + 1] for i in range(len(data))]


def cut(data: bytes, *places: int) -> list[bytes]:
    edges = [0, *places, len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def around(data: bytes, at: int) -> list[bytes]:
    """Chunks that show the exact byte of a verdict: byte by byte, or of long input the bytes before, that byte, the rest."""
    if len(data) <= _SHORT:
        return one_byte_chunks(data)
    return [chunk for chunk in cut(data, at - 1, at) if chunk]


def envelopes(frames) -> list[dict]:
    return [frame.envelope if isinstance(frame, Frame) else frame for frame in frames]


def malformed_label(kind: int) -> str:
    return "bad_hello" if kind == wire.HELLO else "header_malformed"


class Topic:
    def __init__(self) -> None:
        self.cases: list[dict] = []

    def add(self, name, rule, request, answer) -> None:
        self.cases.append({"name": name, "rule": rule, "request": request, "answer": answer})

    def text(self) -> str:
        """One case a line."""
        lines = (json.dumps(case, separators=(",", ":")) for case in self.cases)
        return "[\n" + ",\n".join(lines) + "\n]\n"

    def decode(self, name, rule, chunks, frames, reject=None, config=STRICT, finish=True) -> None:
        """`reject` is (label, at)."""
        request = {"op": "decode", "config": config, "chunks": [pack(c) for c in chunks], "finish": finish}
        self.add(name, rule, request, _verdict(frames, reject))

    def accepts(self, name, rule, data, frame, config=STRICT) -> None:
        self.decode(name, rule, [data], [frame], config=config)

    def takes(self, name, rule, frame: Frame, config=STRICT) -> None:
        """A canonical frame passes."""
        self.accepts(name, rule, frame.wire, frame, config)

    def rejects(self, name, rule, data, label, at, before=(), config=STRICT) -> None:
        self.decode(name, rule, around(data, at), before, (label, at), config)

    def bad_header(self, name, rule, kind, header, config=STRICT) -> None:
        data = wire.frame(kind, header)
        self.rejects(name, rule, data, malformed_label(kind), header_at(header), config=config)

    def bad_header_in_both(self, name, rule, kind, header) -> None:
        self.bad_header(name + "_strict", rule, kind, header)
        self.bad_header(name + "_relaxed", rule, kind, header, RELAXED)

    def relaxed_only(self, name, rule, header, frame: Frame) -> None:
        """Strict refuses this header of `frame`'s kind, relaxed reads it as `frame`."""
        self.bad_header(name + "_strict", rule, frame.kind, header)
        self.accepts(name + "_relaxed", rule, wire.frame(frame.kind, header, frame.body), frame, RELAXED)

    def table(self, name, rule, data, rows, frames, label=None, config=STRICT) -> None:
        request = {"op": "table", "config": config, "bytes": pack(data), "rows": rows}
        self.add(name, rule, request, _verdict(frames, label and (label, len(data))))

    def encode(self, name, rule, *frames: Frame) -> None:
        data = b"".join(frame.wire for frame in frames)
        self.add(name, rule, {"op": "encode", "frames": envelopes(frames)}, {"bytes": pack(data)})

    def no_encode(self, name, rule, label, *frames) -> None:
        self.add(name, rule, {"op": "encode", "frames": envelopes(frames)}, {"error": label})

    def usage(self, name, rule, request) -> None:
        self.add(name, rule, request, {"usage": ""})

    def session(self, name, rule, *steps, config=STRICT) -> None:
        """A step is (step, outcome), as steps.py makes them, or a list of them."""
        flat = [pair for step in steps for pair in (step if isinstance(step, list) else [step])]
        request = {"op": "session", "config": config, "steps": [step for step, _ in flat]}
        self.add(name, rule, request, {"outcomes": [outcome for _, outcome in flat]})

    def monitor(self, name, rule, *events, config=STRICT, ack_window=0, in_flight=0) -> None:
        """An event is an Event, as events.py makes them, or a list of them; the gauges are those after the last."""
        flat = in_turn(events)
        request = {"op": "monitor", "config": config, "events": [event.event for event in flat]}
        self.add(f"monitor_{name}", rule, request, answer(flat, config, ack_window, in_flight))


def _verdict(frames, reject) -> dict:
    found = reject and {"label": reject[0], "at": reject[1]}
    return {"frames": envelopes(frames), "reject": found}
