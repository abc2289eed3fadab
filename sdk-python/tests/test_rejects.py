"""Every reject, received and refused, and every other exception that the package raises."""

from collections.abc import Callable

import pytest
from wires import ADDRESS

import oap
from oap import Config, Data, Decoder, End, Hello, Monitor, Session, Start

HELLO = oap.encode(Hello(1, oap.MAX_FRAME_BYTES, None, 2))
OBJECTS = HELLO + oap.encode(Start("objects"))
NOTES = HELLO + oap.encode(Start("notes"))


def session(config: Config | None = None, monitor: Monitor | None = None) -> Session:
    """A session that has sent its HELLO."""
    made = Session(config, monitor=monitor)
    made.send(made.hello())
    return made


# Bytes of a peer, and the reject that they get: where, and with which field and limit.
RECEIVED: dict[str, tuple[bytes, Config, str, int | None]] = {
    "bad_hello": (HELLO[:9] + b"\x02" + HELLO[10:], Config(), "HELLO.version", 1),
    "bad_hello_pq": (
        oap.encode(Hello(1, oap.MAX_FRAME_BYTES, 1)),
        Config(allow_pq_hello_flags=False),
        "HELLO.features",
        None,
    ),
    "frame_oversize": (HELLO + b"\x00\x10\x00\x01", Config(), "length", oap.MAX_FRAME_BYTES),
    "unknown_envelope": (HELLO + b"\x00\x00\x00\x08\x99", Config(), "kind", None),
    "header_malformed": (HELLO + b"\x00\x00\x00\x08\x04\x01", Config(), "reserved", 0),
    "missing_obj": (OBJECTS + oap.encode(Data(1)), Config(), "DATA.obj", None),
    "credit_violation": (NOTES + oap.encode(Data(1)) * 2, Config(), "DATA.seq", 2),
    "truncated": (NOTES[:-1], Config(), "length", None),
}


def receive(wire: bytes, made: Session) -> None:
    made.recv(wire)
    made.finish()


def test_every_reject_is_among_them() -> None:
    assert tuple(RECEIVED) == oap.REJECT_LABELS


@pytest.mark.parametrize("label", RECEIVED)
def test_a_reject_has_its_class_code_field_and_limit_and_is_counted(label: str) -> None:
    wire, config, field, limit = RECEIVED[label]
    monitor = Monitor()
    with pytest.raises(oap.RejectError) as caught:
        receive(wire, session(config, monitor))
    reject = caught.value
    assert (reject.reason, reject.code) == (label, oap.REJECT_LABELS.index(label) + 1)
    assert type(reject).__name__ == label.title().replace("_", "") + "Error"
    assert (reject.field, reject.limit) == (field, limit)
    assert reject.offset is not None and reject.at is not None and reject.at <= len(wire)
    assert monitor.snapshot().rejects == dict.fromkeys(oap.REJECT_LABELS, 0) | {label: 1}


@pytest.mark.parametrize("label", RECEIVED)
def test_byte_by_byte_it_is_the_same_reject_at_the_same_byte(label: str) -> None:
    wire, config, _, _ = RECEIVED[label]
    found = list[tuple[str, int | None, int | None]]()
    for chunks in ([wire], [wire[at : at + 1] for at in range(len(wire))]):
        made = session(config)
        with pytest.raises(oap.RejectError) as caught:
            for chunk in chunks:
                made.recv(chunk)
            made.finish()
        found.append((caught.value.reason, caught.value.offset, caught.value.at))
    assert found[0] == found[1]


@pytest.mark.parametrize("label", RECEIVED)
def test_after_a_reject_an_error_of_its_code_may_be_sent(label: str) -> None:
    wire, config, _, _ = RECEIVED[label]
    made = session(config)
    with pytest.raises(oap.RejectError) as caught:
        receive(wire, made)
    assert made.send(oap.Error(caught.value.code, caught.value.reason))
    assert made.has_ended


# Frames that a host may not send. Only bytes can break the rules of the other labels.
REFUSED: dict[str, Callable[[Session], bytes]] = {
    "bad_hello": lambda made: made.send(made.hello()),
    "frame_oversize": lambda made: made.send(Data(1, None, bytes(oap.MAX_FRAME_BYTES))),
    "header_malformed": lambda made: made.send(Start("")),
    "missing_obj": lambda made: made.send(Start("objects")) + made.send(Data(1)),
    "credit_violation": lambda made: made.send(Data(1, ADDRESS)),
}


@pytest.mark.parametrize("label", REFUSED)
def test_a_refusal_has_no_offset_is_not_counted_and_leaves_the_session_good(label: str) -> None:
    monitor = Monitor()
    made = session(monitor=monitor)
    made.recv(HELLO)
    with pytest.raises(oap.RejectError) as caught:
        REFUSED[label](made)
    refusal = caught.value
    assert (refusal.reason, refusal.offset, refusal.at, refusal.frames) == (label, None, None, ())
    assert made.verdict is None and not made.has_ended
    assert sum(monitor.snapshot().rejects.values()) == 0
    made.recv(oap.encode(Start("notes")))


OTHERS: dict[type[Exception], Callable[[], object]] = {
    oap.ConfigError: lambda: Config(max_frame=1),
    TypeError: lambda: Decoder().feed("text"),  # type: ignore[arg-type]
    ValueError: lambda: oap.encode((9, 1)),  # type: ignore[arg-type]
    OverflowError: lambda: End(1 << 64, 0),
    IndexError: lambda: Decoder().feed(b"")[0],
    UnicodeEncodeError: lambda: oap.encode(Start("\ud800")),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_exceptions(kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        OTHERS[kind]()
    assert type(caught.value) is kind
    assert str(caught.value)
