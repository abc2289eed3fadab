"""The examples of the guide and of the README run, and say what the package does."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asyncio_peers import close_within
from wires import ROOT

import oap
from oap.asyncio import Options

GUIDE = ROOT / "docs" / "python.md"
README = ROOT / "sdk-python" / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)

EXAMPLES = [
    pytest.param(block, id=f"{path.name}-{number}")
    for path in (GUIDE, README)
    for number, block in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_there_are_examples_of_all_patterns() -> None:
    assert len(EXAMPLES) == 11


def test_the_session_example_has_twenty_lines_at_most() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    sockets = guide.split("### A session on a socket")[1]
    example = BLOCK.findall(sockets)[0]
    assert sum(1 for line in example.splitlines() if line.strip()) <= 20


def test_the_guide_names_every_column_and_every_error() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    view = memoryview(oap.Decoder().feed(b""))
    columns = re.findall(r":(\w+):", view.format)
    assert len(columns) == 10
    for name in [*columns, *(name for name in oap.__all__ if name.endswith("Error"))]:
        assert name in guide, name


def test_the_guide_names_every_field_of_a_frame() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    table = guide.split("### Frames")[1].split("\n## ")[0]
    for frame in (oap.Hello, oap.Start, oap.Data, oap.Ack, oap.End, oap.Error):
        row = next(line for line in table.splitlines() if line.startswith(f"| `{frame.__name__}`"))
        assert re.findall(r"`(\w+)`", row) == [frame.__name__, *frame.__match_args__]


def test_the_guide_s_table_of_numbers_is_true() -> None:
    table = GUIDE.read_text(encoding="utf-8").split("### What is out of range")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == 6
    calls: list[Callable[[Any], object]] = [
        oap.Ack,
        lambda number: oap.End(1, number),
        lambda number: oap.Config(max_frame=number),
        lambda number: oap.Monitor().count_frame(number, 1),
        lambda index: oap.Decoder().feed(oap.encode(oap.Ack(1)))[index],
        lambda seconds: Options(idle_timeout=seconds),
        lambda seconds: asyncio.run(close_within(seconds)),
    ]
    for given, *says in rows:
        for number in re.findall(r"`([^`]+)`", given):
            for call, word in zip(calls, says, strict=True):
                assert outcome(call, eval(number)) in (word.strip("`"), {"as its range says": "ConfigError"}.get(word))


def outcome(call: Callable[[Any], object], number: Any) -> str:
    try:
        made = call(number)
    except Exception as error:
        return type(error).__name__
    return "the last one" if number == -1 and isinstance(made, oap.Ack) else "fits"
