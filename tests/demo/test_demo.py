"""`make demo` shows what it promises, and fails when something is not as it should be."""

import json
import os
import re
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OTHER_ADDRESS = "b3:" + "0123456789abcdef" * 4
HELLO = bytes.fromhex("0000000e01000006080110808040")


def demo(tmp_path, *args, cwd=None):
    """Runs the demonstration, which has to leave nothing where it may write."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    run = subprocess.run(
        [HERE / "run", *args],
        env=os.environ | {"TMPDIR": str(scratch)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert list(scratch.iterdir()) == []
    return run


def streamed(output):
    """The gateway's line on the file."""
    return json.loads(re.search(r'^{.*"event":"stream".*}$', output, re.M)[0])


def test_without_a_file_it_streams_one_of_at_least_32_mib(tmp_path):
    run = demo(tmp_path)
    assert run.returncode == 0, run.stderr
    assert int(re.search(r"^bytes +(\d+)$", run.stdout, re.M)[1]) >= 32 << 20
    assert [int(percent) for percent in re.findall(r"(\d+) %", run.stderr)] == [25, 50, 75, 100]


def test_the_table_of_a_file_whose_name_has_spaces(tmp_path):
    (tmp_path / "some file").write_bytes(b"x" * 300_000)
    run = demo(tmp_path, "some file", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    address = re.search(r"^address +(b3:[0-9a-f]{64})$", run.stdout, re.M)[1]
    for line in [
        r"frames +2 DATA, 1 START, 1 END",
        r"bytes +300000",
        r"time +[0-9.]+ ms",
        r"rate +[0-9.]+ GB/s",
        r"window +32 frames",
        r"verified +yes \(the receipt's status is 0\)",
    ]:
        assert re.search(f"^{line}$", run.stdout, re.M), line
    stream = streamed(run.stdout)
    assert stream["name"] == "objects/some file" and stream["address"] == address
    assert (stream["objects"], stream["verified"], stream["status"]) == (1, 1, 0)


def test_an_empty_file_is_an_object_too(tmp_path):
    (tmp_path / "empty").touch()
    run = demo(tmp_path, tmp_path / "empty")
    assert run.returncode == 0, run.stderr
    stream = streamed(run.stdout)
    assert [stream[what] for what in ("frames", "bytes", "objects", "verified")] == [1, 0, 1, 1]


def test_hostile_bytes_are_refused_by_the_rules(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    run = demo(tmp_path, tmp_path / "file")
    lines = re.findall(r"^(3\.\d+) +(?:must|should) +\w+: (.*)$", run.stdout, re.M)
    assert {rule for rule, _ in lines} == {"3.2", "3.3", "3.4", "3.5", "3.8"}
    assert {verdict for _, verdict in lines} == {"kept"}


def test_readyz_turns_503_under_attack_and_comes_back(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    run = demo(tmp_path, tmp_path / "file")
    shown = dict(re.findall(r"^(before|under|after) +(\d+ {.*})$", run.stdout, re.M))
    ready = '200 {"degraded":false,"missing":[],"retry_after":0}'
    missing = '503 {"degraded":true,"missing":["oap_reject_rate_ok"],"retry_after":5}'
    assert shown == {"before": ready, "under": missing, "after": ready}
    hostile = re.findall(r"^hostile +\d+ oversize: (.+)$", run.stdout, re.M)
    assert {"frame_oversize", "closed without a HELLO"} <= set(hostile)


def test_a_tampered_address_is_not_verified(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    run = demo(tmp_path, tmp_path / "file", OTHER_ADDRESS)
    assert run.returncode != 0
    assert "verified  NO (the receipt's status is 1)" in run.stdout
    assert "all as it should be" not in run.stdout


def test_a_file_that_is_not_there_is_named(tmp_path):
    run = demo(tmp_path, "no such file", cwd=tmp_path)
    assert run.returncode != 0
    assert f"{tmp_path}/no such file" in run.stderr


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    root = HERE.parent.parent
    subprocess.run([root / "tools/install"], env=os.environ | {"PREFIX": str(prefix)}, check=True)
    subprocess.run([HERE / "compile", prefix, prefix / "demo-client"], check=True)
    return prefix / "demo-client"


def error_frame(code, reason):
    header = bytes([0x08, code, 0x12, len(reason)]) + reason
    return struct.pack(">IBBH", 8 + len(header), 6, 0, len(header)) + header


def run_against(client, answer, *args):
    """Runs the client against a peer that says the same to everyone, then closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.sendall(answer)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(65536):
                        pass

        threading.Thread(target=serve, daemon=True).start()
        port = str(server.getsockname()[1])
        run = subprocess.run(
            [client, "127.0.0.1", port, *args], capture_output=True, text=True, timeout=60
        )
        server.shutdown(socket.SHUT_RDWR)
    return run


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "the peer closed the connection"),
        (HELLO, "the peer closed the connection"),
        (HELLO + error_frame(7, b"go away"), "the peer sent ERROR 7: go away"),
        (bytes.fromhex("00000008 99"), "is rejected: unknown_envelope"),
    ],
)
def test_an_upload_that_gets_no_receipt_fails_and_says_why(client, answer, says):
    run = run_against(client, answer, HERE / "client.c", OTHER_ADDRESS)
    assert run.returncode == 1
    assert says in run.stderr


def test_wrong_arguments_show_the_usage(client):
    run = subprocess.run([client], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr.startswith("usage: ")
