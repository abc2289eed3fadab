"""What the installed library exports, and what it needs."""

import re
import unittest

from header import HEADER, functions
from tree import PREFIX, run


class Symbols(unittest.TestCase):
    def test_the_shared_library_exports_what_the_header_declares(self):
        listed = run("nm", "-D", "--defined-only", "--format=posix", PREFIX / "lib" / "liboap.so")
        self.assertEqual({line.split()[0] for line in listed.splitlines()}, {f.name for f in functions()})

    def test_the_soname_carries_the_abis_major_version(self):
        major = re.search(r"#define OAP_ABI_MAJOR (\d+)", HEADER.read_text())[1]
        self.assertIn(f"Library soname: [liboap.so.{major}]", run("readelf", "-d", PREFIX / "lib" / "liboap.so"))

    def test_the_library_needs_nothing_but_libc_and_the_unwinder(self):
        needed = re.findall(r"Shared library: \[([\w-]+)", run("readelf", "-d", PREFIX / "lib" / "liboap.so"))
        self.assertLessEqual(set(needed), {"libc", "libgcc_s", "ld-linux-x86-64", "ld-linux-aarch64", "libm"})
