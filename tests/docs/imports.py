"""Which file imports which, in Rust, TypeScript and Python: read from the sources, tests left out."""

import ast
import re
from pathlib import Path


def imports(root: Path) -> dict[Path, set[Path]]:
    """The files under root, each with those under root that it imports; paths are relative to root."""
    found = {}
    for path in sorted(root.rglob("*")):
        read = READERS.get(path.suffix)
        if read and "__pycache__" not in path.parts and not path.name.endswith(".d.ts"):
            targets = read(root, path)
            found[path.relative_to(root)] = {file.relative_to(root) for file in targets} - {path.relative_to(root)}
    return found


def circles(graph: dict) -> list[list]:
    """The groups of files that reach each other (Tarjan)."""
    index, low, stack, groups = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(group) > 1:
                groups.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return groups


def rust(root: Path, path: Path) -> set[Path]:
    text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
    # A file's tests are its last item, and may look at anything.
    text = re.split(r"#\[cfg\([^\]]*\btest\b[^\]]*\)\]\s*(?:pub )?mod \w+ \{", text)[0]
    files = set()
    for used in rust_paths(text):
        file = rust_file(root, path, used)
        if file:
            files.add(file)
    return files


def rust_paths(text: str) -> list[list[str]]:
    """All paths that a source names from its crate, its parent, itself, or a module that it declares."""
    declared = re.findall(r"\bmod (\w+);", text)
    paths = []
    for tree in re.findall(r"\buse ([^;]+);", text):
        paths += use_tree(re.sub(r"\s+", "", re.sub(r"\bas \w+", "", tree)))
    paths += [path.split("::") for path in re.findall(r"\b(?:crate|super)(?:::\w+)+", text)]
    return [path for path in paths if path[0] in ("crate", "super", "self", *declared)]


def use_tree(tree: str) -> list[list[str]]:
    """`a::{b, c::{d}}` as [[a, b], [a, c, d]]."""
    if "{" not in tree:
        return [tree.split("::")]
    head, inner = tree.split("{", 1)
    parts, depth, start = [], 0, 0
    inner = inner[: inner.rindex("}")]
    for at, char in enumerate(inner):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            parts.append(inner[start:at])
            start = at + 1
    parts.append(inner[start:])
    prefix = [part for part in head.split("::") if part]
    return [prefix + path for part in parts if part for path in use_tree(part)]


def rust_file(root: Path, path: Path, used: list[str]) -> Path | None:
    """The file of the deepest module that the path names."""
    folder = path.parent if path.name in ("mod.rs", "lib.rs", "main.rs") else path.with_suffix("")
    at = root if used[0] == "crate" else folder
    names = used[1:] if used[0] in ("crate", "super", "self") else used
    if used[0] == "super":
        at = folder.parent
        while names and names[0] == "super":
            at, names = at.parent, names[1:]
    file = module_file(root, at)
    for name in names:
        below = module_file(root, at / name)
        if below is None:
            break
        at, file = at / name, below
    return file


def module_file(root: Path, module: Path) -> Path | None:
    if module == root:
        return next((root / name for name in ("lib.rs", "main.rs") if (root / name).exists()), None)
    return next((file for file in (module.with_suffix(".rs"), module / "mod.rs") if file.exists()), None)


def typescript(root: Path, path: Path) -> set[Path]:
    text = re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    names = re.findall(r"\b(?:from|import)\s*\(?\s*['\"](\.[^'\"]+)['\"]", text)
    files = ((path.parent / name).with_suffix(".ts").resolve() for name in names)
    return {file for file in files if file.exists() and file.is_relative_to(root)}


def python(root: Path, path: Path) -> set[Path]:
    files = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            files |= python_from(root, path, node)
        elif isinstance(node, ast.Import):
            files |= {file for name in node.names if (file := python_file(root / name.name.replace(".", "/")))}
    return files


def python_from(root: Path, path: Path, node: ast.ImportFrom) -> set[Path]:
    base = path.parents[node.level - 1] if node.level else root
    module = base / (node.module or "").replace(".", "/")
    files = set()
    for name in node.names:
        # `from . import name` is the module of that name, where there is one.
        file = python_file(module / name.name) or python_file(module)
        files |= {file} if file else set()
    return files


def python_file(module: Path) -> Path | None:
    return next((file for file in (module.with_suffix(".py"), module / "__init__.py") if file.exists()), None)


READERS = {".rs": rust, ".ts": typescript, ".py": python}
