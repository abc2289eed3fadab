"""The site: its summary names every page of docs once, its pages lead within it, and its check of links finds a dead one."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "site"))
import header  # noqa: E402
import links  # noqa: E402
from stage import Stage  # noqa: E402


def test_the_summary_names_every_page_of_docs_once():
    named = re.findall(r"\]\((.+?)\)", (ROOT / "docs" / "SUMMARY.md").read_text())
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"SUMMARY.md"}
    assert sorted(name for name in named if not name.startswith("../")) == sorted(pages)
    assert len(set(named)) == len(named)


def test_a_link_leads_to_a_page_to_a_picture_or_to_a_page_that_shows_a_file(tmp_path):
    stage = Stage(tmp_path / "source", tmp_path / "beside")
    assert stage.link("docs/c.md", "../include/oap.h") == "include/oap.h.html"
    assert "OAP_KIND_ACK" in (tmp_path / "beside" / "include" / "oap.h.html").read_text()
    assert stage.link("docs/perf/c.md", "../performance.md#targets") == "../performance.md#targets"
    assert stage.link("README.md", "docs/performance.svg") == "performance.svg"
    assert stage.link("ops/README.md", "../docs/RUNBOOK.md") == "../RUNBOOK.md"
    assert stage.link("README.md", "https://example.org/x.md") == "https://example.org/x.md"


def test_the_page_of_the_header_has_every_declaration_that_is_explained():
    text = (ROOT / "include" / "oap.h").read_text()
    page = header.page(text)
    assert page.count("\n### ") == len(re.findall(r"^/\*\*$", text, re.M))
    for name in ("oap_session_recv", "OAP_STATUS_CLOSED", "oap_frame", "oap_status"):
        assert f"\n### {name}\n" in page


def test_a_dead_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#here">b</a> <a href="https://example.org">out</a> <h1 id="top"></h1>')
    (tmp_path / "b.html").write_text('<h1 id="here"></h1><a href="a.html#gone">a</a><img src="none.png">')
    assert links.dead(tmp_path) == (["b.html: a.html#gone", "b.html: none.png"], 3)
