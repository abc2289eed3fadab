"""A copy of what git has here, with other names: each is one edit."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON, NPM, GO = "other-python", "@other/npm", "other.example/go"
# File, what stands there once, what is put in its place.
EDITS = [
    ("sdk-python/pyproject.toml", 'name = "oap"', f'name = "{PYTHON}"'),
    ("sdk-node/package.json", '"name": "oap"', f'"name": "{NPM}"'),
    ("bindings/go/pack", "path=oap.example/oap", f"path={GO}"),
]


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def copy(folder: Path) -> Path:
    """With its history, of which the packers ask the time of the last commit."""
    tree = folder / "tree"
    run("git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", tree, cwd=folder)
    changed = run("git", "ls-files", "-z", "--modified", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, changed):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    for name, here, there in EDITS:
        text = (tree / name).read_text()
        assert text.count(here) == 1, f"{name}: {here} is not one place"
        (tree / name).write_text(text.replace(here, there))
    return tree


def node_runs(folder: Path, *tarballs: Path) -> None:
    """Installed by the new name, imported by it both ways, and with its native half found beside it."""
    (folder / "package.json").write_text('{ "private": true }')
    run("npm", "install", "--offline", "--no-audit", "--no-fund", *tarballs, cwd=folder)
    decode = "oap.encode({ kind: 'ACK', upTo: 7 }).length"
    (folder / "start.mjs").write_text(f"import * as oap from '{NPM}';\nconsole.log({decode});\n")
    (folder / "start.cjs").write_text(f"const oap = require('{NPM}');\nrequire('{NPM}/package.json');\nconsole.log({decode});\n")
    for start in ("start.mjs", "start.cjs"):
        assert run("node", start, cwd=folder) == "10\n"


def go_runs(folder: Path, proxy: Path) -> None:
    cache = run("go", "env", "GOMODCACHE", cwd=folder).strip()
    go = {"GOPROXY": f"file://{proxy},file://{cache}/cache/download", "GONOSUMDB": "*", "GOTOOLCHAIN": "local",
          "GOFLAGS": "-mod=mod -modcacherw", "GOMODCACHE": str(folder / "cache"), "CGO_ENABLED": "1"}
    (folder / "main.go").write_text(
        f'package main\n\nimport "{GO}"\n\nfunc main() {{ out, _ := oap.Append(nil, &oap.Ack{{UpTo: 7}}); print(len(out)) }}\n')
    run("go", "mod", "init", "clean.example/user", cwd=folder, **go)
    run("go", "get", GO, cwd=folder, **go)
    run("go", "build", "-o", "start", ".", cwd=folder, **go)
    assert subprocess.run([folder / "start"], capture_output=True, text=True).stderr == "10"
