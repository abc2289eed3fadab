"""The installed package: metadata, types, constants."""

import json
import subprocess
import tomllib
from importlib.metadata import files, metadata, version

from wires import ROOT, cases

import oap

# What the package is called where it is installed; it is imported as oap.
NAME = tomllib.loads((ROOT / "sdk-python" / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]


def test_the_version_is_the_workspace_s() -> None:
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    assert oap.__version__ == version(NAME) == workspace["workspace"]["package"]["version"]


def test_the_metadata() -> None:
    told = metadata(NAME)
    assert told["Name"] == NAME
    assert told["License-Expression"] == "MIT OR Apache-2.0"
    assert told["Requires-Python"] == ">=3.11"
    assert told["Summary"] and told["Description-Content-Type"].startswith("text/markdown")
    assert told.get_all("Provides-Extra") == ["arrow", "numpy", "prometheus"]
    assert [need for need in told.get_all("Requires-Dist", []) if "extra ==" not in need] == []
    assert "Typing :: Typed" in told.get_all("Classifier", [])


def test_the_wheel_has_types_licences_and_one_module_for_all_versions() -> None:
    installed = {str(path) for path in files(NAME) or []}
    assert {"oap/py.typed", "oap/_oap.pyi", "oap/_oap.abi3.so", "oap/asyncio/__init__.py"} <= installed
    assert sum("licenses/LICENSE-" in path for path in installed) == 2


def test_numpy_is_not_needed() -> None:
    code = "import sys; sys.modules['numpy'] = None; import oap, oap.asyncio; memoryview(oap.Decoder().feed(b''))"
    subprocess.run([__import__("sys").executable, "-c", code], check=True)


def test_the_constants_are_those_of_the_vectors() -> None:
    (expected,) = [case["answer"] for case in cases("constants") if "usage" not in case["answer"]]
    assert oap.MAX_FRAME_BYTES == expected["max_frame_bytes"]
    assert oap.MAX_HEADER_BYTES == expected["max_header_bytes"]
    assert oap.STREAM_CHUNK_BYTES == expected["stream_chunk_bytes"]
    assert expected["version"] == oap.VERSION
    names = [oap.KINDS, oap.REJECT_LABELS, oap.METRICS, oap.READINESS_KEYS]
    keys = ["kinds", "reject_labels", "metrics", "readiness_keys"]
    assert json.loads(json.dumps(names)) == [expected[key] for key in keys]
