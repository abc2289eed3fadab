"""The C programs of the documents: each compiles without a warning, runs, and ends with 0."""

import re
import tempfile
import unittest
from pathlib import Path

from blocks import blocks, shell_block
from header import HEADER
from tree import PREFIX, ROOT, WARNINGS, pkg_config, run

FLAGS = ["-std=c99", *WARNINGS, "-D_POSIX_C_SOURCE=200809L", *pkg_config(PREFIX, "--cflags", "--libs")]
FOUND_AT_RUN = {"LD_LIBRARY_PATH": f"{PREFIX}/lib"}


def programs(document: str) -> list[str]:
    """Those that end by themselves; the others stand in examples."""
    hosts = [path.read_text() for path in (ROOT / "examples" / "c").glob("*.c")]
    return [block for block in blocks(document, "c") if "int main" in block and block not in hosts]


def preamble() -> str:
    return HEADER.read_text(encoding="utf-8").split("*/")[0]


class Examples(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.scratch = Path(place.name)

    def check(self, document: str) -> None:
        found = programs(document)
        self.assertTrue(found)
        for number, text in enumerate(found, start=1):
            program = self.scratch / f"example_{number}"
            program.with_suffix(".c").write_text(text)
            run("gcc", program.with_suffix(".c"), "-o", program, *FLAGS)
            run(program, **FOUND_AT_RUN)

    def test_those_of_the_readme(self):
        self.check("README.md")

    def test_the_first_program_of_the_header(self):
        indented = re.findall(r"^ \*     (.*)$|^ \*$", preamble(), flags=re.M)
        program = self.scratch / "first"
        program.with_suffix(".c").write_text("\n".join(indented) + "\n")
        run("gcc", program.with_suffix(".c"), "-o", program, *FLAGS)
        self.assertEqual(run(program, **FOUND_AT_RUN), "DATA, 5 bytes: hello\n")

    def test_those_of_the_guide(self):
        self.check("docs/c.md")

    def test_the_commands_of_the_guide_build_its_first_example(self):
        (self.scratch / "example.c").write_text(programs("docs/c.md")[0])
        for word in ("cc example.c $(pkg-config --cflags --libs oap)", "-l:liboap.a"):
            run("sh", "-euc", shell_block("docs/c.md", word), cwd=self.scratch,
                PKG_CONFIG_PATH=f"{PREFIX}/lib/pkgconfig", **FOUND_AT_RUN)
