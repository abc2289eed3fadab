"""The platforms of tools/dist/platforms, what `make dist-all` made for each, and what a test shows of it."""

import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from release import NPM, PLAIN, PYTHON, RELEASE, ROOT, VERSION

TOOLS = ROOT / "build" / "dist-tools" / "bin"
ZIG = (TOOLS / "python", "-m", "ziglang")


@dataclass(frozen=True)
class Platform:
    name: str
    zig_target: str
    target: str
    python_tag: str
    goos: str
    goarch: str

    def __str__(self) -> str:
        return self.name

    @property
    def musl(self) -> bool:
        return self.target.endswith("musl")

    def cc(self, *arguments: str | Path) -> None:
        run(*ZIG, "cc", "-target", self.zig_target.replace("-unknown", ""), *arguments)


def table() -> dict[str, Platform]:
    lines = (ROOT / "tools" / "dist" / "platforms").read_text().splitlines()
    return {line.split()[0]: Platform(*line.split()) for line in lines if line and not line.startswith("#")}


PLATFORMS = table()
FUNCTIONS = set(re.findall(r"^[\w ]+[ *](oap_\w+)\(", (ROOT / "include" / "oap.h").read_text(), re.M))
LINUX = [name for name, platform in PLATFORMS.items() if platform.goos == "linux"]


def shows(parts: str | tuple[str, ...], how: str, *names: str):
    """The test shows this of these parts of each of these platforms: build/reports/PLATFORMS.md says it by these words."""
    def mark(test):
        test = pytest.mark.parametrize("platform", [PLATFORMS[name] for name in names], ids=str)(test)
        if not isinstance(parts, str):
            return pytest.mark.shows(how=how)(pytest.mark.parametrize("part", parts)(test))
        return pytest.mark.shows(how=how, part=parts)(test)

    return mark


def artifact(platform: Platform, part: str) -> Path:
    """What was made; the test is skipped where it was not."""
    pattern = {
        "liboap": f"oap-{VERSION}-{platform.target}.*",
        "wheel": f"{PYTHON}-{VERSION}-*{platform.python_tag}*.whl",
        "npm": f"{NPM}-{platform.name}-{VERSION}.tgz",
        "tool": f"oap-cli-{VERSION}-{platform.target}.*",
        "gateway": f"svc-gateway-{VERSION}-{platform.target}.*",
    }[part]
    found = [path for path in RELEASE.glob(pattern) if path.suffix != ".json"]
    if not found:
        pytest.skip(f"no {part} was built for {platform}")
    [path] = found
    return path


def unpacked(platform: Platform, part: str, folder: Path) -> Path:
    """An artifact's content: of a tarball the one folder in it."""
    path = artifact(platform, part)
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        return folder
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
        [name] = {member.split("/")[0] for member in archive.getnames()}
    return folder / name


def run(*command: str | Path, cwd: Path | None = None, timeout: int = 600, **env: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=PLAIN | env, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def elfs(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink() and path.open("rb").read(4) == b"\x7fELF"]


def dynamic(elf: Path) -> str:
    return run("readelf", "-W", "--dynamic", "--program-headers", "--version-info", elf)


def needed(elf: Path) -> set[str]:
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic(elf)))


def exported(elf: Path) -> set[str]:
    lines = [line.split() for line in run("readelf", "-W", "--dyn-syms", elf).splitlines()]
    return {line[7].partition("@")[0] for line in lines if len(line) > 7 and line[4] == "GLOBAL" and line[6] not in ("UND", "Ndx")}


def vectors(*command: str | Path) -> int:
    """All vectors, the connection's too, answered by this testee; how many."""
    passed = 0
    for chosen in ([], ["--vectors", ROOT / "tests/vectors/connection"]):
        said = run(sys.executable, ROOT / "tests/conformance/run.py", "--timeout", "300", *chosen, "--max", "3",
                   "--testee", " ".join(map(str, command)), timeout=1500)
        passed += int(re.search(r"^(\d+) passed, 0 failed$", said, re.M)[1])
    return passed
