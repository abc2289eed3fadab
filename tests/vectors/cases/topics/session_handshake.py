"""4.1 and 4.2: the handshake; 4.3 and 4.4 what a HELLO may advertise."""

from .. import wire
from ..envelope import OBJ, ack, data, end, error, hello, start
from ..steps import hellos, recv, recv_bytes, recv_in_two, refused, rejected, rejected_at_header, send, sends
from ..topic import RELAXED, Topic

OTHERS = (start("a"), data(1, b"abc"), ack(1), end(0))


def build(t: Topic) -> None:
    orders(t)
    first_frames(t)
    before_both(t)
    second_hello(t)
    bad_hellos(t)
    advertise(t)


def orders(t: Topic) -> None:
    t.session("handshake_own_first", "4.1", send(hello()), recv(hello()), send(start("a")))
    t.session("handshake_peer_first", "4.1", recv(hello()), send(hello()), send(start("a")))
    t.session("handshake_then_both_ways", "4.2", hellos(), send(start("a")), recv(start("b"), data(1, b"x")), send(data(9)))
    t.session("handshake_peer_in_two_parts", "4.1", send(hello()), recv_in_two(hello(), 9), recv(start("a")))
    t.session("handshake_with_the_stream_behind_it", "4.2", send(hello()), recv(hello(), start("a"), data(1, b"x")))
    t.session("handshake_relaxed", "2.12", send(hello()),
              recv_bytes(wire.frame(wire.HELLO, hello().header + wire.num(9, 1), reserved=3), hello()), send(start("a")),
              config=RELAXED)
    t.session("handshake_other_values", "4.3", hellos(hello(1, 4096, None, 1), hello(1, 8192, 3, 1024)), send(start("a")))
    t.session("handshake_nothing_happens", "4.1")


def first_frames(t: Topic) -> None:
    for frame in OTHERS:
        kind = frame.envelope["kind"].lower()
        t.session(f"first_received_{kind}", "4.1", send(hello()), rejected("bad_hello", frame))
        t.session(f"first_received_{kind}_before_own_hello", "4.1", rejected("bad_hello", frame))
        t.session(f"first_sent_{kind}", "4.1", refused("bad_hello", frame), send(hello()))
    t.session("first_received_data_at_its_header", "3.8", send(hello()), rejected_at_header("bad_hello", data(1, b"abc")))
    t.session("first_received_error", "4.1", recv(error(1, "no")), refused("credit_violation", hello()))
    t.session("first_received_error_after_own_hello", "4.1", send(hello()), recv(error(1, "no")))
    t.session("first_sent_error", "4.1", send(error(1, "no")), refused("credit_violation", hello()))
    t.session("first_sent_error_after_peer_hello", "4.1", recv(hello()), send(error(1)), refused("credit_violation", hello()))


def before_both(t: Topic) -> None:
    for frame in OTHERS:
        kind = frame.envelope["kind"].lower()
        t.session(f"{kind}_received_before_own_hello", "4.2", recv(hello()), rejected("bad_hello", frame))
        t.session(f"{kind}_received_with_hello_before_own", "4.2", rejected("bad_hello", hello(), frame))
        t.session(f"{kind}_sent_before_peer_hello", "4.2", send(hello()), refused("bad_hello", frame))
        t.session(f"{kind}_sent_before_own_hello", "4.2", recv(hello()), refused("bad_hello", frame), send(hello()))
    t.session("data_at_its_header_before_own_hello", "4.2", recv(hello()), rejected_at_header("bad_hello", data(1, b"abc")))
    t.session("refused_before_peer_hello_changes_nothing", "4.14", send(hello()), refused("bad_hello", start("a")),
              recv(hello()), send(start("b")), send(data(5, b"x", OBJ)))
    t.session("half_a_peer_hello_is_none", "4.2", send(hello()), recv_bytes(hello().wire[:-1]),
              refused("bad_hello", start("a")), recv_bytes(hello().wire[-1:], hello()), send(start("a")))


def second_hello(t: Topic) -> None:
    t.session("second_hello_received", "4.1", hellos(), rejected("bad_hello", hello()))
    t.session("second_hello_received_at_once", "4.1", send(hello()), rejected("bad_hello", hello(), hello()))
    t.session("second_hello_received_before_own", "4.1", recv(hello()), rejected("bad_hello", hello()))
    t.session("second_hello_received_in_a_stream", "4.1", hellos(), recv(start("a"), data(1)), rejected("bad_hello", hello()))
    t.session("second_hello_sent", "4.1", hellos(), refused("bad_hello", hello()), send(start("a")))
    t.session("second_hello_sent_before_peer", "4.1", send(hello()), refused("bad_hello", hello()), recv(hello()),
              send(start("a")))
    t.session("second_hello_that_advertises_less", "4.1", send(hello()), refused("bad_hello", hello(max_frame=4096)))


def bad_hellos(t: Topic) -> None:
    for name, frame in (("version_0", hello(version=0)), ("version_2", hello(version=2)),
                        ("max_frame_4095", hello(max_frame=4095)), ("ack_window_0", hello(ack_window=0)),
                        ("ack_window_1025", hello(ack_window=1025))):
        t.session(f"peer_hello_{name}", "2.4", send(hello()), rejected("bad_hello", frame))
        t.session(f"own_hello_{name}", "4.14", refused("bad_hello", frame), hellos(), config={"ack_window_frames": 1024})


def advertise(t: Topic) -> None:
    """Less than Config passes, more is refused; absent ack_window counts as 32."""
    rule = "4.4"
    small = {"max_frame": "8192", "ack_window_frames": 16}
    t.session("advertise_config", rule, send(hello(max_frame=8192, ack_window=16)), config=small)
    t.session("advertise_less", rule, send(hello(max_frame=4096, ack_window=1)), config=small)
    t.session("advertise_more_max_frame", rule, refused("bad_hello", hello(max_frame=8193, ack_window=16)),
              hellos(own=hello(max_frame=8192, ack_window=16)), config=small)
    t.session("advertise_more_ack_window", rule, refused("bad_hello", hello(max_frame=8192, ack_window=17)),
              hellos(own=hello(max_frame=8192, ack_window=16)), config=small)
    t.session("advertise_absent_window_over_16", rule, refused("bad_hello", hello(max_frame=8192)), config=small)
    for window, passes in ((31, False), (32, True), (33, True), (1024, True)):
        step = send(hello()) if passes else refused("bad_hello", hello())
        t.session(f"advertise_absent_window_of_{window}", rule, step, config={"ack_window_frames": window})
    t.session("advertise_window_33_by_default", rule, refused("bad_hello", hello(ack_window=33)), send(hello(ack_window=32)))
    t.session("advertise_1_mib_of_less", rule, refused("bad_hello", hello()), sends(hello(max_frame=65_536)),
              config={"max_frame": "65536"})
    t.session("advertise_refused_leaves_config_in_force", "4.5", refused("bad_hello", hello(ack_window=1024)),
              hellos(own=hello(ack_window=1)), recv(start("a"), data(1)), rejected("credit_violation", data(2)))
