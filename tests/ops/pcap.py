"""Capture files of TCP over loopback, written from the bytes of talks."""

import struct

# The link type whose packets begin with the IP header.
LINKTYPE_RAW = 101
SNAPLEN = 0x40000
# What fits into an IPv4 packet.
SEGMENT_BYTES = 60_000
LOOPBACK = bytes([127, 0, 0, 1])
SYN, SYN_ACK, PSH_ACK = 0x02, 0x12, 0x18
FIRST_PORT = 20_000
CLIENT, SERVER = 0, 1


def packet(source, port, seq, ack, flags, payload):
    tcp = struct.pack(">HHIIBBHHH", source, port, seq, ack, 5 << 4, flags, 65_535, 0, 0)
    size = 20 + len(tcp) + len(payload)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 0, 0, 64, 6, 0, LOOPBACK, LOOPBACK)
    return ip + tcp + payload


class Talk:
    """The packets of a TCP connection, in the order of their capture."""

    def __init__(self, begins=True, answers=True, segment=SEGMENT_BYTES):
        """Captured from the beginning or not; with the server's packets or without them."""
        self.packets, self.next, self.segment = [], [1, 1], segment
        if begins:
            self.packets.append((CLIENT, 0, 0, SYN, b""))
        if begins and answers:
            self.packets.append((SERVER, 0, 1, SYN_ACK, b""))

    def say(self, side, data):
        """A packet a segment."""
        for at in range(0, len(data), self.segment):
            part = data[at : at + self.segment]
            self.packets.append((side, self.next[side], self.next[1 - side], PSH_ACK, part))
            self.next[side] += len(part)
        return self

    def lose(self, side, data):
        """What was said and is not in the capture."""
        self.next[side] += len(data)
        return self

    def repeat(self):
        """The last packet once more, as TCP sends it again."""
        self.packets.append(self.packets[-1])
        return self

    def move(self, start):
        """Its numbers begin there, as those of another connection do."""
        moved = [(side, seq + start, ack + start, flags, data) for side, seq, ack, flags, data in self.packets]
        self.packets = moved

    def bytes_of(self, client_port, port):
        ports = [client_port, port]
        for side, seq, ack, flags, payload in self.packets:
            yield packet(ports[side], ports[1 - side], seq, ack, flags, payload)


def one_way(chunks):
    """What a client says, a segment a chunk, in a capture without the server's packets."""
    talk = Talk(answers=False)
    for chunk in chunks:
        talk.say(CLIENT, chunk)
    return talk


def write(path, port, talks, snaplen=SNAPLEN):
    """A file in which the n-th talk is TCP stream n."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, LINKTYPE_RAW))
        for number, talk in enumerate(talks):
            for one in talk.bytes_of(FIRST_PORT + number, port):
                out.write(struct.pack("<IIII", number, 0, min(len(one), snaplen), len(one)) + one[:snaplen])
