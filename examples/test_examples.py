"""Each language's `send` against each language's `receive`, with a real file; one is killed in the middle. And each
`metrics_host`, asked what it has counted and whether it is fit to serve."""

import contextlib
import http.client
import json
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import oap
import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "build" / "examples"
LANGUAGES = ["rust", "c", "cpp", "go", "python", "node"]
# Nothing here takes as long, on any machine.
LIMIT = 60
LINES = 40
GUIDES = {"rust": "src/bin/{}.rs", "c": "{}.c", "cpp": "{}.cpp", "go": "{}/main.go", "python": "{}.py", "node": "{}.mjs"}
METRICS = re.findall(r"^\| `(oap_\w+)` \| (\w+) \|", (ROOT / "docs" / "telemetry.md").read_text(), re.M)


@pytest.fixture(scope="session")
def node_programs(tmp_path_factory):
    """Node finds `oap` beside a program, as in a user's project."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "oap").symlink_to(ROOT / "sdk-node")
    for program in (ROOT / "examples" / "node").glob("*.mjs"):
        shutil.copy(program, folder)
    return folder


@pytest.fixture
def command(node_programs):
    def command_of(language, program):
        match language:
            case "python":
                return [ROOT / ".venv/bin/python", ROOT / "examples/python" / f"{program}.py"]
            case "node":
                return ["node", node_programs / f"{program}.mjs"]
            case _:
                return [BUILT / language / program]

    return command_of


@pytest.fixture
def start(command):
    """Starts a program that listens; gives its process and its port."""
    started = []

    def start(language, program, port, *arguments):
        process = subprocess.Popen([*command(language, program), "127.0.0.1", str(port), *arguments], text=True, stdout=subprocess.PIPE)
        started.append(process)
        return process, int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", process.stdout.readline())[1])

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def receiving(start, tmp_path):
    """Starts a receiver into a folder; gives its port and the folder."""

    def receive(language):
        folder = tmp_path / "received"
        folder.mkdir()
        return start(language, "receive", 0, folder)[1], folder

    return receive


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sent") / "photo.jpg"
    path.write_bytes(os.urandom(3_000_001))
    return path


def wait_for(what):
    end = time.monotonic() + LIMIT
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("receiver", LANGUAGES)
@pytest.mark.parametrize("sender", LANGUAGES)
def test_a_file_that_is_sent_arrives(command, receiving, file, sender, receiver):
    port, folder = receiving(receiver)
    sent = subprocess.run([*command(sender, "send"), "127.0.0.1", str(port), file], text=True, capture_output=True, timeout=LIMIT)
    assert (sent.returncode, sent.stdout) == (0, "photo.jpg: delivered\n"), sent.stderr
    wait_for(lambda: [path.name for path in folder.iterdir()] == ["photo.jpg"])
    assert (folder / "photo.jpg").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("receiver", LANGUAGES)
def test_of_a_sender_that_is_killed_nothing_is_kept_and_the_next_is_served(command, receiving, file, tmp_path, receiver):
    port, folder = receiving(receiver)
    pipe = tmp_path / "endless"
    os.mkfifo(pipe)
    killed = subprocess.Popen([*command("python", "send"), "127.0.0.1", str(port), pipe])
    with pipe.open("wb") as writer:
        writer.write(bytes(500_000))
        writer.flush()
        wait_for(lambda: any(path.stat().st_size > 0 for path in folder.iterdir()))
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    wait_for(lambda: list(folder.iterdir()) == [])
    subprocess.run([*command("c", "send"), "127.0.0.1", str(port), file], check=True, timeout=LIMIT, stdout=subprocess.DEVNULL)
    wait_for(lambda: [path.name for path in folder.iterdir()] == ["photo.jpg"])


@pytest.mark.parametrize("sender", LANGUAGES)
def test_a_sender_whose_receiver_is_gone_says_so(command, file, sender):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = ["127.0.0.1", str(listener.getsockname()[1]), file]
        process = subprocess.Popen([*command(sender, "send"), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        listener.accept()[0].close()
        _, told = process.communicate(timeout=LIMIT)
    assert process.returncode != 0 and told


@pytest.mark.parametrize("sender", LANGUAGES)
def test_a_sender_that_rejects_its_receiver_says_so_before_it_ends(command, tmp_path, sender):
    file = tmp_path / "large"
    with file.open("wb") as whole:
        whole.truncate(64 << 20)  # more than a socket holds
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = ["127.0.0.1", str(listener.getsockname()[1]), file]
        process = subprocess.Popen([*command(sender, "send"), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        receiver = listener.accept()[0]
    with receiver:
        receiver.sendall(oap.encode(oap.Hello(1, oap.MAX_FRAME_BYTES, None, 1_024)))
        time.sleep(0.3)  # nothing is read: the sender comes to a stand
        receiver.sendall(b"\xff\xff\xff\xff")
        time.sleep(0.3)  # and could have ended
        sent = b"".join(iter(lambda: receiver.recv(65_536), b""))
    decoder = oap.Decoder()
    *_, last = decoder.feed(sent)
    decoder.finish()
    assert isinstance(last, oap.Error) and last.reason == "frame_oversize"
    assert process.wait(LIMIT) != 0 and process.stderr.read()


def free_port():
    """One that no connection takes meanwhile: they are given higher ones."""
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture
def host(start):
    """Starts a host; gives its process, its port and that of its pages."""

    def serving(language):
        pages = free_port()
        process, port = start(language, "metrics_host", 0, str(pages))
        wait_for(lambda: answers(pages))
        return process, port, pages

    return serving


def answers(port):
    with contextlib.suppress(ConnectionRefusedError):
        return get(port, "/readyz")


def get(port, path):
    """Status, headers and body."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)) as client:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def check_readyz(port, *missing):
    status, headers, body = get(port, "/readyz")
    assert (status, headers["Content-Type"]) == (503 if missing else 200, "application/json")
    assert headers["Retry-After"] == ("5" if missing else None)
    assert json.loads(body) == {"degraded": bool(missing), "missing": list(missing), "retry_after": 5 if missing else 0}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_host_shows_what_it_took_by_the_names_of_the_contract(command, host, file, language):
    _, port, pages = host(language)
    check_readyz(pages)
    subprocess.run([*command("c", "send"), "127.0.0.1", str(port), file], check=True, timeout=LIMIT, stdout=subprocess.DEVNULL)
    status, headers, page = get(pages, "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert re.findall(r"^# TYPE (\S+) (\S+)$", page, re.M) == METRICS
    assert {'oap_frames_total{kind="START"} 1', 'oap_frames_total{kind="END"} 1'} <= set(page.splitlines())
    subprocess.run(["promtool", "check", "metrics"], input=page, text=True, check=True)
    assert get(pages, "/other")[0] == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_host_that_rejects_much_or_drains_is_not_ready(host, language):
    process, port, pages = host(language)
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as peer:
            peer.sendall(b"\xff\xff\xff\xff")
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4_096):
                pass
    check_readyz(pages, "oap_reject_rate_ok")
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: "oap_parser_ready" in get(pages, "/readyz")[2])
    check_readyz(pages, "oap_parser_ready", "oap_reject_rate_ok")


def check(least, *arguments):
    """`oap check` of the rules that are a must: at least so many are kept, and none is broken."""
    command = [ROOT / "target" / "release" / "oap", "check", *arguments, "--level", "must", "--patience", "30"]
    checked = subprocess.run(command, text=True, capture_output=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert int(re.search(r": (\d+) kept, 0 broken", checked.stdout)[1]) >= least


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_host_keeps_every_rule(host, language):
    check(130, "connect", f"127.0.0.1:{host(language)[1]}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receiver_keeps_every_rule(receiving, language):
    check(130, "connect", f"127.0.0.1:{receiving(language)[0]}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sender_keeps_every_rule_of_a_session(command, file, language):
    """Not all of them, since each case starts it anew."""
    run = shlex.join(map(str, [*command(language, "send"), "127.0.0.1", "{port}", file]))
    check(50, "listen", "127.0.0.1:0", "--run", run, "--parallel", "2", "--only", "3", "--only", "4")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_shows_the_host_whole(language):
    source = (ROOT / "examples" / language / GUIDES[language].format("metrics_host")).read_text()
    assert f"\n{source}```\n" in (ROOT / "docs" / f"{language}.md").read_text()


def test_each_program_is_short():
    """Blank lines, comments and imports aside."""
    aside = re.compile(r"\s*(//|/\*|#include|import|from|use |\"|$)")
    programs = [path for path in (ROOT / "examples").glob("*/**/*") if path.suffix in {".rs", ".c", ".cpp", ".go", ".py", ".mjs"}]
    assert len(programs) >= 3 * len(LANGUAGES)
    for path in programs:
        lines = [line for line in path.read_text().splitlines() if not aside.match(line)]
        assert len(lines) <= LINES, path


def test_the_readme_shows_the_programs_of_python():
    shown = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert shown == [(ROOT / "examples" / "python" / f"{program}.py").read_text() for program in ("send", "receive")]
