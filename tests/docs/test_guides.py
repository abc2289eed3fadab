"""The guides say the same things in the same order."""

from pathlib import Path

import pytest
from pages import headings

DOCS = Path(__file__).resolve().parents[2] / "docs"
ORDER = ["Install", "Ten lines", "Connection", "Server", "Sans I/O", "Table", "Errors", "Metrics", "Threads", "Memory", "Performance"]


@pytest.mark.parametrize("guide", ["rust", "c", "cpp", "go", "python", "node"])
def test_a_guide_has_the_sections_of_all_in_their_order(guide):
    assert headings(DOCS / f"{guide}.md", "##") == ORDER
