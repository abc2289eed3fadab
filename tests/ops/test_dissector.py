"""The Wireshark dissector shows what a strict decoder gives, on the shared vectors and on a live capture."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest

import pcap
from capture import Capture
from oap_frames import BODY, HELLO, START, ack, data, frame, honest_talk

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests" / "vectors"), str(ROOT / "tests" / "prometheus")]
from cases.hexparts import unpack  # noqa: E402
from gateway import CONSTANTS, PROGRAM, Gateway  # noqa: E402

DISSECTOR = ROOT / "ops" / "wireshark" / "oap.lua"
VECTORS = ROOT / "tests" / "vectors" / "oap1"
PORT = 9900
# At once, and as Wireshark does when it filters: a first pass without a tree, then a second.
PASSES = [pytest.param([], id="one pass"), pytest.param(["-2"], id="two passes")]
# What the bytes of one direction can't show: that there are no more of them.
UNSEEN = {"truncated"}
# Bytes behind the end of the stream; frames of which no capture has the rest, so that TCP gives them to no dissector.
NO_CAPTURE = {"after_truncated_it_stays", "length_judged_anew_at_8", "no_bytes_are_no_look_at_8",
              "data_at_its_header_before_own_hello", "first_received_data_at_its_header"}


OAP = PROGRAM.with_name("oap")
BREACHES = "cut,oversize,unknown,varint,start-first,no-obj,stray"


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
    kind = proto.get("showname").removeprefix("OAP/1, ").removesuffix(", cut")
    frame = {"kind": kind} | {name: value(kind, name, proto) for name in FIELDS[kind]}
    if kind == "DATA":
        body = field(proto, "oap.data.body")
        frame["len"] = int(field(proto, "oap.data.len").get("show"))
        frame["body"] = "" if body is None else body.get("value")
    return {name: value for name, value in frame.items() if value is not None}


# After a reject; of a frame that a packet before began; before the first frame that can be told.
NO_FRAMES = ["oap.rest", "oap.more", "oap.unknown"]


def rejected(proto):
    """The label of the reject that an item shows."""
    found = (f.get("name") for f in proto.iter("field"))
    return next((name.removeprefix("oap.reject.") for name in found if name.startswith("oap.reject.")), None)


class Shown:
    """What tshark shows of a TCP stream, or of a direction of it."""

    def __init__(self):
        self.frames, self.rejects, self.others = [], [], []

    def take(self, proto):
        if label := rejected(proto):
            self.rejects.append(label)
        elif proto.get("showname") == "OAP/1, cut":
            self.others.append("cut")
        elif other := next((name for name in NO_FRAMES if field(proto, name) is not None), None):
            self.others.append(other)
        else:
            self.frames.append(envelope(proto))


def dissected(capture, *args):
    """What tshark shows of each TCP stream of a capture, and of each of its directions by its source port."""
    streams = defaultdict(Shown)
    # A malformed text is shown with control characters, which XML has not; its bytes are there as hex, too.
    output = tshark("-r", capture, "-T", "pdml", "-J", "tcp oap", *args).decode(errors="replace")
    assert "Lua Error" not in output
    pdml = ElementTree.fromstring(re.sub(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", "?", output).encode())
    for packet in pdml.iter("packet"):
        for proto in packet.iter("proto"):
            if proto.get("name") == "oap":
                stream, source = (int(field(packet, f"tcp.{name}").get("show")) for name in ("stream", "srcport"))
                streams[stream].take(proto)
                streams[stream, source].take(proto)
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


@pytest.mark.parametrize("passes", PASSES)
def test_frames_and_rejects_are_those_of_every_strict_vector(tmp_path, passes):
    cases = list(strict_cases())
    talks = [pcap.one_way(unpack(chunk) for chunk in case["request"]["chunks"]) for case in cases]
    pcap.write(tmp_path / "vectors.pcap", PORT, talks)
    streams = dissected(tmp_path / "vectors.pcap", *passes, "-d", f"tcp.port=={PORT},oap")
    assert len(cases) > 500
    for number, case in enumerate(cases):
        shown = streams[number]
        assert (shown.frames, shown.rejects) == expected(case), case["name"]


def session_cases():
    """Every case of a session with the default configuration."""
    for topic in sorted(VECTORS.glob("*.json")):
        for case in json.loads(topic.read_text()):
            request = case["request"]
            if "usage" not in case["answer"] and (request["op"], request.get("config")) == ("session", {}):
                if case["name"] not in NO_CAPTURE:
                    yield case


def talk_of(case):
    """The peer as the client, the session as the server. Gives the talk, frames that the session got, and its reject."""
    talk, got, reject = pcap.Talk(), [], []
    for step, outcome in zip(case["request"]["steps"], case["answer"]["outcomes"], strict=True):
        if "recv" in step:
            talk.say(pcap.CLIENT, unpack(step["recv"]))
            got += [frame | ({"body": unpack(frame["body"]).hex()} if "body" in frame else {}) for frame in outcome["frames"]]
            reject = reject or [outcome["reject"]] if "reject" in outcome else reject
        elif "bytes" in outcome:
            talk.say(pcap.SERVER, unpack(outcome["bytes"]))
    return talk, got, [label for label in reject if label not in UNSEEN]


@pytest.mark.parametrize("passes", PASSES)
def test_a_session_is_judged_as_in_every_vector(tmp_path, passes):
    cases = list(session_cases())
    talks, frames, rejects = zip(*map(talk_of, cases))
    pcap.write(tmp_path / "sessions.pcap", PORT, talks)
    streams = dissected(tmp_path / "sessions.pcap", *passes, "-d", f"tcp.port=={PORT},oap")
    assert len(cases) > 500 and sum(map(len, rejects)) > 150
    for number, case in enumerate(cases):
        shown, answers = streams[number, pcap.FIRST_PORT + number], streams[number, PORT]
        assert (shown.rejects, answers.rejects) == (rejects[number], []), case["name"]
        # What follows an ERROR is shown, though the session discards it.
        assert shown.frames[: len(frames[number])] == frames[number], case["name"]


# Of Ethernet: four a frame, and a frame seldom begins where a segment does.
SEGMENT = 1400


def shown_of(tmp_path, talk, *args, snaplen=pcap.SNAPLEN):
    """What tshark shows of the client and of the server."""
    capture = tmp_path / "talk.pcap"
    pcap.write(capture, PORT, [talk], snaplen)
    streams = dissected(capture, *args)
    return streams[0, pcap.FIRST_PORT], streams[0, PORT]


def kinds(shown):
    return Counter(frame["kind"] for frame in shown.frames)


def seqs(shown):
    return [int(one["seq"]) for one in shown.frames if one["kind"] == "DATA"]


def greeted():
    return pcap.Talk(segment=SEGMENT).say(pcap.CLIENT, HELLO).say(pcap.SERVER, HELLO).say(pcap.CLIENT, START)


@pytest.mark.parametrize("passes", PASSES)
def test_frames_in_many_segments_are_whole_and_no_reject(tmp_path, passes):
    talk = greeted().say(pcap.CLIENT, data(1, 2, 3)).repeat().say(pcap.SERVER, ack(2)).repeat().say(pcap.CLIENT, frame(5, 3, 0))
    client, server = shown_of(tmp_path, talk, *passes)
    assert (client.rejects, server.rejects) == ([], [])
    assert kinds(client) == {"HELLO": 1, "START": 1, "DATA": 3, "END": 1} and kinds(server) == {"HELLO": 1, "ACK": 1}
    assert {one["body"] for one in client.frames if one["kind"] == "DATA"} == {BODY.hex()}


@pytest.mark.parametrize("passes", PASSES)
def test_a_capture_that_begins_in_the_middle_finds_its_feet(tmp_path, passes):
    talk = pcap.Talk(begins=False, segment=SEGMENT)
    talk.say(pcap.SERVER, ack(5)).say(pcap.CLIENT, data(7, 8, 9)[2000:]).say(pcap.SERVER, ack(8))
    talk.say(pcap.CLIENT, frame(5, 9, 0)).say(pcap.CLIENT, START + data(10)).say(pcap.SERVER, ack(11))
    client, server = shown_of(tmp_path, talk, *passes)
    assert client.others == ["oap.unknown"] * 3 and seqs(client) == [8, 9, 10]
    assert kinds(client) == {"DATA": 3, "END": 1, "START": 1} and client.rejects == []
    # The last ACK runs ahead of what the capture has seen to be sent.
    assert kinds(server) == {"ACK": 2} and server.rejects == ["credit_violation"]


@pytest.mark.parametrize("passes", PASSES)
def test_a_cut_snapshot_shows_every_header_that_it_has(tmp_path, passes):
    talk = greeted()
    for seq in range(1, 6):
        talk.say(pcap.CLIENT, data(seq)).say(pcap.SERVER, ack(seq))
    talk.say(pcap.CLIENT, frame(5, 5, 0) + START + frame(3, 6, body=b"small"))
    client, server = shown_of(tmp_path, talk, *passes, snaplen=96)
    assert seqs(client) == [1, 2, 3, 4, 5, 6] and kinds(server) == {"HELLO": 1, "ACK": 5}
    assert [one["len"] for one in client.frames if one["kind"] == "DATA"] == [len(BODY)] * 5 + [len(b"small")]
    assert (client.rejects, server.rejects) == ([], []) and set(client.others) == {"oap.more"}


@pytest.mark.parametrize("passes", PASSES)
def test_a_packet_that_the_capture_has_lost_is_no_reject(tmp_path, passes):
    sent = data(1, 2, 3, 4)
    talk = greeted().say(pcap.CLIENT, sent[: 2 * SEGMENT]).lose(pcap.CLIENT, sent[2 * SEGMENT : 4 * SEGMENT])
    talk.say(pcap.CLIENT, sent[4 * SEGMENT :]).say(pcap.SERVER, ack(4)).say(pcap.CLIENT, frame(5, 4, 0))
    client, server = shown_of(tmp_path, talk, *passes)
    assert (client.rejects, server.rejects) == ([], [])
    assert seqs(client) == [3, 4] and kinds(client)["END"] == kinds(server)["ACK"] == 1


def damaged(chance, damage):
    talk = honest_talk(chance, begins=damage != "late")
    if damage == "lossy":
        # Not the two that say that the capture has the beginning.
        for _ in range(2):
            del talk.packets[chance.randrange(2, len(talk.packets))]
    return talk


@pytest.mark.parametrize("passes", PASSES)
@pytest.mark.parametrize(("damage", "snaplen"), [("late", pcap.SNAPLEN), ("lossy", pcap.SNAPLEN), ("cut", 96)])
def test_an_honest_talk_is_rejected_in_no_capture_of_it(tmp_path, passes, damage, snaplen):
    chance = Random(damage)
    talks = [damaged(chance, damage) for _ in range(20)]
    pcap.write(tmp_path / "talks.pcap", PORT, talks, snaplen)
    streams = dissected(tmp_path / "talks.pcap", *passes, "-d", f"tcp.port=={PORT},oap")
    assert {number: streams[number].rejects for number in range(len(talks)) if streams[number].rejects} == {}
    assert sum(len(streams[number].frames) for number in range(len(talks))) > 100


@pytest.mark.parametrize("passes", PASSES)
def test_a_port_that_is_used_again_begins_anew(tmp_path, passes):
    first, second = greeted().say(pcap.CLIENT, data(1)), greeted().say(pcap.CLIENT, data(5))
    second.move(1_000_000)
    first.packets += second.packets
    pcap.write(tmp_path / "again.pcap", PORT, [first])
    streams = dissected(tmp_path / "again.pcap", *passes)
    assert [seqs(streams[number]) for number in (0, 1)] == [[1], [5]]
    assert streams[0].rejects == streams[1].rejects == []


@pytest.fixture
def sharkd(tmp_path):
    """Asks sharkd, which is Wireshark without a window: methods with their parameters, in one run."""
    plugins = tmp_path / "home" / ".local" / "lib" / "wireshark" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / DISSECTOR.name).symlink_to(DISSECTOR)

    def ask(*requests):
        lines = [json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
                 for id, (method, params) in enumerate(requests, 1)]
        environment = os.environ | {"HOME": str(tmp_path / "home")}
        environment.pop("XDG_CONFIG_HOME", None)
        run = subprocess.run(["sharkd", "-"], input="\n".join(lines) + "\n", env=environment,
                             capture_output=True, text=True, check=True, timeout=60)
        return [json.loads(line)["result"] for line in run.stdout.splitlines()]

    return ask


def test_wireshark_shows_the_same_in_whatever_order_it_is_asked(tmp_path, sharkd):
    talk = greeted().say(pcap.CLIENT, data(1, 2)).say(pcap.SERVER, ack(2)).say(pcap.SERVER, ack(2))
    pcap.write(tmp_path / "talk.pcap", PORT, [talk])
    last = len(talk.packets)
    expected = ["HELLO", "HELLO", "START", "DATA", "DATA", "ACK", "ACK, credit_violation (4.11)"]
    for order in (range(1, last + 1), range(last, 0, -1)):
        frames = [("frame", {"frame": number, "proto": True}) for number in order]
        _, *answers = sharkd(("load", {"file": str(tmp_path / "talk.pcap")}), *frames)
        trees = dict(zip(order, answers))
        items = [item["l"] for number in sorted(trees) for item in trees[number]["tree"] if item.get("f") == "oap"]
        assert items == [f"OAP/1, {text}" for text in expected]


def address_of(path):
    return subprocess.check_output([PROGRAM, "address", path], text=True).strip()


def test_a_live_capture_is_found_on_any_port(tmp_path):
    file, capture = tmp_path / "file", tmp_path / "live.pcap"
    file.write_bytes(b"x" * 3_000_000)
    with Gateway() as gateway:
        with Capture(capture, gateway.address.split(":")[1]):
            for args in [("send", file), ("load", "--rate", "1", "--duration", "0.5", "--hostile", BREACHES)]:
                subprocess.run([OAP, args[0], gateway.address, *args[1:]], check=True, capture_output=True)
            # Packets pass the kernel's ring before they reach the file.
            time.sleep(1)
    streams = dissected(capture)
    upload, *hostile = [streams[number] for number in sorted(key for key in streams if isinstance(key, int))]
    bodies = [frame for frame in upload.frames if frame["kind"] == "DATA"]
    assert b"".join(bytes.fromhex(frame["body"]) for frame in bodies) == file.read_bytes()
    assert {frame["obj"] for frame in bodies} == {address_of(file)}
    assert kinds(upload)["HELLO"] == kinds(upload)["START"] == kinds(upload)["END"] == 2
    assert upload.rejects == []
    # The dissector says of them what the gateway answered.
    answers = [[one["reason"] for one in shown.frames if one["kind"] == "ERROR"] for shown in hostile]
    assert [shown.rejects for shown in hostile] == [[label for label in said if label not in UNSEEN] for said in answers]
    labels = {label for shown in hostile for label in shown.rejects}
    assert labels == set(CONSTANTS["reject_labels"]) - UNSEEN - {"bad_hello_pq"}
