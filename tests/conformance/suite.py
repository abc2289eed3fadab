"""The cases: read from vectors or from a document's examples, chosen, expanded, compared."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "oap1"
HEX_KEYS = {"bytes", "body", "recv", "receive", "data"}
LIBRARY_NAMES = {"metrics", "readiness_keys"}
EXAMPLE = re.compile(r"^#+ (?P<title>.+)$|^```json oap-example\n(?P<case>(?:(?!^```).*\n)*)^```$", re.M)

# What a new codec needs first comes first; files that are not named here come last.
BASIC_FIRST = (
    "constants", "encode", "canonical", "prefix", "start_data", "ack_end_error", "hello", "varints", "keys", "wire_types",
    "uint32", "text", "verdicts", "order", "splits", "truncated", "table", "config", "pq", "relaxed",
    "session_handshake", "session_streams", "session_seq", "session_credit", "session_ack", "session_objects",
    "session_limits", "session_error", "session_refusals", "usage",
    "monitor_counters", "monitor_gauges", "monitor_reject_rate", "monitor_starvation", "monitor_backpressure",
    "monitor_load", "monitor_sessions", "monitor_window", "monitor_readiness",
)


def joined(parts):
    """Hex from `{"repeat": hex, "times": N}` or a list of such parts; anything else as it is."""
    if isinstance(parts, dict) and parts.keys() == {"repeat", "times"}:
        return parts["repeat"] * parts["times"]
    if isinstance(parts, list):
        return "".join(map(joined, parts))
    return parts


def expand(value, key=None):
    if key in HEX_KEYS:
        return joined(value)
    if key == "chunks" and isinstance(value, list):
        return [joined(chunk) for chunk in value]
    if isinstance(value, dict):
        return {name: expand(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner) for inner in value]
    return value


def line(value) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def request_line(request) -> str:
    """`{"line": text}` stands for a line that is not a request in JSON."""
    if isinstance(request, dict) and request.keys() == {"line"}:
        return request["line"]
    return line(expand(request))


def agrees(expected, got) -> bool:
    """JSON equality (1 is not true); of a usage answer only that it is one."""
    if "usage" in expected:
        return isinstance(got, dict) and "usage" in got
    return line(expand(without_left_out(expected, got))) == line(got)


def without_left_out(expected: dict, got) -> dict:
    """Names of the library's telemetry, of which another codec may leave out each."""
    if not LIBRARY_NAMES <= expected.keys() or not isinstance(got, dict):
        return expected
    return {key: value for key, value in expected.items() if key in got or key not in LIBRARY_NAMES}


ABSENT = object()


def first_difference(expected, got, path: str = "") -> tuple[str, object, object] | None:
    """Where two values of JSON differ first, and what is in either there; ABSENT where there is nothing."""
    if line(expected) == line(got):
        return None
    if isinstance(expected, dict) and isinstance(got, dict):
        pairs = [(f".{key}", expected.get(key, ABSENT), got.get(key, ABSENT)) for key in [*expected, *sorted(got.keys() - expected.keys())]]
    elif isinstance(expected, list) and isinstance(got, list):
        pairs = [(f"[{i}]", item(expected, i), item(got, i)) for i in range(max(len(expected), len(got)))]
    else:
        return path or ".", expected, got
    for step, left, right in pairs:
        if left is ABSENT or right is ABSENT:
            return path + step, left, right
        if found := first_difference(left, right, path + step):
            return found
    return None


def item(values: list, index: int):
    return values[index] if index < len(values) else ABSENT


def place(path: Path) -> tuple[int, str]:
    known = path.stem in BASIC_FIRST
    return BASIC_FIRST.index(path.stem) if known else len(BASIC_FIRST), path.name


def load(only: str = "*", vectors: Path = VECTORS) -> list[dict]:
    files = sorted(vectors.glob("*.json"), key=place)
    return [case for path in files for case in cases_of(path, only)]


def cases_of(path: Path, only: str) -> Iterator[dict]:
    for case in json.loads(path.read_text(encoding="utf-8")):
        if any(fnmatchcase(name, only) for name in (case["name"], path.name, path.stem)):
            yield case | {"file": path.name}


def examples(document: Path, only: str = "*") -> list[dict]:
    """The blocks `json oap-example` of a document, named by the heading above them."""
    cases, title = [], ""
    for found in EXAMPLE.finditer(document.read_text(encoding="utf-8")):
        title = found["title"] or title
        if found["case"] is not None and fnmatchcase(title, only):
            cases.append(json.loads(found["case"]) | {"name": title, "rule": "-", "file": document.name})
    return cases


def choose(cases: list[dict], rules: list[str], ops: list[str]) -> list[dict]:
    """Those of one of the rules, a section standing for all of its rules, and of one of the ops; all where none is given."""
    return [case for case in cases if (not rules or is_of(case["rule"], rules)) and (not ops or op_of(case) in ops)]


def is_of(rule: str, wanted: list[str]) -> bool:
    return any(rule == one or rule.startswith(one + ".") for one in wanted)


def op_of(case: dict):
    request = case["request"]
    return request.get("op") if isinstance(request, dict) else None
