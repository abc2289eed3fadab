"""Bytes as hex, long runs as {"repeat": "hex", "times": N} (section 5)."""

import re

_RUN = re.compile(rb"(.)\1{63,}", re.DOTALL)


def pack(data: bytes):
    """A string of hex, one repeat part, or a list of such parts."""
    parts, at = [], 0
    for run in _RUN.finditer(data):
        if run.start() > at:
            parts.append(data[at:run.start()].hex())
        parts.append({"repeat": run[1].hex(), "times": len(run[0])})
        at = run.end()
    if at < len(data) or not parts:
        parts.append(data[at:].hex())
    return parts[0] if len(parts) == 1 else parts


def unpack(parts) -> bytes:
    if isinstance(parts, list):
        return b"".join(map(unpack, parts))
    if isinstance(parts, dict):
        return bytes.fromhex(parts["repeat"]) * parts["times"]
    return bytes.fromhex(parts)
