"""What is for macOS is looked at and not run: its signature, its name, the oldest system, what it offers and what it needs."""

import hashlib
import struct
from pathlib import Path

import lief
import pytest
from platforms import FUNCTIONS, PLATFORMS, ROOT, ZIG, run, shows, unpacked
from release import first_example

MACOS = [name for name, platform in PLATFORMS.items() if platform.goos == "darwin"]
PROCESSOR = {"arm64": lief.MachO.Header.CPU_TYPE.ARM64, "amd64": lief.MachO.Header.CPU_TYPE.X86_64}
SYSTEM = "/usr/lib/libSystem.B.dylib"
ID = lief.MachO.LoadCommand.TYPE.ID_DYLIB
AD_HOC = 0x2
PAGE_HASH = (32, 2)  # SHA-256

# By part, where its binary is.
BINARIES = {
    "liboap": lambda platform: "lib/liboap.1.0.0.dylib",
    "wheel": lambda platform: "oap/_oap.abi3.so",
    "npm": lambda platform: f"oap.{platform}.node",
    "tool": lambda platform: "bin/oap",
}


def path_of(platform, part, folder):
    return unpacked(platform, part, folder) / BINARIES[part](platform)


KEPT = []


def parsed(path):
    """What lief has found lives no longer than the file that it has parsed."""
    KEPT.append(lief.MachO.parse(str(path)))
    assert len(KEPT[-1]) == 1
    return KEPT[-1].at(0)


def exports(binary):
    return {symbol.name.removeprefix("_") for symbol in binary.exported_symbols}


def code_directory(signature):
    """The part of an embedded signature that has the hashes."""
    magic, _, count = struct.unpack_from(">III", signature)
    assert magic == 0xFADE0CC0
    slots = dict(struct.unpack_from(">II", signature, 12 + 8 * number) for number in range(count))
    return signature[slots[0]:]


def is_signed(path):
    """Ad hoc, with the hash of every page as it is: else an Apple processor ends the program."""
    content = path.read_bytes()
    signature = parsed(path).code_signature
    directory = code_directory(content[signature.data_offset:signature.data_offset + signature.data_size])
    magic, _, _, flags, hashes, _, _, pages, limit = struct.unpack_from(">9I", directory)
    size, kind, _, page_bits = struct.unpack_from(">4B", directory, 36)
    assert (magic, size, kind) == (0xFADE0C02, *PAGE_HASH) and flags & AD_HOC
    assert limit == signature.data_offset and pages == -(-limit >> page_bits)
    for page in range(pages):
        piece = content[page << page_bits:min((page + 1) << page_bits, limit)]
        at = hashes + page * size
        assert hashlib.sha256(piece).digest() == directory[at:at + size], f"page {page} has another hash"


def is_whole(platform, part, folder):
    path = path_of(platform, part, folder)
    binary = parsed(path)
    assert binary.header.cpu_type == PROCESSOR[platform.goarch]
    assert list(binary.build_version.minos)[:2] == [11, 0]
    assert {library.name for library in binary.libraries if library.command != ID} == {SYSTEM}
    assert [place for place in (ROOT, Path.home()) if f"{place}/".encode() in path.read_bytes()] == []
    # zig signs a program for Apple's processors alone, and only those ask for it.
    if part != "tool" or platform.goarch == "arm64":
        is_signed(path)


@shows("liboap", "looked at, not run: signature, macOS 11, needs its libSystem alone", *MACOS)
def test_the_library_is_signed_and_needs_macos_11_alone(platform, tmp_path):
    is_whole(platform, "liboap", tmp_path)


@shows("wheel", "looked at, not run: signature, macOS 11, needs its libSystem alone", *MACOS)
def test_the_module_of_python_is_signed_and_needs_macos_11_alone(platform, tmp_path):
    is_whole(platform, "wheel", tmp_path)


@shows("npm", "looked at, not run: signature, macOS 11, needs its libSystem alone", *MACOS)
def test_the_binary_of_node_is_signed_and_needs_macos_11_alone(platform, tmp_path):
    is_whole(platform, "npm", tmp_path)


@shows("tool", "looked at, not run: signature (arm64), macOS 11, needs its libSystem alone", *MACOS)
def test_the_tool_is_signed_where_it_has_to_be_and_needs_macos_11_alone(platform, tmp_path):
    is_whole(platform, "tool", tmp_path)


@pytest.mark.parametrize("platform", [PLATFORMS[name] for name in MACOS], ids=str)
def test_a_byte_that_changed_behind_the_signature_is_found(platform, tmp_path):
    path = path_of(platform, "liboap", tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(AssertionError, match="another hash"):
        is_signed(path)


@shows("liboap", "exports: the functions of oap.h; name @rpath/liboap.1.dylib", *MACOS)
def test_the_library_exports_what_the_header_declares_under_its_name(platform, tmp_path):
    library = parsed(path_of(platform, "liboap", tmp_path))
    assert exports(library) == FUNCTIONS
    assert [named.name for named in library.libraries if named.command == ID] == ["@rpath/liboap.1.dylib"]


@shows("wheel", "exports what Python loads, no more", *MACOS)
def test_the_module_exports_what_python_loads(platform, tmp_path):
    assert exports(parsed(path_of(platform, "wheel", tmp_path))) == {"PyInit__oap"}


@shows("npm", "exports what Node loads, no more", *MACOS)
def test_the_binary_exports_what_node_loads(platform, tmp_path):
    assert exports(parsed(path_of(platform, "npm", tmp_path))) == {"napi_register_module_v1"}


@shows("liboap", "what pkg-config and CMake find", *MACOS)
def test_the_tarball_has_what_compilers_ask_for(platform, tmp_path):
    lib = unpacked(platform, "liboap", tmp_path) / "lib"
    assert {path.name for path in lib.iterdir()} == {
        "liboap.1.0.0.dylib", "liboap.1.dylib", "liboap.dylib", "liboap.a", "pkgconfig", "cmake"}
    assert (lib / "liboap.dylib").resolve().name == "liboap.1.0.0.dylib"
    config = (lib / "cmake/oap/oapConfig.cmake").read_text()
    assert "/liboap.1.0.0.dylib" in config and "@rpath/liboap.1.dylib" in config and ".so" not in config
    assert "-lSystem" in (lib / "pkgconfig/oap.pc").read_text()


@shows("liboap", "the C example links, shared and static", *MACOS)
def test_the_c_example_links_with_both_libraries(platform, tmp_path):
    folder = unpacked(platform, "liboap", tmp_path)
    (tmp_path / "example.c").write_text(first_example("README.md", "c"))
    include = ["-I", folder / "include", tmp_path / "example.c"]
    zig = (*ZIG, "cc", "-target", platform.target.replace("apple-darwin", "macos"))
    run(*zig, *include, "-o", tmp_path / "shared", f"-L{folder / 'lib'}", "-loap")
    assert "@rpath/liboap.1.dylib" in {library.name for library in parsed(tmp_path / "shared").libraries}
    run(*zig, *include, "-o", tmp_path / "static", folder / "lib/liboap.a")
    assert {library.name for library in parsed(tmp_path / "static").libraries} == {SYSTEM}
