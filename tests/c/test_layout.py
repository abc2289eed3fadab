"""The structures of oap.h lie in memory as C's rules say, where a pointer has 64 bits and where it has 32."""

import re
import shutil
import unittest

from header import HEADER
from tree import OUT, ROOT, run

# A compiler with its target, bytes of a pointer, and how it aligns 64-bit integers.
TARGETS = [(("gcc",), 8, 8), (("gcc", "-m32", "-ffreestanding"), 4, 4),
           (("clang", "--target=i686-linux-gnu", "-ffreestanding"), 4, 4),
           (("clang", "--target=armv7-linux-gnueabihf", "-ffreestanding"), 4, 8)]
NUMBERS = {"uint8_t": 1, "bool": 1, "uint16_t": 2, "uint32_t": 4, "int32_t": 4, "oap_status": 4, "uint64_t": 8}

TEXT = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.S)
CONSTANTS = dict(re.findall(r"^#define (OAP_\w+) (\d+)$", TEXT, flags=re.M))


def structures() -> dict[str, list[tuple[str, str, int]]]:
    """Type, name and count of each field of each structure."""
    found = {}
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", TEXT, flags=re.S):
        fields = re.findall(r"(?:struct )?((?:const )?\w+ \*?)\s*(\w+)(?:\[(\w+)\])?;", body)
        found[name] = [(type_.strip(), field, int(CONSTANTS.get(count, count or 1))) for type_, field, count in fields]
    return found


def layout(name: str, pointer: int, wide: int) -> tuple[dict[str, int], int, int]:
    """Offsets, size and alignment, by the rules of C: each field at the next place that its alignment allows."""
    offsets, at, alignment = {}, 0, 1
    for type_, field, count in structures()[name]:
        if type_ in structures():
            size, align = layout(type_, pointer, wide)[1:]
        elif type_ in ("char", "const char"):
            size = align = 1
        elif type_.endswith("*") or type_ == "size_t":
            size = align = pointer
        else:
            size = NUMBERS[type_]
            align = min(size, wide)
        at = -(-at // align) * align
        offsets[field] = at
        at += size * count
        alignment = max(alignment, align)
    return offsets, -(-at // alignment) * alignment, alignment


def assertions(pointer: int, wide: int) -> str:
    lines = ["#include <oap.h>"]
    for name in structures():
        offsets, size, _ = layout(name, pointer, wide)
        lines.append(f'_Static_assert(sizeof({name}) == {size}, "{name}");')
        lines += [f'_Static_assert(offsetof({name}, {field}) == {at}, "{name}.{field}");' for field, at in offsets.items()]
    return "\n".join(lines) + "\n"


class Layout(unittest.TestCase):
    def test_every_structure_lies_as_the_rules_say(self):
        self.assertIn("oap_frame", structures())
        for number, (compiler, pointer, wide) in enumerate(TARGETS):
            if shutil.which(compiler[0]):
                source = OUT / f"layout_{number}.c"
                source.write_text(assertions(pointer, wide))
                run(*compiler, "-std=c11", "-I", ROOT / "include", "-fsyntax-only", source)

    def test_a_row_lies_alike_everywhere(self):
        self.assertEqual(layout("oap_row", 4, 4)[:2], layout("oap_row", 8, 8)[:2])
