"""The code blocks of a document."""

import re

from tree import ROOT


def blocks(document: str, language: str) -> list[str]:
    path = ROOT / document
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


def shell_block(document: str, word: str) -> str:
    """The one with that word."""
    [block] = [block for block in blocks(document, "sh") if word in block]
    return block
