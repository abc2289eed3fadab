"""failing.py OUT: writes a liboap in C whose functions fail and write none of their outputs.

MemorySanitizer then sees each output that the C++ headers use without having been given it. Handles are made all the
same while `makes_handles` is true, so that there is something to call. `uncalled` names a function with a
status that the headers use and no test has called."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "c"))
from header import Function, functions  # noqa: E402

STATUS = "oap_status"
PROLOGUE = """#include <oap.h>
#include <stddef.h>

oap_status failing_status;
bool makes_handles;
static char memory[1];
"""


def answer(function: Function) -> str:
    match function.returns:
        case "void":
            return ""
        case status if status == STATUS and function.name.endswith("_new"):
            made = function.parameters[-1]
            handle = f"*{made.name} = ({made.type[:-1].strip()})memory"
            return f"if (makes_handles) {{ {handle}; return OAP_STATUS_OK; }} return failing_status;"
        case status if status == STATUS:
            return "return failing_status;"
        case returns if returns.endswith("*"):
            return 'return "";'
    return "return 0;"


def definition(function: Function) -> str:
    parameters = ", ".join(f"{p.type} {p.name}" for p in function.parameters) or "void"
    unused = " ".join(f"(void){p.name};" for p in function.parameters)
    name = function.name
    body = f"    {unused}\n    called_{name} = true;\n    {answer(function)}\n"
    return f"static bool called_{name};\n{function.returns} {name}({parameters})\n{{\n{body}}}\n"


def used() -> set[str]:
    headers = (ROOT / "include" / "oap").glob("*.hpp")
    text = "\n".join(re.sub(r"//[^\n]*", "", path.read_text()) for path in headers)
    return set(re.findall(r"\boap_\w+", text))


def program() -> str:
    found, names = functions(), used()
    checks = "".join(f'    if (!called_{f.name}) return "{f.name}";\n' for f in found if f.name in names and f.returns == STATUS)
    uncalled = f"const char *uncalled(void)\n{{\n{checks}    return NULL;\n}}\n"
    return "\n".join([PROLOGUE, *map(definition, found), uncalled])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(program())
