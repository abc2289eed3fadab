"""What is in each artifact stands beside it, in CycloneDX, and is true."""

import hashlib
import json
import re

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from release import NPM, PYTHON, RELEASE, ROOT, VERSION, artifact, files

ENDING = ".cdx.json"
ARTIFACTS = (".tar.gz", ".tgz", ".zip", ".whl", ".deb", ".crate", ".wasm")


def names():
    return [name for name in files() if name.endswith(ENDING)]


def sbom(pattern):
    return json.loads(artifact(pattern + ENDING).read_text())


def components(pattern):
    return {part["name"] for part in sbom(pattern)["components"]}


def test_each_artifact_has_one_that_names_it_by_its_version_and_hash():
    assert names() == sorted(name + ENDING for name in files() if name.endswith(ARTIFACTS))
    for name in names():
        about = json.loads((RELEASE / name).read_text())["metadata"]["component"]
        digest = hashlib.sha256((RELEASE / name.removesuffix(ENDING)).read_bytes()).hexdigest()
        assert (about["version"], about["hashes"][0]["content"]) == (VERSION, digest), name


def test_each_is_valid_and_refers_only_to_what_it_lists():
    validator = JsonStrictValidator(SchemaVersion.V1_5)
    for name in names():
        text = (RELEASE / name).read_text()
        assert validator.validate_str(text) is None, name
        document = json.loads(text)
        listed = [document["metadata"]["component"], *document["components"]]
        edges = document["dependencies"]
        used = {ref for edge in edges for ref in [edge["ref"], *edge["dependsOn"]]}
        assert used == {part["bom-ref"] for part in listed}, name


def test_liboap_is_three_crates():
    for pattern in ("oap-*-linux-gnu.tar.gz", "liboap1_*.deb", "liboap-dev_*.deb"):
        assert components(pattern) == {"oap-ffi", "oap", "bytes"}, pattern


def test_the_gateway_lists_what_serves_and_nothing_that_only_tests_or_builds():
    listed = components("svc-gateway_*.deb")
    assert listed >= {"oap", "rustls", "tokio", "axum", "blake3"}
    assert not listed & {"proptest", "criterion", "serde_derive", "cc", "cbindgen"}


@pytest.mark.parametrize("pattern", ["svc-gateway_*.deb", f"{PYTHON}-*.whl", f"{NPM}-linux-*.tgz"])
def test_each_crate_is_at_the_version_that_is_locked(pattern):
    locked = set(re.findall(r'^name = "(.*)"\nversion = "(.*)"$', (ROOT / "Cargo.lock").read_text(), re.M))
    listed = {(part["name"], part["version"]) for part in sbom(pattern)["components"]}
    assert len(listed) > 3 and listed <= locked


def test_what_others_wrote_names_its_licence():
    for name in names():
        for part in json.loads((RELEASE / name).read_text())["components"]:
            licensed = part.get("licenses") or part.get("evidence", {}).get("licenses")
            assert licensed or part["version"].removeprefix("v") == VERSION, (name, part["name"])


def test_the_python_node_and_go_packages_name_what_they_need():
    assert "pyo3" in components(f"{PYTHON}-*.whl") and "napi" in components(f"{NPM}-linux-*.tgz")
    assert any("-linux" in name for name in components(f"{NPM}-{VERSION}.tgz"))
    assert any("/liboap/" in name for name in components("go/oap.example/oap/@v/*.zip"))
    assert components("go/oap.example/oap/liboap/linux_*/@v/*.zip") == {"oap-ffi", "oap", "bytes"}
    assert "github.com/prometheus/client_golang" in components("go/oap.example/oap/oapprometheus/@v/*.zip")
