"""4.3 and 4.5: max_frame of both sides, and a length judged anew."""

from .. import wire
from ..envelope import data, data_of_length, error, hello, start
from ..steps import finish, hellos, recv, recv_bytes, refused, rejected, send
from ..topic import Topic
from ..wire import prefix

LOW = hello(max_frame=4096)


def build(t: Topic) -> None:
    peer_limit(t)
    own_limit(t)
    judged_anew(t)
    no_bytes(t)


def peer_limit(t: Topic) -> None:
    """The peer's max_frame binds what is sent, at the exact byte."""
    rule = "4.3"
    for limit in (4096, 5000, 65_536, wire.MAX_FRAME_BYTES - 1):
        t.session(f"peer_max_frame_{limit}", rule, hellos(peer=hello(max_frame=limit)), send(start("a")),
                  refused("frame_oversize", data_of_length(limit + 1, 1)), send(data_of_length(limit, 1)))
    t.session("peer_max_frame_1048576", rule, hellos(), send(start("a")), send(data_of_length(wire.MAX_FRAME_BYTES, 1)),
              refused("frame_oversize", data_of_length(wire.MAX_FRAME_BYTES + 1, 2)))
    t.session("peer_max_frame_does_not_bind_the_peer", rule, hellos(peer=LOW), recv(start("a"), data_of_length(4097, 1)))
    t.session("own_max_frame_does_not_bind_own_sends", rule, hellos(own=LOW), send(start("a")),
              send(data_of_length(4097, 1)))
    t.session("config_max_frame_does_not_bind_own_sends", rule, hellos(own=LOW), send(start("a")),
              send(data_of_length(4097, 1)), config={"max_frame": "4096"})


def own_limit(t: Topic) -> None:
    rule = "4.5"
    over, exact = data_of_length(4097, 1), data_of_length(4096, 1)
    t.session("own_hello_governs", rule, hellos(own=LOW), recv(start("a"), exact),
              recv_bytes(prefix(4097, wire.DATA, 2)[:4], reject="frame_oversize"))
    t.session("own_hello_governs_at_byte_4", rule, hellos(own=LOW), recv(start("a")), recv_bytes(over.wire[:3]),
              recv_bytes(over.wire[3:4], reject="frame_oversize"))
    t.session("own_hello_governs_a_whole_frame", rule, hellos(own=LOW), recv(start("a")), rejected("frame_oversize", over))
    t.session("config_governs_before_own_hello", rule, recv_bytes(prefix(4097, wire.DATA, 2)[:4], reject="frame_oversize"),
              config={"max_frame": "4096"})
    t.session("config_governs_before_own_hello_exact", rule, recv_bytes(prefix(4096, wire.DATA, 2)[:4]),
              config={"max_frame": "4096"})
    t.session("own_hello_below_config", rule, hellos(own=LOW), recv(start("a"), exact), rejected("frame_oversize", over),
              config={"max_frame": "8192"})
    t.session("own_hello_refused_does_not_govern", rule, refused("bad_hello", hello(version=2, max_frame=4096)),
              hellos(), recv(start("a"), over))


def judged_anew(t: Topic) -> None:
    """A length that passed under Config is judged by the HELLO sent meanwhile, until its frame is complete."""
    rule = "4.5"
    partial = prefix(8192, wire.DATA, 3) + b"\x08\x80"
    for size in (4, 5, 7, 8, 10):
        head, more = partial[:size], b"\x01\x00\x00"
        t.session(f"length_judged_anew_at_{size}", rule, recv(hello()), recv_bytes(head), send(LOW),
                  recv_bytes(more[:1] if size < 8 else b"\x01", reject="frame_oversize"))
        t.session(f"length_judged_anew_at_{size}_finish", rule, recv(hello()), recv_bytes(head), send(LOW),
                  finish("truncated"))
    t.session("length_not_there_before_own_hello", rule, recv(hello()), recv_bytes(partial[:3]), send(LOW),
              recv_bytes(partial[3:4], reject="frame_oversize"))
    t.session("length_judged_anew_and_passes", rule, recv(hello()), recv_bytes(start("a").wire[:5]), send(LOW),
              recv_bytes(start("a").wire[5:], start("a")))
    fits = data_of_length(4096, 1)
    t.session("length_of_the_new_limit_passes", rule, recv(hello()), recv_bytes(start("a").wire[:4]), send(LOW),
              recv_bytes(start("a").wire[4:] + fits.wire, start("a"), fits))
    t.session("length_judged_anew_by_a_hello_that_allows_it", rule, recv(hello()), recv_bytes(partial[:4]),
              send(hello(max_frame=8192)), recv_bytes(partial[4:]))
    t.session("frames_complete_before_stay", rule, recv_bytes(hello().wire + partial[:4], hello()), send(LOW),
              recv_bytes(partial[4:5], reject="frame_oversize"), send(error(3, "frame_oversize")))


def no_bytes(t: Topic) -> None:
    """A receipt of no bytes is no look: it changes nothing and judges nothing anew."""
    rule = "4.5"
    nothing = recv_bytes(b"")
    partial = prefix(8192, wire.DATA, 3) + b"\x08\x80"
    for size in (4, 5, 6, 7, 8, 10):
        more = recv_bytes(partial[size:size + 1] or b"\x01", reject="frame_oversize")
        t.session(f"no_bytes_are_no_look_at_{size}", rule, recv(hello()), recv_bytes(partial[:size]), send(LOW), nothing,
                  nothing, more)
        t.session(f"no_bytes_are_no_look_at_{size}_finish", rule, recv(hello()), recv_bytes(partial[:size]), send(LOW),
                  nothing, finish("truncated"), recv_bytes(b"", reject="truncated"))
    t.session("no_bytes_before_the_length_is_there", rule, recv(hello()), recv_bytes(partial[:3]), send(LOW), nothing,
              recv_bytes(partial[3:4], reject="frame_oversize"))
    t.session("no_bytes_then_one_that_completes_a_small_frame", rule, recv(hello()), recv_bytes(start("a").wire[:-1]),
              send(LOW), nothing, recv_bytes(start("a").wire[-1:], start("a")))
    t.session("no_bytes_at_the_very_start", rule, nothing, hellos(), nothing, recv(start("a")))
    t.session("no_bytes_after_the_last_frame", rule, hellos(), recv(start("a"), data(1)), nothing, recv(data(2)), nothing,
              finish())
    t.session("no_bytes_meet_a_standing_reject", rule, recv_bytes(prefix(8, 0x99, 0)[:5], reject="unknown_envelope"),
              recv_bytes(b"", reject="unknown_envelope"))
    t.session("no_bytes_after_error_sent", rule, recv_bytes(prefix(8, 0x99, 0)[:5], reject="unknown_envelope"),
              send(error(4)), nothing)
    t.session("no_bytes_after_error_received", rule, recv(error(7)), nothing, rejected("credit_violation", hello()))
    t.session("no_bytes_do_not_judge_a_header_anew", rule, hellos(), recv(start("a")), recv_bytes(data(1, b"ab").wire[:-1]),
              nothing, recv_bytes(b"b", data(1, b"ab")))
