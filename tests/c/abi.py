"""The ABI that oap.h declares, as libabigail sees it: `python3 tests/c/abi.py` writes docs/api-history anew.

The dump is made of a library of stubs in C, generated from the header. What Rust's own debug information says of
liboap.so tells the innards of its opaque handles too, which are nobody's business. That liboap.so exports what the
header declares is test_symbols.py's matter, that the header is that of the source cbindgen's (oap-ffi/tests/header.rs).
Constants are macros, which no debug information has: they are listed beside the dump.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from header import HEADER, functions
from tree import ROOT, run

HISTORY = ROOT / "docs" / "api-history"
DUMP = HISTORY / "liboap.abi"
CONSTANTS = HISTORY / "liboap.constants"


def constants(header: str) -> str:
    """A line for each, in the header's order."""
    return "".join(f"{name} {value}\n" for name, value in re.findall(r"^#define (OAP_\w+) (\S+)$", header, flags=re.M))


def dump(header: str, to: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        (scratch / "oap.h").write_text(header)
        stubs = [f"{f.returns} {f.name}({', '.join(f'{p.type} {p.name}' for p in f.parameters) or 'void'})"
                 for f in functions(header)]
        (scratch / "stubs.c").write_text('#include "oap.h"\n' + "".join(
            f"{stub} {{ __builtin_trap(); }}\n" for stub in stubs))
        run("gcc", "-g", "-O0", "-shared", "-fPIC", "-Wl,-soname,liboap.so", "stubs.c", "-o", "liboap.so", cwd=scratch)
        run("abidw", "--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--type-id-style", "hash",
            "--out-file", to, "liboap.so", cwd=scratch)


def differences(header: str) -> tuple[int, str]:
    """What abidiff says of a header beside the dump that is checked in: its status, and its words."""
    with tempfile.TemporaryDirectory() as place:
        now = Path(place) / "now.abi"
        dump(header, now)
        done = subprocess.run(["abidiff", "--no-architecture", DUMP, now], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


if __name__ == "__main__":
    HISTORY.mkdir(exist_ok=True)
    dump(HEADER.read_text(), DUMP)
    CONSTANTS.write_text(constants(HEADER.read_text()))
