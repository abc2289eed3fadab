"""The Python testee: one JSON request a line on stdin, one JSON answer a line on stdout."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias, TypeVar, cast

import oap

Json: TypeAlias = Any
T = TypeVar("T")

# Without leading zeros; \d would take the digits of other scripts.
DECIMAL = re.compile("0|[1-9][0-9]*")
HEX = re.compile("(?:[0-9a-f]{2})*")


def main() -> None:
    # Bytes, and lines that end at \n alone: text mode would take U+2028 and its like for ends of lines.
    for line in sys.stdin.buffer:
        answer = json.dumps(answer_line(line), ensure_ascii=False)
        sys.stdout.buffer.write(answer.encode() + b"\n")
        sys.stdout.buffer.flush()


def answer_line(line: bytes) -> Json:
    try:
        request = Fields(json.loads(line.decode()))
        read = OPERATIONS[request.take("op", text)](request)
        request.end()
        return read()
    # RejectError is an answer, and has been one by now.
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        return {"usage": printable(f"{type(error).__name__}: {error}")}


def printable(why: str) -> str:
    """Of what a lone surrogate stands in, only an escape can be written."""
    return why.encode(errors="backslashreplace").decode()


class Fields:
    """An object whose fields are taken one by one, until none is left."""

    def __init__(self, value: Json) -> None:
        if not isinstance(value, dict):
            raise TypeError("not an object")
        self._left: dict[str, Json] = dict(cast("dict[str, Json]", value))

    def take(self, name: str, read: Callable[[Json], T]) -> T:
        return read(self._left.pop(name))

    def maybe(self, name: str, read: Callable[[Json], T]) -> T | None:
        return self.take(name, read) if name in self._left else None

    def end(self) -> None:
        if self._left:
            raise ValueError(f"unknown fields: {', '.join(self._left)}")


Answer: TypeAlias = Callable[[], Json]


def decode(request: Fields) -> Answer:
    decoder = oap.Decoder(request.take("config", config))
    chunks = request.take("chunks", list_of(unhex))
    ends = request.take("finish", switch)
    return lambda: decode_chunks(decoder, chunks, ends)


def decode_chunks(decoder: oap.Decoder, chunks: list[bytes], ends: bool) -> Json:
    frames: list[Json] = []
    pushed = 0
    for chunk in chunks:
        pushed += len(chunk)
        if (error := receive(lambda: decoder.feed(chunk), frames)) is not None:
            return verdict(frames, error, pushed)
    if ends:
        return verdict(frames, receive(finish(decoder), frames), pushed)
    return verdict(frames, None, pushed)


# A call decodes a whole chunk: `rows` has nothing to limit.
def table(request: Fields) -> Answer:
    decoder = oap.Decoder(request.take("config", config))
    wire = request.take("bytes", unhex)
    if request.take("rows", whole) == 0:
        raise ValueError("rows is at least 1")
    return lambda: decode_table(decoder, wire)


def decode_table(decoder: oap.Decoder, wire: bytes) -> Json:
    frames: list[Json] = []
    error = receive(lambda: decoder.feed(wire), frames)
    return verdict(frames, error, len(wire))


def encode(request: Fields) -> Answer:
    frames = request.take("frames", list_of(frame_of))
    return lambda: encode_frames(frames)


def encode_frames(frames: list[oap.Frame]) -> Json:
    try:
        return {"bytes": oap.encode_batch(frames).hex()}
    except oap.RejectError as error:
        return {"error": error.reason}


def session(request: Fields) -> Answer:
    made = oap.Session(request.take("config", config))
    steps = request.take("steps", list_of(step_of))
    return lambda: {"outcomes": [outcome(made, *step) for step in steps]}


Step: TypeAlias = tuple[str, Json]


def step_of(value: Json) -> Step:
    fields = Fields(value)
    step = one_of(fields, STEPS)
    fields.end()
    return step


def one_of(fields: Fields, names: dict[str, Callable[[Json], Json]]) -> Step:
    for name, read in names.items():
        value = fields.maybe(name, read)
        if value is not None:
            return name, value
    raise ValueError(f"none of {', '.join(names)}")


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


def connection(request: Fields) -> Answer:
    made = oap.Connection(request.take("config", config), now=0, **request.take("options", options))
    steps = request.take("steps", list_of(timed_step_of))
    return lambda: {"outcomes": [played(made, *step) for step in steps]}


def options(value: Json) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return {name: (switch if name == "auto_ack" else whole)(value) for name, value in cast("dict[str, Json]", value).items()}


def timed_step_of(value: Json) -> tuple[int, str, Json]:
    """Its time, and what happens."""
    fields = Fields(value)
    at = fields.take("at", whole)
    name, what = one_of(fields, ACTIONS)
    fields.end()
    return at, name, what


def played(connection: oap.Connection, at: int, name: str, what: Json) -> Json:
    answer = act(connection, at, name, what)
    answer |= {"state": connection.state}
    answer |= {"wants_read": connection.wants_read, "wants_write": connection.wants_write}
    if connection.next_timeout is not None:
        answer["timeout"] = connection.next_timeout
    if connection.end_reason is not None:
        answer["ended"] = connection.end_reason
    return answer


def act(connection: oap.Connection, at: int, name: str, what: Json) -> dict[str, Json]:
    match name:
        case "receive":
            return {"frames": [envelope(frame) for frame in connection.receive(what, now=at)]}
        case "write":
            wire = connection.transmit_bytes(what, now=at)
            connection.transmitted(len(wire), now=at)
            return {"bytes": wire.hex()}
        case "start":
            return sent(lambda: connection.start(what, now=at))
        case "data":
            return sent(lambda: connection.data(what, now=at))
        case "end":
            return sent(lambda: connection.end_stream(what, now=at))
        case "ack":
            return sent(lambda: connection.acknowledge(what, now=at))
        case "take":
            connection.take(what, now=at)
        case "close":
            connection.close(None if what is True else what, now=at)
        case "receive_end":
            connection.receive_end(now=at)
        case "timeout":
            connection.handle_timeout(now=at)
        case "cancel":
            connection.cancel_send()
        case "abort":
            connection.abort()
        case _:
            connection.transport_failed()
    return {}


def sent(send: Callable[[], str | None]) -> dict[str, Json]:
    try:
        waits = send()
    except oap.RejectError as error:
        return {"refused": error.reason}
    except oap.ConnectionClosedError:
        return {"refused": "closed"}
    return {} if waits is None else {"waits": waits}


def monitor(request: Fields) -> Answer:
    host = Host(*request.take("config", config_and_limits))
    events = request.take("events", list_of(event_of))
    return lambda: play(host, events)


def play(host: "Host", events: list[tuple[Step, int]]) -> Json:
    readiness = [told for event in events for told in host.take(*event)]
    snapshot = host.monitor.snapshot()
    return {
        "readiness": readiness,
        "metrics": metrics(snapshot),
        "load_permille": snapshot.host_load_permille,
        "starved_ns": snapshot.ack_starved_ns,
    }


def event_of(value: Json) -> tuple[Step, int]:
    """What happens, and the session that it happens to; 0 where it happens to none."""
    fields = Fields(value)
    name, what = one_of(fields, EVENTS)
    session = fields.take("session", whole) if name in ("recv", "send") else 0
    fields.end()
    return (name, what), session


class Host:
    """Sessions, made on first use, that report to one monitor."""

    def __init__(self, config: oap.Config, monitor: oap.Monitor) -> None:
        self.config, self.monitor = config, monitor
        self.sessions: dict[int, oap.Session] = {}

    def take(self, step: Step, session: int) -> Iterator[Json]:
        """The readiness of a tick."""
        match step:
            case ("tick", now):
                readiness = self.monitor.readiness(now)
                yield {"ready": readiness.ready, "missing": readiness.missing}
            case ("load", permille):
                self.monitor.set_load(permille)
            case ("close", number):
                self.sessions.pop(number, None)
            case _:
                if session not in self.sessions:
                    self.sessions[session] = oap.Session(self.config, monitor=self.monitor)
                outcome(self.sessions[session], *step)


def metrics(snapshot: oap.Snapshot) -> Json:
    return {
        "oap_frames_total": snapshot.frames,
        "oap_rejects_total": snapshot.rejects,
        "oap_frame_bytes_total": snapshot.frame_bytes,
        "oap_ack_window": snapshot.ack_window,
        "oap_inflight_frames": snapshot.inflight_frames,
        "oap_inflight_capacity": snapshot.inflight_capacity,
    }


def constants(_: Fields) -> Answer:
    return lambda: {
        "max_frame_bytes": oap.MAX_FRAME_BYTES,
        "max_header_bytes": oap.MAX_HEADER_BYTES,
        "stream_chunk_bytes": oap.STREAM_CHUNK_BYTES,
        "version": oap.VERSION,
        "kinds": oap.KINDS,
        "reject_labels": oap.REJECT_LABELS,
        "metrics": oap.METRICS,
        "readiness_keys": oap.READINESS_KEYS,
    }


OPERATIONS: dict[str, Callable[[Fields], Answer]] = {
    "decode": decode,
    "table": table,
    "encode": encode,
    "session": session,
    "connection": connection,
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


def config(value: Json) -> oap.Config:
    fields = Fields(value)
    made = config_of(fields)
    fields.end()
    return made


def config_and_limits(value: Json) -> tuple[oap.Config, oap.Monitor]:
    fields = Fields(value)
    limits = given(fields, dict.fromkeys(LIMITS, whole))
    made = config_of(fields), oap.Monitor(**limits)
    fields.end()
    return made


def config_of(fields: Fields) -> oap.Config:
    return oap.Config(**given(fields, CONFIG))


def given(fields: Fields, readers: dict[str, Callable[[Json], Json]]) -> dict[str, Json]:
    """Those that are there."""
    read = {name: fields.maybe(name, read) for name, read in readers.items()}
    return {name: value for name, value in read.items() if value is not None}


def frame_of(value: Json) -> oap.Frame:
    fields = Fields(value)
    frame = KINDS[fields.take("kind", text)](fields)
    fields.end()
    return frame


def hello(fields: Fields) -> oap.Hello:
    return oap.Hello(
        fields.take("version", u32),
        fields.take("max_frame", u64),
        fields.maybe("features", u64),
        fields.maybe("ack_window", u32),
    )


def data(fields: Fields) -> oap.Data:
    body = fields.take("body", unhex)
    if fields.take("len", whole) != len(body):
        raise ValueError("len is not the length of body")
    return oap.Data(fields.take("seq", u64), fields.maybe("obj", text), body)


KINDS: dict[str, Callable[[Fields], oap.Frame]] = {
    "HELLO": hello,
    "START": lambda fields: oap.Start(fields.take("stream", text)),
    "DATA": data,
    "ACK": lambda fields: oap.Ack(fields.take("up_to", u64)),
    "END": lambda fields: oap.End(fields.take("seq", u64), fields.take("status", u32)),
    "ERROR": lambda fields: oap.Error(fields.take("code", u32), fields.take("reason", text)),
}


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


def u64(value: Json) -> int:
    """A decimal string."""
    digits = text(value)
    if not DECIMAL.fullmatch(digits):
        raise ValueError("a 64-bit number is a string of digits")
    return within(64, int(digits))


def u32(value: Json) -> int:
    return within(32, whole(value))


def within(bits: int, number: int) -> int:
    if number >> bits:
        raise ValueError(f"a number has more than {bits} bits")
    return number


def whole(value: Json) -> int:
    # A boolean is an int.
    if type(value) is not int or value < 0:
        raise TypeError("not a whole number")
    return value


def switch(value: Json) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def true(value: Json) -> bool:
    if value is not True:
        raise ValueError("not true")
    return True


def text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    value.encode()  # a lone surrogate has no UTF-8
    return value


def unhex(value: Json) -> bytes:
    digits = text(value)
    if not HEX.fullmatch(digits):
        raise ValueError("bytes are lowercase hex")
    return bytes.fromhex(digits)


def list_of(read: Callable[[Json], T]) -> Callable[[Json], list[T]]:
    def read_list(value: Json) -> list[T]:
        if not isinstance(value, list):
            raise TypeError("not a list")
        return [read(item) for item in cast("Iterable[Json]", value)]

    return read_list


LIMITS = oap.Monitor().limits.keys()

CONFIG: dict[str, Callable[[Json], Json]] = {
    "strict_headers": switch,
    "enforce_obj_header_on_objects": switch,
    "allow_pq_hello_flags": switch,
    "seq_rollover_policy": text,
    "ack_window_frames": whole,
    "max_frame": u64,
    "features": u64,
}

STEPS: dict[str, Callable[[Json], Json]] = {"recv": unhex, "send": frame_of, "finish": true}
ACTIONS: dict[str, Callable[[Json], Json]] = {
    "receive": unhex,
    "receive_end": true,
    "start": text,
    "data": unhex,
    "end": whole,
    "take": whole,
    "ack": u64,
    "cancel": true,
    "write": whole,
    "timeout": true,
    "close": lambda value: value if value is True else whole(value),
    "abort": true,
    "fail": true,
}
EVENTS: dict[str, Callable[[Json], Json]] = {
    "tick": whole,
    "recv": unhex,
    "send": frame_of,
    "load": whole,
    "close": whole,
}


if __name__ == "__main__":
    main()
