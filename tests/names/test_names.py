"""Another name on a registry is one edit in each language: renamed, packed with the binaries that are built, installed and run.
`tests/gate/names` builds the renamed packages whole."""

import json
import re
import shutil
import tomllib
from email.parser import Parser

import pytest
from renamed import GO, NPM, PYTHON, ROOT, copy, go_runs, node_runs, run

VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))), "sdk-python/README.md", "sdk-node/README.md",
         "sdk-node/wasm/README.md"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("names"))


def test_the_python_package(tree, tmp_path):
    maturin = ROOT / ".venv" / "bin" / "maturin"
    run(maturin, "pep517", "write-dist-info", "--metadata-directory", tmp_path, "--interpreter", ROOT / ".venv/bin/python",
        cwd=tree / "sdk-python", CARGO_TARGET_DIR=str(tmp_path / "target"))
    [folder] = tmp_path.glob("*.dist-info")
    assert folder.name.startswith(f"{PYTHON.replace('-', '_')}-{VERSION}")
    assert Parser().parsestr((folder / "METADATA").read_text())["Name"] == PYTHON


def test_the_npm_packages(tree, tmp_path):
    node, out = tree / "sdk-node", tmp_path / "out"
    out.mkdir()
    shutil.copytree(ROOT / "sdk-node" / "dist", node / "dist", dirs_exist_ok=True)
    [binary] = (ROOT / "sdk-node").glob("oap.*.node")
    platform = binary.name.split(".")[1]
    run("node", "scripts/pack.mjs", out, "any", cwd=node)
    run("node", "scripts/pack.mjs", out, platform, binary, cwd=node)
    node_runs(tmp_path, *out.glob("*.tgz"))
    beside = json.loads((tmp_path / "node_modules" / f"{NPM}-{platform}" / "package.json").read_text())
    assert beside["name"] == f"{NPM}-{platform}"


def test_the_go_modules(tree, tmp_path):
    """liboap is that of `make build`."""
    run("go", "build", "-C", "bindings/go", "-modfile=tools.mod", "-o", tmp_path / "modzip", "internal/modzip/main.go",
        "internal/modzip/platform.go", cwd=tree)
    modzip = (tmp_path / "modzip", tmp_path / "proxy", VERSION, run("git", "log", "-1", "--format=%cI", cwd=tree).strip(), GO)
    run(*modzip, "archive", "linux-x64-gnu", ROOT / "build/prefix/lib/liboap.a", cwd=tree)
    run(*modzip, "package", "linux-x64-gnu", cwd=tree)
    go_runs(tmp_path, tmp_path / "proxy")


def test_pages_install_by_the_names_of_the_packages():
    python = tomllib.loads((ROOT / "sdk-python/pyproject.toml").read_text())["project"]["name"]
    npm = json.loads((ROOT / "sdk-node/package.json").read_text())["name"].removeprefix("@").replace("/", "-")
    text = "\n".join((ROOT / page).read_text() for page in PAGES)
    told = set(re.findall(r"--find-links \S+ '?([\w.-]+)", text))
    packed = set(re.findall(rf"(?<![\w-])(\w[\w-]*?)(?:-PLATFORM|-wasm|-(?:linux|darwin|win32)-[\w-]+)?-{re.escape(VERSION)}\.tgz", text))
    assert (told, packed) == ({python}, {npm})


def test_no_page_has_a_namesake_installed():
    for page in PAGES:
        text = (ROOT / page).read_text()
        assert not re.findall(r"(?:pip|uv pip|npm|yarn|pnpm) (?:install|i|add) (?:oap|'oap|oap-wasm)(?![-\w./])", text), page
    for page in ("README.md", "docs/python.md", "docs/node.md"):
        assert re.search(r"`oap`.{0,80}(?:other|another)", (ROOT / page).read_text(), re.S), page
