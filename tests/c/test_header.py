"""include/oap.h: compiles alone everywhere, and no function or status of it goes untested."""

import re
import shutil
import unittest

from header import functions, statuses
from tree import HERE, OUT, ROOT, WARNINGS, run

COMPILERS = [("gcc", "c99", "c"), ("gcc", "c11", "c"), ("g++", "c++17", "c++"),
             ("clang", "c99", "c"), ("clang", "c11", "c"), ("clang++", "c++17", "c++")]

# What clang's -Weverything says that is no fault of a header.
SILENCED = [
    "-Wno-padded",  # padding is part of the layout: test_layout.py
    "-Wno-c++98-compat",  # C++17 is asked for
]


class Header(unittest.TestCase):
    def check_compiles(self, text: str) -> None:
        source = OUT / "header.c"
        source.write_text(text)
        for compiler, standard, language in COMPILERS:
            if shutil.which(compiler):
                run(compiler, f"-std={standard}", *WARNINGS, "-x", language, "-I", ROOT / "include", "-fsyntax-only",
                    source)

    def test_it_compiles_alone(self):
        self.check_compiles("#include <oap.h>\n")

    def test_it_may_be_included_twice(self):
        self.check_compiles("#include <oap.h>\n#include <oap.h>\n")

    @unittest.skipUnless(shutil.which("clang"), "no clang")
    def test_clang_has_nothing_to_say(self):
        source = OUT / "everything.c"
        source.write_text("#include <oap.h>\n")
        for compiler, standard, language in COMPILERS:
            if compiler.startswith("clang"):
                run(compiler, f"-std={standard}", "-Weverything", "-Werror", *SILENCED, "-x", language, "-I", ROOT / "include",
                    "-fsyntax-only", source)

    def test_handles_stand_in_a_readers_order_from_new_to_free(self):
        names = [f.name for f in functions()]
        ends = [name for name in names if re.search(r"_(new|free)$", name)]
        handles = ("config", "decoder", "stream_decoder", "session", "connection", "monitor")
        self.assertEqual(ends, [f"oap_{handle}_{end}" for handle in handles for end in ("new", "free")])

    def test_every_function_is_called(self):
        calls = set(re.findall(r"\b(oap_\w+)\b", "".join(path.read_text() for path in HERE.glob("*.[ch]"))))
        self.assertEqual({f.name for f in functions()} - calls, set())

    def test_every_function_of_a_decoder_is_called_after_a_panic(self):
        of_a_decoder = {f.name for f in functions() if f.parameters and f.parameters[0].type.endswith("oap_decoder *")}
        self.assertEqual(of_a_decoder - set(re.findall(r"oap_\w+", (HERE / "panic.c").read_text())), set())

    def test_every_status_is_produced(self):
        tests = "".join(path.read_text() for path in HERE.glob("*.[ch]")) + (OUT / "null_sweep.c").read_text()
        self.assertEqual(set(statuses()) - set(re.findall(r"CHECK_STATUS\((OAP_STATUS_\w+),", tests)), set())
