"""Events of a monitor case, each with what it adds to the counters or, of a tick, the keys that are missing."""

from dataclasses import dataclass

from .envelope import Frame, end, hello, joined, start
from .gauges import Gauges
from .hexparts import pack
from .names import READINESS_KEYS, REJECT_LABELS
from .wire import KINDS, prefix

SECOND = 1_000_000_000
BUCKET = 5 * SECOND
WINDOW = 60 * BUCKET
INFLIGHT_CAPACITY = 1024

_, RATE, STARVED, PRESSURE = READINESS_KEYS

NO_KIND = prefix(8, 0x99, 0)[:5]


@dataclass(frozen=True)
class Event:
    event: dict
    frames: tuple[Frame, ...] = ()
    reject: str | None = None
    readiness: dict | None = None


def tick(now: int, *missing: str) -> Event:
    return Event({"tick": now}, readiness={"ready": not missing, "missing": list(missing)})


def load(permille: int) -> Event:
    return Event({"load": permille})


def closed(session: int = 0) -> Event:
    return Event({"close": session})


def recv_bytes(data: bytes, *frames: Frame, reject: str | None = None, session: int = 0) -> Event:
    """`frames` are what is delivered of `data` and of what lay there before."""
    return Event({"recv": pack(data), "session": session}, frames, reject)


def recv(*frames: Frame, session: int = 0) -> Event:
    """All of them pass."""
    return recv_bytes(joined(frames), *frames, session=session)


def rejected(label: str, *frames: Frame, session: int = 0) -> Event:
    """The last frame is rejected, here for the first time; those before it pass."""
    return recv_bytes(joined(frames), *frames[:-1], reject=label, session=session)


def uncounted(data: bytes, session: int = 0) -> Event:
    """Meets a standing reject or is discarded, or completes nothing."""
    return recv_bytes(data, session=session)


def reject_of(session: int) -> Event:
    """One more reject and no frame, by a session of its own."""
    return recv_bytes(NO_KIND, reject="unknown_envelope", session=session)


def rejects_of(*sessions: int) -> list[Event]:
    return [reject_of(session) for session in sessions]


def send(frame: Frame, session: int = 0) -> Event:
    return Event({"send": frame.envelope, "session": session}, (frame,))


def sends(*frames: Frame, session: int = 0) -> list[Event]:
    return [send(frame, session) for frame in frames]


def refused(frame: Frame, session: int = 0) -> Event:
    return Event({"send": frame.envelope, "session": session})


def hellos(own: Frame = hello(), peer: Frame = hello(), session: int = 0) -> list[Event]:
    return [send(own, session), recv(peer, session=session)]


def frames_of(session: int, count: int) -> list[Event]:
    """`count` frames and no open stream after them; an odd one is the HELLO of a session next to it."""
    if count == 1:
        return [send(hello(), session)]
    pair, pairs = (start("a"), end(0)), count // 2 - 1
    streams = Event({"recv": {"repeat": joined(pair).hex(), "times": pairs}, "session": session}, pair * pairs)
    odd = frames_of(session + 1, 1) if count % 2 else []
    return [*hellos(session=session), *([streams] if pairs else []), *odd]


def metrics(events: list[Event], gauges: Gauges, capacity: int) -> dict:
    """The sums of what the events add, and the gauges."""
    frames = [frame.envelope["kind"] for event in events for frame in event.frames]
    rejects = [event.reject for event in events]
    return {
        "oap_frames_total": {kind: frames.count(kind) for kind in KINDS},
        "oap_rejects_total": {label: rejects.count(label) for label in REJECT_LABELS},
        "oap_frame_bytes_total": sum(len(frame.wire) for event in events for frame in event.frames),
        "oap_ack_window": gauges.ack_window,
        "oap_inflight_frames": gauges.in_flight,
        "oap_inflight_capacity": capacity,
    }


def in_turn(events) -> list[Event]:
    """An event is an Event or a list of them."""
    return [one for event in events for one in (event if isinstance(event, list) else [event])]


def answer(events: list[Event], config: dict, ack_window: int, in_flight: int) -> dict:
    """The gauges are told by the case too: two readings that have to agree."""
    gauges = Gauges(events)
    assert (gauges.ack_window, gauges.in_flight) == (ack_window, in_flight), (events, vars(gauges))
    return {
        "readiness": [event.readiness for event in events if event.readiness],
        "metrics": metrics(events, gauges, config.get("inflight_capacity", INFLIGHT_CAPACITY)),
        "load_permille": gauges.load,
        "starved_ns": gauges.starved_ns,
    }
