#!/usr/bin/env python3
"""tools/ci/released.py FOLDER [PART…]: installs what a release in FOLDER has for this platform, as a user would, and tries it: first examples, and the
vectors in Python and Node. No Rust and no network is needed. What this machine has no program for is said and left out."""

import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from parts import ROOT, VERSION, NotHere, environment, first_example, main, node_vectors, program, python_vectors, run

RELEASE = Path(sys.argv[1]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="oap-released-"))
ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
CMAKE = """\
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(oap REQUIRED)
add_executable(user user.c)
target_link_libraries(user PRIVATE oap::oap_static)
"""


def here() -> str:
    """The name that the table of platforms has for this one."""
    abi = {"linux": "-gnu" if platform.libc_ver()[0] == "glibc" else "-musl"}.get(sys.platform, "")
    return f"{sys.platform}-{ARCHITECTURES[platform.machine().lower()]}{abi}"


def row() -> list[str]:
    table = (ROOT / "tools" / "dist" / "platforms").read_text(encoding="utf-8")
    [found] = [line.split() for line in table.splitlines() if line.split()[:1] == [here()]]
    return found


TARGET = row()[2]


def unpacked(name: str) -> Path:
    file = RELEASE / f"{name}-{VERSION}-{TARGET}.tar.gz"
    with tarfile.open(file) as archive:
        archive.extractall(WORK, filter="data")
    return WORK / file.name.removesuffix(".tar.gz")


def c() -> None:
    tree, source, build = unpacked("oap"), WORK / "c", WORK / "c" / "build"
    source.mkdir()
    (source / "user.c").write_text(first_example("README.md", "c"), encoding="utf-8")
    (source / "CMakeLists.txt").write_text(CMAKE)
    run(program("cmake"), "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={tree.as_posix()}", "-DCMAKE_BUILD_TYPE=Release")
    run(program("cmake"), "--build", build, "--config", "Release")
    [user] = [file for pattern in ("user", "user.exe", "Release/user.exe") for file in build.glob(pattern) if file.is_file()]
    assert "refused: frame_oversize" in run(user)


def python() -> None:
    interpreter = environment(WORK / "python")
    run(interpreter, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", RELEASE, "oap")
    assert "1 None b'abc'" in run(interpreter, "-c", first_example("docs/python.md", "python")).splitlines()
    python_vectors(interpreter)


def node() -> None:
    npm, project = program("npm"), WORK / "node"
    project.mkdir()
    (project / "package.json").write_text('{ "private": true }')
    packages = [RELEASE / f"oap-{VERSION}.tgz", RELEASE / f"oap-{here()}-{VERSION}.tgz"]
    run(npm, "install", "--offline", "--no-audit", "--no-fund", *packages, cwd=project)
    (project / "example.mjs").write_text(first_example("docs/node.md", "js"), encoding="utf-8")
    assert "DATA { seq: 1n, len: 3 }" in run(program("node"), "example.mjs", cwd=project)
    node_vectors(project)


def tool() -> None:
    [oap] = [file for name in ("oap", "oap.exe") for file in unpacked("oap-cli").rglob(name) if file.is_file()]
    assert run(oap, "version") == f"oap {VERSION}, OAP/1\n"
    assert "START, 11 bytes" in run(oap, "explain", "0000000b020000030a0161")


def gateway() -> None:
    if sys.platform != "linux":
        raise NotHere("the gateway is for Linux alone")
    [program_file] = [file for file in unpacked("svc-gateway").rglob("svc-gateway") if file.is_file()]
    assert VERSION in run(program_file, "--version")
    run(program_file, "--check-config")


if __name__ == "__main__":
    try:
        sys.exit(main([c, python, node, tool, gateway], sys.argv[2:]))
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
