"""4.10: credit; 4.3: the window that a HELLO advertises."""

from ..envelope import ack, data, end, error, hello, start
from ..steps import hellos, recv, recv_bytes, refused, rejected, rejected_at_header, send, sends
from ..topic import Topic

VIOLATION = "credit_violation"
RULE = "4.10"


def run(first: int, last: int) -> list:
    return [data(seq) for seq in range(first, last + 1)]


def build(t: Topic) -> None:
    windows(t)
    default_window(t)
    which_window(t)
    exact(t)
    costs_nothing(t)
    partial(t)


def windows(t: Topic) -> None:
    for window in (1, 2, 31, 1024):
        small = hello(ack_window=window)
        config = {"ack_window_frames": window}
        t.session(f"window_{window}_received", RULE, hellos(own=small), recv(start("a"), *run(1, window)),
                  rejected(VIOLATION, data(window + 1)), config=config)
        t.session(f"window_{window}_sent", RULE, hellos(peer=small), sends(start("a"), *run(1, window)),
                  refused(VIOLATION, data(window + 1)))
    one = hello(ack_window=1)
    t.session("window_1_in_turn_received", RULE, hellos(own=one), recv(start("a"), data(1)), send(ack(1)), recv(data(2)),
              send(ack(2)), recv(data(3), end(3)))
    t.session("window_1_in_turn_sent", RULE, hellos(peer=one), sends(start("a"), data(1)), recv(ack(1)), send(data(2)),
              recv(ack(2)), sends(data(3), end(3)))


def default_window(t: Topic) -> None:
    """Absent means 32."""
    t.session("window_absent_received", "4.3", hellos(), recv(start("a"), *run(1, 32)), rejected(VIOLATION, data(33)))
    t.session("window_absent_sent", "4.3", hellos(), sends(start("a"), *run(1, 32)), refused(VIOLATION, data(33)))
    t.session("window_absent_of_config_64", "4.3", hellos(), recv(start("a"), *run(1, 32)), rejected(VIOLATION, data(33)),
              config={"ack_window_frames": 64})


def which_window(t: Topic) -> None:
    """Each side's HELLO binds the other's DATA, not its own."""
    one, three = hello(ack_window=1), hello(ack_window=3)
    t.session("window_of_own_hello_below_config", "4.5", hellos(own=one), recv(start("a"), data(1)),
              rejected(VIOLATION, data(2)))
    t.session("window_of_own_hello_is_not_for_sends", "4.3", hellos(own=one), sends(start("a"), *run(1, 32)))
    t.session("window_of_peer_is_not_for_receives", "4.3", hellos(peer=one), recv(start("a"), *run(1, 32)))
    t.session("window_of_each_side", "4.3", hellos(one, three), sends(start("a"), *run(1, 3)), refused(VIOLATION, data(4)),
              recv(start("b"), data(1)), rejected(VIOLATION, data(2)))
    t.session("window_of_config_is_not_for_sends", "4.3", hellos(own=one), sends(start("a"), *run(1, 32)),
              config={"ack_window_frames": 1})


def exact(t: Topic) -> None:
    """An ACK frees what it acknowledges, no more."""
    four = hello(ack_window=4)
    config = {"ack_window_frames": 4}
    for freed in (1, 2, 3, 4):
        t.session(f"credit_freed_{freed}_sent", RULE, hellos(peer=four), sends(start("a"), *run(1, 4)), recv(ack(freed)),
                  sends(*run(5, 4 + freed)), refused(VIOLATION, data(5 + freed)))
        t.session(f"credit_freed_{freed}_received", RULE, hellos(own=four), recv(start("a"), *run(1, 4)), send(ack(freed)),
                  recv(*run(5, 4 + freed)), rejected(VIOLATION, data(5 + freed)), config=config)
    t.session("credit_of_two_acks", RULE, hellos(peer=four), sends(start("a"), *run(1, 4)), recv(ack(1), ack(3)),
              sends(*run(5, 7)), refused(VIOLATION, data(8)), recv(ack(7)), sends(*run(8, 11)), refused(VIOLATION, data(12)))
    t.session("credit_is_not_freed_by_end", RULE, hellos(peer=four), sends(start("a"), *run(1, 4), end(4), start("b")),
              refused(VIOLATION, data(5)), recv(ack(4)), send(data(5)))
    t.session("credit_is_not_freed_by_end_received", RULE, hellos(own=four),
              recv(start("a"), *run(1, 4), end(4), start("b")), rejected(VIOLATION, data(5)), config=config)
    t.session("credit_refused_then_freed", "4.14", hellos(peer=four), sends(start("a"), *run(1, 4)),
              refused(VIOLATION, data(5)), refused(VIOLATION, data(5)), recv(ack(1)), send(data(5)))


def costs_nothing(t: Topic) -> None:
    """START, END and ACK pass with no credit left."""
    one = hello(ack_window=1)
    t.session("start_and_end_cost_nothing_sent", RULE, hellos(peer=one), sends(start("a"), data(1), end(1), start("b"), end(0)),
              sends(start("c"), end(0)), recv(start("x"), data(9)), send(ack(9)))
    t.session("start_and_end_cost_nothing_received", RULE, hellos(own=one),
              recv(start("a"), data(1), end(1), start("b"), end(0)), send(start("x")), send(data(9)), recv(ack(9)))
    t.session("error_costs_nothing", RULE, hellos(peer=one), sends(start("a"), data(1), error(7)))


def partial(t: Topic) -> None:
    """DATA is judged at its header and in flight when complete."""
    one = hello(ack_window=1)
    first, second = data(1, b"abc"), data(2, b"def")
    t.session("credit_judged_at_the_header", "3.8", hellos(own=one), recv(start("a"), first),
              rejected_at_header(VIOLATION, second))
    t.session("credit_judged_once_at_the_header", "3.8", hellos(own=one), recv(start("a"), first),
              recv_bytes(second.head, reject=VIOLATION), refused(VIOLATION, ack(1)))
    t.session("partial_data_is_not_in_flight", "3.8", hellos(own=one), recv(start("a")), recv_bytes(first.wire[:-1]),
              refused(VIOLATION, ack(1)), recv_bytes(first.wire[-1:], first), send(ack(1)), recv(second))
    t.session("ack_while_a_frame_is_partial", "4.11", hellos(own=hello(ack_window=2)), recv(start("a"), first),
              recv_bytes(second.head), send(ack(1)), recv_bytes(second.body, second), send(ack(2)))
