"""C.2 and C.3: DATA is acknowledged when it is taken, and when the ACK goes."""

from ..engine import Engine, start_of
from ..envelope import ack, data, end, hello, start
from ..topic import Topic

TAKING, ACK = "C.2", "C.3"


def build(t: Topic) -> None:
    def case(rule, name, window=32, **options) -> Engine:
        return Engine(t, f"take_{name}", rule, window, **options).greet()

    what_is_given(lambda name, **more: case(TAKING, name, **more))
    when_the_ack_goes(lambda name, **more: case(ACK, name, **more))
    without_auto_ack(lambda name, **more: case(ACK, name, auto_ack=False, **more))


def what_is_given(case) -> None:
    case("frames_in_order").receive(start("a"), data(1, b"x"), data(2), end(2), start("b")).done()
    case("acks_stay_with_the_engine").streams().sends(1).receive(
        start("b"), ack(1), data(1), gives=(start("b"), data(1))).done()
    case("nothing_is_acknowledged_before_it_is_taken").receive(start("a"), data(1), end(1)).write().done()
    case("start_and_end_are_not_acknowledged").receive(start("a"), end(0)).take(2).write().done()
    pieces = start("a").wire + data(1, b"xyz").wire
    split = case("a_frame_in_pieces").receive_bytes(pieces[:4]).receive_bytes(pieces[4:20], gives=(start("a"),))
    split.receive_bytes(pieces[20:], gives=(data(1, b"xyz"),)).take(2, wants_write=True).write(ack(1)).done()
    many = [data(seq) for seq in range(1, 21)]
    case("more_frames_than_rows_of_a_call").receive(start("a"), *many).take(21, wants_write=True).write(ack(20)).done()


def when_the_ack_goes(case) -> None:
    case("nothing_more_to_take").receive(start("a"), data(1)).take(2, wants_write=True).write(ack(1)).done()
    case("one_ack_for_all").receive(start("a"), data(1), data(2), data(3)).take(4, wants_write=True).write(ack(3)).done()
    case("not_while_more_is_to_be_taken").receive(start("a"), data(1), data(2)).take(2).write().take(
        1, wants_write=True).write(ack(2)).done()
    half = case("at_half_the_window", window=4).receive(start("a"), data(1), data(2), data(3))
    half.take(2).write().take(1, wants_write=True).write(ack(2)).done()
    odd = case("at_half_of_an_odd_window", window=5).receive(start("a"), *[data(seq) for seq in range(1, 5)])
    odd.take(3).write().take(1, wants_write=True).write(ack(3)).done()
    case("at_a_window_of_one", window=1).receive(start("a"), data(1)).take(2, wants_write=True).write(ack(1)).done()
    at_end = case("at_an_end_that_is_taken").receive(start("a"), data(1), end(1), start("b"), data(2))
    at_end.take(2).take(1, wants_write=True).write(ack(1)).done()
    with_others = case("with_bytes_that_are_written_anyway").receive(start("a"), data(1), data(2)).take(2)
    with_others.queues(start_of("z")).write(start("z"), ack(1)).take(1, wants_write=True).write(ack(2)).done()
    case("once").receive(start("a"), data(1)).take(2, wants_write=True).write(ack(1)).write().done()
    case("more_than_was_given_takes_what_was").receive(start("a"), data(1)).take(9, wants_write=True).write(
        ack(1)).receive(data(2)).take(1, wants_write=True).write(ack(2)).done()
    top = (1 << 64) - 1
    wrap = case("across_the_wrap_of_seq", config={"seq_rollover_policy": "wrap"})
    wrap.receive(start("a"), data(top), data(0), data(1)).take(3).take(1, wants_write=True).write(ack(1)).done()
    below = case("before_the_wrap_of_seq", window=4, config={"seq_rollover_policy": "wrap"})
    below.receive(start("a"), data(top - 1), data(top), data(0)).take(3, wants_write=True).write(ack(top)).done()


def without_auto_ack(case) -> None:
    case("by_hand").receive(start("a"), data(1), data(2)).take(3).write().queues({"ack": "2"}).write(ack(2)).done()
    case("by_hand_before_it_is_taken").receive(start("a"), data(1)).queues({"ack": "1"}).write(ack(1)).done()
    case("by_hand_of_nothing_in_flight").receive(start("a"), data(1)).refused({"ack": "2"}, "credit_violation").write().done()
    case("by_hand_twice").receive(start("a"), data(1)).queues({"ack": "1"}).refused(
        {"ack": "1"}, "credit_violation").write(ack(1)).done()
