"""What is measured, and what each end has to report of it."""

import zlib
from dataclasses import dataclass, replace
from functools import cache

PHASES = 256
"""How many different messages there are."""


@dataclass(frozen=True)
class Scenario:
    name: str
    kind: str
    """`stream`: one way, on all connections at once; `fresh`: on one new connection after the other; `ping`: there and back."""
    size: int
    """Bytes of a message."""
    count: int
    """Messages a connection."""
    connections: int
    crc: bool = False
    """Whether all bytes are checked, and not only the last of each message."""

    def __str__(self) -> str:
        return f"{self.kind},{self.size},{self.count},{self.connections}" + (",crc" if self.crc else "")

    @property
    def messages(self) -> int:
        return self.count * self.connections

    def checked(self) -> "Scenario":
        """A short one in which all bytes are checked."""
        return replace(self, count=min(self.count, 1_000), connections=min(self.connections, 64), crc=True)

    def lasting(self, times: float) -> "Scenario":
        """The same, so many times as long."""
        if self.kind == "fresh":
            return replace(self, connections=min(max(round(self.connections * times), 1), 500))
        return replace(self, count=max(round(self.count * times), 1))

    def expected(self) -> dict:
        """What both ends have to report."""
        total = self.connections * _sum(self.size, self.count, self.crc)
        return {"messages": self.messages, "bytes": self.messages * self.size, "sum": total}


def bodies(size: int, count: int):
    block = bytes((place * 167 + (place >> 8) * 13) & 255 for place in range(size + PHASES))
    for number in range(count):
        yield block[number % PHASES : number % PHASES + size]


@cache
def _sum(size: int, count: int, crc: bool) -> int:
    """The sum that a connection's messages make."""
    if crc:
        total = 0
        for body in bodies(size, count):
            total = zlib.crc32(body, total)
        return total
    lasts = [body[-1] for body in bodies(size, min(count, PHASES))]
    return count // PHASES * sum(lasts) + sum(lasts[: count % PHASES])


SCENARIOS = [
    Scenario("32 B", "stream", 32, 20_000, 1),
    Scenario("4 KiB", "stream", 4_096, 5_000, 1),
    Scenario("64 KiB", "stream", 65_536, 1_000, 1),
    Scenario("1,000 × 32 B, fresh", "fresh", 32, 1_000, 5),
    Scenario("ping-pong of 32 B", "ping", 32, 1_000, 1),
    Scenario("32 B, 64 connections", "stream", 32, 500, 64),
]
