"""Linux, glibc 2.17 and musl, x86_64 and aarch64: what each file asks of a machine, and what it does there."""

import json
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest
from machines import node, python_arm64, released, started
from platforms import FUNCTIONS, LINUX, PLATFORMS, ROOT, TOOLS, VERSION, artifact, dynamic, elfs, exported, needed, run, shows, unpacked, vectors
from release import first_example

GNU = [name for name in LINUX if name.endswith("gnu")]
MUSL = [name for name in LINUX if name.endswith("musl")]
OF_GLIBC = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


@shows(("liboap", "npm", "gateway", "tool"), "symbols: glibc 2.17", *GNU)
def test_it_asks_for_glibc_2_17_and_no_other_library(platform, part, tmp_path):
    found = elfs(unpacked(platform, part, tmp_path))
    assert found
    for elf in found:
        assert needed(elf) <= OF_GLIBC, elf
        versions = {tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([0-9.]+)", dynamic(elf))}
        assert versions and max(versions) <= (2, 17), (elf, max(versions))


@shows("wheel", "auditwheel", *GNU)
def test_auditwheel_agrees_with_the_tag(platform):
    said = run(TOOLS / "auditwheel", "show", artifact(platform, "wheel"))
    assert f'"{platform.python_tag.replace("manylinux2014", "manylinux_2_17")}"' in said, said


@shows("wheel", "abi3audit", *LINUX)
def test_the_wheel_uses_the_stable_abi_alone(platform):
    run(TOOLS / "abi3audit", "--strict", artifact(platform, "wheel"))


# For auditwheel it has to have Alpine's name, libc.musl-ARCH.so.1: musl's loader takes any name that begins with `libc.` for itself.
@shows(("liboap", "wheel", "npm"), "needs musl alone", *MUSL)
def test_a_library_for_musl_needs_its_libc_alone(platform, part, tmp_path):
    [library] = elfs(unpacked(platform, part, tmp_path))
    assert needed(library) == {"libc.so"}


@shows(("gateway", "tool"), "one static file", *MUSL)
def test_a_program_for_musl_is_one_static_file(platform, part, tmp_path):
    [program] = elfs(unpacked(platform, part, tmp_path))
    assert "INTERP" not in dynamic(program) and needed(program) == set()


@shows("liboap", "exports: the functions of oap.h", *LINUX)
def test_the_library_exports_what_the_header_declares(platform, tmp_path):
    [library] = elfs(unpacked(platform, "liboap", tmp_path))
    assert len(FUNCTIONS) > 50 and exported(library) == FUNCTIONS


@shows("liboap", "the C example, shared", *LINUX)
def test_the_c_example_runs_with_the_shared_library(platform, tmp_path):
    folder = unpacked(platform, "liboap", tmp_path)
    (tmp_path / "example.c").write_text(first_example("README.md", "c"))
    link = ["-dynamic"] if platform.musl else []
    platform.cc(*link, tmp_path / "example.c", "-o", tmp_path / "example", "-I", folder / "include", f"-L{folder / 'lib'}", "-loap",
                f"-Wl,-rpath,{folder / 'lib'}")
    assert "refused: frame_oversize" in run(*started(platform, tmp_path / "example"))


def static_flags(folder):
    """As pkg-config has them; the unwinder is zig's."""
    flags = run("pkg-config", "--static", "--cflags", "--libs", "oap", PKG_CONFIG_PATH=str(folder / "lib/pkgconfig")).split()
    return [str(folder / "lib/liboap.a") if flag == "-loap" else flag for flag in flags] + ["-lunwind"]


@shows("liboap", "the C tests, static", *LINUX)
def test_the_c_tests_pass_with_the_static_library(platform, tmp_path):
    folder = unpacked(platform, "liboap", tmp_path)
    tests = ROOT / "tests" / "c"
    names = re.search(r"^programs := (.+)$", (tests / "Makefile").read_text(), re.M)[1].split()
    (tmp_path / "null_sweep.c").write_text(run("python3", tests / "null_sweep.py"))
    for name in names:
        source = tmp_path / f"{name}.c" if name == "null_sweep" else tests / f"{name}.c"
        platform.cc("-std=c99", "-O1", "-pthread", "-I", tests, f'-DINSTALLED_VERSION="{VERSION}"', source, "-o", tmp_path / name, *static_flags(folder))
        said = run(*released(platform, tmp_path / name))
        assert re.search(r"[1-9]\d* passed, 0 failed", said), name


@shows("wheel", "all vectors, in a fresh environment", "linux-x64-gnu")
def test_pip_installs_from_the_folder_and_the_vectors_pass(platform, tmp_path):
    release = artifact(platform, "wheel").parent
    run("python3", "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    run(python, "-m", "pip", "install", "--no-index", "--find-links", release, "oap")
    assert "1 None b'abc'" in run(python, "-c", first_example("docs/python.md", "python"), cwd=tmp_path).splitlines()
    assert vectors(python, ROOT / "tests/conformance/python/testee.py") > 1000


@shows("wheel", "all vectors, under qemu", "linux-arm64-gnu")
def test_the_vectors_pass_by_the_wheel_for_arm64(platform, tmp_path):
    python = python_arm64(unpacked(platform, "wheel", tmp_path))
    assert "1 None b'abc'" in run(*python, "-c", first_example("docs/python.md", "python"), cwd=tmp_path).splitlines()
    assert vectors(*python, ROOT / "tests/conformance/python/testee.py") > 1000


@shows("npm", "the first example and all vectors", "linux-x64-gnu", "linux-arm64-gnu", "linux-x64-musl")
def test_the_vectors_pass_by_the_npm_package(platform, tmp_path):
    testee = node_testee(platform, tmp_path)
    (tmp_path / "sdk-node/example.mjs").write_text(first_example("docs/node.md", "js").replace("'oap'", "'./index.mjs'"))
    program = node(platform)
    assert "DATA { seq: 1n, len: 3 }" in run(*program, tmp_path / "sdk-node/example.mjs")
    assert vectors(*program, testee) > 1000


def node_testee(platform, folder: Path) -> Path:
    """The testee beside the two packages, where it looks for them."""
    binary = unpacked(platform, "npm", folder / "binary")
    [package] = artifact(platform, "npm").parent.glob(f"oap-{VERSION}.tgz") or [None]
    (folder / "main").mkdir()
    run("tar", "-xzf", package, "-C", folder / "main")
    (folder / "main/package").rename(folder / "sdk-node")
    modules = folder / "sdk-node/node_modules"
    modules.mkdir()
    binary.rename(modules / f"oap-{platform.name}")
    run("cp", "-R", ROOT / "tests/conformance/node", folder / "node")
    place = folder / "tests/conformance"
    place.mkdir(parents=True)
    (folder / "node").rename(place / "node")
    return place / "node/testee.mjs"


@pytest.fixture
def gateway(platform, tmp_path):
    """A gateway of the platform that runs: where it takes streams, and where it says how it is."""
    folder = unpacked(platform, "gateway", tmp_path / "gateway")
    process = subprocess.Popen([*released(platform, folder / "bin/svc-gateway"), "--listen", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"],
                               stdout=subprocess.PIPE, text=True)
    ports = {}
    while len(ports) < 2:
        line = process.stdout.readline()
        assert line, "the gateway ended"
        event = json.loads(line)
        if event.get("event") in ("listening", "serving_metrics"):
            ports[event["event"]] = event["addr"]
    yield ports["listening"], ports["serving_metrics"]
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@shows("gateway", "starts, is ready, takes a stream", *LINUX)
def test_the_gateway_is_ready_and_takes_a_stream_of_the_tool(platform, tmp_path, gateway):
    listening, metrics = gateway
    with urllib.request.urlopen(f"http://{metrics}/readyz", timeout=60) as answer:
        assert answer.status == 200
    # The tool that runs on every machine that can build a release.
    tool = unpacked(PLATFORMS["linux-x64-musl"], "tool", tmp_path / "tool") / "bin/oap"
    (tmp_path / "hello.txt").write_text("hello\n")
    said = run(tool, "send", listening, tmp_path / "hello.txt")
    with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=60) as answer:
        assert 'oap_frames_total{kind="DATA"} 1\n' in answer.read().decode(), said


@shows("tool", "explains a frame; its pages and completions", *LINUX)
def test_the_tool_explains_and_brings_its_pages(platform, tmp_path):
    folder = unpacked(platform, "tool", tmp_path)
    oap = released(platform, folder / "bin/oap")
    assert run(*oap, "version") == f"oap {VERSION}, OAP/1\n"
    assert "START, 11 bytes" in run(*oap, "explain", "0000000b020000030a0161")
    assert (folder / "share/man/man1/oap-explain.1.gz").exists()
    assert "explain" in (folder / "share/fish/vendor_completions.d/oap.fish").read_text()
