"""T.6 and T.7: ticks, the window of 60 buckets of 5 s, and time that goes backwards."""

from ..envelope import ack, data, hello, start
from ..events import (
    BUCKET, PRESSURE, RATE, SECOND, STARVED, WINDOW, frames_of, hellos, recv, reject_of, rejects_of, send, tick, uncounted)
from ..topic import Topic

ANY = {"reject_limit_permille": 10, "reject_min_events": 1}   # one reject in the window is too many
TWO = ANY | {"reject_min_events": 2}                          # two are
NEVER = {"ack_starvation_limit_ns": 0}
LATE = 1_800_000 * BUCKET  # near 2^53, where JSON numbers end being exact in some languages


def starved() -> list:
    return [*hellos(hello(ack_window=1)), recv(start("a"), data(1))]


def build(t: Topic) -> None:
    edges(t)
    growth(t)
    buckets(t)
    first_tick(t)
    backwards(t)
    backwards_samples(t)


def edges(t: Topic) -> None:
    """What a tick saw counts for the rest of its bucket and 59 more, wherever in its bucket it was."""
    for name, seen, left in (("at_0", 0, WINDOW), ("at_the_end_of_the_first_bucket", BUCKET - 1, WINDOW),
                             ("at_the_second_bucket", BUCKET, WINDOW + BUCKET),
                             ("in_the_second_bucket", 7 * SECOND, WINDOW + BUCKET),
                             ("in_the_60th_bucket", WINDOW - 1, 2 * WINDOW - BUCKET),
                             ("in_the_61st_bucket", WINDOW, 2 * WINDOW)):
        t.monitor(f"window_seen_{name}", "T.6", reject_of(0), tick(seen, RATE), tick(left - 1, RATE), tick(left), config=ANY)


def growth(t: Topic) -> None:
    """Growth belongs to the tick that saw it, whenever it happened."""
    t.monitor("growth_belongs_to_the_tick_that_saw_it", "T.6", tick(0), reject_of(0), tick(1000 * SECOND, RATE),
              tick(1300 * SECOND - 1, RATE), tick(1300 * SECOND), config=ANY)
    t.monitor("growth_of_just_before_a_bucket", "T.6", tick(BUCKET - 1), reject_of(0), tick(BUCKET, RATE), tick(WINDOW, RATE),
              tick(WINDOW + BUCKET - 1, RATE), tick(WINDOW + BUCKET), config=ANY)
    t.monitor("growth_is_seen_once", "T.6", reject_of(0), tick(0), tick(0), tick(1), tick(BUCKET), config=TWO)
    t.monitor("growth_at_the_same_time", "T.6", reject_of(0), tick(0), reject_of(1), tick(0, RATE), config=TWO)
    t.monitor("growth_of_frames_belongs_to_its_tick_too", "T.6", tick(0), frames_of(0, 2), tick(BUCKET), reject_of(1),
              tick(WINDOW), tick(WINDOW + BUCKET - 1), tick(WINDOW + BUCKET, RATE),
              config={"reject_limit_permille": 501, "reject_min_events": 1})
    t.monitor("growth_after_the_last_tick_is_not_seen", "T.6", tick(0), reject_of(0), config=ANY)


def buckets(t: Topic) -> None:
    t.monitor("window_ticks_of_one_bucket_add_up", "T.6", reject_of(0), tick(0), reject_of(1), tick(BUCKET - 1, RATE),
              tick(WINDOW - 1, RATE), tick(WINDOW), config=TWO)
    t.monitor("window_first_and_last_bucket_add_up", "T.6", reject_of(0), tick(0), reject_of(1), tick(WINDOW - 1, RATE),
              tick(WINDOW), config=TWO)
    t.monitor("window_61_buckets_do_not_add_up", "T.6", reject_of(0), tick(0), reject_of(1), tick(WINDOW), config=TWO)
    t.monitor("window_leaves_bucket_by_bucket", "T.6", rejects_of(0, 1), tick(0, RATE), reject_of(2), tick(BUCKET, RATE),
              reject_of(3), tick(2 * BUCKET, RATE), tick(WINDOW, RATE), tick(WINDOW + BUCKET), config=TWO)
    t.monitor("window_jump_over_all_of_it", "T.6", rejects_of(0, 1), tick(0, RATE), tick(2 * WINDOW), config=ANY)
    t.monitor("window_jump_of_a_bucket_less_than_two", "T.6", reject_of(0), tick(BUCKET, RATE), tick(2 * WINDOW), config=ANY)
    t.monitor("window_jump_leaves_what_is_inside", "T.6", reject_of(0), tick(0), reject_of(1), tick(58 * BUCKET, RATE),
              tick(WINDOW + 57 * BUCKET), reject_of(2), tick(WINDOW + 57 * BUCKET, RATE), config=TWO)
    t.monitor("window_twice_around", "T.6", reject_of(0), tick(0, RATE), tick(WINDOW), reject_of(1), tick(2 * WINDOW - 1, RATE),
              tick(3 * WINDOW - BUCKET - 1, RATE), tick(3 * WINDOW - BUCKET), config=ANY)
    t.monitor("window_in_full_seconds", "T.6", reject_of(0), [tick(now * SECOND, RATE) for now in range(0, 300, 20)],
              tick(300 * SECOND), config=ANY)


def first_tick(t: Topic) -> None:
    """The clock may start anywhere; what came before the first tick is its growth, and no time."""
    t.monitor("first_tick_late_growth", "T.6", reject_of(0), tick(LATE, RATE), tick(LATE + WINDOW - 1, RATE), tick(LATE + WINDOW),
              config=ANY)
    t.monitor("first_tick_late_nothing", "T.6", tick(LATE))
    t.monitor("first_tick_late_starved", "T.6", starved(), tick(LATE), tick(LATE + 5 * SECOND),
              tick(LATE + 5 * SECOND + 1, STARVED), in_flight=1)
    t.monitor("first_tick_late_starved_after_it", "T.6", tick(0), tick(LATE), starved(), tick(LATE + 100 * SECOND),
              config=NEVER, in_flight=1)


def backwards(t: Topic) -> None:
    """It stands still: nothing passes, nothing leaves or comes back, and it goes on from where it stood."""
    t.monitor("backwards_does_not_bring_back", "T.7", reject_of(0), tick(0, RATE), tick(WINDOW), tick(WINDOW - 1), tick(0),
              config=ANY)
    t.monitor("backwards_does_not_let_go", "T.7", reject_of(0), tick(2 * WINDOW, RATE), tick(0, RATE),
              tick(3 * WINDOW - 1, RATE), tick(3 * WINDOW), config=ANY)
    t.monitor("backwards_no_time_starved", "T.7", starved(), tick(10 * SECOND), tick(0), tick(9 * SECOND), tick(10 * SECOND),
              config=NEVER, in_flight=1)
    t.monitor("backwards_then_on_from_where_it_stood", "T.7", starved(), tick(10 * SECOND), tick(1 * SECOND), tick(15 * SECOND),
              tick(15 * SECOND + 1, STARVED), in_flight=1)
    t.monitor("backwards_by_a_nanosecond", "T.7", starved(), tick(10 * SECOND), tick(10 * SECOND - 1), tick(10 * SECOND + 1),
              config={"ack_starvation_limit_ns": 1}, in_flight=1)
    t.monitor("backwards_starved_so_far_stays", "T.7", starved(), tick(0), tick(6 * SECOND, STARVED), tick(0, STARVED),
              tick(3 * SECOND, STARVED), in_flight=1)
    t.monitor("backwards_again_and_again", "T.7", starved(), tick(10 * SECOND), tick(9 * SECOND), tick(8 * SECOND),
              tick(9 * SECOND), tick(15 * SECOND), tick(15 * SECOND + 1, STARVED), in_flight=1)
    t.monitor("backwards_after_a_late_first_tick", "T.7", reject_of(0), tick(LATE, RATE), tick(0, RATE),
              tick(LATE + WINDOW - 1, RATE), tick(LATE + WINDOW), config=ANY)


def backwards_samples(t: Topic) -> None:
    """A tick samples all the same, as one at the time where it stood."""
    t.monitor("backwards_growth_belongs_to_the_standing_time", "T.7", tick(10 * SECOND), reject_of(0), tick(3 * SECOND, RATE),
              tick(WINDOW + 10 * SECOND - 1, RATE), tick(WINDOW + 10 * SECOND), config=ANY)
    t.monitor("backwards_sees_starvation", "T.7", tick(10 * SECOND), starved(), tick(0), tick(15 * SECOND),
              tick(15 * SECOND + 1, STARVED), in_flight=1)
    t.monitor("backwards_sees_relief", "T.7", starved(), tick(10 * SECOND), send(ack(1)), tick(0), tick(100 * SECOND),
              config=NEVER, ack_window=1)
    t.monitor("backwards_judges_pressure", "T.7", tick(10 * SECOND), hellos(), recv(start("a"), data(1)), tick(0, PRESSURE),
              config={"inflight_capacity": 1}, ack_window=31, in_flight=1)
    t.monitor("backwards_growth_is_seen_once", "T.7", tick(10 * SECOND), reject_of(0), uncounted(b"\x00"), tick(0), tick(5),
              tick(10 * SECOND), config=TWO)
