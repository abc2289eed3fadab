"""End to end: the asyncio client and the reference host, with a real file."""

import asyncio
import contextlib
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from wires import ROOT

import oap
from oap.asyncio import Connection, connect

GATEWAY = ROOT / "target" / "release" / "svc-gateway"


class Gateway:
    """A running svc-gateway, and what it prints."""

    def __init__(self) -> None:
        command = [str(GATEWAY), "--listen", "127.0.0.1:0", "--metrics-addr", "off"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.event("listening")["addr"].rsplit(":", 1)[1])

    def event(self, name: str) -> dict[str, Any]:
        """The next of that name in its log."""
        assert self.process.stdout is not None
        events = map(json.loads, self.process.stdout)
        return next(event for event in events if event["event"] == name)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    running = Gateway()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 MiB and a bit, of which no two pieces are alike."""
    path = tmp_path_factory.mktemp("objects") / "object"
    with path.open("wb") as out:
        for number in range(1 << 21):
            out.write(number.to_bytes(8, "big"))
        out.write(b"end")
    return path


def address_of(path: Path) -> str:
    told = subprocess.run([GATEWAY, "address", path], capture_output=True, text=True, check=True)
    return told.stdout.strip()


@contextlib.asynccontextmanager
async def connected(gateway: Gateway) -> AsyncIterator[Connection]:
    async with asyncio.timeout(60):
        async with await connect("127.0.0.1", gateway.port) as connection:
            yield connection


async def receipt(connection: Connection) -> int:
    """The status of the gateway's answer."""
    async for frame in connection:
        match frame:
            case oap.Start(stream):
                assert stream == "receipt"
            case oap.End(seq, status):
                assert seq == 0
                return status
    raise AssertionError("the gateway gave no receipt")


def test_a_real_file_is_verified(gateway: Gateway, file: Path) -> None:
    address = address_of(file)

    async def main() -> int:
        async with connected(gateway) as connection:
            with file.open("rb") as source:
                await connection.send_stream("objects/file", source, obj=address)
            return await receipt(connection)

    assert asyncio.run(main()) == 0
    stream = gateway.event("stream")
    assert (stream["name"], stream["bytes"]) == ("objects/file", file.stat().st_size)
    assert (stream["status"], stream["address"]) == (0, address)


def test_a_wrong_address_is_found_out(gateway: Gateway, file: Path) -> None:
    async def main() -> int:
        async with connected(gateway) as connection:
            await connection.send_stream("objects/file", file.read_bytes(), obj="b3:" + "0" * 64)
            return await receipt(connection)

    assert asyncio.run(main()) == 1


def test_streams_in_turn_on_one_connection(gateway: Gateway) -> None:
    async def main() -> list[int]:
        async with connected(gateway) as connection:
            statuses = []
            for name in ("one", "two", "three"):
                await connection.send_stream(name, name.encode() * 10_000, chunk=100)
                statuses.append(await receipt(connection))
            return statuses

    assert asyncio.run(main()) == [0, 0, 0]


def test_the_gateway_s_error_reaches_the_iteration(gateway: Gateway) -> None:
    async def main() -> list[oap.Frame]:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        session = oap.Session()
        writer.write(session.send(session.hello()))
        await writer.drain()
        session.recv(await reader.read(100))
        writer.write(b"\x00\x00\x00\x08\x99")
        writer.write_eof()
        async with asyncio.timeout(20):
            frames = list(session.recv(await reader.read()))
        writer.close()
        return frames

    assert asyncio.run(main()) == [oap.Error(4, "unknown_envelope")]
    assert gateway.event("reject")["reason"] == "unknown_envelope"
