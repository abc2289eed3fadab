"""docs/RUNBOOK.md taken apart: its blocks of commands, its tables, its headings."""

import itertools
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "RUNBOOK.md").read_text()

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)```$", re.M | re.S)


@dataclass
class Block:
    """Commands, what kind of commands, and the output that the book shows beneath them."""

    kind: str
    commands: str
    shows: str | None
    line: int


def blocks():
    found = []
    for fence in FENCE.finditer(TEXT):
        language, _, kind = fence["info"].partition(" ")
        body = textwrap.dedent(fence["body"])
        if language == "sh":
            found.append(Block(kind, body, None, TEXT.count("\n", 0, fence.start()) + 1))
        else:
            found[-1].shows = body.strip()
    return found


def slug(heading):
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


PROSE = FENCE.sub("", TEXT)
HEADINGS = re.findall(r"^#+ (.+)$", PROSE, re.M)
ANCHORS = [slug(heading) for heading in HEADINGS]


def section(anchor):
    """The prose of the section with that anchor."""
    parts = re.split(r"^#+ (.+)$", PROSE, flags=re.M)
    return dict(zip(map(slug, parts[1::2]), parts[2::2]))[anchor]


def table(head):
    """The rows of the first table whose head begins so."""
    lines = PROSE[PROSE.index(f"\n| {head} |") + 1 :].splitlines()
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in row.strip()[1:-1].split("|")] for row in rows][2:]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)
