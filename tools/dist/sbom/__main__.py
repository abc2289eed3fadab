"""python3 tools/dist/sbom FOLDER: beside each artifact of a release in FOLDER, what is in it: FILE.cdx.json, in CycloneDX."""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cargo
import go
import npm
from document import NPM, NPM_FILE, PYTHON, PYTHON_FILE, ROOT, VERSION, document


@dataclass(frozen=True)
class Artifact:
    file: Path
    name: str
    purl: str
    kind: str = "library"


def each(release: Path, pattern: str, name: str, purl: str, kind: str = "library") -> list[Artifact]:
    return [Artifact(file, name, purl, kind) for file in sorted(release.glob(pattern))]


# What is made, with the crate that is linked into it.
MADE = [
    (f"oap-{VERSION}-*-*-*.tar.gz", "liboap", "pkg:generic/liboap", "library", "oap-ffi"),
    (f"oap-{VERSION}.wasm", "liboap", "pkg:generic/liboap", "library", "oap-ffi"),
    (f"liboap1_{VERSION}_*.deb", "liboap1", "pkg:deb/liboap1", "library", "oap-ffi"),
    (f"liboap-dev_{VERSION}_*.deb", "liboap-dev", "pkg:deb/liboap-dev", "library", "oap-ffi"),
    (f"svc-gateway_{VERSION}_*.deb", "svc-gateway", "pkg:deb/svc-gateway", "application", "svc-gateway"),
    (f"svc-gateway-{VERSION}-*.tar.gz", "svc-gateway", "pkg:generic/svc-gateway", "application", "svc-gateway"),
    (f"svc-gateway-{VERSION}.oci.tar", "svc-gateway", "pkg:oci/svc-gateway", "container", "svc-gateway"),
    (f"oap_{VERSION}_*.deb", "oap-tool", "pkg:deb/oap", "application", "oap-cli"),
    (f"oap-cli-{VERSION}-*.tar.gz", "oap-tool", "pkg:generic/oap-cli", "application", "oap-cli"),
    (f"{PYTHON_FILE}-{VERSION}-*.whl", PYTHON, f"pkg:pypi/{PYTHON}", "library", "oap-python"),
    (f"{PYTHON_FILE}-{VERSION}.tar.gz", PYTHON, f"pkg:pypi/{PYTHON}", "library", "oap-python"),
    (f"oap-{VERSION}.crate", "oap", "pkg:cargo/oap", "library", "oap"),
    (f"oap-ffi-{VERSION}.crate", "oap-ffi", "pkg:cargo/oap-ffi", "library", "oap-ffi"),
    (f"oap-tokio-{VERSION}.crate", "oap-tokio", "pkg:cargo/oap-tokio", "library", "oap-tokio"),
    (f"oap-{VERSION}-source.tar.gz", "oap-source", "pkg:generic/oap", "library", "oap-ffi"),
]


def of_crates(release: Path) -> list[tuple[Artifact, str]]:
    made = [(artifact, crate) for pattern, name, purl, kind, crate in MADE
            for artifact in each(release, pattern, name, f"{purl}@{VERSION}", kind)]
    return made + [(Artifact(file, name, f"pkg:npm/{name}@{VERSION}"), "oap-ffi" if name == f"{NPM}-wasm" else "oap-node")
                   for file, name in npm.platforms(release)]


# The crates of a platform are not all those of another.
def target_of(file: Path) -> str | None:
    table = [line.split() for line in (ROOT / "tools" / "dist" / "platforms").read_text().splitlines()]
    marks = {mark: line[2] for line in table if line and line[0] != "#" for mark in (line[0], line[2], line[3])}
    return next((target for mark, target in marks.items() if mark in file.name), None)


def write(artifact: Artifact, parts: dict) -> None:
    content = document(artifact.file, artifact.name, artifact.purl, artifact.kind, parts)
    Path(f"{artifact.file}.cdx.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(release: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        crates = cargo.Workspace(ROOT, Path(scratch) / "cargo")
        for artifact, crate in of_crates(release):
            write(artifact, crates.parts(crate, target_of(artifact.file)))
        for package in each(release, f"{NPM_FILE}-{VERSION}.tgz", NPM, f"pkg:npm/{NPM}@{VERSION}"):
            write(package, npm.parts(package.file, release, Path(scratch) / "npm"))
        for file, module in go.modules(release):
            parts = crates.parts("oap-ffi") if go.of_crates(module) else go.parts(file, module, release, Path(scratch))
            write(Artifact(file, module, f"pkg:golang/{module}@v{VERSION}"), parts)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
