"""T.5: the host's load, beside the frames in flight."""

from ..envelope import ack, data, end, error, start
from ..events import NO_KIND, PRESSURE, WINDOW, closed, hellos, load, recv, recv_bytes, send, tick
from ..topic import Topic
from ..wire import U32_MAX

RULE = "T.5"
TEN = {"inflight_capacity": 10}


def limits(high: int, low: int) -> dict:
    return {"backpressure_high_percent": high, "backpressure_low_percent": low}


def opened(count: int, session: int = 0) -> list:
    """So many in flight of a stream that has ended."""
    frames = [data(seq) for seq in range(1, count + 1)]
    return [*hellos(session=session), recv(start("a"), *frames, end(count), session=session)]


def build(t: Topic) -> None:
    alone(t)
    range_of_load(t)
    percents(t)
    at_ticks(t)
    beside_frames(t)
    of_the_host(t)


def alone(t: Topic) -> None:
    """80 % of 1,000 is 800, 60 % is 600."""
    fallen = [load(801), tick(0, PRESSURE)]
    t.monitor("load_never_said", RULE, tick(0))
    t.monitor("load_0", RULE, load(0), tick(0))
    t.monitor("load_high_at", RULE, load(800), tick(0))
    t.monitor("load_high_above", RULE, *fallen)
    t.monitor("load_between_low_and_high_from_the_start", RULE, load(700), tick(0))
    t.monitor("load_not_relieved_at_high", RULE, *fallen, load(800), tick(1, PRESSURE))
    t.monitor("load_not_relieved_above_low", RULE, *fallen, load(601), tick(1, PRESSURE))
    t.monitor("load_relieved_at_low", RULE, *fallen, load(600), tick(1))
    t.monitor("load_relieved_at_none", RULE, *fallen, load(0), tick(1))
    t.monitor("load_relieved_and_up_again", RULE, *fallen, load(600), tick(1), load(800), tick(2))
    t.monitor("load_relieved_and_above_again", RULE, *fallen, load(600), tick(1), load(801), tick(2, PRESSURE), load(601),
              tick(3, PRESSURE), load(599), tick(4))
    t.monitor("load_does_not_pass_with_time", RULE, *fallen, tick(WINDOW, PRESSURE), tick(2 * WINDOW, PRESSURE))


def range_of_load(t: Topic) -> None:
    """Over 1,000 counts as 1,000."""
    full = limits(100, 100)
    for permille in (999, 1000, 1001, 2000, 65_536, 1 << 31, U32_MAX):
        t.monitor(f"load_{permille}", RULE, load(permille), tick(0, PRESSURE))
        t.monitor(f"load_{permille}_is_not_over_100_percent", RULE, load(permille), tick(0), config=full)


def percents(t: Topic) -> None:
    t.monitor("load_custom_high", RULE, load(500), tick(0), load(501), tick(1, PRESSURE), config=limits(50, 25))
    t.monitor("load_custom_low", RULE, load(501), tick(0, PRESSURE), load(251), tick(1, PRESSURE), load(250), tick(2),
              config=limits(50, 25))
    t.monitor("load_low_is_high", RULE, load(501), tick(0, PRESSURE), load(500), tick(1), load(501), tick(2, PRESSURE),
              config=limits(50, 50))
    t.monitor("load_low_0", RULE, load(1000), tick(0, PRESSURE), load(1), tick(1, PRESSURE), load(0), tick(2),
              config=limits(80, 0))
    t.monitor("load_high_0", RULE, tick(0), load(1), tick(1, PRESSURE), load(0), tick(2), config=limits(0, 0))
    t.monitor("load_does_not_know_the_capacity", RULE, load(800), tick(0), load(801), tick(1, PRESSURE), config=TEN)


def at_ticks(t: Topic) -> None:
    """The last one said before a tick is the one judged."""
    t.monitor("load_above_between_ticks", RULE, tick(0), load(1000), load(0), tick(1))
    t.monitor("load_low_between_ticks", RULE, load(1000), tick(0, PRESSURE), load(0), load(601), tick(1, PRESSURE))
    t.monitor("load_ticks_at_one_time", RULE, load(900), tick(5, PRESSURE), load(0), tick(5), load(900), tick(5, PRESSURE))
    t.monitor("load_of_a_tick_that_goes_backwards", RULE, tick(9), load(900), tick(3, PRESSURE), load(0), tick(1))
    t.monitor("load_after_the_last_tick", RULE, tick(0), load(900))
    t.monitor("load_without_a_tick", RULE, load(900), load(123))


def beside_frames(t: Topic) -> None:
    """Both at or under high, or it falls; both at or under low, or it does not come back."""
    t.monitor("load_and_frames_at_high", RULE, opened(8), load(800), tick(0), config=TEN, in_flight=8)
    t.monitor("load_above_frames_at_high", RULE, opened(8), load(801), tick(0, PRESSURE), config=TEN, in_flight=8)
    t.monitor("load_at_high_frames_above", RULE, opened(9), load(800), tick(0, PRESSURE), config=TEN, in_flight=9)
    t.monitor("load_relieved_while_frames_are_not", RULE, opened(7), load(801), tick(0, PRESSURE), load(0), tick(1, PRESSURE),
              send(ack(1)), tick(2), config=TEN, in_flight=6)
    t.monitor("load_not_relieved_while_frames_are", RULE, opened(9), load(700), tick(0, PRESSURE), send(ack(9)),
              tick(1, PRESSURE), load(600), tick(2), config=TEN)
    t.monitor("load_and_frames_do_not_add_up", RULE, opened(5), load(500), tick(0), config=TEN, in_flight=5)


def of_the_host(t: Topic) -> None:
    """It is the host's: nothing that a session does changes it, and it changes no gauge."""
    for way, how in (("error_sent", send(error(7))), ("error_received", recv(error(7))),
                     ("rejected", recv_bytes(NO_KIND, reject="unknown_envelope")), ("closed", closed())):
        t.monitor(f"load_stays_{way}", RULE, opened(3), load(900), how, tick(0, PRESSURE))
    t.monitor("load_changes_no_gauge", RULE, opened(3), load(1000), in_flight=3)
