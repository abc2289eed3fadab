"""The package of each language, installed from the release alone and without a network, runs its first example."""

import sys
from string import Template

from release import RELEASE, VERSION, artifact, first_example, run, unpack


def test_the_wheel_runs_in_a_fresh_environment(tmp_path):
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-index", "--disable-pip-version-check", artifact(f"oap-{VERSION}-*.whl"))
    example = first_example("docs/python.md", "python")
    assert "1 None b'abc'" in run(python, "-c", example, cwd=tmp_path).splitlines()


def test_the_npm_packages_run_in_a_new_project(tmp_path):
    (tmp_path / "package.json").write_text('{ "private": true }')
    tarballs = sorted(RELEASE.glob("*.tgz"))
    assert len(tarballs) == 2
    run("npm", "install", "--offline", "--no-audit", "--no-fund", *tarballs, cwd=tmp_path)
    (tmp_path / "example.mjs").write_text(first_example("docs/node.md", "js"))
    assert "DATA { seq: 1n, len: 3 }" in run("node", "example.mjs", cwd=tmp_path)


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
	received := make(chan string)
	go oap.Serve(ctx, listener, nil, func(ctx context.Context, conn *oap.Conn) {
		frame, err := conn.Recv(ctx)
		received <- fmt.Sprint(frame, err)
	})
	client(ctx, listener)
	fmt.Println(<-received)
}

func client(ctx context.Context, listener net.Listener) {
$example}
""")


def test_the_go_module_serves_a_new_module_through_a_proxy_of_files(tmp_path):
    liboap = unpack(f"oap-{VERSION}-*-linux-gnu.tar.gz", tmp_path)
    go = {
        "GOPROXY": f"file://{RELEASE / 'go'}",
        "GONOSUMDB": "*",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOMODCACHE": str(tmp_path / "cache"),
        "PKG_CONFIG_PATH": str(liboap / "lib" / "pkgconfig"),
        "LD_LIBRARY_PATH": str(liboap / "lib"),
    }
    module = tmp_path / "user"
    module.mkdir()
    (module / "main.go").write_text(GO_PROGRAM.substitute(example=first_example("docs/go.md", "go")))
    run("go", "mod", "init", "clean.example/user", cwd=module, **go)
    run("go", "get", f"oap.example/oap@v{VERSION}", cwd=module, **go)
    assert "notes" in run("go", "run", ".", cwd=module, **go)
