"""What the npm package installs, by `npm sbom`; the packages of the platforms are of crates."""

import json
import tarfile
from pathlib import Path

from document import NPM, NPM_FILE, VERSION, output, renamed


def platforms(release: Path) -> list[tuple[Path, str]]:
    """Their files and names."""
    files = sorted(release.glob(f"{NPM_FILE}-*-{VERSION}.tgz"))
    return [(file, NPM + file.name.removesuffix(f"-{VERSION}.tgz").removeprefix(NPM_FILE)) for file in files]


def parts(package: Path, release: Path, scratch: Path) -> dict:
    """With the one of the platforms that is this machine's: npm installs no other."""
    here = output("node", "-p", f"`{NPM}-${{process.platform}}-${{process.arch}}-gnu`").strip()
    others = [file for file, name in platforms(release) if name == here]
    scratch.mkdir()
    with tarfile.open(package) as archive:
        archive.extractall(scratch, filter="data")
    folder = scratch / "package"
    output("npm", "install", "--offline", "--no-save", "--no-audit", "--no-fund", "--omit", "peer", *others, cwd=folder)
    found = json.loads(output("npm", "sbom", "--sbom-format", "cyclonedx", cwd=folder))
    about = found["metadata"]["component"]
    names = {about["bom-ref"]: about["purl"]} | {part["bom-ref"]: part["purl"] for part in found["components"]}
    return renamed(found, names)
