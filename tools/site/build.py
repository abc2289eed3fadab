"""build.py FOLDER: the site: the book over docs with its search, the references of each language, and the inspector. Fails
where a link is dead. Exits with 77 where the inspector can't be built."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import header
import links
from stage import ROOT, Stage, code_page, put, tracked

SCRATCH = ROOT / "build" / "site-source"
MDBOOK = ["tools/cargo-tool", "mdbook", "0.5.4", "--no-default-features", "--features", "search"]
BOOK = """\
[book]
title = "oap"
language = "en"

[output.html]
default-theme = "light"
preferred-dark-theme = "navy"
no-section-label = true
input-404 = ""

[output.html.print]
enable = false
"""
REFERENCE = """\
# API references

- Rust: [oap](rust/oap/index.html), [oap-tokio](rust/oap_tokio/index.html)
- C: [oap.h](c.md)
- C++: [oap.hpp](cpp.html)
- Go: [oap](go.md)
- Python: [oap](python/oap.html)
- Node: [oap](node/index.html)
"""
SUMMARY = """
# Reference

- [API references](reference/README.md)
  - [oap.h](reference/c.md)
  - [Go](reference/go.md)
"""
GO = {"oap": ".", "oap/oaphttp": "./oaphttp"}


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print(f"site: failed: {' '.join(map(str, command))}", file=sys.stderr)
        sys.exit(done.returncode)
    return done.stdout


def go_page() -> str:
    parts = [f"## {title}\n\n```text\n{run('go', 'doc', '-C', 'bindings/go', '-all', package)}```" for title, package in GO.items()]
    return "\n\n".join(["# Go", *parts]) + "\n"


def book(site: Path) -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)
    source = SCRATCH / "src"
    Stage(source, site).write()
    put(SCRATCH / "book.toml", BOOK)
    put(source / "reference" / "README.md", REFERENCE)
    put(source / "reference" / "c.md", header.page((ROOT / "include" / "oap.h").read_text()))
    put(source / "reference" / "go.md", go_page())
    with (source / "SUMMARY.md").open("a") as summary:
        summary.write(SUMMARY)
    with (source / "inspector.md").open("a") as page:
        page.write("\n**[Open the inspector](inspector/index.html)**\n")
    program = Path(run(*MDBOOK).strip()) / "mdbook"
    run(program, "build", SCRATCH, "--dest-dir", SCRATCH / "book")
    shutil.copytree(SCRATCH / "book", site, dirs_exist_ok=True)


def references(site: Path) -> None:
    run("cargo", "doc", "--quiet", "--locked", "--no-deps", "--all-features", "-p", "oap", "-p", "oap-tokio", "--target-dir", "target/doc")
    shutil.copytree(ROOT / "target" / "doc" / "doc", site / "reference" / "rust", dirs_exist_ok=True)
    # Its pages lead back to an index that it makes for one crate alone.
    put(site / "reference" / "rust" / "index.html", '<!doctype html><meta http-equiv="refresh" content="0; url=oap/index.html">')
    cpp = [path for path in tracked("include") if path.endswith(".hpp")]
    put(site / "reference" / "cpp.html", code_page("oap.hpp", cpp))
    run(".venv/bin/python", "-m", "pdoc", "--no-show-source", "-o", site / "reference" / "python",
        "oap", "oap.asyncio", "oap.arrow", "oap.prometheus")
    run("npm", "ci", "--silent", cwd=ROOT / "tools" / "site")
    run("node_modules/.bin/typedoc", "--options", "typedoc.json", "--out", site / "reference" / "node", cwd=ROOT / "tools" / "site")


def main(folder: str) -> None:
    site = Path(folder).resolve()
    shutil.rmtree(site, ignore_errors=True)
    book(site)
    references(site)
    run("oap-inspector/build", site / "inspector")
    dead, count = links.dead(site)
    print("".join(f"dead: {link}\n" for link in dead), end="")
    if dead:
        sys.exit(1)
    pages = len(list(site.rglob("*.html")))
    print(f"{site}/index.html: {pages} pages, {count} links, none of them dead")


if __name__ == "__main__":
    main(*sys.argv[1:])
