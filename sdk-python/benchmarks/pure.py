"""The honest opponent: OAP/1's strict DATA and ACK in pure Python over `struct`, as fast as it gets."""

import re
from struct import Struct

PREFIX = Struct(">IBBH")
SHORT, TWO = Struct("BB"), Struct("BBB")
DATA, ACK = 3, 4
OBJ = re.compile(rb"b3:[0-9a-f]{64}").fullmatch
OBJ_KEY = b"\x12\x43"
MAX_FRAME = 1 << 20


class Malformed(ValueError):
    """A rule is broken."""


def long_varint(buf, pos):
    value, shift, start = 0, 0, pos
    while True:
        byte = buf[pos]
        value |= (byte & 0x7F) << shift
        pos += 1
        if byte < 0x80:
            break
        shift += 7
    if (byte == 0 and pos - start > 1) or value >> 64:
        raise Malformed("varint")
    return value, pos


def read_obj(text):
    if text[:2] != OBJ_KEY or not OBJ(text, 2):
        raise Malformed("obj")
    return text[2:].decode("ascii")


def decode(buf):
    """The frames of `buf` as tuples: kind and number, and of DATA obj and body."""
    return decode_part(buf)[0]


class Stream:
    """Frames out of chunks that cut them anywhere."""

    def __init__(self):
        self.rest = b""

    def feed(self, chunk):
        frames, end = decode_part(buf := self.rest + chunk)
        self.rest = buf[end:]
        return frames


def decode_part(buf):
    """The whole frames of `buf`, and where what is cut begins."""
    unpack, end, pos, frames = PREFIX.unpack_from, len(buf), 0, []
    append = frames.append
    while end - pos >= 8:
        length, kind, reserved, header_len = unpack(buf, pos)
        at = pos + 8
        header_end = at + header_len
        frame_end = pos + length
        if length > MAX_FRAME or reserved or header_end > frame_end:
            raise Malformed("prefix")
        if frame_end > end:
            break
        if header_len < 2 or buf[at] != 8:
            raise Malformed("header")
        number = buf[at + 1]
        if number < 0x80:
            at += 2
        else:
            high = buf[at + 2]
            if 0 < high < 0x80:
                number += (high << 7) - 0x80
                at += 3
            else:
                number, at = long_varint(buf, at + 1)
        if kind == DATA:
            obj = None if at == header_end else read_obj(buf[at:header_end])
            append((DATA, number, obj, buf[header_end:frame_end]))
        elif kind == ACK:
            if at != header_end or header_end != frame_end:
                raise Malformed("ack")
            append((ACK, number))
        else:
            raise Malformed("kind")
        pos = frame_end
    return frames, pos


def long_header(number):
    if number >> 64:
        raise Malformed("number")
    out = bytearray(b"\x08")
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def header_of(number):
    if number < 0x80:
        return SHORT.pack(8, number)
    if number < 0x4000:
        return TWO.pack(8, number & 0x7F | 0x80, number >> 7)
    return long_header(number)


def encode(frames):
    """The bytes of frames in the form that `decode` gives them."""
    pack, parts = PREFIX.pack, []
    append = parts.append
    for frame in frames:
        if frame[0] == ACK:
            header = header_of(frame[1])
            append(pack(8 + len(header), ACK, 0, len(header)) + header)
            continue
        _, number, obj, body = frame
        header = header_of(number)
        if obj is not None:
            text = obj.encode("ascii")
            if not OBJ(text):
                raise Malformed("obj")
            header += OBJ_KEY + text
        header_len = len(header)
        length = 8 + header_len + len(body)
        if length > MAX_FRAME:
            raise Malformed("length")
        append(pack(length, DATA, 0, header_len) + header)
        append(body)
    return b"".join(parts)
