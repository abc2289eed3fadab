"""T.3: rejects x 1000 < permille x max(frames, 1), judged from reject_min_events on."""

from ..envelope import end, hello, start
from ..events import (
    BUCKET, RATE, WINDOW, closed, frames_of, hellos, recv, refused, reject_of, rejected, rejects_of, send, tick, uncounted)
from ..topic import Topic

RULE = "T.3"
REJECTS = range(100, 200)  # sessions of one reject each


def limits(permille: int, events: int = 1) -> dict:
    return {"reject_limit_permille": permille, "reject_min_events": events}


def build(t: Topic) -> None:
    default_limits(t)
    floor(t)
    no_frames(t)
    permille_0(t)
    large(t)
    what_counts(t)
    recovers(t)


def rate(t: Topic, name, frames: int, rejects: int, *missing, config) -> None:
    """One tick after so many of each."""
    t.monitor(f"rate_{name}", RULE, frames_of(0, frames) if frames else [], rejects_of(*REJECTS[:rejects]), tick(0, *missing),
              config=config)


def default_limits(t: Topic) -> None:
    """10 permille, 100 events: exactly at the limit is not ok."""
    rate(t, "default_below", 101, 1, config={})
    rate(t, "default_at", 100, 1, RATE, config={})
    rate(t, "default_above", 99, 1, RATE, config={})
    rate(t, "default_no_reject", 100, 0, config={})
    rate(t, "default_1001_frames_10_rejects", 1001, 10, config={})
    rate(t, "default_1000_frames_10_rejects", 1000, 10, RATE, config={})
    rate(t, "default_1000_frames_9_rejects", 1000, 9, config={})
    rate(t, "500_permille_below", 5, 2, config=limits(500))
    rate(t, "500_permille_at", 4, 2, RATE, config=limits(500))
    rate(t, "500_permille_above", 3, 2, RATE, config=limits(500))


def floor(t: Topic) -> None:
    """Frames and rejects count alike towards the floor."""
    rate(t, "default_floor_98_frames_1_reject", 98, 1, config={})
    rate(t, "default_floor_97_frames_3_rejects", 97, 3, RATE, config={})
    rate(t, "floor_frames_below", 2, 1, config=limits(10, 4))
    rate(t, "floor_frames_at", 3, 1, RATE, config=limits(10, 4))
    rate(t, "floor_rejects_below", 0, 2, config=limits(10, 3))
    rate(t, "floor_rejects_at", 0, 3, RATE, config=limits(10, 3))
    rate(t, "floor_1_nothing", 0, 0, config=limits(10, 1))
    rate(t, "floor_1_one_reject", 0, 1, RATE, config=limits(10, 1))


def no_frames(t: Topic) -> None:
    """No frame stands as one."""
    rate(t, "no_frames_one_reject_at", 0, 1, RATE, config=limits(1000))
    rate(t, "no_frames_one_reject_below", 0, 1, config=limits(1001))
    rate(t, "no_frames_two_rejects_at", 0, 2, RATE, config=limits(2000))
    rate(t, "no_frames_two_rejects_below", 0, 2, config=limits(2001))
    rate(t, "one_frame_one_reject_at", 1, 1, RATE, config=limits(1000))
    rate(t, "one_frame_one_reject_below", 1, 1, config=limits(1001))
    rate(t, "floor_0_nothing", 0, 0, config=limits(1, 0))


def permille_0(t: Topic) -> None:
    """Nothing is less than 0: from the floor on it is never ok."""
    rate(t, "permille_0_below_the_floor", 2, 0, config=limits(0, 3))
    rate(t, "permille_0_at_the_floor", 2, 0, RATE, config=limits(0, 2))
    rate(t, "permille_0_reject", 0, 1, RATE, config=limits(0))


def large(t: Topic) -> None:
    rate(t, "permille_1000000", 0, 3, config=limits(1_000_000))
    rate(t, "permille_2_to_32_less_1", 2, 3, config=limits(2**32 - 1))
    rate(t, "floor_2_to_32_less_1", 0, 3, config=limits(0, 2**32 - 1))


def what_counts(t: Topic) -> None:
    """What the counters count, of all sessions, whatever became of them."""
    t.monitor("rate_reject_given_again", RULE, reject_of(0), uncounted(b"\x00"), uncounted(b"\x00"), tick(0), tick(1),
              config=limits(10, 2))
    t.monitor("rate_refusals_are_no_rejects", RULE, refused(start("a")), refused(end(0)), send(hello()), tick(0),
              config=limits(1, 1))
    t.monitor("rate_of_closed_sessions", RULE, reject_of(0), closed(), tick(0, RATE), config=limits(10, 1))
    t.monitor("rate_frames_before_a_reject", RULE, send(hello()), rejected("credit_violation", hello(), end(0)), tick(0),
              config=limits(501, 3))
    t.monitor("rate_frames_of_any_session", RULE, hellos(), hellos(session=1), reject_of(2), tick(0), config=limits(251))
    t.monitor("rate_frames_received_and_sent", RULE, hellos(), recv(start("a"), end(0)), reject_of(1), tick(0, RATE),
              config=limits(250))


def recovers(t: Topic) -> None:
    """By more frames, or when the rejects leave the window; judged anew at each tick."""
    t.monitor("rate_recovers_by_frames", RULE, reject_of(0), frames_of(1, 10), tick(0, RATE), send(hello(), 3), tick(1),
              config=limits(100))
    t.monitor("rate_between_ticks", RULE, tick(0), reject_of(0), tick(1, RATE), hellos(session=1), tick(2), config=limits(501))
    t.monitor("rate_recovers_by_time", RULE, reject_of(0), tick(0, RATE), tick(WINDOW - 1, RATE), tick(WINDOW),
              config=limits(10))
    t.monitor("rate_recovers_and_falls_again", RULE, reject_of(0), tick(0, RATE), tick(WINDOW), reject_of(1),
              tick(WINDOW + 1, RATE), config=limits(10))
    t.monitor("rate_falls_when_frames_leave", RULE, frames_of(0, 2), tick(0), reject_of(1), tick(BUCKET),
              tick(WINDOW - 1), tick(WINDOW, RATE), tick(WINDOW + BUCKET - 1, RATE), tick(WINDOW + BUCKET), config=limits(1000))
    t.monitor("rate_falls_below_the_floor", RULE, reject_of(0), tick(0), reject_of(1), tick(BUCKET, RATE),
              tick(WINDOW - 1, RATE), tick(WINDOW), config=limits(10, 2))
