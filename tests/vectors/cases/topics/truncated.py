"""3.4: finish says only whether the input ended inside a frame."""

from ..envelope import ONE_OF_EACH, OBJ, ack, data, end, error, hello, joined, start
from ..steps import finish, hellos, recv, recv_bytes, send
from ..topic import RELAXED, Topic, one_byte_chunks
from ..wire import prefix

RULE = "3.4"


def build(t: Topic) -> None:
    for frame in ONE_OF_EACH:
        kind = frame.envelope["kind"].lower()
        for size in range(1, len(frame.wire)):
            t.decode(f"truncated_{kind}_at_{size}", RULE, [frame.wire[:size]], [], ("truncated", size))
        t.decode(f"no_finish_{kind}_at_any_byte", RULE, one_byte_chunks(frame.wire[:-1]), [], finish=False)
    with_obj = data(1, b"abc", OBJ)
    for size in (9, 40, len(with_obj.head), len(with_obj.wire) - 1):
        t.decode(f"truncated_data_with_obj_at_{size}", RULE, [with_obj.wire[:size]], [], ("truncated", size))
    after_good_frames(t)
    sessions(t)


def after_good_frames(t: Topic) -> None:
    good = (start("a"), data(1, b"b"))
    whole = joined(good)
    for size in (1, 8, 9):
        tail = ack(1).wire[:size]
        t.decode(f"truncated_after_frames_at_{size}", RULE, [whole + tail], good, ("truncated", len(whole) + size))
        t.decode(f"no_finish_after_frames_at_{size}", RULE, [whole + tail], good, finish=False)
    t.decode("finish_between_frames", RULE, [whole], good)
    t.decode("finish_without_input", RULE, [], [])
    t.decode("finish_in_relaxed", RULE, [ack(1).wire[:9]], [], ("truncated", 9), RELAXED)
    huge = data(1, b"\x5a" * 100_000)
    t.decode("truncated_one_byte_short_of_100010", RULE, [huge.wire[:-1]], [], ("truncated", len(huge.wire) - 1))


def sessions(t: Topic) -> None:
    t.session("finish_before_any_byte", RULE, finish())
    t.session("finish_after_the_handshake", RULE, hellos(), finish())
    t.session("finish_in_an_open_stream", RULE, hellos(), recv(start("a"), data(1)), finish())
    t.session("finish_leaves_sending_alone", RULE, hellos(), send(start("a")), finish(), send(end(0)))
    for size in (1, 4, 8, 9, len(start("a").wire) - 1):
        t.session(f"finish_inside_a_frame_at_{size}", RULE, hellos(), recv_bytes(start("a").wire[:size]),
                  finish("truncated"))
    partial = data(1, b"abc")
    t.session("finish_inside_a_body", RULE, hellos(), recv(start("a")), recv_bytes(partial.wire[:-1]), finish("truncated"))
    t.session("finish_inside_the_first_hello", RULE, recv_bytes(hello().wire[:5]), finish("truncated"))
    t.session("truncated_stays", "3.6", hellos(), recv_bytes(ack(1).wire[:5]), finish("truncated"), finish("truncated"))
    after_finish(t)


def after_finish(t: Topic) -> None:
    """A finish without a reject changes nothing: what follows is answered as if it had not been called."""
    t.session("finish_then_the_handshake", RULE, finish(), hellos(), finish(), recv(start("a"), data(1)))
    t.session("finish_then_more_frames", RULE, hellos(), recv(start("a")), finish(), recv(data(1), end(1)), finish())
    t.session("finish_again_and_again", RULE, hellos(), finish(), finish(), finish())
    t.session("finish_then_part_of_a_frame", RULE, hellos(), finish(), recv_bytes(start("a").wire[:5]), finish("truncated"))
    t.session("finish_then_no_bytes", RULE, hellos(), finish(), recv_bytes(b""), finish())
    t.session("finish_then_a_bad_frame", RULE, hellos(), finish(), recv_bytes(prefix(8, 0x99, 0)[:5], reject="unknown_envelope"),
              finish("unknown_envelope"))
    t.session("finish_then_an_ack_of_ours", RULE, hellos(), recv(start("a"), data(1)), finish(), send(ack(1)),
              send(start("b")), send(data(1)), recv(ack(1)))
    t.session("finish_then_error_received", RULE, hellos(), finish(), recv(error(7)), finish())
    t.session("finish_then_error_sent", RULE, hellos(), finish(), send(error(7)), recv_bytes(b"\x99"), finish())
    t.session("truncated_then_the_rest", "3.6", hellos(), recv_bytes(start("a").wire[:5]), finish("truncated"),
              recv_bytes(start("a").wire[5:], reject="truncated"), recv_bytes(b"", reject="truncated"))
