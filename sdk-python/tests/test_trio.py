"""The example on trio, against a server of oap.asyncio."""

import asyncio
import sys
from pathlib import Path

from asyncio_peers import Collector, run, served
from wires import ROOT

EXAMPLE = ROOT / "sdk-python" / "examples" / "trio_client.py"


def test_a_file_goes_over_trio_in_good_order(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 20_000)

    async def main() -> None:
        collector = Collector()
        async with served(collector) as port:
            client = await asyncio.create_subprocess_exec(
                sys.executable, EXAMPLE, str(port), path, stdout=asyncio.subprocess.PIPE
            )
            told, _ = await client.communicate()
            assert (client.returncode, told) == (0, b"clean\n")
            await collector.done.wait()
        assert collector.bodies() == path.read_bytes()

    run(main())
