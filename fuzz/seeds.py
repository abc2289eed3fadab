#!/usr/bin/env python3
"""Corpora from the shared vectors: each stream and frame of a vector is a seed of every target. `fuzz/seeds.py` fills
fuzz/corpus; `fuzz/seeds.py --pack` also minimizes it and writes fuzz/corpora, a line of hex an input."""

import argparse
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
VECTORS = FUZZ.parent / "tests" / "vectors" / "oap1"
# The bit of each field in the configuration byte of fuzz/src/input.rs.
RELAXED, NO_PQ, NO_OBJ, WRAP = 1, 2, 4, 8


def load_run():
    loader = SourceFileLoader("run", str(FUZZ / "run"))
    module = module_from_spec(spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


run = load_run()


def expand(hexes) -> bytes:
    """A string of hex, {"repeat", "times"}, or a list of such parts."""
    if isinstance(hexes, str):
        return bytes.fromhex(hexes)
    if isinstance(hexes, dict):
        return bytes.fromhex(hexes["repeat"]) * hexes["times"]
    return b"".join(map(expand, hexes))


def config_byte(config: dict) -> int:
    byte = RELAXED * (config.get("strict_headers") is False)
    byte |= NO_PQ * (config.get("allow_pq_hello_flags") is False)
    byte |= NO_OBJ * (config.get("enforce_obj_header_on_objects") is False)
    return byte | WRAP * (config.get("seq_rollover_policy") == "wrap")


def streams(case: dict) -> Iterator[bytes]:
    """What a case has on the wire: received, or given back."""
    request, answer = case["request"], case["answer"]
    match request["op"]:
        case "decode":
            yield b"".join(map(expand, request["chunks"]))
        case "table":
            yield expand(request["bytes"])
        case "encode" if "bytes" in answer:
            yield expand(answer["bytes"])
        case "session":
            yield b"".join(expand(step["recv"]) for step in request["steps"] if "recv" in step)
            yield b"".join(expand(outcome["bytes"]) for outcome in answer["outcomes"] if "bytes" in outcome)


def seeds() -> Iterator[bytes]:
    for path in sorted(VECTORS.glob("*.json")):
        understood = (case for case in json.loads(path.read_text()) if "usage" not in case["answer"])
        for case in understood:
            head = config_byte(case["request"].get("config", {}))
            for stream in streams(case):
                for cuts in (0, 5):
                    yield bytes([head, cuts]) + stream
                # As the header of header_fuzz.
                yield bytes([head, 0]) + stream[8:]


def fill(target: str) -> Path:
    folder = run.unpack(target)
    for seed in seeds():
        if len(seed) <= run.MAX_LEN:
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    return folder


def pack(target: str, binaries: Path, corpus: Path) -> None:
    """libFuzzer's own minimization: the least inputs that reach all that the corpus reaches."""
    with tempfile.TemporaryDirectory() as least:
        command = [binaries / target, "-merge=1", f"-max_len={run.MAX_LEN}", "-timeout=20", least, corpus]
        subprocess.run(command, check=True, capture_output=True)
        lines = sorted((path.read_bytes().hex() for path in Path(least).iterdir()), key=lambda line: (len(line), line))
    (FUZZ / "corpora").mkdir(exist_ok=True)
    (FUZZ / "corpora" / f"{target}.hex").write_text("".join(line + "\n" for line in lines if line))
    print(f"{target}: {len(lines)} inputs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", action="store_true")
    parser.add_argument("targets", nargs="*", default=run.TARGETS)
    arguments = parser.parse_args()
    binaries = run.build(arguments.targets, asan=False) if arguments.pack else None
    for target in arguments.targets:
        corpus = fill(target)
        if binaries:
            pack(target, binaries, corpus)


if __name__ == "__main__":
    main()
