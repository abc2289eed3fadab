"""`make install`, moved to another place, then used by pkg-config and CMake."""

import re
import shutil
import tempfile
import unittest
from pathlib import Path

from blocks import shell_block
from header import functions
from tree import PREFIX, ROOT, pkg_config, run, static

USER = """
#include <oap.h>
#include <stdio.h>

int main(void)
{
    uint8_t out[16];
    size_t size = 0;
    const oap_frame ack = {.struct_size = sizeof ack, .kind = OAP_KIND_ACK, .seq = 1};
    oap_status status = oap_encode(&ack, out, sizeof out, &size);
    printf("%s %s %zu\\n", oap_version(), oap_status_name(status), size);
    return 0;
}
"""

CMAKE = """
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(oap @VERSION@ REQUIRED)
add_executable(shared user.c)
target_link_libraries(shared oap::oap)
add_executable(static user.c)
target_link_libraries(static oap::oap_static)
"""

# Prints the words of FOUND that find_package answers with yes.
CMAKE_REQUEST = """
cmake_minimum_required(VERSION 3.19)
project(request NONE)
find_package(oap @REQUEST@ QUIET CONFIG)
message(STATUS "found: ${oap_FOUND}; ${oap_NOT_FOUND_MESSAGE}")
"""

REFUSED = ["99", "1.0", "0.0.1...0.0.9", "0.0.1...<@VERSION@", "0.1.1...0.9", "1...2", "@VERSION@ COMPONENTS shared",
           "COMPONENTS static shared"]
GRANTED = ["", "0.0.1", "@VERSION@", "@VERSION@ EXACT", "0.0.1...@VERSION@", "@VERSION@...<2", "OPTIONAL_COMPONENTS shared"]

OTHER = """
#[no_mangle]
pub extern "C" fn other_length(n: usize) -> usize {
    std::panic::catch_unwind(|| (0..n).map(|i| format!("{i}")).collect::<String>().len()).unwrap_or(0)
}
"""

USER_OF_BOTH = """
#include <oap.h>
#include <stdio.h>

size_t other_length(size_t n);

int main(void)
{
    uint8_t out[16];
    size_t size = 0;
    const oap_frame ack = {.struct_size = sizeof ack, .kind = OAP_KIND_ACK, .seq = 1};
    oap_status status = oap_encode(&ack, out, sizeof out, &size);
    printf("%s %zu %zu\\n", oap_status_name(status), size, other_length(11));
    return 0;
}
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        cls.scratch = Path(place.name)
        run("make", "-s", "install", "PREFIX=/opt/oap", f"DESTDIR={cls.scratch}/staged")
        cls.moved = cls.scratch / "moved"
        shutil.move(cls.scratch / "staged/opt/oap", cls.moved)
        (cls.scratch / "user.c").write_text(USER)
        cls.version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), flags=re.M)[1]
        cls.said = f"{cls.version} OAP_STATUS_OK 10\n"

    def build(self, name: str, flags: list[str], compiler: str = "gcc") -> Path:
        run(compiler, "-std=c99", "user.c", "-o", name, *flags, cwd=self.scratch)
        return self.scratch / name

    def test_the_tree_holds_these_files_and_no_others(self):
        found = {str(path.relative_to(self.moved)) for path in self.moved.rglob("*") if not path.is_dir()}
        headers = {str(path.relative_to(ROOT)) for path in (ROOT / "include").rglob("*.h*")}
        self.assertEqual(found, headers | {
            "lib/liboap.so.1.0.0", "lib/liboap.so.1", "lib/liboap.so", "lib/liboap.a", "lib/pkgconfig/oap.pc",
            "lib/cmake/oap/oapConfig.cmake", "lib/cmake/oap/oapConfigVersion.cmake"})
        self.assertEqual((self.moved / "lib/liboap.so").resolve().name, "liboap.so.1.0.0")

    def test_no_path_of_this_machine_is_in_any_file(self):
        paths = [str(path).encode() for path in (ROOT, Path.home(), self.scratch, "/opt/oap")]
        for file in self.moved.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                self.assertEqual([path for path in paths if path + b"/" in content], [], file)

    def test_the_static_library_holds_machine_code_alone(self):
        sections = run("readelf", "-SW", self.moved / "lib/liboap.a")
        self.assertIn(" .text", sections)
        self.assertNotRegex(sections, r" \.llvm(bc|cmd) ")

    def test_the_release_is_cargos(self):
        self.assertEqual(pkg_config(self.moved, "--modversion"), [self.version])

    def test_pkg_config_links_the_shared_library(self):
        program = self.build("by_pkg_config", pkg_config(self.moved, "--cflags", "--libs"))
        self.assertEqual(run(program, LD_LIBRARY_PATH=f"{self.moved}/lib"), self.said)

    def test_pkg_config_links_the_static_library(self):
        flags = pkg_config(self.moved, "--static", "--cflags", "--libs")
        program = self.build("by_pkg_config_static", static(flags))
        self.assertNotIn("liboap", run("ldd", program))
        self.assertEqual(run(program), self.said)

    def test_a_program_may_be_static_in_all(self):
        flags = pkg_config(self.moved, "--static", "--cflags", "--libs")
        for compiler in ("gcc", "clang"):
            program = self.build("all_static", ["-static", *flags], compiler)
            self.assertNotIn("interpreter", run("readelf", "-lW", program))
            self.assertEqual(run(program), self.said)

    def test_clang_of_another_llvm_links_with_lto(self):
        flags = ["-flto", *static(pkg_config(self.moved, "--static", "--cflags", "--libs"))]
        self.assertEqual(run(self.build("by_lto", flags, "clang")), self.said)

    def test_cmake_finds_both(self):
        source = self.scratch / "cmake"
        source.mkdir()
        shutil.copy(self.scratch / "user.c", source)
        (source / "CMakeLists.txt").write_text(CMAKE.replace("@VERSION@", self.version))
        run("cmake", "-S", source, "-B", source / "out", f"-DCMAKE_PREFIX_PATH={self.moved}")
        run("cmake", "--build", source / "out")
        self.assertIn("liboap.so.1", run("ldd", source / "out/shared"))
        self.assertNotIn("liboap", run("ldd", source / "out/static"))
        self.assertEqual([run(source / "out/shared"), run(source / "out/static")], [self.said] * 2)

    def found_by_cmake(self, request: str) -> bool:
        source = self.scratch / "request"
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        text = CMAKE_REQUEST.replace("@REQUEST@", request).replace("@VERSION@", self.version)
        (source / "CMakeLists.txt").write_text(text)
        said = run("cmake", "-S", source, "-B", source / "out", f"-DCMAKE_PREFIX_PATH={self.moved}")
        return re.search(r"found: (\w+);", said)[1] in ("1", "TRUE")

    def test_cmake_refuses_other_versions_and_components_that_do_not_exist(self):
        self.assertEqual([request for request in REFUSED if self.found_by_cmake(request)], [])
        self.assertEqual([request for request in GRANTED if not self.found_by_cmake(request)], [])

    def test_a_libdir_of_several_parts_is_found_too(self):
        libdir = "lib/x86_64-linux-gnu"
        for case, given in enumerate([libdir, f"/usr/{libdir}", f"{libdir}/"]):
            prefix = self.scratch / f"multiarch{case}/usr"
            run("tools/install", PREFIX="/usr", LIBDIR=given, DESTDIR=prefix.parent)
            program = self.build("multiarch_user", pkg_config(prefix, "--cflags", "--libs", libdir=libdir))
            self.assertEqual(run(program, LD_LIBRARY_PATH=f"{prefix}/{libdir}"), self.said)

    def test_all_may_read_what_a_careful_user_installs(self):
        place = self.scratch / "careful"
        run("sh", "-c", "umask 077; exec tools/install", PREFIX="/usr", DESTDIR=place)
        for path in [place, *place.rglob("*")]:
            least = 0o755 if path.is_dir() else 0o644
            self.assertEqual(path.stat().st_mode & least, least, path)

    def test_uninstall_leaves_what_others_have_put_there(self):
        place = self.scratch / "removed"
        at = ["-s", "PREFIX=/usr", "LIBDIR=lib64", f"DESTDIR={place}"]
        run("tools/install", PREFIX="/usr", LIBDIR="lib64", DESTDIR=place)
        others = [place / "usr/include/other.h", place / "usr/lib64/cmake/other/otherConfig.cmake"]
        for path in others:
            path.parent.mkdir(exist_ok=True)
            path.touch()
        for _ in range(2):
            run("make", "uninstall", *at)
            self.assertEqual({path for path in place.rglob("*") if not path.is_dir()}, set(others))
        self.assertEqual([path for path in place.rglob("oap*")], [])

    def test_paths_that_would_not_work_are_refused(self):
        for env in ({"PREFIX": "relative"}, {"PREFIX": "/usr", "LIBDIR": "/elsewhere"}, {"PREFIX": "/usr", "LIBDIR": "../lib"}):
            with self.assertRaisesRegex(AssertionError, "tools/install: "):
                run("tools/install", DESTDIR=f"{self.scratch}/refused", **env)
        self.assertFalse((self.scratch / "refused").exists())

    def test_installing_again_touches_no_file(self):
        run("tools/install", PREFIX=str(PREFIX))
        files = [path for path in PREFIX.rglob("*") if path.is_file() and not path.is_symlink()]
        before = [path.stat().st_mtime_ns for path in files]
        run("tools/install", PREFIX=str(PREFIX))
        self.assertEqual([path.stat().st_mtime_ns for path in files], before)


class TwoRustLibraries(unittest.TestCase):
    """Whole archives, as they come into a plugin or a shared library of one's own."""

    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        cls.scratch = Path(place.name)
        (cls.scratch / "other.rs").write_text(OTHER)
        (cls.scratch / "user.c").write_text(USER_OF_BOTH)
        run("rustc", "--crate-type", "staticlib", "other.rs", cwd=cls.scratch)
        run("sh", "-euc", shell_block("docs/c.md", "objcopy"), cwd=cls.scratch, PKG_CONFIG_PATH=f"{PREFIX}/lib/pkgconfig")

    def link(self, oap: str) -> Path:
        native = [flag for flag in pkg_config(PREFIX, "--static", "--libs") if flag not in ("-loap", f"-L{PREFIX}/lib")]
        run("gcc", "-std=c99", "user.c", "-o", "user", f"-I{PREFIX}/include", "-Wl,--whole-archive", oap, "libother.a",
            "-Wl,--no-whole-archive", *native, cwd=self.scratch)
        return self.scratch / "user"

    def test_as_they_are_they_clash(self):
        with self.assertRaisesRegex(AssertionError, "multiple definition"):
            self.link(f"{PREFIX}/lib/liboap.a")

    def test_with_local_symbols_both_work(self):
        self.assertEqual(run(self.link("liboap-local.a")), "OAP_STATUS_OK 10 12\n")

    def test_the_treated_archive_shows_the_functions_of_the_header_alone(self):
        shown = run("nm", "-g", "--defined-only", "--format=posix", "oap.o", cwd=self.scratch)
        self.assertEqual({line.split()[0] for line in shown.splitlines()}, {f.name for f in functions()})
