"""The image of svc-gateway: an OCI layout whose chain of digests holds, with the files of `ops/image` and one static program, which starts as its
configuration says, as nobody, and serves."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

import pytest
import yaml

TESTS = Path(__file__).parents[2]
sys.path += [str(TESTS / "dist"), str(TESTS / "prometheus")]
from gateway import HAPPY, PATIENCE  # noqa: E402
from http_get import get  # noqa: E402
from release import RELEASE, ROOT, VERSION, run  # noqa: E402
from test_paths import PATHS  # noqa: E402

IMAGE = RELEASE / f"svc-gateway-{VERSION}.oci.tar"
pytestmark = [
    pytest.mark.skipif(not IMAGE.exists(), reason=f"{IMAGE.name} was not built"),
    pytest.mark.shows(platform="any", part="image", how="layout and files; started as its user, a stream; skopeo, Podman"),
]

PROGRAM = "usr/bin/svc-gateway"
# e_machine of ELF.
MACHINES = {"amd64": 62, "arm64": 183}
EMULATORS = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}
CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
HERE = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


class Layout:
    """Each blob is read by its descriptor, and its size and digest are compared."""

    def __init__(self, file):
        with tarfile.open(file) as archive:
            self.files = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
        self.read = set()

    def blob(self, descriptor):
        name = "blobs/" + descriptor["digest"].replace(":", "/")
        content = self.files[name]
        assert descriptor["digest"] == "sha256:" + hashlib.sha256(content).hexdigest()
        assert descriptor["size"] == len(content)
        self.read.add(name)
        return content

    def json(self, descriptor):
        return json.loads(self.blob(descriptor))

    def top(self):
        """The descriptor of the image in all its architectures."""
        [descriptor] = json.loads(self.files["index.json"])["manifests"]
        return descriptor

    def images(self):
        """By architecture: the configuration, and the bytes of the layer."""
        found = {}
        for descriptor in self.json(self.top())["manifests"]:
            manifest = self.json(descriptor)
            config = self.json(manifest["config"])
            [layer] = manifest["layers"]
            assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip"
            content = gzip.decompress(self.blob(layer))
            assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(content).hexdigest()]
            assert descriptor["platform"] == {"os": config["os"], "architecture": config["architecture"]}
            found[config["architecture"]] = (config, content)
        return found


IMAGES = Layout(IMAGE).images() if IMAGE.exists() else {}
every = pytest.mark.parametrize("architecture", IMAGES)


def members(architecture):
    with tarfile.open(fileobj=io.BytesIO(IMAGES[architecture][1])) as archive:
        return {member.name: (member, archive.extractfile(member).read() if member.isfile() else b"") for member in archive}


def test_each_static_gateway_of_the_release_has_its_architecture():
    targets = {"amd64": "x86_64", "arm64": "aarch64"}
    released = {name for name, target in targets.items()
                if (RELEASE / f"svc-gateway-{VERSION}-{targets[name]}-unknown-linux-musl.tar.gz").exists()}
    assert set(IMAGES) == released


def test_the_layout_is_whole_and_holds_nothing_else():
    layout = Layout(IMAGE)
    assert json.loads(layout.files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    layout.images()
    assert set(layout.files) == layout.read | {"index.json", "oci-layout"}
    assert layout.top()["annotations"]["org.opencontainers.image.ref.name"] == VERSION


def test_a_changed_byte_is_found():
    layout = Layout(IMAGE)
    name = "blobs/" + layout.top()["digest"].replace(":", "/")
    layout.files[name] = layout.files[name].replace(b"linux", b"Linux", 1)
    with pytest.raises(AssertionError):
        layout.images()


@every
def test_the_configuration_is_that_of_the_repository(architecture):
    config, _ = IMAGES[architecture]
    wanted = json.loads((ROOT / "ops" / "image" / "config.json").read_text())
    labels = config["config"].pop("Labels")
    assert wanted.pop("Labels").items() <= labels.items()
    assert config["config"] == wanted
    assert labels["org.opencontainers.image.version"] == VERSION
    assert re.fullmatch("[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
    assert config["created"] == labels["org.opencontainers.image.created"]


@every
def test_it_starts_as_nobody_and_says_its_ports(architecture):
    config = IMAGES[architecture][0]["config"]
    held = members(architecture)
    user, group = (int(part) for part in config["User"].split(":"))
    assert user and group
    assert f":{user}:{group}:" in held["etc/passwd"][1].decode() and f":{group}:" in held["etc/group"][1].decode()
    [option, path] = config["Cmd"]
    assert option == "--config"
    listens = tomllib.loads(held[path.lstrip("/")][1].decode())
    ports = {f"{listens[key].rpartition(':')[2]}/tcp" for key in ("listen", "metrics_addr")}
    assert set(config["ExposedPorts"]) == ports


@every
def test_it_is_what_the_manifest_of_kubernetes_expects(architecture):
    config, held = IMAGES[architecture][0]["config"], members(architecture)
    objects = list(yaml.safe_load_all((ROOT / "ops/kubernetes/base/svc-gateway.yaml").read_text()))
    [pod] = [one["spec"]["template"]["spec"] for one in objects if one["kind"] == "Deployment"]
    [container] = pod["containers"]
    [command] = container["command"]
    [path] = [value.removeprefix("PATH=") for value in config["Env"]]
    assert f"{path}/{command}".lstrip("/") in held
    assert config["User"] == f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    [mount] = container["volumeMounts"]
    assert config["Cmd"][1].startswith(mount["mountPath"] + "/")
    assert {f"{port['containerPort']}/tcp" for port in container["ports"]} == set(config["ExposedPorts"])


@every
def test_it_holds_these_files_alone_and_nobody_but_root_may_change_them(architecture):
    held = members(architecture)
    files = {name: member.mode for name, (member, _) in held.items() if not member.isdir()}
    documents = "usr/share/doc/svc-gateway"
    assert files == {PROGRAM: 0o755, "etc/passwd": 0o644, "etc/group": 0o644, "etc/ron/gateway.toml": 0o644,
                     f"{documents}/LICENSE-APACHE": 0o644, f"{documents}/LICENSE-MIT": 0o644}
    for name, (member, _) in held.items():
        assert (member.uid, member.gid) == (0, 0) and (member.isfile() or (member.isdir() and member.mode == 0o755)), name
    assert len({member.mtime for member, _ in held.values()}) == 1


@every
def test_the_program_needs_no_other_file(architecture):
    """No interpreter, no shared library: of ELF's program headers none is PT_INTERP, and PT_DYNAMIC names no DT_NEEDED."""
    elf = members(architecture)[PROGRAM][1]
    assert elf[:6] == b"\x7fELF\x02\x01" and struct.unpack_from("<H", elf, 18) == (MACHINES[architecture],)
    at, size, count = *struct.unpack_from("<Q", elf, 32), *struct.unpack_from("<HH", elf, 54)
    headers = [struct.unpack_from("<IIQQQQ", elf, at + size * index) for index in range(count)]
    assert 3 not in [kind for kind, *_ in headers]
    for kind, _, offset, _, _, length in headers:
        if kind == 2:
            assert 1 not in [struct.unpack_from("<q", elf, place)[0] for place in range(offset, offset + length, 16)]


@every
def test_no_file_names_a_path_of_the_builder(architecture):
    for name, (_, content) in members(architecture).items():
        assert [path for path in PATHS if path in content] == [], name


def test_the_same_release_gives_the_same_image(tmp_path):
    images = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        run(ROOT / "tools/dist/image", folder, OAP_RELEASE=str(RELEASE))
        images.append((folder / IMAGE.name).read_bytes())
    assert images[0] == images[1]


class Container:
    """The tree of the layer as the root of a process that is nobody: what a runtime does, without its namespaces."""

    def __init__(self, architecture, folder):
        self.config, self.root = IMAGES[architecture][0]["config"], folder
        with tarfile.open(fileobj=io.BytesIO(IMAGES[architecture][1])) as archive:
            archive.extractall(folder, filter="tar")
        emulator = [] if architecture == HERE else [self.emulator(EMULATORS[architecture])]
        user = f"--userspec={self.config['User']}"
        self.command = [CHROOT, user, folder, *emulator, *self.config["Entrypoint"], *self.config["Cmd"]]

    def emulator(self, name):
        run(ROOT / "tools/need", f"{name}:qemu-user-static")
        found = Path(run("sh", "-c", f"command -v {name}").strip())
        (self.root / name).write_bytes(found.read_bytes())
        (self.root / name).chmod(0o755)
        return f"/{name}"

    def environment(self):
        return dict(value.split("=", 1) for value in self.config["Env"])

    def run(self, *arguments):
        return subprocess.run([*self.command, *arguments], env=self.environment(), capture_output=True, text=True, timeout=PATIENCE)

    @contextlib.contextmanager
    def serving(self):
        """The address for frames and that for HTTP, on ports that the system chose, and the process."""
        places = ["--listen", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--drain-seconds", "0", "--drain-notice-seconds", "0"]
        process = subprocess.Popen([*self.command, *places], env=self.environment(), stdout=subprocess.PIPE, text=True)
        try:
            events = map(json.loads, process.stdout)
            frames = next(event["addr"] for event in events if event["event"] == "listening")
            http = next(event["addr"] for event in events if event["event"] == "serving_metrics")
            yield frames, http, process
        finally:
            process.kill()
            process.communicate()


@pytest.fixture
def container(architecture, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root may choose another root")
    return Container(architecture, tmp_path / "root")


@every
def test_it_accepts_its_own_configuration(container):
    checked = container.run("--check-config")
    assert checked.returncode == 0, checked.stderr


def process_status(pid):
    return dict(re.findall(r"^(\w+):\t(.*)$", Path(f"/proc/{pid}/status").read_text(), re.M))


@every
def test_it_takes_a_stream_is_ready_and_is_nobody(container):
    with container.serving() as (frames, http, process):
        assert json.loads(get(f"http://{http}/readyz"))["degraded"] is False
        host, port = frames.split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as peer:
            peer.sendall(b"".join(HAPPY))
            peer.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: peer.recv(65536), b""))
        assert answer
        assert re.search(r'^oap_frames_total\{.*kind="DATA".*\} [1-9]', get(f"http://{http}/metrics"), re.M)
        user, group = container.config["User"].split(":")
        status = process_status(process.pid)
        assert set(status["Uid"].split()) == {user} and set(status["Gid"].split()) == {group}
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_skopeo_reads_it_and_copies_each_architecture(tmp_path):
    run(ROOT / "tools/need", "skopeo:skopeo")
    source = f"oci-archive:{IMAGE}:{VERSION}"
    for architecture in IMAGES:
        inspected = json.loads(run("skopeo", "--override-arch", architecture, "inspect", source, TMPDIR=str(tmp_path)))
        assert inspected["Architecture"] == architecture and len(inspected["Layers"]) == 1
    run("skopeo", "copy", "--all", source, f"dir:{tmp_path / 'copied'}", TMPDIR=str(tmp_path))
    assert (tmp_path / "copied" / "manifest.json").exists()


def test_podman_loads_it_under_the_name_that_the_notes_have(tmp_path):
    run(ROOT / "tools/need", "podman:podman")
    [command] = re.findall(r"^podman (load -i) ", (ROOT / "ops/kubernetes/README.md").read_text(), re.M)
    # It takes no long path for its state.
    with tempfile.TemporaryDirectory(prefix="oap-") as state:
        podman = ["podman", "--root", tmp_path / "root", "--runroot", state, "--storage-driver", "vfs"]
        assert f"localhost/svc-gateway:{VERSION}" in run(*podman, *command.split(), IMAGE, TMPDIR=str(tmp_path))
        [loaded] = json.loads(run(*podman, "image", "inspect", f"localhost/svc-gateway:{VERSION}"))
    assert loaded["Architecture"] == HERE and loaded["User"] == IMAGES[HERE][0]["config"]["User"]
