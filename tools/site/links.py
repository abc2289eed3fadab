"""Where the pages of a site lead: every link, picture, script and style of a page to a file that is there, and to an anchor that
the file has."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# In the docs of other crates' traits, which rustdoc shows with each type: names of Rust, and a page beside tracing's own.
FOREIGN = re.compile(r"\w+::|dispatcher#setting-the-default-subscriber$")
LEADS = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src"}


class Page(HTMLParser):
    def __init__(self, path: Path):
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(errors="replace"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if given.get(LEADS.get(tag, "")):
            self.links.add(given[LEADS[tag]])


def dead(site: Path) -> tuple[list[str], int]:
    """The dead links, and how many were looked at."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    found, count = [], 0
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if not parts.scheme and not parts.netloc and not FOREIGN.match(link):
                count += 1
                if not alive(pages, path, unquote(parts.path), parts.fragment):
                    found.append(f"{path.relative_to(site)}: {link}")
    return found, count


def alive(pages: dict[Path, Page], path: Path, to: str, anchor: str) -> bool:
    target = (path.parent / to).resolve() if to else path
    if target.is_dir():
        target /= "index.html"
    # rustdoc marks lines of its sources by scripts.
    known = not anchor or target not in pages or re.fullmatch(r"[\d-]+", anchor)
    return target.exists() and bool(known or {anchor, unquote(anchor)} & pages[target].anchors)
