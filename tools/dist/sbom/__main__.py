"""python3 tools/dist/sbom FOLDER: beside each artifact of a release in FOLDER, what is in it: FILE.cdx.json, in CycloneDX."""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cargo
import go
import npm
from document import ROOT, VERSION, document


@dataclass(frozen=True)
class Artifact:
    file: Path
    name: str
    purl: str
    kind: str = "library"


def one(release: Path, pattern: str, name: str, purl: str, kind: str = "library") -> Artifact:
    [file] = release.glob(pattern)
    return Artifact(file, name, purl, kind)


# Each with the crate that is linked into it.
def of_crates(release: Path) -> list[tuple[Artifact, str]]:
    return [
        (one(release, f"oap-{VERSION}-*-linux-*.tar.gz", "liboap", f"pkg:generic/liboap@{VERSION}"), "oap-ffi"),
        (one(release, f"liboap1_{VERSION}_*.deb", "liboap1", f"pkg:deb/liboap1@{VERSION}"), "oap-ffi"),
        (one(release, f"liboap-dev_{VERSION}_*.deb", "liboap-dev", f"pkg:deb/liboap-dev@{VERSION}"), "oap-ffi"),
        (one(release, f"svc-gateway_{VERSION}_*.deb", "svc-gateway", f"pkg:deb/svc-gateway@{VERSION}", "application"),
         "svc-gateway"),
        (one(release, f"oap_{VERSION}_*.deb", "oap-tool", f"pkg:deb/oap@{VERSION}", "application"), "oap-cli"),
        (one(release, f"oap-{VERSION}-*.whl", "oap", f"pkg:pypi/oap@{VERSION}"), "oap-python"),
        (one(release, f"oap-{VERSION}.tar.gz", "oap", f"pkg:pypi/oap@{VERSION}"), "oap-python"),
        *((Artifact(file, name, f"pkg:npm/{name}@{VERSION}"), "oap-node") for file, name in npm.platforms(release)),
        (one(release, f"oap-{VERSION}.crate", "oap", f"pkg:cargo/oap@{VERSION}"), "oap"),
        (one(release, f"oap-ffi-{VERSION}.crate", "oap-ffi", f"pkg:cargo/oap-ffi@{VERSION}"), "oap-ffi"),
        (one(release, f"oap-tokio-{VERSION}.crate", "oap-tokio", f"pkg:cargo/oap-tokio@{VERSION}"), "oap-tokio"),
        (one(release, f"oap-{VERSION}-source.tar.gz", "oap-source", f"pkg:generic/oap@{VERSION}"), "oap-ffi"),
    ]


def write(artifact: Artifact, parts: dict) -> None:
    content = document(artifact.file, artifact.name, artifact.purl, artifact.kind, parts)
    Path(f"{artifact.file}.cdx.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(release: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        crates = cargo.Workspace(ROOT, Path(scratch) / "cargo")
        for artifact, crate in of_crates(release):
            write(artifact, crates.parts(crate))
        package = one(release, f"oap-{VERSION}.tgz", "oap", f"pkg:npm/oap@{VERSION}")
        write(package, npm.parts(package.file, [file for file, _ in npm.platforms(release)], Path(scratch) / "npm"))
        for file, module in go.modules(release):
            write(Artifact(file, module, f"pkg:golang/{module}@v{VERSION}"), go.parts(file, module, release, Path(scratch)))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
