"""What `make dist` made, and the first example that each guide shows."""

import json
import os
import re
import subprocess
import tarfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("OAP_RELEASE", ROOT / "build" / "release"))
# How the files of the Python package and of the npm packages begin.
PYTHON = re.sub(r"[-_.]+", "_", tomllib.loads((ROOT / "sdk-python/pyproject.toml").read_text())["project"]["name"]).lower()
NPM = json.loads((ROOT / "sdk-node/package.json").read_text())["name"].removeprefix("@").replace("/", "-")
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]
# Nothing of this machine or repository is found but what a test names.
PLAIN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "CARGO_HOME", "RUSTUP_HOME") if name in os.environ}


def artifact(pattern):
    """The one file that fits."""
    [found] = RELEASE.glob(pattern)
    return found


def unpack(pattern, folder):
    """The folder that the one archive that fits holds."""
    with tarfile.open(artifact(pattern)) as archive:
        archive.extractall(folder, filter="data")
        [name] = {member.split("/")[0] for member in archive.getnames()}
    return folder / name


def files():
    """The names of all, those in folders too."""
    return sorted(str(path.relative_to(RELEASE)) for path in RELEASE.rglob("*") if path.is_file())


def run(*command, cwd=None, **env):
    done = subprocess.run(command, cwd=cwd, env=PLAIN | env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def first_example(document, language):
    text = (ROOT / document).read_text()
    return re.search(rf"^```{language}\n(.*?)^```", text, re.M | re.S)[1]


def compile_and_run(folder, flags, **env):
    source = folder / "example.c"
    source.write_text(first_example("README.md", "c"))
    run("cc", "-Wall", "-Werror", source, "-o", folder / "example", *flags)
    assert "refused: frame_oversize" in run(folder / "example", **env)
