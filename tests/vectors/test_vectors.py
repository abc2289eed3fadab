"""The vectors are current and complete, and a stock protobuf agrees with every header in them."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_encoding
from google.protobuf.message import DecodeError

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
sys.path.insert(0, str(HERE))

from cases.hexparts import unpack
from cases.names import READINESS_KEYS, REJECT_LABELS
from cases.rules import RULES
from cases.wire import KINDS

# Relaxed goes further than stock parsers, which end a key or a length after 5 bytes and judge each
# occurrence's UTF-8, also one that a later occurrence overrules.
STOCK_REFUSES = re.compile(
    r"key_(1|of_start|of_unknown)_in_(6|7|8|9|10)_bytes_relaxed|length_(of_unknown_)?in_(6|10)_bytes_relaxed"
    r"|overruled_(stream|obj|reason)_not_utf8_relaxed"
)

FILES = {path.name: json.loads(path.read_text()) for path in sorted(HERE.glob("oap1/*.json"))}
ENGINE = [case for path in sorted(HERE.glob("connection/*.json")) for case in json.loads(path.read_text())]
CASES = [case for cases in FILES.values() for case in cases]


@dataclass
class Header:
    fields: dict
    strict: bool = False
    cases: list[str] = field(default_factory=list)

    @property
    def stock_refuses(self) -> bool:
        return all(STOCK_REFUSES.fullmatch(name) for name in self.cases)


def split(data: bytes, count: int):
    """The first `count` frames as (header, body), by their prefixes alone."""
    for _ in range(count):
        length, header_len = int.from_bytes(data[:4], "big"), int.from_bytes(data[6:8], "big")
        yield data[8:8 + header_len], data[8 + header_len:length]
        data = data[length:]


def accepted(case):
    """(envelope, header, body, strict) of every frame that the answer shows as accepted, encoded or sent."""
    request, answer = case["request"], case["answer"]
    if "usage" in answer or "error" in answer or request["op"] not in ("decode", "table", "encode", "session"):
        return
    strict = request.get("config", {}).get("strict_headers", True)
    if request["op"] == "session":
        pairs = list(zip(request["steps"], answer["outcomes"], strict=True))
        received = b"".join(unpack(step.get("recv", "")) for step, _ in pairs)
        frames = [frame for _, outcome in pairs for frame in outcome.get("frames", [])]
        sent = b"".join(unpack(outcome.get("bytes", "")) for _, outcome in pairs)
        sent_frames = [step["send"] for step, outcome in pairs if "bytes" in outcome]
        streams = [(received, frames, strict), (sent, sent_frames, True)]
    elif request["op"] == "encode":
        streams = [(unpack(answer["bytes"]), request["frames"], True)]
    else:
        data = b"".join(map(unpack, request["chunks"])) if request["op"] == "decode" else unpack(request["bytes"])
        streams = [(data, answer["frames"], strict)]
    for data, envelopes, is_strict in streams:
        for envelope, (header, body) in zip(envelopes, split(data, len(envelopes)), strict=True):
            yield envelope, header, body, is_strict


@pytest.fixture(scope="session")
def messages(tmp_path_factory):
    """The message classes of docs/oap1.proto by kind."""
    out = tmp_path_factory.mktemp("proto") / "oap1.pb"
    subprocess.run(["protoc", f"--proto_path={DOCS}", f"--descriptor_set_out={out}", "oap1.proto"], check=True)
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file:
        pool.Add(file)
    names = {kind: pool.FindMessageTypeByName("oap1." + kind.capitalize())
             for kind in ("HELLO", "START", "DATA", "ACK", "END", "ERROR")}
    return {kind: message_factory.GetMessageClass(descriptor) for kind, descriptor in names.items()}


@pytest.fixture(scope="session")
def headers(messages) -> dict[tuple[str, bytes], Header]:
    """Each header once, with the fields that the envelope says it has."""
    found: dict[tuple[str, bytes], Header] = {}
    for case in CASES:
        for envelope, header, _, strict in accepted(case):
            kind = envelope["kind"]
            fields = {f.name: envelope[f.name] if f.cpp_type == f.CPPTYPE_STRING else int(envelope[f.name])
                      for f in messages[kind].DESCRIPTOR.fields if f.name in envelope}
            entry = found.setdefault((kind, header), Header(fields))
            assert entry.fields == fields, case["name"]
            entry.strict |= strict
            entry.cases.append(case["name"])
    return found


def test_files_are_current():
    check = subprocess.run([sys.executable, HERE / "generate.py", "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr


def test_index_names_every_case_once():
    index = json.loads((HERE / "index.json").read_text())
    assert list(index) == list(RULES)
    indexed = [(rule, file, name) for rule, files in index.items() for file, names in files.items() for name in names]
    cases = [(case["rule"], str(path.relative_to(HERE)), case["name"])
             for path in HERE.glob("*/*.json") for case in json.loads(path.read_text())]
    assert sorted(indexed) == sorted(cases)


def test_check_names_a_file_that_is_not_current(monkeypatch, tmp_path, capsys):
    import generate

    monkeypatch.setattr(generate, "OUT", tmp_path)
    monkeypatch.setattr(generate, "build", lambda: {"a/keys.json": "[]\n", "b/prefix.json": "[1]\n"})
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "b" / "prefix.json").write_text("[]\n")
    (tmp_path / "a" / "left_over.json").write_text("[]\n")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "not current: a/left_over.json\nnot current: b/prefix.json\n"


def test_cases_are_many_and_named_once():
    names = [case["name"] for case in CASES + ENGINE]
    assert len(names) >= 300
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(list(case) == ["name", "rule", "request", "answer"] for case in CASES)


def test_equal_requests_have_equal_answers():
    """A case may stand for two rules; then it says the same."""
    answers: dict[str, dict] = {}
    for case in CASES:
        assert answers.setdefault(json.dumps(case["request"]), case["answer"]) == case["answer"], case["name"]


def test_the_eight_canonical_cases_are_there():
    names = {case["name"] for case in FILES["canonical.json"]}
    assert names >= {"hello_hello", "happy_path", "oversize", "missing_obj", "unknown_envelope", "truncated_pair",
                     "credit_violation", "pq_hello"}


def test_every_rule_has_a_case_and_every_case_a_rule():
    assert {case["rule"] for case in CASES + ENGINE} == set(RULES)


def test_monitor_answers_are_whole():
    """An entry a tick, its keys in order; all labels; bytes and frames together or not at all."""
    cases = [case for case in CASES if "usage" not in case["answer"] and case["request"]["op"] == "monitor"]
    assert len(cases) >= 80
    for case in cases:
        readiness, metrics = case["answer"]["readiness"], case["answer"]["metrics"]
        assert len(readiness) == sum("tick" in event for event in case["request"]["events"]), case["name"]
        for entry in readiness:
            missing = [key for key in READINESS_KEYS if key in entry["missing"]]
            assert entry == {"ready": not missing, "missing": missing}, case["name"]
        frames, rejects = metrics["oap_frames_total"], metrics["oap_rejects_total"]
        assert (list(frames), list(rejects)) == (list(KINDS), REJECT_LABELS), case["name"]
        assert (sum(frames.values()) > 0) == (metrics["oap_frame_bytes_total"] > 0), case["name"]


def test_bodies_are_what_the_envelopes_say():
    for case in CASES:
        for envelope, _, body, _ in accepted(case):
            assert unpack(envelope.get("body", "")) == body, case["name"]
            assert envelope.get("len", 0) == len(body), case["name"]


def test_stock_runtime_reads_and_writes_the_same(messages, headers):
    assert len(headers) >= 300
    for (kind, header), entry in headers.items():
        if entry.stock_refuses:
            continue
        try:
            message = messages[kind].FromString(header)
        except DecodeError as error:
            pytest.fail(f"{entry.cases[0]}: {error}")
        assert {f.name: value for f, value in message.ListFields()} == entry.fields, entry.cases[0]
        if entry.strict:
            assert message.SerializeToString(deterministic=True) == header, entry.cases[0]


def test_strict_headers_are_never_among_what_stock_refuses(headers):
    assert not [entry.cases for entry in headers.values() if entry.strict and entry.stock_refuses]


def protoc_decode(kind: str, header: bytes) -> dict[str, str]:
    """`protoc --decode`'s known fields, as text."""
    command = ["protoc", f"--proto_path={DOCS}", "--decode=oap1." + kind.capitalize(), "oap1.proto"]
    done = subprocess.run(command, input=header, capture_output=True)
    assert done.returncode == 0, (kind, header.hex(), done.stderr)
    return dict(re.findall(r"^([a-z]\w*): (.*)$", done.stdout.decode(), re.MULTILINE))


def test_protoc_shows_the_same(headers):
    wanted = [(key, entry) for key, entry in headers.items() if not entry.stock_refuses]
    with ThreadPoolExecutor() as pool:
        shown = pool.map(lambda item: protoc_decode(*item[0]), wanted)
        for (_, entry), fields in zip(wanted, shown, strict=True):
            plain = {name: text_encoding.CUnescape(value[1:-1]).decode() if value.startswith('"') else int(value)
                     for name, value in fields.items()}
            assert plain == entry.fields, entry.cases[0]
