"""What both scripts of this folder do: parts that pass, fail or can't run here, and the conformance vectors with a testee."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.M)[1]
VECTORS = ("tests/vectors/oap1", "tests/vectors/connection")


class NotHere(Exception):
    pass


def program(name: str) -> str:
    """Its path: Windows starts `npm.cmd` by nothing less."""
    found = shutil.which(name)
    if not found:
        raise NotHere(f"no {name}")
    return found


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    """What it says; an error with all of it where it fails."""
    shown = [str(part) for part in command]
    print("$", *shown, flush=True)
    done = subprocess.run(shown, cwd=cwd, env=os.environ | env, text=True, encoding="utf-8", errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise AssertionError(f"{shown[0]}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def first_example(document: str, language: str) -> str:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.search(rf"^```{language}\n(.*?)^```", text, re.M | re.S)[1]


def environment(folder: Path) -> Path:
    """The interpreter of a fresh virtual environment."""
    run(sys.executable, "-m", "venv", folder)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def vectors(*testee: str | Path) -> None:
    command = " ".join(f"'{Path(part).as_posix()}'" for part in testee)
    for folder in VECTORS:
        said = run(sys.executable, "tests/conformance/run.py", "--max", "5", "--testee", command, "--vectors", folder)
        print(said.splitlines()[-1])


def python_vectors(python: Path) -> None:
    vectors(python, "tests/conformance/python/testee.py")


def node_vectors(project: Path) -> None:
    """The testee takes the package from where the repository has it, so a folder is laid out like the repository."""
    shutil.copytree(project / "node_modules" / "oap", project / "sdk-node")
    shutil.copytree(ROOT / "tests" / "conformance" / "node", project / "tests" / "conformance" / "node")
    vectors(program("node"), project / "tests" / "conformance" / "node" / "testee.mjs")


def main(parts: list[Callable[[], None]], wanted: list[str]) -> int:
    """Runs each, or those that are wanted, whatever became of those before it."""
    outcomes = []
    parts = [part for part in parts if not wanted or part.__name__ in wanted]
    for part in parts:
        print(f"== {part.__name__}", flush=True)
        try:
            part()
            outcomes.append("passed")
        except NotHere as reason:
            outcomes.append("not here")
            print(f"not here: {reason}")
        except Exception as error:
            outcomes.append("failed")
            print(error)
    for part, outcome in zip(parts, outcomes):
        print(f"{part.__name__}: {outcome}")
    print(f"{outcomes.count('passed')} passed, {outcomes.count('failed')} failed")
    return 0 if "passed" in outcomes and "failed" not in outcomes else 1
