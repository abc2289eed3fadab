"""What kustomize makes of a folder: by kubectl where it knows components, else by kustomize itself, from its Go module."""

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MODULE = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.0"
TOOLS = ROOT / "build" / "tools"


def kubectl_knows_components():
    if not shutil.which("kubectl"):
        return False
    told = subprocess.run(["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True)
    version = json.loads(told.stdout or "{}").get("kustomizeVersion", "v0")
    return int(version.removeprefix("v").split(".")[0]) >= 4


@functools.cache
def command():
    if kubectl_knows_components():
        return ["kubectl", "kustomize"]
    program = TOOLS / "kustomize"
    if not program.exists():
        subprocess.run(["go", "install", MODULE], env=os.environ | {"GOBIN": str(TOOLS)}, cwd="/", check=True)
    return [program, "build"]


def build(folder):
    """The objects, in its order."""
    built = subprocess.run([*command(), folder], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


if __name__ == "__main__":
    print(*command())
