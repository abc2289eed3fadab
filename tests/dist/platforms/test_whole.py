"""The release of all platforms as a whole: no path of the builder, checksums, SBOMs, and the wheel that pip picks."""

import hashlib
import json
import re
import sys
import zipfile

import pytest
import test_paths
from platforms import LINUX, PLATFORMS, VERSION, artifact, run, shows, unpacked
from release import RELEASE

ENDINGS = (".tar.gz", ".oci.tar", ".tgz", ".zip", ".whl", ".deb", ".crate", ".wasm")


def files():
    return sorted(path for path in RELEASE.rglob("*") if path.is_file() and ".done" not in path.parts)


@pytest.mark.parametrize("file", files(), ids=lambda file: file.name)
def test_no_artifact_names_a_path_of_this_machine(file):
    assert test_paths.named(str(file.relative_to(RELEASE)), file.read_bytes()) == []


def test_the_checksums_are_those_of_every_file():
    lines = dict(reversed(line.split()) for line in (RELEASE / "SHA256SUMS").read_text().splitlines())
    assert sorted(lines) == sorted(str(file.relative_to(RELEASE)) for file in files() if file.name != "SHA256SUMS")
    for name, digest in lines.items():
        assert hashlib.sha256((RELEASE / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("file", [file for file in files() if file.name.endswith(ENDINGS)], ids=lambda file: file.name)
def test_each_artifact_has_its_sbom(file):
    about = json.loads(file.with_name(f"{file.name}.cdx.json").read_text())
    assert about["metadata"]["component"]["hashes"][0]["content"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert about["components"] or file.suffix == ".zip"


@shows("wheel", "pip picks it", *PLATFORMS)
def test_pip_picks_the_wheel_of_the_platform(platform, tmp_path):
    wheel = artifact(platform, "wheel")
    run(sys.executable, "-m", "pip", "download", "-q", "--no-index", "--find-links", RELEASE, "--no-deps", "--only-binary", ":all:",
        "--platform", platform.python_tag, "--python-version", "3.12", "--implementation", "cp", "-d", tmp_path, f"oap=={VERSION}")
    assert [path.name for path in tmp_path.iterdir()] == [wheel.name]


# The module, and what names its platform.
OF_ITS_PLATFORM = re.compile(r"oap/_oap\.(abi3\.so|pyd)|.*/(WHEEL|RECORD)")


def content(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not OF_ITS_PLATFORM.fullmatch(name)}


@shows("wheel", "holds what maturin's wheels hold", *(name for name in PLATFORMS if name not in LINUX))
def test_a_wheel_that_was_packed_here_holds_what_maturins_holds(platform):
    assert content(artifact(platform, "wheel")) == content(artifact(PLATFORMS["linux-x64-gnu"], "wheel"))


def pages(platform, folder):
    share = unpacked(platform, "tool", folder) / "share"
    return {str(page.relative_to(share)): page.read_bytes() for page in share.rglob("*") if page.is_file()}


@shows("tool", "the pages and completions of Linux's", *(name for name in PLATFORMS if name not in LINUX))
def test_a_tool_that_does_not_run_here_brings_the_pages_of_the_one_that_does(platform, tmp_path):
    brought = pages(platform, tmp_path / "its")
    assert "man/man1/oap-explain.1.gz" in brought and brought == pages(PLATFORMS["linux-x64-gnu"], tmp_path / "linux")


@shows("wheel", "SBOM of its own crates", *LINUX)
def test_the_sbom_lists_the_crates_of_the_platform(platform):
    wheel = artifact(platform, "wheel")
    listed = {part["name"] for part in json.loads(wheel.with_name(f"{wheel.name}.cdx.json").read_text())["components"]}
    assert {"oap", "bytes", "pyo3"} <= listed and "windows-sys" not in listed
