"""Frames of OAP/1 for captures, and whole talks of them that break no rule."""

import pcap

HELLO, START = bytes.fromhex("0000000e01000006080110808040"), bytes.fromhex("0000000b020000030a0161")
BODY = bytes(range(256)) * 20


def varint(number):
    more = b""
    while number > 127:
        more += bytes([number & 127 | 128])
        number >>= 7
    return more + bytes([number])


def frame(kind, *fields, body=b""):
    """One whose fields are integers, in the order of their numbers."""
    header = b"".join(bytes([at << 3]) + varint(value) for at, value in enumerate(fields, 1))
    return (8 + len(header) + len(body)).to_bytes(4) + bytes([kind, 0]) + len(header).to_bytes(2) + header + body


def data(*seqs):
    return b"".join(frame(3, seq, body=BODY) for seq in seqs)


def ack(up_to):
    return frame(4, up_to)


def hello(window):
    return bytes.fromhex("00000010010000080801108080402001")[:-1] + bytes([window])


class HonestClient:
    """Streams to a server with a small window, as `chance` has it."""

    def __init__(self, chance):
        self.chance, self.window = chance, chance.choice([1, 2, 8, 32])
        self.said, self.unacknowledged = [(pcap.CLIENT, HELLO), (pcap.SERVER, hello(self.window))], []
        self.seq = chance.choice([0, 1, 100, 2**32, 2**63])

    def acknowledge(self):
        count = self.chance.randint(1, len(self.unacknowledged))
        self.said.append((pcap.SERVER, ack(self.unacknowledged[count - 1])))
        del self.unacknowledged[:count]

    def send_data(self):
        if len(self.unacknowledged) >= self.window:
            self.acknowledge()
        body = self.chance.choice([b"", b"small", BODY, bytes(9_000), self.chance.randbytes(3_000)])
        self.said.append((pcap.CLIENT, frame(3, self.seq, body=body)))
        self.unacknowledged.append(self.seq)
        self.seq += 1

    def stream(self):
        self.said.append((pcap.CLIENT, START))
        count = self.chance.randint(0, 6)
        for _ in range(count):
            self.send_data()
            if self.chance.random() < 0.3:
                self.acknowledge()
        self.said.append((pcap.CLIENT, frame(5, self.seq - 1 if count else 0, 0)))


def honest_talk(chance, begins=True):
    """Up to four streams; where it does not begin, the capture starts somewhere inside a frame."""
    client = HonestClient(chance)
    for _ in range(chance.randint(1, 4)):
        client.stream()
    said = client.said
    if not begins:
        said = said[chance.randrange(1, len(said)) :]
        said[0] = (said[0][0], said[0][1][chance.randrange(len(said[0][1])) :])
    talk = pcap.Talk(begins=begins, segment=chance.choice([100, 536, 1400, 60_000]))
    for side, part in said:
        talk.say(side, part)
    return talk
