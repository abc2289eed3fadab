"""oap.h as a page: each part of it in the header's own order, each declaration below what is said of it."""

import re

COMMENT = re.compile(r"^/\*\*\n(.*?)^ \*/\n", re.M | re.S)
SECTION = re.compile(r"^/\* ---- (.*) ---- \*/$", re.M)
# Of a structure, a constant, a type, a function.
NAMES = [r"^\} (\w+);", r"^#define (\w+)", r"^typedef .*?(\w+);$", r"(\w+)\("]


def page(header: str) -> str:
    head, *rest = SECTION.split(header)
    preamble = re.search(r"/\*\n(.*?) \*/", head, re.S)[1]
    parts = ["# oap.h", said(preamble)]
    for title, text in zip(rest[::2], rest[1::2]):
        parts.append(f"## {title}")
        for comment, declared in whole(text):
            parts += [f"### {name(declared)}", said(comment), f"```c\n{declared.rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def whole(text: str) -> list[tuple[str, str]]:
    """The declarations with their comments; one with braces goes on to its closing brace."""
    found, at = [], 0
    while match := COMMENT.search(text, at):
        rest = text[match.end():]
        braces = rest.partition("\n")[0].endswith("{")
        end = re.search(r"^\}.*?;$" if braces else r"\n\n|\Z", rest, re.M)
        found.append((match[1], rest[:end.end()]))
        at = match.end() + end.end()
    return found


def name(declared: str) -> str:
    return next(found[1] for pattern in NAMES if (found := re.search(pattern, declared, re.M)))


def said(comment: str) -> str:
    """Without its stars; indented code stays, and what looks like a tag is text."""
    text = re.sub(r"^ \* ?", "", comment, flags=re.M)
    text = re.sub(r"^@param (\w+) +", r"- `\1`: ", text, flags=re.M)
    text = re.sub(r"^@return +", "- returns ", text, flags=re.M)
    lines = [line if line.startswith("    ") else line.replace("<", "&lt;") for line in text.split("\n")]
    return "\n".join(lines).strip("\n")
