"""The modules that a Go module needs, by cyclonedx-gomod."""

import json
import os
import zipfile
from pathlib import Path

from document import ROOT, VERSION, output, renamed

GOMOD = ("github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod", "v1.10.0")
DESCRIBE = ("mod", "-json", "-licenses", "-assert-licenses", "-type", "library", "-short-purls", "-output-version", "1.5")


# A module of one archive: what is in it are crates.
def of_crates(module: str) -> bool:
    return "/liboap/" in module


def modules(release: Path) -> list[tuple[Path, str]]:
    proxy = release / "go"
    return [(file, str(file.parent.parent.relative_to(proxy))) for file in sorted(proxy.rglob("*.zip"))]


def environment(release: Path, scratch: Path) -> dict[str, str]:
    """The released modules are found as any others are, and leave nothing in the cache of who builds."""
    cache = output("go", "env", "GOMODCACHE").strip()
    return os.environ | {
        "GOPROXY": f"file://{release / 'go'},file://{cache}/cache/download,{output('go', 'env', 'GOPROXY').strip()}",
        "GONOSUMDB": "oap.example",
        "GOMODCACHE": str(scratch / "modules"),
        "GOFLAGS": "-mod=mod -modcacherw",
    }


def parts(file: Path, module: str, release: Path, scratch: Path) -> dict:
    with zipfile.ZipFile(file) as archive:
        archive.extractall(scratch / "go")
    folder = scratch / "go" / f"{module}@v{VERSION}"
    go = environment(release, scratch)
    # No sum of what is released with it can be in its go.sum.
    output("go", "mod", "download", "all", cwd=folder, env=go)
    tool = output(ROOT / "tools" / "go-tool", *GOMOD).strip()
    found = json.loads(output(tool, *DESCRIBE, cwd=folder, env=go))
    found.setdefault("components", [])
    return versioned(found)


def versioned(found: dict) -> dict:
    """A module knows its version by its tag only, which a folder has not."""
    about = found["metadata"]["component"]
    names = {part["bom-ref"]: part["purl"] for part in found["components"]}
    names[about["bom-ref"]] = f"{about['purl'].partition('@')[0]}@v{VERSION}"
    return renamed(found, names)
