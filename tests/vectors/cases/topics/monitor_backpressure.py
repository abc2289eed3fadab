"""T.5: in flight x 100 <= high x capacity; once false, true again only at <= low x capacity."""

from ..envelope import Frame, ack, data, end, error, hello, start
from ..events import NO_KIND, PRESSURE, WINDOW, closed, hellos, recv, recv_bytes, send, sends, tick
from ..topic import Topic

RULE = "T.5"
TEN = {"inflight_capacity": 10}


def run(first: int, last: int) -> list[Frame]:
    return [data(seq) for seq in range(first, last + 1)]


def opened(count: int, session: int = 0) -> list:
    """So many in flight, of a window of 32, on a stream that has ended: no credit and no starvation matter here."""
    return [*hellos(session=session), recv(start("a"), *run(1, count), end(count), session=session)]


def more(first: int, last: int):
    return recv(start("b"), *run(first, last), end(last))


def limits(capacity: int, high: int, low: int) -> dict:
    return {"inflight_capacity": capacity, "backpressure_high_percent": high, "backpressure_low_percent": low}


def build(t: Topic) -> None:
    high(t)
    low(t)
    default_limits(t)
    percents(t)
    at_ticks(t)
    which_frames(t)
    sessions_gone(t)


def high(t: Topic) -> None:
    t.monitor("pressure_high_at", RULE, opened(8), tick(0), config=TEN, in_flight=8)
    t.monitor("pressure_high_above", RULE, opened(9), tick(0, PRESSURE), config=TEN, in_flight=9)
    t.monitor("pressure_high_at_then_above", RULE, opened(8), tick(0), more(9, 9), tick(1, PRESSURE), config=TEN, in_flight=9)
    t.monitor("pressure_none", RULE, tick(0), config=limits(1, 1, 1))
    t.monitor("pressure_between_low_and_high_from_the_start", RULE, opened(7), tick(0), config=TEN, in_flight=7)


def low(t: Topic) -> None:
    """Nine are too many; then eight and seven still are, six are not, and after that seven and eight are not."""
    fallen = [*opened(9), tick(0, PRESSURE)]
    t.monitor("pressure_not_relieved_at_high", RULE, *fallen, send(ack(1)), tick(1, PRESSURE), config=TEN, in_flight=8)
    t.monitor("pressure_not_relieved_above_low", RULE, *fallen, send(ack(2)), tick(1, PRESSURE), config=TEN, in_flight=7)
    t.monitor("pressure_relieved_at_low", RULE, *fallen, send(ack(3)), tick(1), config=TEN, in_flight=6)
    t.monitor("pressure_relieved_at_none", RULE, *fallen, send(ack(9)), tick(1), config=TEN)
    t.monitor("pressure_relieved_and_up_again", RULE, *fallen, send(ack(3)), tick(1), more(10, 11), tick(2), config=TEN,
              in_flight=8)
    t.monitor("pressure_relieved_and_above_again", RULE, *fallen, send(ack(3)), tick(1), more(10, 12), tick(2, PRESSURE),
              send(ack(5)), tick(3, PRESSURE), send(ack(6)), tick(4), config=TEN, in_flight=6)
    t.monitor("pressure_does_not_pass_with_time", RULE, *fallen, send(ack(2)), tick(WINDOW, PRESSURE),
              tick(2 * WINDOW, PRESSURE), config=TEN, in_flight=7)


def default_limits(t: Topic) -> None:
    """Of 1,024, 80 % is 819.2 and 60 % is 614.4."""
    wide = hello(ack_window=1024)
    t.monitor("pressure_default_limits", RULE, hellos(wide), recv(start("a"), *run(1, 819)), tick(0), recv(data(820)),
              tick(1, PRESSURE), send(ack(205)), tick(2, PRESSURE), send(ack(206)), tick(3),
              config={"ack_window_frames": 1024}, ack_window=1024 - 614, in_flight=614)


def percents(t: Topic) -> None:
    """Products are compared, nothing is rounded: of 7, 80 % is 5.6 and 60 % is 4.2."""
    t.monitor("pressure_of_7_high", RULE, opened(5), tick(0), more(6, 6), tick(1, PRESSURE),
              config={"inflight_capacity": 7}, in_flight=6)
    t.monitor("pressure_of_7_low", RULE, opened(6), tick(0, PRESSURE), send(ack(1)), tick(1, PRESSURE), send(ack(2)), tick(2),
              config={"inflight_capacity": 7}, in_flight=4)
    t.monitor("pressure_of_1", RULE, opened(1), tick(0, PRESSURE), send(ack(1)), tick(1), config={"inflight_capacity": 1})
    t.monitor("pressure_custom_percents", RULE, opened(2), tick(0), more(3, 3), tick(1, PRESSURE), send(ack(1)),
              tick(2, PRESSURE), send(ack(2)), tick(3), config=limits(4, 50, 25), in_flight=1)
    t.monitor("pressure_high_100", RULE, opened(3), tick(0), more(4, 4), tick(1, PRESSURE), config=limits(3, 100, 60),
              in_flight=4)
    t.monitor("pressure_low_is_high", RULE, opened(6), tick(0, PRESSURE), send(ack(1)), tick(1), more(7, 7), tick(2, PRESSURE),
              config=limits(10, 50, 50), in_flight=6)
    t.monitor("pressure_low_0", RULE, opened(9), tick(0, PRESSURE), send(ack(8)), tick(1, PRESSURE), send(ack(9)), tick(2),
              config=limits(10, 80, 0))
    t.monitor("pressure_high_0", RULE, tick(0), opened(1), tick(1, PRESSURE), send(ack(1)), tick(2), config=limits(10, 0, 0))


def at_ticks(t: Topic) -> None:
    """Between ticks nothing is judged."""
    t.monitor("pressure_above_between_ticks", RULE, opened(8), tick(0), more(9, 9), send(ack(1)), tick(1), config=TEN,
              in_flight=8)
    t.monitor("pressure_above_before_the_first_tick", RULE, opened(9), send(ack(2)), tick(0), config=TEN, in_flight=7)
    t.monitor("pressure_low_between_ticks", RULE, opened(9), tick(0, PRESSURE), send(ack(9)), more(10, 16),
              tick(1, PRESSURE), config=TEN, in_flight=7)
    t.monitor("pressure_ticks_at_one_time", RULE, opened(9), tick(0, PRESSURE), send(ack(3)), tick(0), more(10, 12),
              tick(0, PRESSURE), config=TEN, in_flight=9)


def which_frames(t: Topic) -> None:
    """Those received, of all sessions."""
    t.monitor("pressure_of_two_sessions_at", RULE, opened(4), opened(4, 1), tick(0), config=TEN, in_flight=8)
    t.monitor("pressure_of_two_sessions_above", RULE, opened(4), opened(5, 1), tick(0, PRESSURE), config=TEN, in_flight=9)
    t.monitor("pressure_of_open_streams", RULE, hellos(), recv(start("a"), *run(1, 9)), tick(0, PRESSURE), config=TEN,
              ack_window=23, in_flight=9)
    t.monitor("pressure_not_of_what_is_sent", RULE, hellos(), sends(start("a"), *run(1, 9)), tick(0), config=TEN)


def sessions_gone(t: Topic) -> None:
    """What a session had in flight goes with it."""
    for way, how in (("error_sent", send(error(7), 1)), ("error_received", recv(error(7), session=1)),
                     ("rejected", recv_bytes(NO_KIND, reject="unknown_envelope", session=1)), ("closed", closed(1))):
        t.monitor(f"pressure_relieved_{way}", RULE, opened(6), opened(3, 1), tick(0, PRESSURE), how, tick(1), config=TEN,
                  in_flight=6)
    t.monitor("pressure_not_relieved_by_what_is_gone", RULE, opened(7), opened(2, 1), tick(0, PRESSURE), closed(1),
              tick(1, PRESSURE), config=TEN, in_flight=7)
