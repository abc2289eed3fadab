"""docs/dependencies.md gives a reason for each direct dependency of every manifest, and what ships has as few as it says."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"oap\b|oap\.example/")
# The root manifest only gives versions to the crates'.
MANIFEST = re.compile(r"(?<!^)(Cargo\.toml|pyproject\.toml|package\.json|go\.mod|tools\.mod|requirements\.txt)$")


def lines():
    """What the document names, by manifest, with the reasons."""
    text = (ROOT / "docs" / "dependencies.md").read_text()
    sections = re.split(r"^## (.+)$", text, flags=re.M)[1:]
    return {name: re.findall(r"^- `(.+?)`: (.+)$", body, re.M) for name, body in zip(sections[::2], sections[1::2])}


def cargo(text):
    manifest = tomllib.loads(text)
    for tables in [manifest, *manifest.get("target", {}).values()]:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            yield from tables.get(kind, {})


def pyproject(text):
    manifest = tomllib.loads(text)
    project = manifest["project"]
    extras = sum(project.get("optional-dependencies", {}).values(), [])
    for requirement in [*manifest["build-system"]["requires"], *project.get("dependencies", []), *extras]:
        yield re.match(r"[\w.-]+", requirement)[0]


def package_json(text):
    manifest = json.loads(text)
    for kind in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        yield from manifest.get(kind, {})


def go_mod(text):
    yield from re.findall(r"^tool (\S+)$", text, re.M)
    yield from re.findall(r"^(?:require |\t)(\S+) v\S+$", text, re.M)


def requirements(text):
    yield from re.findall(r"^([\w.-]+)(?:\[.+\])?==", text, re.M)


READERS = {"Cargo.toml": cargo, "pyproject.toml": pyproject, "package.json": package_json, "go.mod": go_mod,
           "tools.mod": go_mod, "requirements.txt": requirements}


def direct(manifest):
    path = ROOT / manifest
    return {name for name in READERS[path.name](path.read_text()) if not OURS.match(name)}


def manifests():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return [file for file in files if MANIFEST.search(file)]


@pytest.mark.parametrize("manifest", manifests())
def test_each_dependency_has_its_line_and_each_line_its_dependency(manifest):
    named = [name for name, _ in lines().get(manifest, [])]
    assert sorted(named) == sorted(direct(manifest))


def test_each_section_is_a_manifest_and_has_a_dependency():
    assert set(lines()) == {manifest for manifest in manifests() if direct(manifest)}


def test_the_core_needs_bytes_alone_and_the_c_library_the_core():
    core = tomllib.loads((ROOT / "oap" / "Cargo.toml").read_text())
    assert [name for name, wanted in core["dependencies"].items() if not wanted.get("optional")] == ["bytes"]
    assert core["features"]["default"] == ["std"] and core["features"]["std"] == ["bytes/std"]
    assert list(tomllib.loads((ROOT / "oap-ffi" / "Cargo.toml").read_text())["dependencies"]) == ["oap"]


def test_the_packages_of_python_node_and_go_need_nothing_at_run_time():
    project = tomllib.loads((ROOT / "sdk-python" / "pyproject.toml").read_text())["project"]
    assert "dependencies" not in project and "dependencies" not in project["dynamic"]
    package = json.loads((ROOT / "sdk-node" / "package.json").read_text())
    assert "dependencies" not in package
    assert all(package["peerDependenciesMeta"][peer]["optional"] for peer in package["peerDependencies"])
    assert direct("bindings/go/go.mod") == set()
