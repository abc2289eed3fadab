"""A client and a server over anything that carries messages."""

import asyncio
from collections.abc import Iterator

from scenario import Client, Report, Scenario, Tally


class Messages:
    """What carries messages."""

    async def send(self, body: bytes) -> None:
        raise NotImplementedError

    async def send_all(self, bodies: Iterator[bytes]) -> None:
        for body in bodies:
            await self.send(body)

    async def receive(self) -> bytes:
        """Waits for one; EOFError or an error of its own where no more comes."""
        raise NotImplementedError

    async def take(self, tally: Tally, count: int) -> None:
        for _ in range(count):
            tally.add(await self.receive())

    async def close(self) -> None:
        raise NotImplementedError


class MessagesClient(Client):
    messages: Messages

    async def stream(self, scenario: Scenario) -> int:
        await self.messages.send_all(scenario.bodies())
        return int(bytes(await self.messages.receive()))

    async def send(self, body: bytes) -> None:
        await self.messages.send(body)

    async def receive(self) -> bytes:
        return await self.messages.receive()

    async def close(self) -> None:
        await self.messages.close()


class MessagesServer:
    """Counts the connections of a scenario until all have been answered."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.report = scenario, Report()
        self._done: asyncio.Queue[Tally | BaseException] = asyncio.Queue()

    async def attend(self, messages: Messages) -> None:
        """Serves a connection; it is for the caller to wait until the client has closed it."""
        try:
            self._done.put_nowait(await self._answer(messages))
        except BaseException as error:
            self._done.put_nowait(error)
            raise

    async def _answer(self, messages: Messages) -> Tally:
        tally, count = Tally(self.scenario.crc), self.scenario.count
        if self.scenario.kind != "ping":
            await messages.take(tally, count)
            await messages.send(str(tally.sum).encode())
            return tally
        for _ in range(count):
            body = await messages.receive()
            tally.add(body)
            await messages.send(body)
        return tally

    async def wait(self) -> None:
        """Waits for all connections, and prints the report."""
        for _ in range(self.scenario.connections):
            tally = await self._done.get()
            if isinstance(tally, BaseException):
                raise tally
            self.report.add(tally)
        self.report.print()
