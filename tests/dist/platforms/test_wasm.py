"""oap.wasm and oap-wasm: in Node, in Chromium, and as what `oap` falls back to."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from platforms import FUNCTIONS, PLATFORMS, VERSION, run, shows, vectors
from release import PLAIN, RELEASE, ROOT, first_example

sys.path.append(str(ROOT / "tests" / "conformance"))
import suite  # noqa: E402

MODULE = RELEASE / f"oap-{VERSION}.wasm"
PACKAGE = RELEASE / f"oap-wasm-{VERSION}.tgz"
MAIN = RELEASE / f"oap-{VERSION}.tgz"
NODE = ROOT / "sdk-node"
HERE = Path(__file__).parent
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--remote-debugging-port=0"]

ALONE, BESIDE_OAP = re.findall(r"^```sh release\n(.*?)^```", (ROOT / "docs/wasm.md").read_text(), re.M | re.S)

pytestmark = pytest.mark.skipif(not PACKAGE.exists(), reason="oap-wasm was not built: no Rust for WebAssembly")
needs_main = pytest.mark.skipif(not MAIN.exists(), reason="the npm package was not built")


def of_wasm(how):
    return pytest.mark.shows(platform="any", part="wasm", how=how)


def project(folder, *tarballs):
    return installed(folder, shlex.join(["npm", "install", *map(str, tarballs)]))


def installed(folder, line):
    """A project in which a line of the guide was run."""
    (folder / "package.json").write_text('{ "private": true }')
    run("sh", "-euc", line.replace("DIR/", f"{RELEASE}/"), cwd=folder, npm_config_offline="true", npm_config_audit="false", npm_config_fund="false")
    return folder


def said(folder, code, name="start.mjs"):
    """What a program writes: to stdout, to stderr."""
    (folder / name).write_text(code)
    done = subprocess.run(["node", name], cwd=folder, env=PLAIN, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@of_wasm("no import, the exports of oap.h")
def test_the_module_has_no_import_and_the_functions_of_the_header():
    script = "const it = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));" \
        "console.log(JSON.stringify([WebAssembly.Module.imports(it), WebAssembly.Module.exports(it).map(({ name }) => name)]));"
    imports, exports = json.loads(run("node", "-e", script, MODULE))
    own = {"oap_wasm_alloc", "oap_wasm_free", "oap_wasm_end_message"}
    assert (imports, set(exports)) == ([], FUNCTIONS | own | {"memory", "__data_end", "__heap_base"})


@of_wasm("by import and by require in Node")
def test_the_package_runs_its_first_example_by_import_and_by_require(tmp_path):
    place = installed(tmp_path, ALONE)
    example = first_example("sdk-node/wasm/README.md", "js")
    required = re.sub(r"import (.*) from '(.*)'", r"const \1 = require('\2')", example)
    for name, code in {"start.mjs": example, "start.cjs": required}.items():
        assert said(place, code, name) == ("7n abc\n", "")


@of_wasm("types")
def test_the_types_are_found_by_import_and_by_require(tmp_path):
    place = project(tmp_path, PACKAGE)
    for types in (NODE / "wasm/tests/types").glob("types.*"):
        shutil.copy(types, place)
    options = {"strict": True, "module": "Node16", "target": "ES2022", "noEmit": True, "skipLibCheck": False,
               "exactOptionalPropertyTypes": True, "types": [], "lib": ["ES2022", "DOM", "ESNext.Disposable"]}
    (place / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["types.*"]}))
    run("node", NODE / "node_modules/typescript/bin/tsc", "--project", place)
    assert "All good!" in run(NODE / "node_modules/.bin/publint", "run", PACKAGE, "--strict", cwd=NODE)
    run(NODE / "node_modules/.bin/attw", PACKAGE, "--profile", "node16", cwd=NODE)


@needs_main
@of_wasm("oap without a binary")
def test_oap_falls_back_to_it_and_says_so_once(tmp_path):
    place = installed(tmp_path, BESIDE_OAP)
    out, err = said(place, first_example("docs/node.md", "js"))
    assert "DATA { seq: 1n, len: 3 }" in out
    assert err.count("Warning") == 1 and "[OAP_WASM]" in err and "install oap-linux-x64-gnu-" in err
    # More than the codec: a server and a client on sockets.
    stream = """
import { connect, createServer } from 'oap';
const server = createServer(async (connection) => {
  for await (const frame of connection.frames()) {
    if (frame.kind === 'DATA') console.log(frame.body.length);
    if (frame.kind === 'END') break;
  }
});
const { port } = await server.listen(0, '127.0.0.1');
const connection = connect({ host: '127.0.0.1', port });
await connection.sendStream('up', [Buffer.alloc(300_000)], { chunkSize: 100_000 });
await connection.close();
await server.shutdown();
"""
    assert said(place, stream)[0] == "100000\n" * 3


@needs_main
@shows("npm", "taken before oap-wasm", "linux-x64-gnu")
def test_a_binary_that_fits_is_taken_first(platform, tmp_path):
    binary = RELEASE / f"oap-{platform.name}-{VERSION}.tgz"
    if not binary.exists():
        pytest.skip("no binary was built")
    out, err = said(project(tmp_path, MAIN, binary, PACKAGE), first_example("docs/node.md", "js"))
    assert ("DATA { seq: 1n, len: 3 }" in out, err) == (True, "")


@needs_main
@of_wasm("all vectors, by oap")
def test_all_vectors_pass_by_oap_without_a_binary(tmp_path):
    place = project(tmp_path, MAIN, PACKAGE)
    (place / "node_modules/oap").rename(place / "sdk-node")
    (place / "sdk-node/node_modules").mkdir()
    (place / "node_modules/oap-wasm").rename(place / "sdk-node/node_modules/oap-wasm")
    shutil.copytree(ROOT / "tests/conformance/node", place / "tests/conformance/node")
    assert vectors("node", "--no-warnings", place / "tests/conformance/node/testee.mjs") > 3_000


# Of binaries, packages and programs that others build.
NOT_OF_WASM = {"bundles", "gateway", "jest", "load", "package"}


@of_wasm("oap's own tests")
def test_the_tests_of_oap_pass_on_it():
    files = [path for path in sorted(NODE.glob("tests/*.test.mjs")) if path.name.partition(".")[0] not in NOT_OF_WASM]
    run("node", "--require", "./wasm/tests/without-binary.cjs", "--test", "--test-concurrency=1", *files, cwd=NODE, timeout=1200)


@needs_main
def test_a_published_package_would_name_every_native_half_as_optional(tmp_path):
    packed = run("node", NODE / "scripts/pack.mjs", "--published", tmp_path, "any").strip()
    manifest = json.loads(run("tar", "-xzOf", packed, "package/package.json"))
    assert manifest["optionalDependencies"] == {f"oap-{name}": VERSION for name in [*PLATFORMS, "wasm"]}


class Page(SimpleHTTPRequestHandler):
    """Files of a folder under a policy that forbids what the guide says is not needed; takes the result."""

    def end_headers(self):
        self.send_header("Content-Security-Policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'")
        super().end_headers()

    def do_POST(self):
        self.server.result = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.done.set()

    def log_message(self, *_):
        pass


def shown_by_chromium(folder, scratch):
    """What the page of a folder reports."""
    with ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: Page(*given, directory=str(folder))) as server:
        server.done = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/browser.html"
        browser = subprocess.Popen([*CHROMIUM, f"--user-data-dir={scratch}", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert server.done.wait(120), "the page said nothing"
        finally:
            browser.terminate()
            browser.wait(30)
            server.shutdown()
        return server.result


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")
@of_wasm("Chromium: the streams of the vectors, the guide's program")
def test_a_page_decodes_the_streams_of_the_vectors(tmp_path):
    folder = tmp_path / "page"
    with_package = project(tmp_path, PACKAGE)
    shutil.copytree(with_package / "node_modules/oap-wasm/dist/esm", folder / "oap-wasm")
    for name in ("browser.html", "browser.mjs"):
        shutil.copy(HERE / name, folder)
    cases = [case for case in suite.load() if suite.op_of(case) == "decode" and "usage" not in case["answer"]]
    requests = [suite.expand(case["request"]) for case in cases]
    (folder / "requests.json").write_text(json.dumps(requests))
    example = first_example("docs/wasm.md", "js").replace("'oap-wasm'", "'./oap-wasm/index.js'")
    (folder / "example.mjs").write_text(example)
    (folder / "capture.oap").write_bytes(bytes.fromhex("0000000d030000020807616263"))
    result = shown_by_chromium(folder, tmp_path / "chromium")
    assert "error" not in result, result["error"]
    assert result["said"] == ["DATA 3"]
    assert len(result["answers"]) == len(cases) > 1_000
    for case, answer in zip(cases, result["answers"]):
        assert suite.agrees(case["answer"], answer), (case["name"], answer)
