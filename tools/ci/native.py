#!/usr/bin/env python3
"""tools/ci/native.py [PART…]: builds the sources by the toolchains of this machine and tests them: what `make test` does on Linux, as far as it makes sense on macOS, on
Windows with MSVC, and on musl. It needs Python 3.11, Rust, CMake and a C compiler, Node and Go."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from parts import ROOT, environment, main, node_vectors, program, python_vectors, run

WORK = Path(tempfile.mkdtemp(prefix="oap-native-"))
MATURIN = next(line for line in (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines() if line.startswith("maturin=="))


def rust() -> None:
    run("cargo", "test", "--quiet", "--locked", "-p", "oap", "-p", "oap-ffi", "-p", "oap-tokio")


def c() -> None:
    cmake, build = program("cmake"), WORK / "c"
    run("cargo", "build", "--quiet", "--release", "--locked", "-p", "oap-ffi")
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    run(cmake, "-S", "tests/c", "-B", build, f"-DOAP_BUILT={built.as_posix()}", "-DCMAKE_BUILD_TYPE=Release")
    run(cmake, "--build", build, "--config", "Release")
    print(run(program("ctest"), "--test-dir", build, "-C", "Release", "--output-on-failure", "--no-tests=error"))


def python() -> None:
    interpreter = environment(WORK / "python")
    run(interpreter, "-m", "pip", "install", "--quiet", MATURIN)
    run(interpreter, "-m", "maturin", "build", "--quiet", "--release", "--locked", "-m", "sdk-python/Cargo.toml", "--out", WORK / "wheels")
    run(interpreter, "-m", "pip", "install", "--quiet", "--no-index", *(WORK / "wheels").glob("*.whl"))
    python_vectors(interpreter)


def node() -> None:
    npm, packed, project = program("npm"), WORK / "packed", WORK / "node"
    run(program("node"), "sdk-node/scripts/build.mjs")
    packed.mkdir()
    run(program("node"), "sdk-node/scripts/pack.mjs", packed)
    project.mkdir()
    (project / "package.json").write_text('{ "private": true }')
    run(npm, "install", "--offline", "--no-audit", "--no-fund", *packed.glob("*.tgz"), cwd=project)
    node_vectors(project)


def go() -> None:
    run(program("go"), "test", "-short", ".", cwd=ROOT / "bindings" / "go", CGO_ENABLED="0")


if __name__ == "__main__":
    try:
        sys.exit(main([rust, c, python, node, go], sys.argv[1:]))
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
