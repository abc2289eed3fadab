"""The package of each language, installed from the release and without a network, runs its first example. What only others
publish, crates and Go modules, comes from the caches that the build has filled."""

import os
import re
import sys
from string import Template

from release import PYTHON, RELEASE, ROOT, VERSION, artifact, compile_and_run, first_example, run, unpack

PIP = ("-m", "pip", "--disable-pip-version-check")


def runs_its_first_example(wheel, folder):
    run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(python, *PIP, "install", "--no-index", wheel)
    example = first_example("docs/python.md", "python")
    assert "1 None b'abc'" in run(python, "-c", example, cwd=folder).splitlines()


def test_the_wheel_runs_in_a_fresh_environment(tmp_path):
    runs_its_first_example(artifact(f"{PYTHON}-{VERSION}-*.whl"), tmp_path)


def test_the_sdist_builds_a_wheel_that_runs_in_a_fresh_environment(tmp_path):
    sdist = artifact(f"{PYTHON}-{VERSION}.tar.gz")
    maturin = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    run(ROOT / ".venv" / "bin" / "python", *PIP, "wheel", "--quiet", "--no-index", "--no-build-isolation", "--wheel-dir", tmp_path, sdist,
        PATH=maturin, CARGO_NET_OFFLINE="true")
    [wheel] = tmp_path.glob("*.whl")
    runs_its_first_example(wheel, tmp_path)


def test_the_npm_packages_run_in_a_new_project(tmp_path):
    (tmp_path / "package.json").write_text('{ "private": true }')
    tarballs = sorted(RELEASE.glob("*.tgz"))
    assert len(tarballs) == 2
    run("npm", "install", "--offline", "--no-audit", "--no-fund", *tarballs, cwd=tmp_path)
    (tmp_path / "example.mjs").write_text(first_example("docs/node.md", "js"))
    assert "DATA { seq: 1n, len: 3 }" in run("node", "example.mjs", cwd=tmp_path)


def test_the_crate_of_the_c_abi_builds_a_library_for_a_c_program(tmp_path):
    crate, core = unpack(f"oap-ffi-{VERSION}.crate", tmp_path), unpack(f"oap-{VERSION}.crate", tmp_path)
    run("cargo", "build", "--quiet", "--offline", "--config", f'patch.crates-io.oap.path="{core}"', cwd=crate)
    compile_and_run(tmp_path, ["-I", crate / "include", crate / "target" / "debug" / "liboap_ffi.a", "-lm"])


CARGO_PROJECT = Template("""\
[package]
name = "user"
version = "0.0.0"
edition = "2021"

[dependencies]
oap = { path = "$oap" }

[workspace]
""")


def test_the_crate_serves_a_new_project(tmp_path):
    crate = unpack(f"oap-{VERSION}.crate", tmp_path)
    project = tmp_path / "user"
    (project / "src").mkdir(parents=True)
    (project / "Cargo.toml").write_text(CARGO_PROJECT.substitute(oap=crate))
    # The versions that are locked here are those that are at hand.
    (project / "Cargo.lock").write_bytes((crate / "Cargo.lock").read_bytes())
    (project / "src" / "main.rs").write_text(first_example("README.md", "rust"))
    assert run("cargo", "run", "--quiet", "--offline", cwd=project).count("Data {") == 3


GO_PROGRAM = Template("""\
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"strings"

	"oap.example/oap"
)

func main() {
	ctx := context.Background()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	received := make(chan string, 1)
	go oap.Serve(ctx, listener, nil, func(ctx context.Context, conn *oap.Conn) error {
		frame, err := conn.Recv(ctx)
		received <- fmt.Sprint(frame, err)
		for ; err == nil; _, err = conn.Recv(ctx) {
		}
		return err
	})
	client(ctx, listener)
	fmt.Println(<-received)
}

func client(ctx context.Context, listener net.Listener) {
$example}
""")


def go_environment(folder):
    """What is released comes from a proxy of files, what others publish from the cache of who builds."""
    cache = run("go", "env", "GOMODCACHE").strip()
    return {
        "GOPROXY": f"file://{RELEASE / 'go'},file://{cache}/cache/download",
        "GONOSUMDB": "*",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOMODCACHE": str(folder / "cache"),
    }


def go_run(folder, program, *modules):
    go = go_environment(folder)
    user = folder / "user"
    user.mkdir()
    (user / "main.go").write_text(program)
    run("go", "mod", "init", "clean.example/user", cwd=user, **go)
    for module in modules:
        run("go", "get", f"{module}@v{VERSION}", cwd=user, **go)
    return run("go", "run", ".", cwd=user, **go)


def test_the_go_module_serves_a_new_module_through_a_proxy_of_files(tmp_path):
    program = GO_PROGRAM.substitute(example=first_example("docs/go.md", "go"))
    assert "notes" in go_run(tmp_path, program, "oap.example/oap")


def test_the_go_collector_serves_a_new_module_through_a_proxy_of_files(tmp_path):
    example = (ROOT / "bindings/go/oapprometheus/example_test.go").read_text()
    program = example.replace("package oapprometheus_test", "package main").replace("func ExampleNew()", "func main()")
    said = re.search(r"// Output: (.+)", example)[1]
    assert go_run(tmp_path, program, "oap.example/oap/oapprometheus") == f"{said}\n"
