"""Steps of a session case, each with its outcome."""

from .envelope import Frame, hello, joined
from .hexparts import pack
from .topic import cut, envelopes


def recv_bytes(data: bytes, *frames, reject: str | None = None):
    outcome = {"frames": envelopes(frames)}
    if reject:
        outcome["reject"] = reject
    return {"recv": pack(data)}, outcome


def recv(*frames: Frame):
    """All of them pass."""
    return recv_bytes(joined(frames), *frames)


def rejected(label: str, *frames: Frame):
    """The last frame is rejected, those before it pass."""
    return recv_bytes(joined(frames), *frames[:-1], reject=label)


def rejected_at_header(label: str, frame: Frame):
    """A DATA frame is rejected before any byte of its body."""
    return recv_bytes(frame.head, reject=label)


def discarded(data: bytes):
    return recv_bytes(data)


def recv_in_chunks(frames, size: int) -> list:
    """A step every `size` bytes; a frame belongs to the step that brings its last byte."""
    data = joined(frames)
    ends = [len(joined(frames[:i + 1])) for i in range(len(frames))]
    steps = []
    for at in range(0, len(data), size):
        done = [frame for frame, last in zip(frames, ends) if at < last <= at + size]
        steps.append(recv_bytes(data[at:at + size], *done))
    return steps


def recv_in_two(frame: Frame, place: int) -> list:
    head, tail = cut(frame.wire, place)
    return [recv_bytes(head), recv_bytes(tail, frame)]


def send(frame: Frame):
    return {"send": frame.envelope}, {"bytes": pack(frame.wire)}


def sends(*frames: Frame) -> list:
    return [send(frame) for frame in frames]


def refused(label: str, frame: Frame):
    return {"send": frame.envelope}, {"refused": label}


def finish(reject: str | None = None):
    return {"finish": True}, recv_bytes(b"", reject=reject)[1]


def hellos(own: Frame = hello(), peer: Frame = hello()) -> list:
    return [send(own), recv(peer)]
