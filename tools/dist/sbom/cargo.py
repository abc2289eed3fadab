"""The crates that are linked into a crate of the workspace: described by cargo-cyclonedx, chosen by `cargo tree`."""

import copy
import functools
import json
import os
import re
import subprocess
from pathlib import Path

from document import output, renamed

# cargo-cyclonedx sees the features of the whole workspace, and takes macros for what they expand to.
TREE = ("cargo", "tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}")


class Workspace:
    def __init__(self, root: Path, scratch: Path) -> None:
        """cargo-cyclonedx writes beside each manifest: into a copy of what git tracks."""
        scratch.mkdir()
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, stdout=subprocess.PIPE).stdout
        archive = subprocess.run(["tar", "--null", "-T", "-", "-cf", "-"], cwd=root, check=True, input=tracked, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-xf", "-"], cwd=scratch, check=True, input=archive.stdout)
        tools = output(root / "tools" / "cargo-tool", "cargo-cyclonedx", "0.5.9").strip()
        output("cargo", "cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--target", "all", "--no-build-deps", "--override-filename",
               "sbom", cwd=scratch, env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"})
        self.scratch = scratch
        self.documents = [json.loads(file.read_text()) for file in scratch.rglob("sbom.json")]

    def linked(self, crate: str, target: str | None) -> set[tuple[str, str]]:
        chosen = ["--target", target] if target else []
        return set(re.findall(r"^(\S+) v(\S+)", output(*TREE, *chosen, "--package", crate, cwd=self.scratch), re.M))

    @functools.cache
    def parts(self, crate: str, target: str | None = None) -> dict:
        [parts] = [found for found in self.documents if found["metadata"]["component"]["name"] == crate]
        parts = copy.deepcopy(parts)
        parts["metadata"]["component"].pop("components", None)
        linked, names = self.linked(crate, target), {}
        for component in [parts["metadata"]["component"], *parts["components"]]:
            component["purl"] = component["purl"].partition("?")[0]
            if (component["name"], component["version"]) in linked:
                names[component["bom-ref"]] = component["purl"]
        assert len(names) == len(linked), f"{crate}: cargo-cyclonedx and cargo tree disagree"
        return renamed(parts, names)
