"""Byte streams for the tests, out of the shared vectors."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors" / "oap1"

ADDRESS = "b3:" + "0123456789abcdef" * 4


def cases(op: str) -> list[Any]:
    """The cases of an operation, from all files."""
    files = sorted(VECTORS.glob("*.json"))
    found = [case for file in files for case in json.loads(file.read_text(encoding="utf-8"))]
    return [case for case in found if is_of(case["request"], op)]


def is_of(request: Any, op: str) -> bool:
    return isinstance(request, dict) and request.get("op") == op


def expand(part: Any) -> bytes:
    """The bytes of a vector's hex, with its repetitions."""
    if isinstance(part, str):
        return bytes.fromhex(part)
    if isinstance(part, list):
        return b"".join(map(expand, part))
    repeated: str = part["repeat"] * part["times"]
    return bytes.fromhex(repeated)


def streams() -> list[bytes]:
    """The byte streams of the decode cases that a default Config takes, good and bad, up to 4 KiB."""
    wires = (
        b"".join(map(expand, case["request"]["chunks"]))
        for case in cases("decode")
        if "usage" not in case["answer"]
    )
    return sorted({wire for wire in wires if len(wire) <= 4096})
