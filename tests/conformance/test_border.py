"""Lines that no vector can hold, since they are no text: every testee answers each with `usage`, and goes on."""

import json
import subprocess

import pytest

import run

GOOD = b'{"op":"constants"}'
LINES = {
    "utf_16": GOOD.decode().encode("utf-16"),
    "not_utf8": b'{"op":"encode","frames":[{"kind":"START","stream":"a\xff"}]}',
    "utf8_of_a_surrogate": b'{"op":"encode","frames":[{"kind":"START","stream":"\xed\xa0\x80"}]}',
    "deep": b"[" * 100_000,
}


def answers(testee: str, text: bytes) -> list[dict]:
    done = subprocess.run([run.TESTEES / testee], input=text, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module", params=list(run.chosen([], [])))
def testee(request) -> str:
    return request.param


def test_lines_that_are_no_text_are_answered_usage(testee):
    text = b"".join(line + b"\n" + GOOD + b"\n" for line in LINES.values())
    got = answers(testee, text)
    assert len(got) == 2 * len(LINES)
    assert [name for name, answer in zip(LINES, got[::2]) if list(answer) != ["usage"]] == []
    assert all("kinds" in answer for answer in got[1::2])


def test_last_line_needs_no_end(testee):
    [answer] = answers(testee, GOOD)
    assert "kinds" in answer
    assert answers(testee, b"") == []


def test_spaces_and_escapes_are_json(testee):
    line = br' { "bytes" : "" , "rows" : 1 , "op" : "t\u0061ble" , "config" : { } } '
    assert answers(testee, line) == [{"frames": [], "reject": None}]
