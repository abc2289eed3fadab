"""Capture files of TCP over loopback, written from the bytes of a talk."""

import struct

# The link type whose packets begin with the IP header.
LINKTYPE_RAW = 101
SNAPLEN = 0x40000
# What fits into an IPv4 packet.
SEGMENT_BYTES = 60_000
LOOPBACK = bytes([127, 0, 0, 1])
SYN, PSH_ACK = 0x02, 0x18
FIRST_PORT = 20_000


def packet(source, port, seq, flags, payload):
    tcp = struct.pack(">HHIIBBHHH", source, port, seq, 1, 5 << 4, flags, 65_535, 0, 0)
    size = 20 + len(tcp) + len(payload)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 0, 0, 64, 6, 0, LOOPBACK, LOOPBACK)
    return ip + tcp + payload


def stream(source, port, chunks):
    """One direction of a TCP stream: a segment a chunk, or several where one would be too long."""
    yield packet(source, port, 0, SYN, b"")
    seq = 1
    for chunk in chunks:
        for at in range(0, len(chunk), SEGMENT_BYTES):
            part = chunk[at:at + SEGMENT_BYTES]
            yield packet(source, port, seq, PSH_ACK, part)
            seq += len(part)


def write(path, port, talks):
    """A file in which the n-th talk is TCP stream n."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAPLEN, LINKTYPE_RAW))
        for number, chunks in enumerate(talks):
            for one in stream(FIRST_PORT + number, port, chunks):
                out.write(struct.pack("<IIII", number, 0, len(one), len(one)) + one)
