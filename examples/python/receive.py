"""Keeps each stream that ends well as a file of its name: `python receive.py HOST PORT DIRECTORY`."""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import oap
from oap.asyncio import Connection, serve

DIRECTORY = Path(sys.argv[3])


async def receive(connection: Connection) -> None:
    part = DIRECTORY / f".{uuid4()}"
    try:
        async for frame in connection:
            match frame:
                case oap.Start(stream):
                    name, file = Path(stream).name, part.open("wb")  # the peer chooses no folder
                case oap.Data(_, _, body):
                    file.write(body)
                case oap.End(_, status):
                    file.close()
                    if status == 0:
                        part.rename(DIRECTORY / name)
                        print(f"{name}: received", flush=True)
    finally:
        part.unlink(missing_ok=True)


async def main(host: str, port: str) -> None:
    async with await serve(receive, host, int(port)) as server:
        print("listening on {}:{}".format(*server.sockets[0].getsockname()), flush=True)
        await server.serve_forever()


asyncio.run(main(*sys.argv[1:3]))
