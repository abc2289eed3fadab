"""Bytes of OAP/1, the right ones and, on demand, wrong ones."""

import struct

HELLO, START, DATA, ACK, END, ERROR = 1, 2, 3, 4, 5, 6
KINDS = ("HELLO", "START", "DATA", "ACK", "END", "ERROR")

MAX_FRAME_BYTES = 1_048_576
MAX_HEADER_BYTES = 2_048
MIN_MAX_FRAME = 4_096
STREAM_CHUNK_BYTES = 65_536
PREFIX_BYTES = 8
U32_MAX = 2**32 - 1
U64_MAX = 2**64 - 1

VARINT, FIXED64, BYTES, GROUP, END_GROUP, FIXED32 = 0, 1, 2, 3, 4, 5


def varint(value: int, width: int = 0) -> bytes:
    """The minimal varint, or one padded to `width` bytes; values over 64 bits are written as they are."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F)
    groups += [0] * (width - len(groups))
    return bytes(group | 0x80 for group in groups[:-1]) + bytes(groups[-1:])


def key(number: int, wire_type: int, width: int = 0) -> bytes:
    return varint(number << 3 | wire_type, width)


def num(number: int, value: int, width: int = 0) -> bytes:
    """A varint field."""
    return key(number, VARINT) + varint(value, width)


def text(number: int, value: bytes | str, width: int = 0) -> bytes:
    """A length-delimited field; `width` pads its length."""
    data = value.encode() if isinstance(value, str) else value
    return key(number, BYTES) + varint(len(data), width) + data


def fixed64(number: int) -> bytes:
    return key(number, FIXED64) + bytes(8)


def fixed32(number: int) -> bytes:
    return key(number, FIXED32) + bytes(4)


def prefix(length: int, kind: int, header_len: int, reserved: int = 0) -> bytes:
    return struct.pack(">IBBH", length, kind, reserved, header_len)


def frame(kind: int, header: bytes = b"", body: bytes = b"", reserved: int = 0) -> bytes:
    length = PREFIX_BYTES + len(header) + len(body)
    return prefix(length, kind, len(header), reserved) + header + body
