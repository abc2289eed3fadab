"""Well-formed frames: an envelope as JSON shows it, beside its canonical bytes."""

from dataclasses import dataclass

from . import wire
from .hexparts import pack
from .wire import num, text

OBJ = "b3:" + "0123456789abcdef" * 4
OBJ2 = "b3:" + "fedcba9876543210" * 4


@dataclass(frozen=True)
class Frame:
    envelope: dict
    header: bytes
    body: bytes = b""

    @property
    def kind(self) -> int:
        return wire.KINDS.index(self.envelope["kind"]) + 1

    @property
    def wire(self) -> bytes:
        return wire.frame(self.kind, self.header, self.body)

    @property
    def head(self) -> bytes:
        """Prefix and header, no byte of the body."""
        return self.wire[: wire.PREFIX_BYTES + len(self.header)]


def hello(version=1, max_frame=wire.MAX_FRAME_BYTES, features=None, ack_window=None) -> Frame:
    envelope = {"kind": "HELLO", "version": version, "max_frame": str(max_frame)}
    header = num(1, version) + num(2, max_frame)
    if features is not None:
        envelope["features"] = str(features)
        header += num(3, features)
    if ack_window is not None:
        envelope["ack_window"] = ack_window
        header += num(4, ack_window)
    return Frame(envelope, header)


def start(stream: str) -> Frame:
    return Frame({"kind": "START", "stream": stream}, text(1, stream))


def data(seq: int, body: bytes = b"", obj: str | None = None) -> Frame:
    envelope = {"kind": "DATA", "seq": str(seq)}
    header = num(1, seq)
    if obj is not None:
        envelope["obj"] = obj
        header += text(2, obj)
    return Frame(envelope | {"len": len(body), "body": pack(body)}, header, body)


def data_of_length(length: int, seq: int, obj: str | None = None) -> Frame:
    """DATA whose whole frame has `length` bytes."""
    return data(seq, b"\x5a" * (length - len(data(seq, b"", obj).wire)), obj)


def ack(up_to: int) -> Frame:
    return Frame({"kind": "ACK", "up_to": str(up_to)}, num(1, up_to))


def end(seq: int, status: int = 0) -> Frame:
    return Frame({"kind": "END", "seq": str(seq), "status": status}, num(1, seq) + num(2, status))


def error(code: int, reason: str = "") -> Frame:
    return Frame({"kind": "ERROR", "code": code, "reason": reason}, num(1, code) + text(2, reason))


def joined(frames) -> bytes:
    return b"".join(frame.wire for frame in frames)


ONE_OF_EACH = (
    hello(features=5, ack_window=32), start("a/b"), data(7, b"abc"), ack(7), end(7, 1), error(7, "no"),
)
