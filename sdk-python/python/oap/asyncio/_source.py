"""The source of `send_stream`, as the engine takes it."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable
from typing import Any, BinaryIO, TypeAlias, cast

from .. import Bodies, Data, encode

Part: TypeAlias = bytes | bytearray | memoryview

Source: TypeAlias = Part | Iterable[Part] | AsyncIterable[Part] | BinaryIO
"""The source of `send_stream`: bytes, an iterable or an async iterable of bytes, or a binary file."""

RETRY_SECONDS = 0.01
"""How long a file that does not block, and has nothing yet, is left alone."""


def check(chunk: int, obj: str | None) -> None:
    """Raises what no part could be sent with, before the stream is begun."""
    Bodies(b"", chunk=chunk)
    if obj is not None:
        encode(Data(0, obj))


async def parts(source: Source, chunk: int, obj: str | None) -> AsyncGenerator[Bodies, None]:
    """The source: at once where it can be, else part by part."""
    if isinstance(source, AsyncIterable):
        async for part in source:
            yield Bodies(part, chunk=chunk, obj=obj)
    elif hasattr(source, "read"):
        async for part in read(cast(BinaryIO, source), chunk):
            yield Bodies(part, chunk=chunk, obj=obj)
    else:
        yield Bodies(source, chunk=chunk, obj=obj)


async def read(file: BinaryIO, chunk: int) -> AsyncGenerator[bytes, None]:
    # One that has nothing now gives None, whatever its type says.
    read_some = cast("Callable[[int], bytes | None]", file.read)
    while (part := await asyncio.to_thread(read_some, chunk)) != b"":
        if part is None:
            await asyncio.sleep(RETRY_SECONDS)
        else:
            yield part


async def close(source: Any) -> None:
    """Ends a generator where it stands; a file is closed by who opened it."""
    if isinstance(source, AsyncGenerator):
        await source.aclose()
    elif isinstance(source, Generator):
        generator = cast("Generator[object, object, object]", source)
        if inspect.getgeneratorstate(generator) != inspect.GEN_RUNNING:
            generator.close()
