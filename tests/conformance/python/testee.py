"""The Python testee: one JSON request a line on stdin, one JSON answer a line on stdout."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeAlias

import oap

Json: TypeAlias = Any


def main() -> None:
    # Bytes, and lines that end at \n alone: text mode would take U+2028 and its like for ends of lines.
    for line in sys.stdin.buffer:
        answer = json.dumps(answer_line(line), ensure_ascii=False)
        sys.stdout.buffer.write(answer.encode() + b"\n")
        sys.stdout.buffer.flush()


def answer_line(line: bytes) -> Json:
    try:
        request = json.loads(line)
        return OPERATIONS[request["op"]](request)
    # RejectError is an answer, and has been one by now.
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        return {"usage": f"{type(error).__name__}: {error}"}


def decode(request: Json) -> Json:
    decoder = oap.Decoder(config(request))
    chunks = [unhex(chunk) for chunk in request["chunks"]]
    frames: list[Json] = []
    pushed = 0
    for chunk in chunks:
        pushed += len(chunk)
        if (error := receive(lambda: decoder.feed(chunk), frames)) is not None:
            return verdict(frames, error, pushed)
    if request.get("finish", False):
        return verdict(frames, receive(finish(decoder), frames), pushed)
    return verdict(frames, None, pushed)


def table(request: Json) -> Json:
    wire, rows = unhex(request["bytes"]), request["rows"]
    if not isinstance(rows, int) or rows < 1:
        raise ValueError("rows is at least 1")
    decoder = oap.Decoder(config(request))
    frames: list[Json] = []
    error = receive(lambda: decoder.feed(wire), frames)
    return verdict(frames, error, len(wire))


def encode(request: Json) -> Json:
    frames = [frame_of(envelope) for envelope in request["frames"]]
    try:
        return {"bytes": oap.encode_batch(frames).hex()}
    except oap.RejectError as error:
        return {"error": error.reason}


def session(request: Json) -> Json:
    made = oap.Session(config(request))
    steps = [parse_step(step) for step in request["steps"]]
    return {"outcomes": [outcome(made, *step) for step in steps]}


def parse_step(step: Json) -> tuple[str, Json]:
    ((name, value),) = step.items()
    return name, STEPS[name](value)


def as_it_is(value: Json) -> Json:
    return value


def outcome(session: oap.Session, name: str, value: Json) -> Json:
    if name == "send":
        return send(session, value)
    frames: list[Json] = []
    call = finish(session) if name == "finish" else lambda: session.recv(value)
    error = receive(call, frames)
    return {"frames": frames} if error is None else {"frames": frames, "reject": error.reason}


def send(session: oap.Session, frame: oap.Frame) -> Json:
    try:
        return {"bytes": session.send(frame).hex()}
    except oap.RejectError as error:
        return {"refused": error.reason}


def monitor(request: Json) -> Json:
    settings = request.get("config", {})
    limits = {name: settings[name] for name in LIMITS & settings.keys()}
    host = Host(
        config({"config": {name: settings[name] for name in settings.keys() - LIMITS}}),
        oap.Monitor(**limits),
    )
    readiness = [told for event in request["events"] for told in host.take(event)]
    return {"readiness": readiness, "metrics": metrics(host.monitor.snapshot())}


class Host:
    """Sessions, made on first use, that report to one monitor."""

    def __init__(self, config: oap.Config, monitor: oap.Monitor) -> None:
        self.config, self.monitor = config, monitor
        self.sessions: dict[int, oap.Session] = {}

    def take(self, event: Json) -> Iterator[Json]:
        """The readiness of a tick."""
        match event:
            case {"tick": now}:
                readiness = self.monitor.readiness(now)
                yield {"ready": readiness.ready, "missing": readiness.missing}
            case {"close": number}:
                self.sessions.pop(number, None)
            case {"session": number, **step}:
                if number not in self.sessions:
                    self.sessions[number] = oap.Session(self.config, monitor=self.monitor)
                outcome(self.sessions[number], *parse_step(step))
            case _:
                raise ValueError("an event is none of tick, recv, send, close")


def metrics(snapshot: oap.Snapshot) -> Json:
    return {
        "oap_frames_total": snapshot.frames,
        "oap_rejects_total": snapshot.rejects,
        "oap_frame_bytes_total": snapshot.frame_bytes,
        "oap_ack_window": snapshot.ack_window,
        "oap_inflight_frames": snapshot.inflight_frames,
    }


def constants(_: Json) -> Json:
    return {
        "max_frame_bytes": oap.MAX_FRAME_BYTES,
        "max_header_bytes": oap.MAX_HEADER_BYTES,
        "stream_chunk_bytes": oap.STREAM_CHUNK_BYTES,
        "version": oap.VERSION,
        "kinds": oap.KINDS,
        "reject_labels": oap.REJECT_LABELS,
        "metrics": oap.METRICS,
        "readiness_keys": oap.READINESS_KEYS,
    }


OPERATIONS: dict[str, Callable[[Json], Json]] = {
    "decode": decode,
    "table": table,
    "encode": encode,
    "session": session,
    "monitor": monitor,
    "constants": constants,
}


def finish(half: oap.Decoder | oap.Session) -> Callable[[], Iterable[oap.Frame]]:
    def call() -> Iterable[oap.Frame]:
        half.finish()
        return ()

    return call


def receive(call: Callable[[], Iterable[oap.Frame]], frames: list[Json]) -> oap.RejectError | None:
    """Appends the frames that a call gives, before its reject too."""
    try:
        frames += map(envelope, call())
        return None
    except oap.RejectError as error:
        frames += map(envelope, error.frames)
        return error


def verdict(frames: list[Json], error: oap.RejectError | None, at: int) -> Json:
    reject = None if error is None else {"label": error.reason, "at": at}
    return {"frames": frames, "reject": reject}


def config(request: Json) -> oap.Config:
    fields = dict(request.get("config", {}))
    for name in ("max_frame", "features"):
        if name in fields:
            fields[name] = u64(fields[name])
    return oap.Config(**fields)


def frame_of(envelope: Json) -> oap.Frame:
    fields = dict(envelope)
    match fields.pop("kind"):
        case "HELLO":
            features = fields.pop("features", None)
            max_frame = u64(fields.pop("max_frame"))
            return oap.Hello(
                max_frame=max_frame, features=None if features is None else u64(features), **fields
            )
        case "START":
            return oap.Start(**fields)
        case "DATA":
            seq, body = u64(fields["seq"]), unhex(fields.get("body", ""))
            return oap.Data(seq, fields.get("obj"), body)
        case "ACK":
            return oap.Ack(u64(fields["up_to"]))
        case "END":
            return oap.End(u64(fields["seq"]), fields["status"])
        case "ERROR":
            return oap.Error(**fields)
        case kind:
            unknown(kind)


def envelope(frame: oap.Frame) -> Json:
    return dict(fields_of(frame))


def fields_of(frame: oap.Frame) -> Iterator[tuple[str, Json]]:
    yield "kind", frame.kind.name
    match frame:
        case oap.Hello(version, max_frame, features, ack_window):
            yield from (("version", version), ("max_frame", str(max_frame)))
            if features is not None:
                yield "features", str(features)
            if ack_window is not None:
                yield "ack_window", ack_window
        case oap.Start(stream):
            yield "stream", stream
        case oap.Data(seq, obj, body):
            yield "seq", str(seq)
            if obj is not None:
                yield "obj", obj
            yield from (("len", len(body)), ("body", body.hex()))
        case oap.Ack(up_to):
            yield "up_to", str(up_to)
        case oap.End(seq, status):
            yield from (("seq", str(seq)), ("status", status))
        case oap.Error(code, reason):
            yield from (("code", code), ("reason", reason))


def unknown(kind: Json) -> NoReturn:
    raise ValueError(f"there is no kind {kind!r}")


def u64(text: Json) -> int:
    """A decimal string."""
    if not isinstance(text, str) or not text.isascii() or not text.isdigit():
        raise ValueError("a 64-bit number is a string of digits")
    return int(text)


def unhex(text: Json) -> bytes:
    if not isinstance(text, str):
        raise TypeError("bytes are a string of hex digits")
    return bytes.fromhex(text)


LIMITS = oap.Monitor().limits.keys()

STEPS: dict[str, Callable[[Json], Json]] = {"recv": unhex, "send": frame_of, "finish": as_it_is}


if __name__ == "__main__":
    main()
