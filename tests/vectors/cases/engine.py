"""A case of `op: connection`, step by step. What a step does not say of the state is as it was."""

from .envelope import Frame, ack, data, end, error, hello, joined, start
from .events import SECOND
from .hexparts import pack
from .topic import Topic, envelopes

HANDSHAKE, QUIET = 10 * SECOND, SECOND
ABORTED = 1


class Engine:
    """`window` is the peer's and ours alike: the frames that may be unacknowledged."""

    def __init__(self, topic: Topic, name: str, rule: str, window: int = 32, config=None, **options) -> None:
        self.topic, self.name, self.rule, self.window = topic, f"connection_{name}", rule, window
        self.config = {"ack_window_frames": window} | (config or {})
        self.options = options
        self.now = 0
        self.steps: list[dict] = []
        self.outcomes: list[dict] = []
        handshake = options.get("handshake_timeout_ns", HANDSHAKE)
        self.state = {"state": "handshake", "wants_read": True, "wants_write": True, "timeout": handshake}

    def at(self, now: int) -> "Engine":
        self.now = now
        return self

    def step(self, action: dict, outcome: dict | None = None, **changes) -> "Engine":
        """A change to None takes the key away."""
        merged = self.state | changes
        self.state = {key: value for key, value in merged.items() if value is not None}
        self.steps.append({"at": self.now} | action)
        self.outcomes.append((outcome or {}) | self.state)
        return self

    def receive(self, *frames: Frame, gives=None, **changes) -> "Engine":
        return self.receive_bytes(joined(frames), gives=frames if gives is None else gives, **changes)

    def receive_bytes(self, received: bytes, gives=(), **changes) -> "Engine":
        return self.step({"receive": pack(received)}, {"frames": envelopes(gives)}, **changes)

    def write(self, *frames: Frame, **changes) -> "Engine":
        """Everything that is queued."""
        return self.write_bytes(joined(frames), **({"wants_write": False} | changes))

    def write_bytes(self, written: bytes, most: int = 10_000_000, **changes) -> "Engine":
        return self.step({"write": most}, {"bytes": pack(written)}, **changes)

    def queues(self, action: dict, **changes) -> "Engine":
        return self.step(action, **({"wants_write": True} | changes))

    def waits(self, action: dict, what: str, **changes) -> "Engine":
        return self.step(action, {"waits": what}, **changes)

    def refused(self, action: dict, label: str, **changes) -> "Engine":
        return self.step(action, {"refused": label}, **changes)

    def take(self, frames: int, **changes) -> "Engine":
        return self.step({"take": frames}, **changes)

    def greet(self, **changes) -> "Engine":
        """Both HELLOs pass."""
        peer = hello(ack_window=self.window)
        self.write(hello(max_frame=self.config.get("max_frame", 1 << 20), ack_window=self.window))
        return self.receive(peer, gives=(), **({"state": "open", "timeout": None} | changes))

    def streams(self, name: str = "a") -> "Engine":
        """Our stream is open and its START is written."""
        return self.queues(start_of(name)).write(start(name))

    def sends(self, seq: int, body: bytes = b"x") -> "Engine":
        """A DATA of ours is queued and written."""
        return self.queues(body_of(body)).write(data(seq, body))

    def done(self) -> None:
        request = {"op": "connection", "config": self.config, "options": self.options, "steps": self.steps}
        self.topic.add(self.name, self.rule, request, {"outcomes": self.outcomes})


RECEIVE_END = {"receive_end": True}
CLOSE, ABORT, FAIL = {"close": True}, {"abort": True}, {"fail": True}
TIMEOUT, CANCEL = {"timeout": True}, {"cancel": True}
ENDED = {"state": "ended", "wants_read": False, "wants_write": False, "timeout": None}


def body_of(body: bytes = b"x") -> dict:
    return {"data": pack(body)}


def start_of(name: str = "a") -> dict:
    return {"start": name}


def end_of(status: int = 0) -> dict:
    return {"end": status}


