"""Session: both directions."""

import pytest

import oap
from oap import Ack, Config, Data, End, Error, Flow, Hello, Session, Start


def pair(**config: int) -> tuple[Session, Session]:
    one, two = Session(Config(**config)), Session()  # type: ignore[arg-type]
    two.recv(one.send(one.hello()))
    one.recv(two.send(two.hello()))
    return one, two


def test_the_hello_is_that_of_the_config() -> None:
    session = Session(Config(max_frame=8192, ack_window_frames=5, features=3))
    assert session.hello() == Hello(1, 8192, 3, 5)
    assert session.config == Config(max_frame=8192, ack_window_frames=5, features=3)


def test_the_handshake() -> None:
    one, two = Session(), Session(Config(max_frame=8192))
    assert not one.is_established and one.peer_max_frame is None
    two.recv(one.send(one.hello()))
    assert not two.is_established
    one.recv(two.send(two.hello()))
    assert one.is_established and two.is_established
    assert (one.peer_max_frame, two.peer_max_frame) == (8192, oap.MAX_FRAME_BYTES)


def test_a_stream_and_its_credit() -> None:
    one, two = pair()
    wire = one.send(Start("notes")) + one.send(Data(1, None, b"abc"))
    assert list(two.recv(wire)) == [Start("notes"), Data(1, None, b"abc")]
    flow = one.outbound
    assert (flow.open, flow.objects, flow.last_seq) == (True, False, 1)
    assert (flow.in_flight, flow.window, flow.credit) == (1, 32, 31)
    assert flow == two.inbound and isinstance(flow, Flow)
    one.recv(two.send(Ack(1)))
    assert one.outbound.credit == 32
    two.recv(one.send(End(1, 0)))
    assert not two.inbound.open


def test_a_refusal_changes_nothing() -> None:
    one, two = pair()
    with pytest.raises(oap.CreditViolationError):
        one.send(Data(1, None, b"too early"))
    one.send(Start("objects"))
    before = one.outbound
    with pytest.raises(oap.MissingObjError) as caught:
        one.send(Data(1, None, b"abc"))
    assert caught.value.at is None
    assert one.outbound == before
    assert one.verdict is None


def test_tuples_can_be_sent() -> None:
    one, two = pair()
    wire = one.send((oap.Kind.START, "notes"))
    wire += one.send((oap.Kind.DATA, 1, None, bytearray(b"abc")))
    assert list(two.recv(wire)) == [Start("notes"), Data(1, None, b"abc")]


def test_a_full_window_is_refused() -> None:
    one, two = pair()
    one.send(Start("notes"))
    for seq in range(32):
        one.send(Data(seq))
    assert one.outbound.credit == 0
    with pytest.raises(oap.CreditViolationError) as caught:
        one.send(Data(32))
    assert caught.value.limit == 32


def test_a_reject_carries_the_frames_before_it_and_stays() -> None:
    one, two = pair()
    wire = one.send(Start("notes")) + one.send(Data(1))
    with pytest.raises(oap.CreditViolationError) as caught:
        two.recv(wire + oap.encode(Data(3)))
    assert list(caught.value.frames) == [Start("notes"), Data(1)]
    assert isinstance(two.verdict, oap.CreditViolationError)
    with pytest.raises(oap.CreditViolationError):
        two.recv(b"")
    with pytest.raises(oap.CreditViolationError):
        two.send(Ack(1))
    two.send(Error(caught.value.code, caught.value.reason))
    assert two.has_ended
    assert len(two.recv(b"whatever comes")) == 0
    two.finish()


def test_the_end_inside_a_frame_is_truncated() -> None:
    one, two = pair()
    two.recv(one.send(Start("notes"))[:-1])
    assert two.staged > 0
    with pytest.raises(oap.TruncatedError):
        two.finish()


def test_no_bytes_are_no_look() -> None:
    session = Session()
    frame = oap.encode(Data(1, None, bytes(5000)))
    session.recv(oap.encode(Hello(1, oap.MAX_FRAME_BYTES)) + frame[:8])
    session.send(Hello(1, 4096))
    for chunk in (b"", bytearray(), memoryview(frame)[8:8]):
        assert len(session.recv(chunk)) == 0
        assert (session.staged, session.verdict) == (8, None)
    with pytest.raises(oap.FrameOversizeError):
        session.recv(frame[8:9])


def test_reset_begins_anew() -> None:
    one, _ = pair()
    one.reset()
    assert not one.is_established
    assert one.inbound.last_seq is None
