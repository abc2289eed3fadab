"""The frames of the benchmark: the same in every language."""

import oap

ADDRESS = "b3:" + "0123456789abcdef" * 4
SEGMENT = 1460


def data(count, size, obj=None):
    return [(oap.Kind.DATA, seq, obj, bytes(size)) for seq in range(1, count + 1)]


WORKS = {
    "tiny": data(1000, 32),
    "ack": [(oap.Kind.ACK, seq) for seq in range(1, 1001)],
    "obj": data(200, 4096, ADDRESS),
    "obj64k": data(64, 65_536, ADDRESS),
}


def segments(wire):
    """The wire as TCP segments bring it."""
    return [wire[start : start + SEGMENT] for start in range(0, len(wire), SEGMENT)]
