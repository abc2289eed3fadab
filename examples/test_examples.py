"""Each language's `send` against each language's `receive`, with a real file; one is killed in the middle."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "build" / "examples"
LANGUAGES = ["rust", "c", "cpp", "go", "python", "node"]
# Nothing here takes as long, on any machine.
LIMIT = 60
LINES = 40


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
def receiving(command, tmp_path):
    """Starts a receiver into a folder; gives its port and the folder."""
    started = []

    def start(language):
        folder = tmp_path / "received"
        folder.mkdir()
        process = subprocess.Popen([*command(language, "receive"), "127.0.0.1", "0", folder], text=True, stdout=subprocess.PIPE)
        started.append(process)
        return int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", process.stdout.readline())[1]), folder

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


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


def test_each_program_is_short():
    """Blank lines, comments and imports aside."""
    aside = re.compile(r"\s*(//|/\*|#include|import|from|use |\"|$)")
    programs = [path for path in (ROOT / "examples").glob("*/**/*") if path.suffix in {".rs", ".c", ".cpp", ".go", ".py", ".mjs"}]
    assert len(programs) >= 2 * len(LANGUAGES)
    for path in programs:
        lines = [line for line in path.read_text().splitlines() if not aside.match(line)]
        assert len(lines) <= LINES, path


def test_the_readme_shows_the_programs_of_python():
    shown = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert shown == [(ROOT / "examples" / "python" / f"{program}.py").read_text() for program in ("send", "receive")]
