"""Every link from one page of the repository to another leads somewhere, and its anchor to a heading."""

import subprocess
from pathlib import Path

from pages import anchors, links

ROOT = Path(__file__).resolve().parents[2]


def dead(page: Path) -> list[str]:
    found = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or anchor and target.suffix == ".md" and anchor not in anchors(target):
            found.append(f"{page.relative_to(ROOT)}: {link}")
    return found


def test_no_link_is_dead():
    pages = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert sum(len(links(ROOT / page)) for page in pages) > 100
    assert [link for page in pages for link in dead(ROOT / page)] == []
