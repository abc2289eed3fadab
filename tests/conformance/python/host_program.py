"""The host program of the conformance suite: `serve [options]`, `send PORT STREAM BYTES [options]`."""

import argparse
import asyncio
import signal
import sys
import zlib
from collections.abc import Iterator

import oap
from oap.asyncio import Connection, Options, connect, serve

PERIOD = 251
"""Byte i of a stream is i mod PERIOD."""

LONGEST_SEQ = 9
"""Bytes by which a late seq is longer on the wire than the first."""

SHUTDOWN_SECONDS = 20.0

TIMES = {"handshake": "handshake_timeout", "idle": "idle_timeout", "stall": "stall_timeout", "close": "close_timeout"}


def arguments() -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    for name in ("chunk", "window", "max-frame", "receive-buffer", "send-buffer", "max-connections"):
        common.add_argument(f"--{name}", type=int)
    for name in TIMES:
        common.add_argument(f"--{name}", type=int, metavar="MS")
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    server = commands.add_parser("serve", parents=[common])
    server.add_argument("--port", type=int, default=0)
    server.add_argument("--slow", type=int, default=0)
    client = commands.add_parser("send", parents=[common])
    client.add_argument("port", type=int)
    client.add_argument("stream")
    client.add_argument("bytes", type=int)
    client.add_argument("--echo", action="store_true")
    client.add_argument("--nowait", action="store_true")
    return parser.parse_args()


def options_of(given: argparse.Namespace) -> Options:
    times = {option: getattr(given, name) / 1000 for name, option in TIMES.items() if getattr(given, name) is not None}
    sizes = {name: getattr(given, name) for name in ("receive_buffer", "send_buffer", "chunk")}
    return Options(**times, **{name: size for name, size in sizes.items() if size is not None})


def config_of(given: argparse.Namespace) -> oap.Config | None:
    if given.window is None and given.max_frame is None:
        return None
    return oap.Config(
        ack_window_frames=given.window or 1_024, max_frame=given.max_frame or oap.MAX_FRAME_BYTES
    )


def say(line: str) -> None:
    print(line, flush=True)


# The server


async def run_server(given: argparse.Namespace) -> int:
    async def attend(connection: Connection) -> None:
        try:
            await give_receipts(connection, given.slow)
        finally:
            try:
                await connection.close()
            except oap.ConnectionClosedError:
                pass
            finally:
                say(f"ended {connection.end_reason}")

    limits = {} if given.max_connections is None else {"max_connections": given.max_connections}
    server = await serve(
        attend, "127.0.0.1", given.port, config=config_of(given), options=options_of(given), **limits
    )
    say(f"listening {server.sockets[0].getsockname()[1]}")
    await shutdown_is_asked_for()
    await server.shutdown(SHUTDOWN_SECONDS)
    return 0


async def shutdown_is_asked_for() -> None:
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, asked.set)

    def read() -> None:
        line = sys.stdin.readline()
        if line.strip() == "shutdown":
            asked.set()
        if line.strip() == "shutdown" or not line:
            loop.remove_reader(sys.stdin)

    try:
        loop.add_reader(sys.stdin, read)
    except (OSError, ValueError):
        pass  # a file or nothing: it can't ask
    await asked.wait()


async def give_receipts(connection: Connection, slow: int) -> None:
    name, size, crc = "", 0, 0
    async for frame in connection:
        match frame:
            case oap.Start(stream):
                name, size, crc = stream, 0, 0
            case oap.Data(_, _, body):
                size, crc = size + len(body), zlib.crc32(body, crc)
                if slow:
                    await asyncio.sleep(len(body) / slow)
            case oap.End(_, status):
                await connection.send_stream("receipt", f"{name} {size} {crc:08x} {status}".encode())
            case _:
                pass


# The client


async def run_client(given: argparse.Namespace) -> int:
    options = options_of(given)
    try:
        connection = await connect("127.0.0.1", given.port, config=config_of(given), options=options)
    except OSError:
        say("failed refused acknowledged 0")
        return 1
    chunk = options.chunk
    crc = 0
    try:
        try:
            await connection.ready()
            chunk = min(chunk, (connection.max_body() or chunk) - LONGEST_SEQ)
            await connection.send_stream(given.stream, messages(given.bytes, chunk))
            if not given.nowait:
                await connection.delivered()
            if given.echo:
                say(await receipt(connection))
        finally:
            await connection.close()
    except oap.ConnectionClosedError:
        flow = connection.outbound
        acknowledged = min(given.bytes, ((flow.last_seq or 0) - flow.in_flight) * chunk)
        say(f"failed {await connection.ended()} acknowledged {acknowledged}")
        return 1
    for message in messages(given.bytes, chunk):
        crc = zlib.crc32(message, crc)
    say(f"delivered {given.bytes} {crc:08x}")
    return 0


def messages(size: int, chunk: int) -> Iterator[memoryview]:
    """Each but the last is `chunk` long."""
    pattern = memoryview(bytes(place % PERIOD for place in range(PERIOD)) * (chunk // PERIOD + 2))
    for start in range(0, size, chunk):
        phase = start % PERIOD
        yield pattern[phase : phase + min(chunk, size - start)]


async def receipt(connection: Connection) -> str:
    text = b""
    async for frame in connection:
        match frame:
            case oap.Data(_, _, body):
                text += body
            case oap.End():
                break
            case _:
                pass
    return text.decode()


given = arguments()
sys.exit(asyncio.run(run_server(given) if given.command == "serve" else run_client(given)))
