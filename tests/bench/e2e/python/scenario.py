"""A scenario of the end-to-end benchmark, and what an end of it has to report."""

import json
import sys
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

PHASES = 256
"""How many different messages there are."""


@dataclass(frozen=True)
class Scenario:
    kind: str
    """`stream`: one way, on all connections at once; `fresh`: on one new connection after the other; `ping`: there and back."""
    size: int
    count: int
    """Messages a connection."""
    connections: int
    crc: bool

    @classmethod
    def parse(cls, text: str) -> "Scenario":
        kind, size, count, connections, *rest = text.split(",")
        return cls(kind, int(size), int(count), int(connections), rest == ["crc"])

    def messages(self) -> list[bytes]:
        """All different messages."""
        block = bytes((place * 167 + (place >> 8) * 13) & 255 for place in range(self.size + PHASES))
        return [block[phase : phase + self.size] for phase in range(PHASES)]

    def bodies(self) -> Iterator[bytes]:
        """The messages of a connection, in order."""
        messages = self.messages()
        whole, rest = divmod(self.count, PHASES)
        for _ in range(whole):
            yield from messages
        yield from messages[:rest]


@dataclass
class Tally:
    """What has been received on a connection."""

    crc: bool
    messages: int = 0
    size: int = 0
    """Bytes of all."""
    sum: int = 0
    """The sum of the last bytes, or the CRC-32 of all bytes."""

    def add(self, body: bytes | bytearray | memoryview) -> None:
        self.messages += 1
        self.size += len(body)
        self.sum = zlib.crc32(body, self.sum) if self.crc else self.sum + body[-1]


@dataclass
class Report:
    """The line that an end prints."""

    messages: int = 0
    size: int = 0
    """Bytes of all."""
    sum: int = 0
    wall: float = 0.0
    round_trips: list[float] = field(default_factory=list)
    since: float = field(default_factory=time.process_time)

    def add(self, tally: Tally) -> None:
        self.messages += tally.messages
        self.size += tally.size
        self.sum += tally.sum

    def print(self) -> None:
        line = {"messages": self.messages, "bytes": self.size, "sum": self.sum, "wall": self.wall,
                "cpu": time.process_time() - self.since}
        if self.round_trips:
            line["median"] = median(self.round_trips)
        print(json.dumps(line), flush=True)


class Client:
    """What a client sends by. `connect` waits, where it is not `fresh`, until messages can go."""

    async def connect(self, host: str, port: int, fresh: bool) -> None:
        raise NotImplementedError

    async def stream(self, scenario: Scenario) -> int:
        """Sends all messages, and waits for the sum that the server makes of them, as decimal digits."""
        raise NotImplementedError

    async def send(self, body: bytes) -> None:
        """Sends a message of a ping."""
        raise NotImplementedError

    async def receive(self) -> bytes:
        """Waits for a message of a pong."""
        raise NotImplementedError

    async def begin(self) -> None:
        """What goes before the first message of a ping."""

    async def end(self) -> None:
        """What goes behind the last message of a ping."""

    async def close(self) -> None:
        raise NotImplementedError

    async def ping(self, scenario: Scenario, report: Report) -> None:
        tally, clock = Tally(scenario.crc), time.perf_counter
        await self.begin()
        for body in scenario.bodies():
            begin = clock()
            await self.send(body)
            tally.add(await self.receive())
            report.round_trips.append(clock() - begin)
        await self.end()
        report.sum += tally.sum

    async def exchange(self, scenario: Scenario, report: Report) -> None:
        if scenario.kind == "ping":
            await self.ping(scenario, report)
        else:
            total = await self.stream(scenario)
            report.sum += total


async def run_client(make: Callable[[], Client], address: str, scenario: Scenario) -> None:
    import asyncio

    host, port = address.rsplit(":", 1)
    clients = [make() for _ in range(scenario.connections)]
    if scenario.kind == "fresh":
        report = Report()
        for client in clients:
            begin = time.perf_counter()
            await client.connect(host, int(port), True)
            await client.exchange(scenario, report)
            report.wall += time.perf_counter() - begin
    else:
        for client in clients:
            await client.connect(host, int(port), False)
        report, begin = Report(), time.perf_counter()
        await asyncio.gather(*(client.exchange(scenario, report) for client in clients))
        report.wall = time.perf_counter() - begin
    report.messages = scenario.count * scenario.connections
    report.size = report.messages * scenario.size
    report.print()
    for client in clients:
        await client.close()


def run(loop: str, make: Callable[[], Client], serve: Callable[[Scenario], Awaitable[None]]) -> None:
    """Runs the program's arguments, `server SCENARIO` or `client ADDRESS SCENARIO`, on that event loop."""
    import asyncio

    if loop == "uvloop":
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    else:
        runner = asyncio.Runner()
    *role, scenario = sys.argv[-3:] if sys.argv[-3] == "client" else sys.argv[-2:]
    with runner:
        if role[0] == "client":
            runner.run(run_client(make, role[1], Scenario.parse(scenario)))
        else:
            runner.run(serve(Scenario.parse(scenario)))
