"""What Markdown pages have: their headings, and where their links lead."""

import re
from pathlib import Path

LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


def prose(page: Path) -> str:
    """Without what stands in fences and between backquotes."""
    text = re.sub(r"^(```+|~~~+).*?^\1$", "", page.read_text(), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "`", text)


def headings(page: Path, level: str = "#+") -> list[str]:
    text = re.sub(r"^(```+|~~~+).*?^\1$", "", page.read_text(), flags=re.M | re.S)
    return re.findall(rf"^{level} (.+)$", text, re.M)


def anchors(page: Path) -> set[str]:
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings(page)}


def links(page: Path) -> list[str]:
    """Those within the repository, each once."""
    found = LINK.findall(prose(page))
    return sorted({link for link in found if not re.match(r"\w+:", link)})
