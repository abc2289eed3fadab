"""Each artifact of `make dist` is whole, and installed in a clean place it runs its first example."""

import hashlib

import pytest

from release import RELEASE, VERSION, artifact, compile_and_run, files, run, unpack


def test_the_checksums_are_those_of_every_file():
    lines = dict(reversed(line.split()) for line in (RELEASE / "SHA256SUMS").read_text().splitlines())
    assert sorted(lines) == [name for name in files() if name != "SHA256SUMS"]
    for name, digest in lines.items():
        assert hashlib.sha256((RELEASE / name).read_bytes()).hexdigest() == digest, name


@pytest.fixture
def tree(tmp_path):
    """The tarball of the C library, unpacked."""
    return unpack(f"oap-{VERSION}-*-linux-gnu.tar.gz", tmp_path)


def pkg_config(pc_path, **env):
    return run("pkg-config", "--cflags", "--libs", "oap", PKG_CONFIG_PATH=str(pc_path), **env).split()


def test_the_tarball_serves_a_c_program_wherever_it_is_unpacked(tree, tmp_path):
    flags = pkg_config(tree / "lib" / "pkgconfig")
    compile_and_run(tmp_path, flags, LD_LIBRARY_PATH=str(tree / "lib"))


def test_the_debian_packages_serve_a_c_program(tmp_path):
    root = tmp_path / "root"
    for package in ("liboap1", "liboap-dev"):
        run("dpkg-deb", "-x", artifact(f"{package}_{VERSION}_*.deb"), root)
    [libraries] = (root / "usr" / "lib").iterdir()
    flags = pkg_config(libraries / "pkgconfig")
    compile_and_run(tmp_path, flags, LD_LIBRARY_PATH=str(libraries))


@pytest.mark.parametrize("package", ["liboap1", "liboap-dev", "svc-gateway", "oap"])
def test_lintian_finds_no_error(package):
    run("lintian", "--allow-root", "--fail-on", "error", artifact(f"{package}_{VERSION}_*.deb"))


def test_the_development_package_needs_the_library_of_its_version():
    assert run("dpkg-deb", "-f", artifact("liboap-dev_*.deb"), "Depends").strip() == f"liboap1 (= {VERSION})"
    assert "libc6" in run("dpkg-deb", "-f", artifact("liboap1_*.deb"), "Depends")


def test_the_packaged_gateway_accepts_its_packaged_configuration(tmp_path):
    run("dpkg-deb", "-x", artifact(f"svc-gateway_{VERSION}_*.deb"), tmp_path)
    assert VERSION in run(tmp_path / "usr/bin/svc-gateway", "--version")
    run(tmp_path / "usr/bin/svc-gateway", "--config", tmp_path / "etc/ron/gateway.toml", "--check-config")


def test_the_packaged_tool_runs_and_brings_its_pages_and_completions(tmp_path):
    run("dpkg-deb", "-x", artifact(f"oap_{VERSION}_*.deb"), tmp_path)
    tool, share = tmp_path / "usr/bin/oap", tmp_path / "usr/share"
    assert run(tool, "version") == f"oap {VERSION}, OAP/1\n"
    assert "START, 11 bytes" in run(tool, "explain", "0000000b020000030a0161")
    pages = {page.name for page in (share / "man/man1").iterdir()}
    assert {"oap.1.gz", "oap-explain.1.gz", "oap-check-connect.1.gz"} <= pages
    for completions in ("bash-completion/completions/oap", "fish/vendor_completions.d/oap.fish", "zsh/vendor-completions/_oap"):
        assert "explain" in (share / completions).read_text()
