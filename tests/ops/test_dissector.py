"""The Wireshark dissector shows what a strict decoder gives, on the shared vectors and on a capture of the demo."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

import pcap
from capture import Capture

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests" / "vectors"), str(ROOT / "tests" / "prometheus")]
from cases.hexparts import unpack  # noqa: E402
from gateway import PROGRAM, Gateway  # noqa: E402

DISSECTOR = ROOT / "ops" / "wireshark" / "oap.lua"
VECTORS = ROOT / "tests" / "vectors" / "oap1"
PORT = 9900
# What the bytes of one direction can't show: that there are no more of them.
UNSEEN = {"truncated"}


def tshark(*args):
    command = ["tshark", "-X", f"lua_script:{DISSECTOR}", *args]
    run = subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert b"Lua" not in run.stderr, run.stderr.decode()
    return run.stdout


def field(proto, name):
    return next((f for f in proto.iter("field") if f.get("name") == name), None)


def value(kind, name, proto):
    """That of a header's field, in the shape of the conformance protocol; None where it is absent."""
    shown = field(proto, f"oap.{kind.lower()}.{name}")
    if shown is None:
        return None
    if name in {"stream", "obj", "reason"}:
        return bytes.fromhex(shown.get("value")).decode() if shown.get("show") else ""
    number = int(shown.get("show"), 0)
    return number if name in {"version", "ack_window", "status", "code"} else str(number)


FIELDS = {
    "HELLO": ("version", "max_frame", "features", "ack_window"),
    "START": ("stream",),
    "DATA": ("seq", "obj"),
    "ACK": ("up_to",),
    "END": ("seq", "status"),
    "ERROR": ("code", "reason"),
}


def envelope(proto):
    kind = proto.get("showname").removeprefix("OAP/1, ")
    frame = {"kind": kind} | {name: value(kind, name, proto) for name in FIELDS[kind]}
    if kind == "DATA":
        body = field(proto, "oap.data.body")
        frame["len"] = int(field(proto, "oap.data.len").get("show"))
        frame["body"] = "" if body is None else body.get("value")
    return {name: value for name, value in frame.items() if value is not None}


def rejected(proto):
    """The label of the reject that an item shows."""
    found = (f.get("name") for f in proto.iter("field"))
    return next((name.removeprefix("oap.reject.") for name in found if name.startswith("oap.reject.")), None)


class Shown:
    """What tshark shows of a TCP stream."""

    def __init__(self):
        self.frames, self.rejects = [], []

    def take(self, proto):
        if label := rejected(proto):
            self.rejects.append(label)
        elif field(proto, "oap.rest") is None:
            self.frames.append(envelope(proto))


def dissected(capture, *args):
    """What tshark shows of each TCP stream of a capture."""
    streams = defaultdict(Shown)
    # A malformed text is shown with control characters, which XML has not; its bytes are there as hex, too.
    output = tshark("-r", capture, "-T", "pdml", "-J", "tcp oap", *args).decode(errors="replace")
    pdml = ElementTree.fromstring(re.sub(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", "?", output).encode())
    for packet in pdml.iter("packet"):
        for proto in packet.iter("proto"):
            if proto.get("name") == "oap":
                streams[int(field(packet, "tcp.stream").get("show"))].take(proto)
    return streams


def strict_cases():
    """Every case that decodes with the default configuration."""
    for topic in sorted(VECTORS.glob("*.json")):
        for case in json.loads(topic.read_text()):
            request = case["request"]
            if "usage" not in case["answer"] and (request["op"], request.get("config")) == ("decode", {}):
                yield case


def expected(case):
    answer = case["answer"]
    frames = [frame | ({"body": unpack(frame["body"]).hex()} if "body" in frame else {}) for frame in answer["frames"]]
    label = answer["reject"] and answer["reject"]["label"]
    return frames, [label] if label and label not in UNSEEN else []


def test_frames_and_rejects_are_those_of_every_strict_vector(tmp_path):
    cases = list(strict_cases())
    talks = [[unpack(chunk) for chunk in case["request"]["chunks"]] for case in cases]
    pcap.write(tmp_path / "vectors.pcap", PORT, talks)
    streams = dissected(tmp_path / "vectors.pcap", "-d", f"tcp.port=={PORT},oap")
    assert len(cases) > 500
    for number, case in enumerate(cases):
        shown = streams[number]
        assert (shown.frames, shown.rejects) == expected(case), case["name"]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    subprocess.run([ROOT / "tools" / "install"], env=os.environ | {"PREFIX": str(prefix)}, check=True)
    subprocess.run([ROOT / "tests" / "demo" / "compile", prefix, prefix / "demo-client"], check=True)
    return prefix / "demo-client"


def address_of(path):
    return subprocess.check_output([PROGRAM, "address", path], text=True).strip()


def kinds(shown):
    return Counter(frame["kind"] for frame in shown.frames)


def test_a_live_capture_of_the_demo_is_found_on_any_port(client, tmp_path):
    file, capture = tmp_path / "file", tmp_path / "demo.pcap"
    file.write_bytes(b"x" * 3_000_000)
    with Gateway() as gateway:
        host, port = gateway.address.split(":")
        with Capture(capture, port):
            for args in [(file, address_of(file)), ("--hostile",)]:
                subprocess.run([client, host, port, *args], check=True, capture_output=True)
            # Packets pass the kernel's ring before they reach the file.
            time.sleep(1)
    streams = dissected(capture)
    upload, hostile = streams[0], [streams[number] for number in sorted(streams)[1:]]
    bodies = [frame for frame in upload.frames if frame["kind"] == "DATA"]
    assert b"".join(bytes.fromhex(frame["body"]) for frame in bodies) == file.read_bytes()
    assert {frame["obj"] for frame in bodies} == {address_of(file)}
    assert kinds(upload)["HELLO"] == kinds(upload)["START"] == kinds(upload)["END"] == 2
    assert upload.rejects == []
    # Where the bytes alone show a fault, the dissector says of them what the gateway answered.
    for shown in hostile:
        answers = [frame["reason"] for frame in shown.frames if frame["kind"] == "ERROR"]
        assert shown.rejects == [] or shown.rejects == answers
    labels = {label for shown in hostile for label in shown.rejects}
    assert labels == {"frame_oversize", "unknown_envelope", "header_malformed"}
