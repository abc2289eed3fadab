"""Another clone, in another folder, gives the same bytes."""

import subprocess

import pytest
from platforms import ROOT, artifact, run, shows


@shows("liboap", "the same bytes from another folder", "linux-arm64-gnu", "linux-x64-musl", "win32-x64", "darwin-arm64")
def test_another_clone_gives_the_same_bytes(platform, tmp_path):
    made = artifact(platform, "liboap")
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT).returncode:
        pytest.skip("there are changes beside the commit")
    clone = tmp_path / "a-folder-with-another-name"
    run("git", "clone", "-q", "--shared", ROOT, clone)
    (clone / "build").mkdir()
    (clone / "build/dist-tools").symlink_to(ROOT / "build/dist-tools")
    run(clone / "oap-ffi/pack", tmp_path / "out", platform.name)
    assert (tmp_path / "out" / made.name).read_bytes() == made.read_bytes()
