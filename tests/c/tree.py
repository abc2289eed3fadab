"""Where things are, and commands run there."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PREFIX = ROOT / "build" / "prefix"
OUT = ROOT / "build" / "c"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

# A make around this one lends its jobs to no other; a backtrace keeps memory that valgrind would find.
ENV = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
ENV |= {"RUST_BACKTRACE": "0", "LC_ALL": "C"}


def run(*command, cwd: Path = ROOT, **env) -> str:
    """The output of a command; an error with all that it said where it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=ENV | {name: str(value) for name, value in env.items()}, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def pkg_config(prefix: Path, *arguments: str, libdir: str = "lib") -> list[str]:
    return run("pkg-config", *arguments, "oap", PKG_CONFIG_PATH=f"{prefix}/{libdir}/pkgconfig").split()


def pkg_config_of(library: str, *arguments: str) -> list[str]:
    """The flags of a library of the system's."""
    return run("pkg-config", *arguments, library).split()


def static(flags: list[str]) -> list[str]:
    """The remedy of docs/c.md: where both libraries are, -loap would be the shared one."""
    return ["-l:liboap.a" if flag == "-loap" else flag for flag in flags]
