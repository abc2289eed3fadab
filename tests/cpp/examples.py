"""examples.py HEADERS GUIDE DIRECTORY: writes the examples of oap/*.hpp and docs/cpp.md as programs.

In the headers they stand in comments between `~~~cpp` and `~~~` and become the body of a main; in the guide every block
of cpp that has a main is a program.
"""

import re
import sys
from pathlib import Path

PROLOGUE = "#include <oap.hpp>\n\n#include <array>\n#include <cassert>\n#include <vector>\n\nint main() {\n"


def of_header(text: str) -> list[str]:
    blocks = re.findall(r"^/// ~~~cpp\n(.*?)^/// ~~~$", text, re.MULTILINE | re.DOTALL)
    return [PROLOGUE + re.sub(r"^/// ?", "    ", block, flags=re.MULTILINE) + "}\n" for block in blocks]


def of_guide(text: str, hosts: list[str]) -> list[str]:
    """Those that end by themselves; the others stand in examples."""
    blocks = re.findall(r"^```cpp\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "int main(" in block and block not in hosts]


def numbered(name: str, programs: list[str]) -> dict[str, str]:
    return {f"{name}_{number}.cpp": program for number, program in enumerate(programs, 1)}


def main(headers: str, guide: str, directory: str) -> None:
    programs = {}
    for header in sorted(Path(headers).glob("*.hpp")):
        programs |= numbered(header.stem, of_header(header.read_text()))
    hosts = [path.read_text() for path in (Path(guide).parents[1] / "examples" / "cpp").glob("*.cpp")]
    programs |= numbered("guide", of_guide(Path(guide).read_text(), hosts))
    out = Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.glob("*.cpp"):
        if stale.name not in programs:
            stale.unlink()
    for name, text in programs.items():
        path = out / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
