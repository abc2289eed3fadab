"""docs/ARCHITECTURE.md names every public type of the core, and no type or folder that isn't there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
CORE = "".join(path.read_text() for path in sorted((ROOT / "oap" / "src").rglob("*.rs")))
TYPE = r"^\s*pub(?:\([\w:]+(?: [\w:]+)?\))? (?:struct|enum|trait) (\w+)"
PUBLIC = r"^pub use [\w:]+::(?:\{([^}]+)\}|(\w+));"


def table(title: str) -> list[list[str]]:
    """The rows of the table of a section, without its head."""
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    return [line.strip("| ").split(" | ") for line in re.findall(r"^\|.*\|$", section, re.M)[2:]]


def named(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def public_types() -> set[str]:
    exported = re.findall(PUBLIC, (ROOT / "oap" / "src" / "lib.rs").read_text(), re.M)
    names = {name.strip() for group, one in exported for name in (group or one).split(",")}
    return {name for name in names if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name)}


def test_the_glossary_has_every_public_type_and_only_types_of_the_core():
    glossary = set().union(*(named(row[0]) for row in table("Glossary")))
    assert public_types() - glossary == set()
    assert glossary - set(re.findall(TYPE, CORE, re.M)) == set()


def test_the_layers_are_all_files_and_folders_of_the_core():
    layers = set().union(*(named(row[1]) for row in table("Layers")))
    there = {path.name + "/" * path.is_dir() for path in (ROOT / "oap" / "src").iterdir()}
    # The face of it all, and the adapter of a feature.
    assert layers == there - {"lib.rs", "tokio_codec.rs"}


def test_the_calls_of_rust_and_c_exist():
    rust, c = table("The way of a frame")[:2]
    for call in named(rust[2]):
        owner, method = call.split("::")
        assert re.search(rf"^impl {owner} \{{.*?pub fn {method}\b", CORE, re.M | re.S), call
    for call in named(c[2]):
        assert f" {call}(" in (ROOT / "include" / "oap.h").read_text(), call
