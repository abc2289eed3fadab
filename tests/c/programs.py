"""The C programs: against the shared library under valgrind, against the static one with the compilers' sanitizers."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import OUT, run

VALGRIND = ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all",
            "--errors-for-leak-kinds=all"]


def outcome(program: Path) -> tuple[Counter, str]:
    """Counts, and what is to be shown. A program that ends badly is one failure more than it says."""
    # 300 children under valgrind take minutes; and valgrind has an allocator of its own, which never fails.
    bare = program.parent.name.startswith("sanitized") or program.name in ("fork", "no_memory")
    under = [] if bare else VALGRIND
    ended_badly = ""
    try:
        said = run(*under, program)
    except AssertionError as error:
        said = ended_badly = str(error)
    counts = Counter()
    for number, word in re.findall(r"^(\d+) passed, (\d+) failed$", said, flags=re.M)[-1:]:
        counts = Counter(passed=int(number), failed=int(word))
    if ended_badly or not counts["passed"]:
        counts["failed"] = max(counts["failed"], 1)
        return counts, f"{program.relative_to(OUT)}: {said}"
    return counts, ""


def run_programs() -> Counter:
    programs = sorted(path for kind in ("shared", "sanitized-gcc", "sanitized-clang", "hooks") for path in (OUT / kind).iterdir()
                      if path.is_file() and ".so" not in path.name)
    total = Counter()
    with ThreadPoolExecutor(2) as pool:
        for counts, shown in pool.map(outcome, programs):
            total += counts
            if shown:
                print(shown)
    return total
