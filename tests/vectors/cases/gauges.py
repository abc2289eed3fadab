"""The gauges that events leave behind and the time starved, by T.2, T.4 and T.6.

Which frames pass is told by each event; nothing is judged here.
"""

from dataclasses import dataclass

from .wire import U64_MAX

DEFAULT_WINDOW = 32


@dataclass
class Inbound:
    """What one session has received and not yet acknowledged."""

    window: int = DEFAULT_WINDOW
    is_open: bool = False
    last: int = 0
    in_flight: int = 0
    counts: bool = True

    def received(self, frame: dict) -> None:
        match frame["kind"]:
            case "START":
                self.is_open = True
            case "END":
                self.is_open = False
            case "DATA":
                self.last = int(frame["seq"])
                self.in_flight += 1
            case "ERROR":
                self.counts = False

    def sent(self, frame: dict) -> None:
        match frame["kind"]:
            case "HELLO":
                self.window = frame.get("ack_window", DEFAULT_WINDOW)
            case "ACK":
                self.in_flight = (self.last - int(frame["up_to"])) & U64_MAX
            case "ERROR":
                self.counts = False


class Gauges:
    def __init__(self, events) -> None:
        self.sessions: dict[int, Inbound] = {}
        self.load = self.starved_ns = 0
        self.sample: tuple[int, bool] | None = None
        for event in events:
            self._play(event)

    def _play(self, event) -> None:
        said = event.event
        if "tick" in said:
            self._tick(said["tick"])
        elif "load" in said:
            self.load = min(said["load"], 1000)
        elif "close" in said:
            self.sessions.pop(said["close"], None)
        else:
            self._transfer(self.sessions.setdefault(said["session"], Inbound()), event)

    def _transfer(self, session: Inbound, event) -> None:
        passes = session.sent if "send" in event.event else session.received
        for frame in event.frames:
            passes(frame.envelope)
        if event.reject:
            session.counts = False

    def _tick(self, now: int) -> None:
        if self.sample:
            before, starved = self.sample
            now = max(now, before)
            self.starved_ns += (now - before) * starved
        self.sample = now, bool(self._streaming()) and self.ack_window == 0

    def _counting(self) -> list[Inbound]:
        return [session for session in self.sessions.values() if session.counts]

    def _streaming(self) -> list[Inbound]:
        return [session for session in self._counting() if session.is_open]

    @property
    def ack_window(self) -> int:
        return sum(session.window - session.in_flight for session in self._streaming())

    @property
    def in_flight(self) -> int:
        return sum(session.in_flight for session in self._counting())
