#!/usr/bin/env python3
"""Writes docs/oap1-rules.csv, the rules of docs/OAP-1.md for a machine: number, title, the label of a breach,
the byte at which it is known. With --check says whether the file is current."""

import csv
import io
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
SPEC, TABLE = DOCS / "OAP-1.md", DOCS / "oap1-rules.csv"
COLUMNS = ("rule", "title", "label", "known_at")

RULE = re.compile(r"^### (?P<number>\d+a?\.\d+) (?P<title>\S.*)\n(?P<text>(?:(?!^##).*\n)*)", re.M)
BREACH = re.compile(r"^Breach[^:]*: ((?:.+\n)+)", re.M)
KNOWN_AT = re.compile(r"known at (?:byte )?(\d+(?: \+ header_len)?|the end of the input)")
LABEL_ROW = re.compile(r"^\| \d \| `(\w+)` \|", re.M)


def rules(spec: str) -> list[dict]:
    """A row for each label of each rule; a rule without a label has one too."""
    known = LABEL_ROW.findall(spec)
    return [dict(zip(COLUMNS, row)) for found in RULE.finditer(spec) for row in rows(found, known)]


def rows(found: re.Match, known: list[str]) -> list[tuple]:
    number, title = found["number"], found["title"].replace("`", "")
    breach = " ".join(" ".join(BREACH.findall(found["text"])).split())
    labels = [label for label in known if f"`{label}`" in breach]
    return [(number, title, label, known_at(number, breach, label)) for label in labels] or [(number, title, "", "")]


def known_at(number: str, breach: str, label: str) -> str:
    if "send is refused" in breach:
        return "send"
    if said := KNOWN_AT.search(breach, breach.index(f"`{label}`")):
        return said[1].removeprefix("the ")
    # Section 4 says it once for all of its rules.
    assert number.startswith("4."), number
    return "8 + header_len"


def text() -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rules(SPEC.read_text(encoding="utf-8")))
    return out.getvalue()


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return 0 if TABLE.read_text(encoding="utf-8") == text() else 1
    TABLE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
