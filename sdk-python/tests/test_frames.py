"""The frame classes."""

import pytest
from wires import ADDRESS

import oap
from oap import Ack, Data, End, Error, Hello, Kind, Start

FRAMES: list[oap.Frame] = [
    Hello(1, 1 << 20, 0xBEEF, 7),
    Start("notes"),
    Data(7, ADDRESS, b"secret"),
    Ack(7),
    End(7, 3),
    Error(4, "why"),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.kind.name)
def test_match_args_are_the_constructor_s_arguments(frame: oap.Frame) -> None:
    values = [getattr(frame, name) for name in frame.__match_args__]
    assert type(frame)(*values) == frame
    assert type(frame)(**dict(zip(frame.__match_args__, values, strict=True))) == frame


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.kind.name)
def test_frames_can_t_be_changed(frame: oap.Frame) -> None:
    for name in (*frame.__match_args__, "other"):
        with pytest.raises(AttributeError):
            setattr(frame, name, 1)


def test_equality_and_hash_go_by_content() -> None:
    twins: list[oap.Frame] = [
        Hello(1, 1 << 20, 0xBEEF, 7),
        Start("notes"),
        Data(7, ADDRESS, bytearray(b"secret")),
        Ack(7),
        End(7, 3),
        Error(4, "why"),
    ]
    assert twins == FRAMES
    assert list(map(hash, twins)) == list(map(hash, FRAMES))
    assert len({*twins, *FRAMES}) == 6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Hello(1, 4096), Hello(1, 4097)),
        (Hello(1, 4096, 0), Hello(1, 4096)),
        (Start("a"), Start("b")),
        (Data(1), Data(2)),
        (Data(1, ADDRESS), Data(1)),
        (Data(1, None, b"a"), Data(1, None, b"b")),
        (Ack(1), Ack(2)),
        (End(1, 0), End(1, 1)),
        (Error(1, ""), Error(1, "a")),
        (Ack(1), 1),
        (Data(1), Ack(1)),
    ],
)
def test_a_difference_in_any_field_is_unequal(one: object, other: object) -> None:
    assert one != other
    assert not one == other


def test_repr_shows_neither_payload_nor_feature_bits() -> None:
    assert [repr(frame) for frame in FRAMES] == [
        "Hello(version=1, max_frame=1048576, ack_window=7)",
        "Start(stream='notes')",
        f"Data(seq=7, obj='{ADDRESS}', len=6)",
        "Ack(up_to=7)",
        "End(seq=7, status=3)",
        "Error(code=4, reason='why')",
    ]
    assert repr(Hello(1, 4096)) == "Hello(version=1, max_frame=4096, ack_window=None)"
    assert repr(Data(1)) == "Data(seq=1, obj=None, len=0)"
    assert "48879" not in repr(oap.Config(features=0xBEEF))


def test_structural_pattern_matching() -> None:
    def told(frame: oap.Frame) -> object:
        match frame:
            case Hello(version=1, max_frame=limit):
                return limit
            case Start(stream):
                return stream
            case Data(seq, obj, body):
                return seq, obj, bytes(body)
            case Ack(up_to):
                return up_to
            case End(seq, status):
                return seq, status
            case Error(code, reason):
                return code, reason
        return None

    assert list(map(told, FRAMES)) == [
        1 << 20,
        "notes",
        (7, ADDRESS, b"secret"),
        7,
        (7, 3),
        (4, "why"),
    ]


def test_kinds_are_those_of_the_core() -> None:
    assert tuple(kind.name for kind in Kind) == oap.KINDS
    assert [frame.kind for frame in FRAMES] == list(Kind)


@pytest.mark.parametrize("value", [-1, 1 << 64])
def test_what_64_bits_can_t_hold_is_an_overflow(value: int) -> None:
    for make in (Ack, Data, lambda seq: End(seq, 0), lambda limit: Hello(1, limit)):
        with pytest.raises(OverflowError):
            make(value)


def test_all_64_bits_survive() -> None:
    top = (1 << 64) - 1
    wire = oap.encode_batch([Hello(1, 4096, top), Ack(top)])
    hello, ack = oap.Decoder().feed(wire)
    assert (hello, ack) == (Hello(1, 4096, top), Ack(top))


def test_a_body_is_a_read_only_view() -> None:
    for frame in (Data(1, None, b"abc"), oap.Decoder().feed(oap.encode(Data(1, None, b"abc")))[0]):
        assert isinstance(frame, Data)
        assert isinstance(frame.body, memoryview)
        assert frame.body.readonly and frame.body.format == "B"
        assert bytes(frame.body) == b"abc"


def test_a_frame_keeps_what_it_was_made_with() -> None:
    buffer = bytearray(b"abc")
    frame = Data(1, None, buffer)
    buffer[:] = b"xyz"
    assert bytes(frame.body) == b"abc"
    buffer.clear()  # Nothing is exported: it may change its size.


def test_wrong_types_are_type_errors() -> None:
    for make in (
        lambda: Ack("1"),  # type: ignore[arg-type]
        lambda: Start(b"a"),  # type: ignore[arg-type]
        lambda: Data(1, b"b3"),  # type: ignore[arg-type]
        lambda: Data(1, None, "text"),  # type: ignore[arg-type]
        lambda: Hello(1),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError):
            make()
