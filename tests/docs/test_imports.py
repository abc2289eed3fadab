"""No circle of files anywhere, and in the core imports run downward only."""

from pathlib import Path

import pytest

from imports import circles, imports

ROOT = Path(__file__).resolve().parents[2]

ROOTS = ["oap/src", "oap-ffi/src", "oap-cli/src", "oap-explain/src", "oap-probe/src", "svc-gateway/src", "sdk-node/src", "sdk-node/ts", "sdk-python/src", "sdk-python/python"]

# The core, bottom up. A file imports its own layer and those below it.
LAYERS = [
    {"limits"},
    {"reject", "frame", "row", "config", "serde_impls"},
    {"wire", "telemetry"},
    {"codec"},
    {"decoder", "stream_decoder", "session", "tokio_codec"},
    {"connection"},
    {"lib"},
]

# Telemetry stands beside the protocol: it knows rows and rejects, and only who owns a monitor knows it.
STRANGERS = {("telemetry", "wire"), ("wire", "telemetry"), ("codec", "telemetry")}


@pytest.mark.parametrize("root", ROOTS)
def test_no_circle(root):
    graph = imports(ROOT / root)
    assert len(graph) > 2
    assert circles(graph) == []


def layer_of(path):
    return path.parts[0].removesuffix(".rs")


def upward(graph):
    """The imports that break the order of the layers."""
    rank = {name: at for at, names in enumerate(LAYERS) for name in names}
    pairs = [(file, target) for file, targets in graph.items() for target in targets]
    return [
        f"{file} imports {target}" for file, target in pairs
        if rank[layer_of(target)] > rank[layer_of(file)] or (layer_of(file), layer_of(target)) in STRANGERS
    ]


def test_the_core_imports_downward():
    assert upward(imports(ROOT / "oap" / "src")) == []


def planted(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return imports(tmp_path)


def names(groups):
    return [[str(path) for path in group] for group in groups]


def test_a_circle_in_rust_is_found(tmp_path):
    graph = planted(tmp_path, {
        "lib.rs": "mod a;\nmod b;\npub use a::A;\n",
        "a.rs": "use crate::b::{\n    c::C,\n    D as Other,\n};\n",
        "b/mod.rs": "pub mod c;\npub struct D;\n",
        "b/c.rs": "// use crate::lib;\nfn f() -> super::super::a::A { todo!() }\n",
    })
    assert names(circles(graph)) == [["a.rs", "b/c.rs"]]


def test_a_test_module_may_look_at_anything(tmp_path):
    graph = planted(tmp_path, {
        "lib.rs": "mod a;\nmod b;\n",
        "a.rs": "use crate::b::B;\n",
        "b.rs": "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n",
    })
    assert circles(graph) == []


def test_a_circle_in_typescript_is_found(tmp_path):
    graph = planted(tmp_path, {
        "a.ts": "import type { B } from './b.js';\n",
        "b.ts": "export { C } from './c.js';\n",
        "c.ts": "// import './d.js'\nconst a = await import('./a.js');\n",
        "d.ts": "import { A } from './a.js';\n",
    })
    assert names(circles(graph)) == [["a.ts", "b.ts", "c.ts"]]


def test_a_circle_in_python_is_found(tmp_path):
    graph = planted(tmp_path, {
        "p/__init__.py": "from .a import A\n",
        "p/a.py": "from . import b\n",
        "p/b.py": "def f():\n    from p.a import A\n",
    })
    assert names(circles(graph)) == [["p/a.py", "p/b.py"]]


def test_an_upward_import_is_found(tmp_path):
    graph = planted(tmp_path, {
        "lib.rs": "mod wire;\nmod codec;\nmod telemetry;\n",
        "wire/mod.rs": "use crate::codec::C;\n",
        "codec/mod.rs": "use crate::telemetry::T;\n",
        "telemetry/mod.rs": "",
    })
    assert len(upward(graph)) == 2
