"""docs/examples/poll.c and uv.c: each is a server and a client of the other; the guide shows parts of them."""

import tempfile
import unittest
from pathlib import Path

from blocks import blocks
from loops import CHECKS, check_few_descriptors
from test_examples import FLAGS, FOUND_AT_RUN
from tree import ROOT, pkg_config_of, run

EXAMPLES = ROOT / "docs" / "examples"
LIBRARIES = {"poll": [], "uv": pkg_config_of("libuv", "--cflags", "--libs")}


class Loops(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        cls.programs = {name: Path(place.name) / name for name in LIBRARIES}
        for name, program in cls.programs.items():
            run("gcc", "-O1", EXAMPLES / f"{name}.c", "-o", program, *FLAGS, *LIBRARIES[name])

    def check(self, server: str, client: str, checks=CHECKS) -> None:
        for check in checks:
            with self.subTest(check.__name__):
                check(self.programs[server], self.programs[client], **FOUND_AT_RUN)

    def test_poll_serves_uv(self):
        self.check("poll", "uv", [*CHECKS, check_few_descriptors])

    def test_uv_serves_poll(self):
        self.check("uv", "poll")


class Guide(unittest.TestCase):
    def test_what_it_shows_of_them_stands_in_them(self):
        examples = "".join((EXAMPLES / f"{name}.c").read_text() for name in LIBRARIES)
        shown = [block for block in blocks("docs/c.md", "c") if "link_t" in block and "int main" not in block]
        self.assertEqual(len(shown), 2)
        for block in shown:
            for function in block.split("\n\n"):
                self.assertIn(function.strip(), examples)
