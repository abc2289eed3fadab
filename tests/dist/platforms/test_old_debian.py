"""Debian 11 of 2021, with glibc 2.31: the oldest release that Debian's mirrors still have."""

import pytest
from machines import root
from platforms import run, shows, unpacked
from release import first_example

HERE = ("linux-x64-gnu",)


@pytest.fixture(scope="session")
def old():
    """What starts a program with the C library of that release."""
    folder = root("bullseye", "amd64", "libc6", "libgcc-s1")
    libraries = folder / "lib/x86_64-linux-gnu"
    assert (libraries / "libc-2.31.so").exists()
    return libraries


def command(old, program, *libraries):
    return old / "ld-linux-x86-64.so.2", "--library-path", ":".join(map(str, (old, *libraries))), program


@shows("liboap", "the C example on Debian 11", *HERE)
def test_the_c_example_runs(platform, old, tmp_path):
    folder = unpacked(platform, "liboap", tmp_path)
    (tmp_path / "example.c").write_text(first_example("README.md", "c"))
    platform.cc(tmp_path / "example.c", "-o", tmp_path / "example", "-I", folder / "include", f"-L{folder / 'lib'}", "-loap")
    assert "refused: frame_oversize" in run(*command(old, tmp_path / "example", folder / "lib"))


@shows("gateway", "accepts its configuration on Debian 11", *HERE)
def test_the_gateway_accepts_its_configuration(platform, old, tmp_path):
    folder = unpacked(platform, "gateway", tmp_path)
    run(*command(old, folder / "bin/svc-gateway"), "--config", folder / "etc/gateway.example.toml", "--check-config")


@shows("tool", "explains a frame on Debian 11", *HERE)
def test_the_tool_explains_a_frame(platform, old, tmp_path):
    tool = unpacked(platform, "tool", tmp_path) / "bin/oap"
    assert "START, 11 bytes" in run(*command(old, tool), "explain", "0000000b020000030a0161")
