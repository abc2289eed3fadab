"""The cost of hostile streams a byte, beside honest ones of the same make."""

from measure import Case, rows
from works import ADDRESS, data

import oap

WINDOW = oap.Config(ack_window_frames=1024)
NO_PQ = oap.Config(ack_window_frames=1024, allow_pq_hello_flags=False)
RELAXED = oap.Config(strict_headers=False)
HELLO = oap.encode(oap.Hello(1, oap.MAX_FRAME_BYTES, 0, 32))
HONEST = HELLO + oap.encode_batch([oap.Start("objects/x"), *data(1000, 32, ADDRESS)])


def frame(kind, header, body=b""):
    """A frame as no encoder makes it."""
    length = 8 + len(header) + len(body)
    return length.to_bytes(4, "big") + bytes([kind, 0]) + len(header).to_bytes(2, "big") + header + body


REJECTS = {
    "bad_hello": frame(oap.Kind.HELLO, b"\x08\x02\x10\x80\x80\x40") + HONEST,
    "bad_hello_pq": oap.encode(oap.Hello(1, oap.MAX_FRAME_BYTES, 1)) + HONEST,
    "frame_oversize": HONEST + b"\x00\x10\x00\x01",
    "unknown_envelope": HONEST + b"\x00\x00\x00\x08\x99",
    "header_malformed": HONEST + frame(oap.Kind.DATA, b"\x08\x81\x00"),
    "missing_obj": HONEST + oap.encode(oap.Data(1001)),
    "credit_violation": HONEST + oap.encode(oap.Data(2000, ADDRESS)),
    "truncated": HONEST + HELLO[:-1],
}


def received(wire, label, config=WINDOW):
    """A session's life: from its making to the end of the peer's bytes, or to the reject of that label."""

    def run():
        session = oap.Session(config)
        session.send(session.hello())
        try:
            session.recv(wire)
            session.finish()
        except oap.RejectError as reject:
            assert reject.reason == label
        else:
            assert label is None

    return run


def fed(chunks, config=None):
    def run():
        decoder = oap.Decoder(config)
        for chunk in chunks:
            decoder.feed(chunk)

    return run


def single_bytes(wire):
    return [wire[at : at + 1] for at in range(len(wire))]


def with_unknown_fields(count):
    """DATA as tiny's, with that many fields of numbers that OAP/1 does not know."""
    unknown = b"".join(bytes([number << 3, 1]) for number in range(3, 16))
    header = b"\x08\x07" + (unknown * (count // 13 + 1))[: 2 * count]
    return frame(oap.Kind.DATA, header, bytes(32)) * 200


def all_rows(rounds):
    """Each in rounds with the honest stream of its make."""
    wires = {"session: honest": HONEST, **{f"session: {label}": wire for label, wire in REJECTS.items()}}
    calls = {"session: honest": received(HONEST, None)}
    for label, wire in REJECTS.items():
        calls[f"session: {label}"] = received(wire, label, NO_PQ if label == "bad_hello_pq" else WINDOW)
    yield from per_byte(wires, calls, rounds)

    honest = oap.encode_batch(data(10, 32))
    endless = frame(oap.Kind.DATA, b"\x08\x07", bytes(1 << 19))[: len(honest)]
    wires = {"byte by byte: honest DATA": honest, "byte by byte: a frame that never ends": endless}
    calls = {what: fed(single_bytes(wire)) for what, wire in wires.items()}
    yield from per_byte(wires, calls, rounds)

    end = oap.encode_batch([oap.End(7, 0)] * 1000)
    wires = {"honest: DATA of 32 bytes": with_unknown_fields(0), "honest: END, the dearest a byte": end}
    wires |= {"relaxed: 1 unknown field": with_unknown_fields(1), "relaxed: 100 unknown fields": with_unknown_fields(100)}
    calls = {what: fed([wire], RELAXED) for what, wire in wires.items()}
    yield from per_byte(wires, calls, rounds)


def per_byte(wires, calls, rounds):
    found = rows("hostile", [Case(what, "oap", call) for what, call in calls.items()], 1, rounds, "byte")
    for row in found:
        row.ns = round(row.ns / len(wires[row.what]), 3)
    return found
