"""Rejects as exceptions."""

import pickle
from typing import Any

import pytest

import oap


def class_of(label: str) -> Any:
    name = "".join(word.capitalize() for word in label.split("_")) + "Error"
    found = getattr(oap, name)
    assert issubclass(found, oap.RejectError)
    return found


@pytest.mark.parametrize(("code", "label"), list(enumerate(oap.REJECT_LABELS, 1)))
def test_each_label_has_a_class(code: int, label: str) -> None:
    found = class_of(label)
    assert found.__bases__ == (oap.RejectError,)
    assert (found.reason, found.code, found.__module__) == (label, code, "oap")
    assert found.__name__ in oap.__all__


def test_the_family() -> None:
    assert oap.RejectError.__bases__ == (oap.OapError,)
    assert oap.InternalError.__bases__ == (oap.OapError,)
    assert oap.OapError.__bases__ == (Exception,)


def test_a_reject_says_where_what_and_which_limit() -> None:
    decoder = oap.Decoder(oap.Config(max_frame=4096))
    wire = oap.encode(oap.Ack(1))
    with pytest.raises(oap.FrameOversizeError) as caught:
        decoder.feed(wire + b"\x00\x00\x10\x01")
    error = caught.value
    assert (error.reason, error.code, error.field, error.limit) == (
        "frame_oversize",
        3,
        "length",
        4096,
    )
    assert (error.offset, error.at) == (len(wire), len(wire) + 4)
    assert list(error.frames) == [oap.Ack(1)]
    assert str(error).startswith("frame_oversize: length ")


def test_a_refusal_has_no_place_in_the_stream() -> None:
    with pytest.raises(oap.HeaderMalformedError) as caught:
        oap.encode(oap.End(1, 70_000))
    error = caught.value
    assert (error.offset, error.at) == (None, None)
    assert (error.field, error.limit) == ("END.status", 65_535)
    assert error.frames == ()


def test_the_message_shows_no_payload() -> None:
    body = b"\xffsecret"
    session = oap.Session()
    session.send(session.hello())
    session.recv(oap.encode(session.hello()))
    with pytest.raises(oap.CreditViolationError) as caught:
        session.recv(oap.encode(oap.Data(1, None, body)))
    assert "secret" not in str(caught.value) + repr(caught.value)


def test_a_refusal_can_be_pickled() -> None:
    with pytest.raises(oap.RejectError) as caught:
        oap.encode(oap.Start(""))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is oap.HeaderMalformedError
    assert (copy.field, copy.limit, str(copy)) == ("START.stream", 1, str(caught.value))
