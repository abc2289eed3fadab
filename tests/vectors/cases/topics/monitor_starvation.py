"""T.4: time starved, as ticks saw it, against its limit."""

from ..envelope import ack, data, end, error, hello, start
from ..events import (
    BUCKET, NO_KIND, SECOND, STARVED, WINDOW, closed, hellos, recv, recv_bytes, send, sends, tick)
from ..topic import Topic

RULE = "T.4"
ONE = hello(ack_window=1)
LIMIT = 5 * SECOND


def starved(session: int = 0) -> list:
    """An open inbound stream, no credit left."""
    return [*hellos(ONE, session=session), recv(start("a"), data(1), session=session)]


def limit(nanoseconds: int) -> dict:
    return {"ack_starvation_limit_ns": nanoseconds}


def build(t: Topic) -> None:
    limits(t)
    what_starves(t)
    sessions(t)
    sessions_gone(t)
    sampled(t)
    adds_up(t)
    buckets(t)
    jumps(t)


def limits(t: Topic) -> None:
    """Exactly the limit is ok, a nanosecond more is not."""
    def at(name, nanoseconds: int, config) -> None:
        t.monitor(f"starved_{name}", RULE, starved(), tick(0), tick(nanoseconds), tick(nanoseconds + 1, STARVED),
                  config=config, in_flight=1)

    at("default", LIMIT, {})
    at("1_s", SECOND, limit(SECOND))
    at("1_ns", 1, limit(1))
    at("60_s", 60 * SECOND, limit(60 * SECOND))
    t.monitor("starved_limit_0", RULE, starved(), tick(0), tick(0), tick(1, STARVED), config=limit(0), in_flight=1)
    t.monitor("starved_limit_0_never_starved", RULE, tick(0), tick(LIMIT), tick(WINDOW), config=limit(0))


def what_starves(t: Topic) -> None:
    """An open inbound stream and no credit: both."""
    def never(name, *events, **gauges) -> None:
        t.monitor(f"not_starved_{name}", RULE, *events, tick(0), tick(100 * SECOND), config=limit(0), **gauges)

    def starves(name, *events, **gauges) -> None:
        t.monitor(f"starved_{name}", RULE, *events, tick(0), tick(1, STARVED), config=limit(0), **gauges)

    never("no_session")
    never("no_stream", hellos(ONE))
    never("credit_left", hellos(hello(ack_window=2)), recv(start("a"), data(1)), ack_window=1, in_flight=1)
    never("stream_ended", starved(), recv(end(1)), in_flight=1)
    never("stream_ended_and_acknowledged", starved(), recv(end(1)), send(ack(1)))
    never("acknowledged", starved(), send(ack(1)), ack_window=1)
    never("outbound_without_credit", hellos(peer=ONE), sends(start("a"), data(1)))
    starves("by_a_later_stream", starved(), recv(end(1), start("b")), in_flight=1)
    starves("by_default_window", hellos(), recv(start("a"), *[data(seq) for seq in range(1, 33)]), in_flight=32)
    starves("after_acknowledgement", starved(), send(ack(1)), recv(data(2)), in_flight=1)


def sessions(t: Topic) -> None:
    """The window is the sum over sessions: credit in one is credit."""
    config = limit(0)
    open_1 = [*hellos(session=1), recv(start("b"), session=1)]
    t.monitor("not_starved_another_has_credit", RULE, starved(), open_1, tick(0), tick(LIMIT), config=config,
              ack_window=32, in_flight=1)
    t.monitor("starved_another_is_idle", RULE, starved(), hellos(session=1), tick(0), tick(1, STARVED), config=config,
              in_flight=1)
    t.monitor("starved_another_has_ended_its_stream", RULE, starved(), open_1, recv(end(0), session=1), tick(0),
              tick(1, STARVED), config=config, in_flight=1)
    t.monitor("starved_two_sessions_are_one_time", RULE, starved(), starved(1), tick(0), tick(LIMIT), tick(LIMIT + 1, STARVED),
              in_flight=2)
    t.monitor("starved_when_credit_of_another_goes", RULE, starved(), open_1, tick(0), closed(1), tick(LIMIT),
              tick(2 * LIMIT), tick(2 * LIMIT + 1, STARVED), in_flight=1)
    t.monitor("starved_until_another_has_credit", RULE, starved(), tick(0), open_1, tick(LIMIT), tick(20 * SECOND),
              ack_window=32, in_flight=1)


def sessions_gone(t: Topic) -> None:
    """A session that has ended, has rejected or is closed starves nobody, and gives no credit."""
    for way, how in (("error_sent", send(error(7))), ("error_received", recv(error(7))),
                     ("rejected", recv_bytes(NO_KIND, reject="unknown_envelope")), ("closed", closed())):
        t.monitor(f"not_starved_{way}", RULE, starved(), how, tick(0), tick(LIMIT), config=limit(0))
    t.monitor("starved_another_with_credit_has_rejected", RULE, hellos(), recv(start("b")),
              recv_bytes(NO_KIND, reject="unknown_envelope"), starved(1), tick(0), tick(1, STARVED), config=limit(0),
              in_flight=1)


def sampled(t: Topic) -> None:
    """Between two ticks the state counts as what the earlier one saw."""
    credit = send(ack(1))
    t.monitor("starved_only_between_ticks", RULE, tick(0), starved(), credit, tick(10 * SECOND), tick(20 * SECOND),
              config=limit(0), ack_window=1)
    t.monitor("starved_after_a_tick_counts_from_the_next", RULE, tick(0), starved(), tick(100 * SECOND),
              tick(100 * SECOND + LIMIT), tick(100 * SECOND + LIMIT + 1, STARVED), in_flight=1)
    t.monitor("starved_relieved_just_after_a_tick_counts_to_the_next", RULE, starved(), tick(0), credit, tick(LIMIT + 1, STARVED),
              tick(LIMIT + 2, STARVED), ack_window=1)
    t.monitor("starved_relieved_then_the_limit_exactly", RULE, starved(), tick(0), credit, tick(LIMIT), tick(100 * SECOND),
              ack_window=1)
    t.monitor("starved_relieved_and_again_between_ticks", RULE, starved(), tick(0), credit, recv(data(2)), tick(LIMIT),
              tick(LIMIT + 1, STARVED), in_flight=1)
    t.monitor("starved_before_the_first_tick", RULE, starved(), tick(1000 * SECOND), tick(1000 * SECOND + LIMIT),
              tick(1000 * SECOND + LIMIT + 1, STARVED), in_flight=1)
    t.monitor("starved_seen_by_the_later_of_two_ticks_at_a_time", RULE, tick(0), starved(), tick(0), tick(LIMIT),
              tick(LIMIT + 1, STARVED), in_flight=1)
    t.monitor("not_starved_seen_by_the_later_of_two_ticks_at_a_time", RULE, starved(), tick(0), credit, tick(0),
              tick(20 * SECOND), config=limit(0), ack_window=1)


def adds_up(t: Topic) -> None:
    """Times of one window add up, in one bucket and over several."""
    again = [recv(data(2)), tick(9 * SECOND)]
    t.monitor("starved_twice_the_limit_exactly", RULE, starved(), tick(0), send(ack(1)), tick(3 * SECOND), again, send(ack(2)),
              tick(11 * SECOND), tick(20 * SECOND), ack_window=1)
    t.monitor("starved_twice_a_nanosecond_more", RULE, starved(), tick(0), send(ack(1)), tick(3 * SECOND), again, send(ack(2)),
              tick(11 * SECOND + 1, STARVED), tick(20 * SECOND, STARVED), ack_window=1)
    t.monitor("starved_over_many_ticks", RULE, starved(), [tick(second * SECOND) for second in range(6)],
              tick(6 * SECOND, STARVED), in_flight=1)


def buckets(t: Topic) -> None:
    """Starved from 3 s to 10 s: 2 s in the first bucket, 5 s in the second; each leaves with its bucket."""
    def passed(name, config, *ticks) -> None:
        t.monitor(f"starved_{name}", RULE, starved(), tick(3 * SECOND), send(ack(1)), *ticks, config=config, ack_window=1)

    passed("leaves_with_its_bucket", {}, tick(10 * SECOND, STARVED), tick(WINDOW - 1, STARVED), tick(WINDOW))
    passed("leaves_bucket_by_bucket", limit(LIMIT - 1), tick(10 * SECOND, STARVED), tick(WINDOW, STARVED),
           tick(WINDOW + BUCKET - 1, STARVED), tick(WINDOW + BUCKET))
    passed("last_nanosecond_in_the_next_bucket", limit(0), tick(BUCKET + 1, STARVED), tick(WINDOW, STARVED),
           tick(WINDOW + BUCKET - 1, STARVED), tick(WINDOW + BUCKET))
    passed("up_to_the_end_of_a_bucket", limit(0), tick(BUCKET, STARVED), tick(WINDOW - 1, STARVED), tick(WINDOW))
    t.monitor("starved_still_and_the_first_bucket_leaves", RULE, starved(), tick(0), tick(WINDOW - 1), tick(WINDOW),
              tick(WINDOW + BUCKET - 1), config=limit(WINDOW - 1), in_flight=1)
    t.monitor("starved_in_one_bucket_twice_around", RULE, starved(), tick(0), send(ack(1)), tick(BUCKET), tick(WINDOW),
              recv(data(2)), tick(WINDOW), tick(WINDOW + LIMIT), tick(WINDOW + LIMIT + 1, STARVED), in_flight=1)


def jumps(t: Topic) -> None:
    """Of a jump longer than the window counts what fell into it: 59 buckets and the current one so far."""
    inside = 59 * BUCKET
    for name, now in (("jump_of_400_s", 400 * SECOND), ("jump_of_a_window", WINDOW), ("jump_of_an_hour", 3600 * SECOND)):
        for side, config, missing in (("at", limit(inside), ()), ("over", limit(inside - 1), (STARVED,))):
            t.monitor(f"starved_{name}_{side}", RULE, starved(), tick(0), send(ack(1)), tick(now, *missing), config=config,
                      ack_window=1)
    late = 400 * SECOND + BUCKET - 1
    t.monitor("starved_jump_to_the_end_of_a_bucket_at", RULE, starved(), tick(0), tick(late), config=limit(WINDOW - 1),
              in_flight=1)
    t.monitor("starved_jump_to_the_end_of_a_bucket_over", RULE, starved(), tick(0), tick(late, STARVED),
              config=limit(WINDOW - 2), in_flight=1)
    t.monitor("starved_jump_leaves_bucket_by_bucket", RULE, starved(), tick(0), send(ack(1)), tick(400 * SECOND, STARVED),
              tick(405 * SECOND - 1, STARVED), tick(405 * SECOND), config=limit(inside - 1), ack_window=1)
    t.monitor("starved_jump_all_leaves", RULE, starved(), tick(0), send(ack(1)), tick(10 * SECOND, STARVED),
              tick(10_000 * SECOND), ack_window=1)
