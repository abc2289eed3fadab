#!/usr/bin/env python3
"""Writes tests/vectors/oap1/*.json, of the connection engine tests/vectors/connection/*.json, and index.json, which
names the cases of each rule; with --check says which of them are not current."""

import json
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases.rules import RULES
from cases.topic import Topic

OUT = Path(__file__).resolve().parent

TOPICS = (
    "canonical", "constants", "config", "usage",
    "prefix", "keys", "varints", "wire_types", "hello", "start_data", "ack_end_error", "uint32", "text",
    "relaxed", "order", "pq", "verdicts", "splits", "truncated", "table", "encode",
    "session_handshake", "session_limits", "session_streams", "session_seq", "session_credit", "session_ack",
    "session_objects", "session_error", "session_refusals",
    "monitor_counters", "monitor_gauges", "monitor_reject_rate", "monitor_starvation", "monitor_backpressure",
    "monitor_load", "monitor_sessions",
    "monitor_window", "monitor_readiness",
)

# No part of the wire: another codec may leave them out.
CONNECTION_TOPICS = ("start", "take", "room", "end", "close")


def build() -> dict[str, str]:
    modules = {f"oap1/{name}.json": name for name in TOPICS}
    modules |= {f"connection/{name}.json": f"connection_{name}" for name in CONNECTION_TOPICS}
    topics = {file: topic_of(module) for file, module in modules.items()}
    return {file: topic.text() for file, topic in topics.items()} | {"index.json": index(topics)}


def topic_of(module: str) -> Topic:
    topic = Topic()
    import_module(f"cases.topics.{module}").build(topic)
    return topic


def index(topics: dict[str, Topic]) -> str:
    """Rule, file, the names of the cases; a rule that no case proves has no file."""
    names = defaultdict(lambda: defaultdict(list))
    for file, topic in topics.items():
        for case in topic.cases:
            names[case["rule"]][file].append(case["name"])
    return json.dumps({rule: names[rule] for rule in RULES}, indent=1) + "\n"


def written() -> dict[str, Path]:
    return {str(path.relative_to(OUT)): path for path in [*OUT.glob("*/*.json"), *OUT.glob("*.json")]}


def stale(files: dict[str, str]) -> list[str]:
    there = {name: path.read_text() for name, path in written().items()}
    return sorted(name for name in files.keys() | there.keys() if files.get(name) != there.get(name))


def write(files: dict[str, str]) -> None:
    for name, path in written().items():
        if name not in files:
            path.unlink()
    for name, text in files.items():
        (OUT / name).parent.mkdir(exist_ok=True)
        (OUT / name).write_text(text)


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        names = stale(build())
        for name in names:
            print(f"not current: {name}")
        return 1 if names else 0
    if arguments:
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    write(build())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
