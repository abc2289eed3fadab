"""The table of docs/c.md of what is out of range: what the program beside this prints."""

import tempfile
import unittest
from pathlib import Path

from test_examples import FLAGS, FOUND_AT_RUN
from tree import HERE, ROOT, run


class OutOfRange(unittest.TestCase):
    def test_the_guide_says_what_the_library_says(self):
        with tempfile.TemporaryDirectory() as place:
            program = Path(place) / "out_of_range"
            run("gcc", HERE / "out_of_range.c", "-o", program, *FLAGS)
            rows = run(program, **FOUND_AT_RUN).splitlines()
        self.assertGreater(len(rows), 15)
        self.assertLessEqual(set(rows), set((ROOT / "docs/c.md").read_text().splitlines()))
