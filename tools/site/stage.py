"""The pages of the site: those of docs and those that its summary names beside them, with links that lead within the site."""

import html
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"(^(?:```+|~~~+).*?^(?:```+|~~~+)[ \t]*$|`[^`\n]*`)", re.M | re.S)
LINK = re.compile(r"(\]\()([^()\s]+)(\))")
CODE_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>{title}</title><link rel="icon" href="data:,">
<style>body {{ margin: 16px; font: 15px/1.5 system-ui, sans-serif }} pre {{ overflow-x: auto; font: 13px/1.45 monospace }}</style>
{parts}
"""


def tracked(*paths: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--", *paths], cwd=ROOT, check=True, capture_output=True, text=True)
    return listed.stdout.split()


def place(path: str) -> str:
    """Where a file of the repository stands in the site: docs is its root."""
    return path.removeprefix("docs/")


class Stage:
    """The book's source: pages with their links rewritten, and beside the book what those links lead to."""

    def __init__(self, source: Path, beside: Path):
        self.source, self.beside = source, beside
        self.pages = {*tracked("docs/*.md"), *self.of_summary()}

    @staticmethod
    def of_summary() -> set[str]:
        links = LINK.findall((ROOT / "docs" / "SUMMARY.md").read_text())
        return {os.path.normpath(f"docs/{link}") for _, link, _ in links}

    def write(self) -> None:
        for page in sorted(self.pages):
            put(self.source / place(page), self.rewritten(page))

    def rewritten(self, page: str) -> str:
        parts = FENCE.split((ROOT / page).read_text())
        parts[::2] = [LINK.sub(lambda found: found[1] + self.link(page, found[2]) + found[3], part) for part in parts[::2]]
        return "".join(parts)

    def link(self, page: str, link: str) -> str:
        path, mark, anchor = link.partition("#")
        if re.match(r"\w+:", link) or not path:
            return link
        target = os.path.normpath(os.path.join(os.path.dirname(page), path))
        to = os.path.relpath(self.within(target), os.path.dirname(place(page)) or ".")
        # mdBook makes an index.html of each README.md, and of links to it only in the summary.
        return (to if page.endswith("SUMMARY.md") else re.sub(r"README\.md$", "index.md", to)) + mark + anchor

    def within(self, target: str) -> str:
        """A page, a picture or table as it is, and any other file or folder as a page that shows it."""
        if f"{target}/README.md" in self.pages:
            target += "/README.md"
        if target in self.pages:
            return place(target)
        if Path(target).suffix in (".png", ".svg", ".csv"):
            put(self.source / place(target), (ROOT / target).read_bytes())
            return place(target)
        shown = f"{place(target)}.html"
        put(self.beside / shown, code_page(target, tracked(target)))
        return shown


def code_page(title: str, files: list[str]) -> str:
    def part(path: str) -> str:
        return f"<h1>{html.escape(path)}</h1>\n<pre>{html.escape((ROOT / path).read_text())}</pre>"

    return CODE_PAGE.format(title=html.escape(title), parts="\n".join(part(path) for path in files))


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
