"""One CycloneDX document: an artifact, and what a tool found to be in it. The same for the same artifact, whenever it is made."""

import datetime
import hashlib
import json
import re
import subprocess
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# What the packages are called, and how their files begin.
PYTHON = tomllib.loads((ROOT / "sdk-python" / "pyproject.toml").read_text())["project"]["name"]
NPM = json.loads((ROOT / "sdk-node" / "package.json").read_text())["name"]
PYTHON_FILE, NPM_FILE = re.sub(r"[-_.]+", "_", PYTHON).lower(), NPM.removeprefix("@").replace("/", "-")
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def output(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    return subprocess.run(command, cwd=cwd, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def committed() -> str:
    epoch = int(output("git", "log", "-1", "--format=%ct"))
    return datetime.datetime.fromtimestamp(epoch, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(file: Path, name: str, purl: str, kind: str, parts: dict) -> dict:
    """`parts` is the document of a tool. What it is about is the artifact itself, or the crate that is linked into it."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    about = parts["metadata"]["component"]
    artifact = {"type": kind, "bom-ref": purl, "name": name, "version": VERSION, "purl": purl,
                "hashes": [{"alg": "SHA-256", "content": digest}]}
    artifact |= {"licenses": about["licenses"]} if "licenses" in about else {}
    linked = [] if about["bom-ref"] == purl else [about]
    itself = [{"ref": purl, "dependsOn": [about["bom-ref"]]}] if linked else []
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {"timestamp": committed(), "tools": parts["metadata"]["tools"], "component": artifact},
        "components": linked + parts["components"],
        "dependencies": itself + parts["dependencies"],
    }


def renamed(parts: dict, names: dict[str, str]) -> dict:
    """With other references, and without the components that have none."""
    def component(old: dict) -> dict:
        return old | {"bom-ref": names[old["bom-ref"]]}

    return {
        "metadata": {"tools": parts["metadata"]["tools"], "component": component(parts["metadata"]["component"])},
        "components": [component(old) for old in parts["components"] if old["bom-ref"] in names],
        "dependencies": [
            {"ref": names[old["ref"]], "dependsOn": [names[ref] for ref in old.get("dependsOn", []) if ref in names]}
            for old in parts["dependencies"] if old["ref"] in names
        ],
    }
