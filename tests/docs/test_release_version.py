"""Every file that names the release names the same one, and cargo-c is told the version of the ABI that oap.h has."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RELEASE = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
# `npm/*` is held to sdk-node/package.json by a test of that package.
PLACES = {
    "Cargo.toml": r'^oap = .* version = "(.+?)"',
    "sdk-node/package.json": r'^  "version": "(.+)"',
    "bindings/go/oapprometheus/go.mod": r"oap\.example/oap v(\S+)",
    "tests/conformance/go/go.mod": r"oap\.example/oap v(\S+)",
    "docs/go.md": r"oap\.example/oap@v([\w.-]+)",
    "README.md": r"\boap-(?:\w+-)?(\d[\d.]+\d)",
    "docs/c.md": r"\boap-(\d[\d.]+\d)",
    "docs/node.md": r"\boap-(?:[a-z]+\d*-){0,3}?(\d[\d.]+\d)",
    "docs/oap.md": r"\boap-cli-(\d[\d.]+\d)",
    "docs/python.md": r"\boap-(\d[\d.]+\d)",
    "docs/rust.md": r"\boap-(?:tokio-)?(\d[\d.]+\d)",
    "docs/wasm.md": r"\boap-(?:wasm-)?(\d[\d.]+\d)",
    "ops/kubernetes/README.md": r"svc-gateway[-:](\d[\d.]+\d)",
    "ops/kubernetes/base/svc-gateway.yaml": r"image: svc-gateway:(\S+)",
}


@pytest.mark.parametrize("place", PLACES)
def test_the_release_is_named(place):
    assert set(re.findall(PLACES[place], (ROOT / place).read_text(), re.M)) == {RELEASE}


def test_cargo_c_installs_the_abis_version():
    header = (ROOT / "include" / "oap.h").read_text()
    [major, minor] = [re.search(rf"#define OAP_ABI_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR")]
    manifest = tomllib.loads((ROOT / "oap-ffi" / "Cargo.toml").read_text())
    assert manifest["package"]["metadata"]["capi"]["library"]["version"] == f"{major}.{minor}.0"
