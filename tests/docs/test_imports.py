"""The files of a component import downward: there is no circle among them, whatever the language."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def rust(folder: Path) -> dict:
    """The files that each file names by a path from `crate`; the crate's root names all of them and is left out."""
    files = {module(folder, file): file for file in folder.rglob("*.rs") if file.name not in ("lib.rs", "main.rs")}
    return {name: {found for path in paths(file) if (found := owner(path, files))} - {name} for name, file in files.items()}


def module(folder: Path, file: Path) -> str:
    parts = file.relative_to(folder).with_suffix("").parts
    return "::".join(parts[:-1] if parts[-1] == "mod" else parts)


def paths(file: Path) -> list:
    code = re.sub(r"//.*", "", file.read_text(encoding="utf-8"))
    return [path for found in re.finditer(r"\bcrate::", code) for path in spread(code, found.end())]


def spread(code: str, at: int) -> list:
    """The paths that begin here: one, or those of a group in braces."""
    name = re.compile(r"\s*((?:\w+::)*)(\w*)").match(code, at)
    if name[2] or code[name.end()] != "{":
        return [name[1] + name[2]]
    found, at = [], name.end()
    while code[at] != "}":
        inner = spread(code, at + 1)
        found += [name[1] + path for path in inner]
        at = end_of(code, at + 1)
    return found


def end_of(code: str, at: int) -> int:
    """Where an item of a group ends: at its comma or at the group's brace."""
    depth = 0
    while depth or code[at] not in ",}":
        depth += (code[at] == "{") - (code[at] == "}")
        at += 1
    return at


def owner(path: str, files: dict) -> str | None:
    """The file that holds a path: that of its longest prefix."""
    names = path.split("::")
    prefixes = ("::".join(names[:length]) for length in range(len(names), 0, -1))
    return next((prefix for prefix in prefixes if prefix in files), None)


def python(folder: Path) -> dict:
    """The files that each file of a package imports from the package."""
    files = {file.stem: file for pattern in ("*.pyi", "*.py") for file in folder.glob(pattern)}
    return {name: imported(file, folder.name, files) - {name} for name, file in files.items()}


def imported(file: Path, package: str, files: dict) -> set:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.level == 1 or (node.module or "").split(".")[0] == package):
            inner = (node.module or "") if node.level else ".".join(node.module.split(".")[1:])
            names = [inner] if inner else [alias.name for alias in node.names]
            found |= {name if name in files else "__init__" for name in names}
    return found


def typescript(folder: Path) -> dict:
    """The files that each file imports or exports from, types too."""
    source = re.compile(r"""\bfrom\s+'\./([\w-]+)\.js'|\bimport\('\./([\w-]+)\.js'\)""")
    found = {file.stem: source.findall(file.read_text(encoding="utf-8")) for file in folder.glob("*.ts")}
    return {name: {static or dynamic for static, dynamic in sources} - {name} for name, sources in found.items()}


COMPONENTS = {
    "oap-ffi/src": rust,
    "sdk-node/src": rust,
    "sdk-node/ts": typescript,
    "sdk-python/src": rust,
    "sdk-python/python/oap": python,
}


def circle(imports: dict) -> list:
    """Files that import one another in a circle, or an empty list."""
    left = {name: set(found) for name, found in imports.items()}
    while free := {name for name in left if not left[name] or not any(name in found for found in left.values())}:
        left = {name: found - free for name, found in left.items() if name not in free}
    return sorted(left)


@pytest.mark.parametrize("component", COMPONENTS)
def test_files_import_downward(component: str) -> None:
    imports = COMPONENTS[component](ROOT / component)
    assert sum(map(len, imports.values())) > 0
    assert circle(imports) == []


def test_a_circle_is_found(tmp_path: Path) -> None:
    planted = {
        "low.rs": "// crate::high::X is spoken of\nuse std::fmt;",
        "mid/mod.rs": "use crate::{low, mid::{inner::A, inner}, high::{self, B}};",
        "mid/inner.rs": "use crate::low;",
        "high.rs": "fn f() { crate::mid::inner::g() } use crate::low::{A, B};",
        "lib.rs": "use crate::high;",
    }
    for name, text in planted.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    imports = rust(tmp_path)
    assert imports == {
        "low": set(),
        "mid": {"low", "mid::inner", "high"},
        "mid::inner": {"low"},
        "high": {"mid::inner", "low"},
    }
    assert circle(imports) == []
    (tmp_path / "low.rs").write_text("use crate::mid::X;")
    assert circle(rust(tmp_path)) == ["high", "low", "mid", "mid::inner"]


def test_a_circle_of_python_files_is_found(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("from ._native import A\n")
    (package / "_native.pyi").write_text("class A: ...\n")
    (package / "user.py").write_text("from . import A\nfrom pack import _native\n")
    assert python(package) == {"__init__": {"_native"}, "_native": set(), "user": {"__init__", "_native"}}
    (package / "__init__.py").write_text("from ._native import A\nfrom .user import B\n")
    assert circle(python(package)) == ["__init__", "user"]


def test_a_circle_of_typescript_files_is_found(tmp_path: Path) -> None:
    (tmp_path / "low.ts").write_text("import { types } from 'node:util';\n")
    (tmp_path / "mid-way.ts").write_text("import {\n  a,\n  type B,\n} from './low.js';\nexport type { C } from './low.js';\n")
    (tmp_path / "high.ts").write_text("const mid = await import('./mid-way.js');\n")
    imports = typescript(tmp_path)
    assert imports == {"low": set(), "mid-way": {"low"}, "high": {"mid-way"}}
    (tmp_path / "low.ts").write_text("import type { D } from './high.js';\n")
    assert circle(typescript(tmp_path)) == ["high", "low", "mid-way"]
