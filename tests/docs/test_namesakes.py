"""On the public indexes `oap` is other projects': no page tells to install them for this one."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALL = r"(?:pip3? install|npm (?:i|install|add)|uv add|yarn add|pnpm add|cargo (?:add|install))"
FROM_AN_INDEX = re.compile(rf"\b{INSTALL} (?:-[\w-]+ )*oap(?:-ffi|-tokio|-wasm)?(?![-\w./@\[])")


def pages():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split()]


def told(text):
    return [found for found in FROM_AN_INDEX.findall(text) if "--no-index" not in found]


def test_no_page_takes_oap_from_a_public_index():
    assert len(pages()) > 20
    assert {page: told(page.read_text()) for page in pages() if told(page.read_text())} == {}


def test_a_page_that_did_would_be_found():
    assert told("`pip install oap`") and told("npm install --save oap\n") and told("cargo add oap-tokio")
    assert not told("pip install --no-index --find-links DIR oap") and not told("npm install DIR/oap-0.1.0.tgz") and not told("npm install ./oap-0.1.0.tgz")
