"""Section 1: the prefix and its limits."""

from .. import wire
from ..envelope import ONE_OF_EACH, ack, data, data_of_length, end, error, hello, start
from ..topic import HEADER_LEN_AT, KIND_AT, LENGTH_AT, RELAXED, RESERVED_AT, Topic, header_at, malformed_label
from ..wire import MAX_FRAME_BYTES, MAX_HEADER_BYTES


def build(t: Topic) -> None:
    for frame in ONE_OF_EACH:
        t.takes(f"frame_{frame.envelope['kind'].lower()}", "1.1", frame)
    little_endian(t)
    oversize(t)
    too_small(t)
    kinds(t)
    reserved(t)
    header_len(t)
    bodies(t)
    for length in (65_535, 65_536, 65_537, 200_000):
        t.takes(f"stream_chunk_is_no_limit_{length}", "1.8", data_of_length(length, 1))


def little_endian(t: Topic) -> None:
    """A length of 11 written the wrong way round is 0x0b000000; a header_len of 3 is 0x0300."""
    right = start("a").wire
    t.rejects("length_little_endian", "1.1", right[3::-1] + right[4:], "frame_oversize", LENGTH_AT)
    swapped = right[:6] + right[7:5:-1] + right[8:]
    t.rejects("header_len_little_endian", "1.1", swapped, "header_malformed", HEADER_LEN_AT)


def oversize(t: Topic) -> None:
    t.takes("length_1048576", "1.2", data_of_length(MAX_FRAME_BYTES, 1))
    for length in (MAX_FRAME_BYTES + 1, 2**24, 2**31 - 1, 2**31, 2**32 - 1):
        for kind in (wire.DATA, wire.HELLO):
            name = f"length_{length}_{wire.KINDS[kind - 1].lower()}"
            t.rejects(name, "1.2", wire.prefix(length, kind, 2), "frame_oversize", LENGTH_AT)
    for limit in (4096, 5000, 65_536):
        config = {"max_frame": str(limit)}
        t.takes(f"length_{limit}_of_{limit}", "1.2", data_of_length(limit, 1), config)
        over = data_of_length(limit + 1, 1).wire
        t.rejects(f"length_{limit + 1}_of_{limit}", "1.2", over, "frame_oversize", LENGTH_AT, config=config)
    t.rejects("length_1048577_relaxed", "1.2", wire.prefix(MAX_FRAME_BYTES + 1, wire.DATA, 2), "frame_oversize",
              LENGTH_AT, config=RELAXED)
    t.rejects("length_over_limit_after_good_frames", "1.2", start("a").wire + wire.prefix(2**32 - 1, wire.DATA, 0),
              "frame_oversize", len(start("a").wire) + LENGTH_AT, [start("a")])


def too_small(t: Topic) -> None:
    for length in range(8):
        data_ = wire.prefix(length, wire.START, 0)
        t.rejects(f"length_{length}", "1.3", data_, "header_malformed", LENGTH_AT)
    t.rejects("length_7_hello", "1.3", wire.prefix(7, wire.HELLO, 0), "header_malformed", LENGTH_AT)
    t.rejects("length_7_relaxed", "1.3", wire.prefix(7, wire.DATA, 0), "header_malformed", LENGTH_AT, config=RELAXED)
    for kind, name in enumerate(wire.KINDS, 1):
        t.rejects(f"length_8_{name.lower()}_without_fields", "1.3", wire.prefix(8, kind, 0), malformed_label(kind),
                  header_at(b""))


def kinds(t: Topic) -> None:
    for kind in (0x00, 0x07, 0x0A, 0x10, 0x7F, 0x81, 0x99, 0xFF):
        t.rejects(f"kind_{kind:02x}", "1.4", wire.prefix(8, kind, 0), "unknown_envelope", KIND_AT)
    t.rejects("kind_00_relaxed", "1.4", wire.prefix(8, 0x00, 0), "unknown_envelope", KIND_AT, config=RELAXED)
    t.rejects("kind_07_relaxed", "1.4", wire.prefix(8, 0x07, 0), "unknown_envelope", KIND_AT, config=RELAXED)
    t.rejects("kind_07_with_a_start_header", "1.4", wire.frame(0x07, start("a").header), "unknown_envelope", KIND_AT)


def reserved(t: Topic) -> None:
    for frame in ONE_OF_EACH:
        name = f"reserved_1_{frame.envelope['kind'].lower()}"
        data_ = wire.frame(frame.kind, frame.header, frame.body, reserved=1)
        t.rejects(name + "_strict", "1.5", data_, "header_malformed", RESERVED_AT)
        t.accepts(name + "_relaxed", "1.5", data_, frame, RELAXED)
    for value in (0x80, 0xFF):
        data_ = wire.frame(wire.ACK, ack(1).header, reserved=value)
        t.rejects(f"reserved_{value:02x}_strict", "1.5", data_, "header_malformed", RESERVED_AT)
        t.accepts(f"reserved_{value:02x}_relaxed", "1.5", data_, ack(1), RELAXED)


def header_len(t: Topic) -> None:
    """An unknown field fills START's header up to the limit: relaxed takes 2,048 bytes, strict refuses the field."""
    fields = start("a").header
    filler = wire.text(15, b"\x00" * (MAX_HEADER_BYTES - len(fields) - 3))
    header = fields + filler
    t.relaxed_only("header_len_2048", "1.6", header, start("a"))
    over = fields + wire.text(15, b"\x00" * (MAX_HEADER_BYTES - len(fields) - 2))
    for mode, config in (("strict", {}), ("relaxed", RELAXED)):
        t.rejects(f"header_len_2049_{mode}", "1.6", wire.frame(wire.START, over), "header_malformed", HEADER_LEN_AT,
                  config=config)
        t.rejects(f"header_len_65535_{mode}", "1.6", wire.prefix(MAX_FRAME_BYTES, wire.DATA, 65_535),
                  "header_malformed", HEADER_LEN_AT, config=config)
        t.rejects(f"header_len_2049_data_{mode}", "1.6", wire.prefix(100_000, wire.DATA, 2_049), "header_malformed",
                  HEADER_LEN_AT, config=config)
    body = data(1, b"\x61")
    exact = data(1)
    t.takes("header_len_plus_8_is_length", "1.6", exact)
    t.takes("header_len_plus_8_is_length_less_1", "1.6", body)
    for kind, frame in ((wire.DATA, exact), (wire.START, start("a")), (wire.HELLO, hello())):
        name = f"header_len_plus_8_over_length_{wire.KINDS[kind - 1].lower()}"
        short = wire.prefix(len(frame.wire) - 1, kind, len(frame.header)) + frame.header
        t.rejects(name, "1.6", short, "header_malformed", HEADER_LEN_AT)
    t.rejects("header_len_1_of_length_8", "1.6", wire.prefix(8, wire.ACK, 1), "header_malformed", HEADER_LEN_AT)
    t.rejects("header_len_2048_of_length_2055", "1.6", wire.prefix(2_055, wire.DATA, 2_048), "header_malformed",
              HEADER_LEN_AT)


def bodies(t: Topic) -> None:
    for frame in (hello(), start("a"), ack(1), end(1), error(1, "no")):
        name = frame.envelope["kind"].lower()
        data_ = wire.frame(frame.kind, frame.header, b"\x00")
        t.rejects(f"body_on_{name}", "1.7", data_, "header_malformed", HEADER_LEN_AT)
        t.rejects(f"body_on_{name}_relaxed", "1.7", data_, "header_malformed", HEADER_LEN_AT, config=RELAXED)
    for size in (0, 1, 2, 255, 256, 4096):
        t.takes(f"body_of_{size}", "1.7", data(1, b"\x61" * size))
    t.takes("body_that_looks_like_a_frame", "1.7", data(1, start("a").wire))
    t.takes("body_of_every_byte", "1.7", data(1, bytes(range(256))))
