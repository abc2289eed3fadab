"""2.3: wire types 3, 4, 6, 7 are malformed, a known field has its own."""

from .. import wire
from ..envelope import OBJ, ack, data, end, error, hello, start
from ..topic import Topic
from ..wire import BYTES, FIXED32, FIXED64, VARINT, key, text

RULE = "2.3"

GOOD = {
    wire.HELLO: hello(max_frame=4096, features=1, ack_window=1).header, wire.START: start("a").header,
    wire.DATA: data(1, b"", OBJ).header, wire.ACK: ack(1).header, wire.END: end(1).header,
    wire.ERROR: error(1, "no").header,
}
VARINT_FIELDS = (
    (wire.HELLO, 1, "version"), (wire.HELLO, 2, "max_frame"), (wire.HELLO, 3, "features"),
    (wire.HELLO, 4, "ack_window"), (wire.DATA, 1, "seq"), (wire.ACK, 1, "up_to"), (wire.END, 1, "seq"),
    (wire.END, 2, "status"), (wire.ERROR, 1, "code"),
)
TEXT_FIELDS = ((wire.START, 1, "stream"), (wire.DATA, 2, "obj"), (wire.ERROR, 2, "reason"))
PAYLOADS = {VARINT: ("varint", b"\x01"), FIXED64: ("fixed64", bytes(8)), BYTES: ("bytes", b"\x01\x01"),
            FIXED32: ("fixed32", bytes(4))}


def build(t: Topic) -> None:
    for wire_type in (3, 4, 6, 7):
        undefined(t, wire_type)
    for fields, own in ((VARINT_FIELDS, VARINT), (TEXT_FIELDS, BYTES)):
        for kind, number, field in fields:
            wrong_for_known(t, kind, number, field, own)
    wrong_for_optional(t)
    unknown_cut_short(t)


def undefined(t: Topic, wire_type: int) -> None:
    for place, number in (("unknown", 5), ("known", 1), ("top", 2**29 - 1)):
        header = GOOD[wire.ACK] + key(number, wire_type) + b"\x01"
        t.bad_header_in_both(f"wire_type_{wire_type}_{place}", RULE, wire.ACK, header)
    t.bad_header_in_both(f"wire_type_{wire_type}_hello", RULE, wire.HELLO, key(5, wire_type) + GOOD[wire.HELLO])
    t.bad_header_in_both(f"wire_type_{wire_type}_at_the_end", RULE, wire.ACK, GOOD[wire.ACK] + key(5, wire_type))
    if wire_type == wire.GROUP:
        group = key(5, wire.GROUP) + key(5, wire.END_GROUP)
        t.bad_header_in_both("empty_group", RULE, wire.ACK, GOOD[wire.ACK] + group)
        t.bad_header_in_both("empty_group_before", RULE, wire.ACK, group + GOOD[wire.ACK])


def wrong_for_known(t: Topic, kind: int, number: int, field: str, own: int) -> None:
    """The good field stands beside the wrong one: who skips the wrong one accepts the frame."""
    for wire_type, (type_name, payload) in PAYLOADS.items():
        if wire_type != own:
            name = f"{wire.KINDS[kind - 1].lower()}_{field}_as_{type_name}"
            t.bad_header_in_both(name, RULE, kind, key(number, wire_type) + payload + GOOD[kind])


def wrong_for_optional(t: Topic) -> None:
    """Alone and in its place: who takes it for an unknown field, or for absent, accepts the frame."""
    for kind, number, field, required in ((wire.HELLO, 3, "features", hello()), (wire.HELLO, 4, "ack_window", hello()),
                                          (wire.DATA, 2, "obj", data(1))):
        own = BYTES if field == "obj" else VARINT
        for wire_type, (type_name, payload) in PAYLOADS.items():
            if wire_type != own:
                header = required.header + key(number, wire_type) + payload
                t.bad_header_in_both(f"only_{field}_as_{type_name}", RULE, kind, header)


def unknown_cut_short(t: Topic) -> None:
    good = GOOD[wire.ACK]
    for size in (0, 7):
        t.bad_header_in_both(f"fixed64_of_{size}_bytes", RULE, wire.ACK, good + key(5, FIXED64) + bytes(size))
    for size in (0, 3):
        t.bad_header_in_both(f"fixed32_of_{size}_bytes", RULE, wire.ACK, good + key(5, FIXED32) + bytes(size))
    for size in (0, 1, 2):
        t.bad_header_in_both(f"bytes_of_3_with_{size}", RULE, wire.ACK, good + text(5, b"abc")[: 2 + size])
