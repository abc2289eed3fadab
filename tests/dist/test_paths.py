"""Nothing that is released names the machine that built it: no path of the checkout, of the home folder, of cargo's crates
or of the compiler."""

import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from release import RELEASE, ROOT, files

CARGO_HOME = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
SYSROOT = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
PATHS = [f"{path}/".encode() for path in (ROOT, Path.home(), CARGO_HOME, SYSROOT)]
ZIPS = (".whl", ".zip")
TARS = (".tar", ".tar.gz", ".tar.xz", ".tgz", ".crate")
# What git tracks, which may well say /root/.
SOURCES = "-source.tar.gz"


def members(name: str, content: bytes):
    """A file, and what it holds if it is an archive, with names that say where."""
    yield name, content
    if name.endswith(ZIPS):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            held = [(member, archive.read(member)) for member in archive.namelist()]
    elif name.endswith(TARS) and not name.endswith(SOURCES):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            held = [(member.name, archive.extractfile(member).read()) for member in archive if member.isfile()]
    elif name.endswith(".deb"):
        held = [("data.tar", subprocess.run(["dpkg-deb", "--fsys-tarfile", RELEASE / name], capture_output=True, check=True).stdout)]
    else:
        held = []
    for member, inner in held:
        yield from members(f"{name}/{member}", inner)


def named(name: str, content: bytes) -> list[str]:
    return [f"{place}: {path.decode()}" for place, inner in members(name, content) for path in PATHS if path in inner]


@pytest.mark.parametrize("name", files())
def test_no_artifact_names_a_path_of_this_machine(name):
    assert named(name, (RELEASE / name).read_bytes()) == []


def test_a_path_is_found_inside_an_archive():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("module.so", b"\0" + PATHS[0] + b"oap/src/lib.rs\0")
    assert named("package.whl", packed.getvalue()) == [f"package.whl/module.so: {PATHS[0].decode()}"]
