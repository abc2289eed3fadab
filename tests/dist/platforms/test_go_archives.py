"""Go without Rust, an installed liboap or pkg-config: the modules of the release, the static libraries in them, what they link."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import test_packages
from machines import started
from platforms import LINUX, PLATFORMS, VERSION, ZIG, Platform, run, shows, unpacked, vectors
from release import RELEASE, ROOT, first_example

GO = RELEASE / "go" / "oap.example" / "oap"
OF_A_MACHINE = ("go", "gcc", "as", "ld")
STATIC = ("-tags", "musl", "-ldflags", "-linkmode external -extldflags -static")
OTHER = """\
#[no_mangle]
pub extern "C" fn other_panics() -> i32 {
    std::panic::catch_unwind(|| panic!("caught in the other library")).is_err() as i32
}
"""
BESIDE = """\
package main

// #cgo LDFLAGS: -Wl,--whole-archive ${SRCDIR}/libother.a -Wl,--no-whole-archive
// int other_panics(void);
import "C"

import (
	"fmt"

	"oap.example/oap"
)

func main() {
	out, err := oap.Append(nil, &oap.Start{Stream: "s"})
	fmt.Println(C.other_panics(), len(out), err)
}
"""


def module(platform: Platform) -> str:
    return f"{platform.goos}_{platform.goarch}" + ("_musl" if platform.musl else "")


def zipped(platform: Platform) -> Path:
    path = GO / "liboap" / module(platform) / "@v" / f"v{VERSION}.zip"
    if not path.exists():
        pytest.skip(f"no archive was built for {platform}")
    return path


def archive(platform: Platform, folder: Path) -> Path:
    with zipfile.ZipFile(zipped(platform)) as modules:
        modules.extractall(folder)
    return folder / f"oap.example/oap/liboap/{module(platform)}@v{VERSION}/liboap.a"


def environment(platform: Platform, folder: Path, cc: str) -> dict[str, str]:
    """With nothing on the PATH but what every machine with Go and a C compiler has."""
    zipped(platform)
    tools = folder / "tools"
    tools.mkdir()
    for name in OF_A_MACHINE:
        (tools / name).symlink_to(shutil.which(name))
    return test_packages.go_environment(folder) | {
        "PATH": str(tools), "CGO_ENABLED": "1", "GOOS": platform.goos, "GOARCH": platform.goarch, "CC": cc}


def zig_cc(platform: Platform) -> str:
    target = {"windows": "x86_64-windows-gnu"}.get(platform.goos, platform.zig_target.replace("-unknown", ""))
    return " ".join(map(str, ZIG)) + f" cc -target {target}"


def built(folder: Path, source: Path, go: dict[str, str], *options: str) -> Path:
    """A module of one program, which gets the package from the release."""
    user = folder / "user"
    shutil.copytree(source, user)
    run("go", "mod", "edit", "-dropreplace=oap.example/oap", "-droprequire=oap.example/oap", cwd=user, **go)
    run("go", "get", f"oap.example/oap@v{VERSION}", cwd=user, **go)
    program = folder / ("program.exe" if go["GOOS"] == "windows" else "program")
    run("go", "build", *options, "-o", program, ".", cwd=user, timeout=1500, **go)
    return program


def example(folder: Path) -> Path:
    source = folder / "example"
    source.mkdir()
    (source / "go.mod").write_text("module clean.example/user\n\ngo 1.24\n")
    (source / "main.go").write_text(test_packages.GO_PROGRAM.substitute(example=first_example("docs/go.md", "go")))
    return source


TESTEE = ROOT / "tests" / "conformance" / "go"


def symbols(library: Path) -> set[str]:
    """What it shows, whatever the format of its objects."""
    said = run("llvm-nm", "--extern-only", "--defined-only", "--no-sort", library)
    return {line.split()[2].removeprefix("_") for line in said.splitlines() if len(line.split()) == 3}


@shows("archive", "shows oap.h alone", *PLATFORMS)
def test_it_shows_what_the_header_declares_and_nothing_else(platform, tmp_path):
    run(ROOT / "tools/need", "llvm-nm:llvm")
    declared = set(re.findall(r"^[\w ]+[ *](oap_\w+)\(", (ROOT / "include/oap.h").read_text(), re.M))
    shown = {name for name in symbols(archive(platform, tmp_path)) if not name.startswith(("_imp_", "_IMPORT_", "_NULL_", "\x7f"))}
    of_windows = {"WaitOnAddress", "WakeByAddressAll", "WakeByAddressSingle", "ProcessPrng"} if platform.goos == "windows" else set()
    assert len(declared) > 50 and shown - of_windows == declared


def test_all_of_it_is_small():
    sizes = [path.stat().st_size for path in GO.rglob("*.zip")]
    if not sizes:
        pytest.skip("no Go module was built")
    assert sum(sizes) < 3_000_000 and max(sizes) < 500_000


@shows("archive", "all vectors, gcc", "linux-x64-gnu")
def test_the_vectors_by_gcc(platform, tmp_path):
    assert vectors(built(tmp_path, TESTEE, environment(platform, tmp_path, "gcc"))) > 1000


@shows("archive", "the first example, a C library of glibc 2.17", "linux-x64-gnu", "linux-arm64-gnu")
def test_the_example_by_zig(platform, tmp_path):
    program = built(tmp_path, example(tmp_path), environment(platform, tmp_path, zig_cc(platform)))
    assert "notes" in run(*started(platform, program))


@shows("archive", "all vectors, one static file", "linux-x64-musl", "linux-arm64-musl")
def test_the_vectors_by_zig_as_one_static_file(platform, tmp_path):
    program = built(tmp_path, TESTEE, environment(platform, tmp_path, zig_cc(platform)), *STATIC)
    assert "INTERP" not in run("readelf", "-lW", program)
    assert vectors(*started(platform, program, static=True)) > 1000


@shows("archive", "the first example, musl-gcc", "linux-x64-musl")
def test_the_example_by_musl_gcc(platform, tmp_path):
    run(ROOT / "tools/need", "musl-gcc:musl-tools")
    go = environment(platform, tmp_path, shutil.which("musl-gcc")) | {"REALGCC": shutil.which("gcc")}
    program = built(tmp_path, example(tmp_path), go, *STATIC)
    assert "notes" in run(program)


@shows("archive", "links by mingw", "win32-x64")
def test_mingw_links_it(platform, tmp_path):
    run(ROOT / "tools/need", "x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64")
    go = environment(platform, tmp_path, shutil.which("x86_64-w64-mingw32-gcc"))
    assert built(tmp_path, example(tmp_path), go).read_bytes()[:2] == b"MZ"


@shows("archive", "under wine: all vectors", "win32-x64")
def test_the_vectors_by_zig_under_wine(platform, tmp_path):
    program = built(tmp_path, TESTEE, environment(platform, tmp_path, zig_cc(platform)))
    assert vectors(Path(__file__).with_name("wine"), program) > 1000


@shows("archive", "links a C program; not run", "darwin-arm64", "darwin-x64")
def test_a_c_program_for_macos_links_it(platform, tmp_path):
    (tmp_path / "example.c").write_text(first_example("README.md", "c"))
    target = platform.target.replace("-apple-darwin", "-macos.11.0")
    run(*ZIG, "cc", "-target", target, "-I", ROOT / "include", tmp_path / "example.c", archive(platform, tmp_path), "-o", tmp_path / "example")
    assert (tmp_path / "example").read_bytes()[:4] == b"\xcf\xfa\xed\xfe"


def other(folder: Path) -> Path:
    (folder / "other.rs").write_text(OTHER)
    run("rustc", "--crate-type", "staticlib", "-o", folder / "libother.a", folder / "other.rs")
    return folder / "libother.a"


@shows("archive", "stands beside another static library of Rust", "linux-x64-gnu")
def test_another_static_library_of_rust_may_stand_beside_it(platform, tmp_path):
    source = example(tmp_path)
    (source / "main.go").write_text(BESIDE)
    other(source)
    go = environment(platform, tmp_path, "gcc") | {"CGO_LDFLAGS_ALLOW": ".*"}
    assert run(built(tmp_path, source, go)) == "1 11 <nil>\n"


def test_an_ordinary_static_library_may_not(tmp_path):
    """Which shows that the test above can fail."""
    (tmp_path / "main.c").write_text("int main(void) { return 0; }\n")
    both = ["-Wl,--whole-archive", other(tmp_path), None, "-Wl,--no-whole-archive", "-lgcc_eh", "-o", tmp_path / "main"]
    here = PLATFORMS["linux-x64-gnu"]
    ordinary = unpacked(here, "liboap", tmp_path / "liboap") / "lib/liboap.a"
    for library, clashes in ((archive(here, tmp_path), False), (ordinary, True)):
        both[2] = library
        said = subprocess.run(["gcc", tmp_path / "main.c", *both], capture_output=True, text=True).stderr
        assert ("multiple definition" in said) == clashes, said[-2000:]


def test_where_there_is_no_archive_the_package_is_go_alone(tmp_path):
    go = environment(PLATFORMS["linux-x64-gnu"], tmp_path, "gcc") | {"CGO_ENABLED": "0", "GOOS": "freebsd"}
    built(tmp_path, example(tmp_path), go)


@pytest.mark.parametrize("name", LINUX)
def test_the_module_has_its_licences(name):
    with zipfile.ZipFile(zipped(PLATFORMS[name])) as modules:
        assert {"LICENSE-MIT", "LICENSE-APACHE", "liboap.a", "liboap.go", "go.mod"} == {Path(file).name for file in modules.namelist()}
