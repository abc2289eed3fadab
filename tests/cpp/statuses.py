"""Every Status and Reason of the C++ face is expected by a test."""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = (HERE.parents[1] / "include/oap/names.hpp").read_text()
TESTS = "".join(path.read_text() for path in HERE.glob("*.cpp"))

# What a failure never is; and what a member says by an empty optional.
NO_FAILURE = {"ok", "absent"}
# Typed arguments are aligned, and what happens without memory is tried in C.
NOT_FROM_CPP = {"misaligned", "no_memory"}


def members(enum: str) -> set[str]:
    body = re.search(rf"^enum class {enum} [^{{]*{{(.*?)}};", NAMES, flags=re.M | re.S)[1]
    return set(re.findall(r"^ *(\w+) = OAP_", body, flags=re.M))


missing = members("Status") - NO_FAILURE - NOT_FROM_CPP - set(re.findall(r"\b(?:Status|Reason)::(\w+)", TESTS))
missing |= members("Reason") - set(re.findall(r"\bReason::(\w+)", TESTS))
assert not missing, missing
