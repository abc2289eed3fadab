"""Sends a file as one stream, and waits until all of it is acknowledged: `python send.py HOST PORT FILE`."""

import asyncio
import sys
from pathlib import Path

from oap.asyncio import connect


async def main(host: str, port: str, path: str) -> None:
    async with await connect(host, int(port)) as connection:
        with Path(path).open("rb") as file:
            await connection.send_stream(Path(path).name, file)
        await connection.delivered()
    print(f"{Path(path).name}: delivered")


asyncio.run(main(*sys.argv[1:]))
