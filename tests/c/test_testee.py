"""The C testee under valgrind, on the cases that reach each operation; `make test` runs it on all without."""

import sys
import unittest

from programs import VALGRIND
from tree import ROOT, run

TESTEE = ROOT / "build" / "conformance" / "c-testee"


class Testee(unittest.TestCase):
    def test_it_loses_no_memory(self):
        for cases in ("encode_hello*", "table_*", "session_objects", "usage"):
            run(sys.executable, "tests/conformance/run.py", "--timeout", "60", "--only", cases,
                "--testee", " ".join([*VALGRIND, str(TESTEE)]))
