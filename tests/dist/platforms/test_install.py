"""What the pages say of installing from a release: each file that they name is one, and each line that can be run here is run."""

import platform
import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))
from release import RELEASE, ROOT, VERSION, first_example, run  # noqa: E402

PAGES = ["README.md", "docs/c.md", "docs/go.md", "docs/node.md", "docs/oap.md", "docs/python.md", "docs/rust.md", "sdk-node/README.md",
         "sdk-python/README.md", "ops/kubernetes/README.md"]
TABLE = [line.split() for line in (ROOT / "tools/dist/platforms").read_text().splitlines() if line and not line.startswith("#")]
NAMES, TARGETS = {row[0] for row in TABLE}, {row[2] for row in TABLE}
pytestmark = [
    pytest.mark.skipif(not list(RELEASE.glob(f"oap-{VERSION}-x86_64-unknown-linux-gnu.tar.gz")), reason="nothing for this platform was built"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the pages show the commands of x86_64"),
]


def text(page):
    return (ROOT / page).read_text()


def block(page):
    [found] = re.findall(r"^```sh release\n(.*?)^```", text(page), re.M | re.S)
    return found


def cell(row):
    """The command of a row of README.md's table, for this platform."""
    [found] = re.findall(rf"^\| \[{row}\].*?\| `(.+?)`", text("README.md"), re.M)
    return found.replace("TARGET", "x86_64-unknown-linux-gnu").replace("PLATFORM", "linux-x64-gnu")


def shell(commands, folder, **env):
    return run("sh", "-euc", commands.replace("DIR/", f"{RELEASE}/").replace(" DIR ", f" {RELEASE} "), cwd=folder, **env)


def rows(page):
    return set(re.findall(r"^\| .* \| `(oap-[^`]*)` \|$", text(page), re.M))


@pytest.mark.parametrize(("page", "names"), [
    ("docs/c.md", {f"oap-{VERSION}-{target}.tar.gz" for target in TARGETS}),
    ("docs/oap.md", {f"oap-cli-{VERSION}-{target}.tar.gz" for target in TARGETS}),
    ("docs/node.md", {f"oap-{name}-{VERSION}.tgz" for name in NAMES}),
])
def test_a_page_names_the_file_of_each_platform(page, names):
    assert rows(page) == names


@pytest.mark.parametrize(("page", "pattern"), [
    ("docs/c.md", f"oap-{VERSION}-*-*-*"), ("docs/oap.md", f"oap-cli-{VERSION}-*"), ("docs/node.md", f"oap-*-*-{VERSION}.*"),
])
def test_what_was_built_is_named(page, pattern):
    built = {file.name for file in RELEASE.glob(pattern) if file.name.endswith(("gz", "zip"))}
    assert built <= rows(page)


def test_the_page_of_python_names_the_wheel_of_each_platform():
    named = [name.removesuffix("…") for name in rows("docs/python.md")]
    wheels = [f"oap-{VERSION}-cp311-abi3-{row[3]}" for row in TABLE]
    assert all(any(wheel.startswith(name.removesuffix(".whl")) for name in named) for wheel in wheels)
    assert all(any(wheel.startswith(name.removesuffix(".whl")) for wheel in wheels) for name in named)


@pytest.mark.parametrize("how", [block("docs/c.md"), cell("C") + f"""
export PKG_CONFIG_PATH="$PWD/oap-{VERSION}-x86_64-unknown-linux-gnu/lib/pkgconfig"
cc example.c $(pkg-config --cflags --libs oap) -Wl,-rpath,"$(pkg-config --variable=libdir oap)" -o example && ./example"""])
def test_c(how, tmp_path):
    (tmp_path / "example.c").write_text(first_example("docs/c.md", "c"))
    assert "DATA 7, 3 bytes" in shell(how, tmp_path)


@pytest.mark.parametrize("how", [block("docs/python.md"), block("sdk-python/README.md"), cell("Python")])
def test_python(how, tmp_path):
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    shell(how, tmp_path, PATH=f"{tmp_path}/venv/bin:/usr/bin:/bin", PIP_DISABLE_PIP_VERSION_CHECK="1")
    assert "1 None b'abc'" in run(tmp_path / "venv/bin/python", "-c", first_example("docs/python.md", "python"), cwd=tmp_path).splitlines()


@pytest.mark.parametrize("how", [block("docs/node.md"), block("sdk-node/README.md"), cell("Node")])
def test_node(how, tmp_path):
    (tmp_path / "package.json").write_text('{ "private": true }')
    shell(how, tmp_path, npm_config_offline="true", npm_config_audit="false", npm_config_fund="false")
    (tmp_path / "example.mjs").write_text(first_example("docs/node.md", "js"))
    assert "DATA { seq: 1n, len: 3 }" in run("node", "example.mjs", cwd=tmp_path)


@pytest.mark.skipif(not (RELEASE / "go").is_dir(), reason="the Go modules were not built")
@pytest.mark.parametrize("how", [block("docs/go.md"), cell("Go")])
def test_go(how, tmp_path):
    go = {"GOFLAGS": "-mod=mod -modcacherw", "GOMODCACHE": str(tmp_path / "cache"), "GOTOOLCHAIN": "local"}
    (tmp_path / "main.go").write_text('package main\n\nimport "oap.example/oap"\n\nfunc main() { println(oap.Version()) }\n')
    run("go", "mod", "init", "user", cwd=tmp_path, **go)
    shell(how, tmp_path, **go)
    program = tmp_path / "program"
    run("go", "build", "-o", program, ".", cwd=tmp_path, **go)
    assert "GONOSUMDB=oap.example" in how and run("go", "version", "-m", program).count("oap.example/oap/liboap/linux_amd64") == 1


def test_rust(tmp_path):
    """With the versions that are locked, which are at hand."""
    run("cargo", "init", "--quiet", "--vcs", "none", "--name", "user", tmp_path)
    (tmp_path / "src/main.rs").write_text('fn main() { println!("{}", oap_tokio::oap::VERSION); }\n')
    shutil.copy(ROOT / "Cargo.lock", tmp_path)
    shell(block("docs/rust.md"), tmp_path, CARGO_NET_OFFLINE="true")
    assert run("cargo", "run", "--quiet", "--offline", cwd=tmp_path) == "1\n"
    assert cell("Rust") in block("docs/rust.md")


@pytest.mark.skipif(not list(RELEASE.glob(f"oap-cli-{VERSION}-x86_64-unknown-linux-gnu.tar.gz")), reason="the tool was not built")
def test_the_tool(tmp_path):
    assert shell(block("docs/oap.md"), tmp_path) == f"oap {VERSION}, OAP/1\n"
    assert cell("the tool") in block("docs/oap.md")


@pytest.mark.skipif(not list(RELEASE.glob(f"svc-gateway-{VERSION}-x86_64-unknown-linux-gnu.tar.gz")), reason="the gateway was not built")
def test_the_gateway(tmp_path):
    shell(cell("the gateway"), tmp_path)
    [program] = [file for file in tmp_path.rglob("svc-gateway") if file.is_file()]
    assert VERSION in run(program, "--version")
