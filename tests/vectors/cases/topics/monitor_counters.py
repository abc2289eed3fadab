"""T.1 and T.8: frames, rejects and bytes, each counted once; every label there from the start."""

from .. import wire
from ..envelope import OBJ, ack, data, data_of_length, end, error, hello, joined, start
from ..events import closed, hellos, recv, recv_bytes, refused, reject_of, rejected, rejects_of, send, sends, tick, uncounted
from ..names import REJECT_LABELS
from ..topic import RELAXED, Topic
from ..wire import prefix, text

RULE = "T.1"
VIOLATION = "credit_violation"
NO_PQ = {"allow_pq_hello_flags": False}
ZERO = {
    "oap_frames_total": {"HELLO": 0, "START": 0, "DATA": 0, "ACK": 0, "END": 0, "ERROR": 0},
    "oap_rejects_total": dict.fromkeys(REJECT_LABELS, 0),
    "oap_frame_bytes_total": 0,
    "oap_ack_window": 0,
    "oap_inflight_frames": 0,
    "oap_inflight_capacity": 1024,
}
NOTHING = {"load_permille": 0, "starved_ns": 0}

# What brings about each reject, with what it takes before; `truncated` needs an end of input, which no event says.
REJECTS = {
    "bad_hello": [rejected("bad_hello", start("a"))],
    "bad_hello_pq": [rejected("bad_hello_pq", hello(features=1))],
    "frame_oversize": [recv_bytes(prefix(2**20 + 1, wire.DATA, 2)[:4], reject="frame_oversize")],
    "unknown_envelope": [reject_of(0)],
    "header_malformed": [recv_bytes(prefix(7, wire.DATA, 0)[:4], reject="header_malformed")],
    "missing_obj": [hellos(), rejected("missing_obj", start("objects"), data(1, b"abc"))],
    "credit_violation": [hellos(), rejected(VIOLATION, start("a"), data(1), data(3))],
}


def build(t: Topic) -> None:
    labels_from_the_start(t)
    written_out(t)
    by_kind(t)
    refusals(t)
    rejects(t)
    discarded(t)
    partial(t)
    bytes_as_they_came(t)
    several_sessions(t)


def labels_from_the_start(t: Topic) -> None:
    t.add("monitor_no_events", "T.8", {"op": "monitor", "config": {}, "events": []}, {"readiness": [], "metrics": ZERO} | NOTHING)
    t.add("monitor_one_tick", "T.8", {"op": "monitor", "config": {}, "events": [{"tick": 0}]},
          {"readiness": [{"ready": True, "missing": []}], "metrics": ZERO} | NOTHING)
    t.monitor("nothing_received", "T.8", uncounted(b""))


def written_out(t: Topic) -> None:
    """One answer in figures: HELLO 14 bytes, START 17, DATA 82, ACK 10, END 12."""
    events = [*hellos(), recv(start("objects"), data(1, b"abc", OBJ)), send(ack(1)), recv(end(1))]
    t.add("monitor_happy_path_received", RULE,
          {"op": "monitor", "config": {}, "events": [event.event for event in events]},
          NOTHING | {"readiness": [], "metrics": ZERO | {
              "oap_frames_total": {"HELLO": 2, "START": 1, "DATA": 1, "ACK": 1, "END": 1, "ERROR": 0},
              "oap_frame_bytes_total": 14 + 14 + 17 + 82 + 10 + 12}})


def by_kind(t: Topic) -> None:
    """Received and sent frames count alike."""
    t.monitor("received_hello", RULE, recv(hello()))
    t.monitor("sent_hello", RULE, send(hello()))
    t.monitor("received_start", RULE, hellos(), recv(start("a")), ack_window=32)
    t.monitor("sent_start", RULE, hellos(), send(start("a")))
    t.monitor("received_data", RULE, hellos(), recv(start("a"), data(1, b"abc")), ack_window=31, in_flight=1)
    t.monitor("sent_data", RULE, hellos(), sends(start("a"), data(1, b"abc")))
    t.monitor("received_ack", RULE, hellos(), sends(start("a"), data(1), end(1)), recv(ack(1)))
    t.monitor("sent_ack", RULE, hellos(), recv(start("a"), data(1), end(1)), send(ack(1)))
    t.monitor("received_end", RULE, hellos(), recv(start("a"), end(0)))
    t.monitor("sent_end", RULE, hellos(), sends(start("a"), end(0)))
    t.monitor("received_error", RULE, recv(error(7, "no")))
    t.monitor("sent_error", RULE, send(error(7, "no")))


def refusals(t: Topic) -> None:
    """A refused send is no frame and no reject."""
    own = {
        "bad_hello": [refused(hello(version=2))],
        "bad_hello_too_early": [refused(start("a"))],
        "header_malformed": [hellos(), refused(start(""))],
        "frame_oversize": [hellos(peer=hello(max_frame=4096)), send(start("a")), refused(data_of_length(4097, 1))],
        "missing_obj": [hellos(), send(start("objects")), refused(data(1))],
        "credit_violation": [hellos(), refused(end(0))],
    }
    for label, events in own.items():
        t.monitor(f"refused_{label}", RULE, *events)
    t.monitor("refused_then_sent", RULE, refused(start("a")), hellos(), send(start("a")))
    t.monitor("refused_after_reject", RULE, reject_of(0), refused(hello()))


def rejects(t: Topic) -> None:
    """Each once, where it was first given; the frames before it in the same bytes are frames."""
    for label, events in REJECTS.items():
        t.monitor(f"reject_{label}", RULE, *events, config=NO_PQ)
        t.monitor(f"reject_{label}_given_again", RULE, *events, uncounted(b""), uncounted(ack(1).wire),
                  uncounted(prefix(8, 0x98, 0)), tick(0), tick(1), config=NO_PQ)
    t.monitor("reject_at_once_and_frames_before_it", RULE, send(hello()),
              rejected(VIOLATION, hello(), start("a"), data(1, b"x"), end(1), end(1)))
    t.monitor("reject_at_the_header_of_data", RULE, hellos(), recv_bytes(data(1, b"abc").head, reject=VIOLATION),
              uncounted(b"abc"))
    t.monitor("reject_then_error_sent", RULE, reject_of(0), send(error(4, "unknown_envelope")))
    t.monitor("reject_after_error_received", RULE, hellos(), recv(error(7)), rejected(VIOLATION, start("a")),
              uncounted(start("a").wire))


def discarded(t: Topic) -> None:
    """After ERROR was sent nothing counts any more, good or bad."""
    t.monitor("discarded_frames", RULE, hellos(), send(error(7)), uncounted(joined((start("a"), data(1, b"abc")))))
    t.monitor("discarded_bad_bytes", RULE, hellos(), send(error(7)), uncounted(prefix(8, 0x99, 0)))
    t.monitor("discarded_rest_of_a_frame", RULE, hellos(), uncounted(start("abc").wire[:9]), send(error(7)),
              uncounted(start("abc").wire[9:]))
    t.monitor("discarded_after_a_reject", RULE, reject_of(0), send(error(4)), uncounted(hello().wire),
              uncounted(prefix(7, 0, 0)))


def partial(t: Topic) -> None:
    """A frame counts, with all of its bytes, when it is complete."""
    opened, chunk = start("abc"), data(1, b"abcdef")
    t.monitor("partial_prefix", RULE, hellos(), uncounted(opened.wire[:7]))
    t.monitor("partial_header", RULE, hellos(), uncounted(opened.wire[:-1]))
    t.monitor("partial_body", RULE, hellos(), recv(opened), uncounted(chunk.wire[:-1]), ack_window=32)
    t.monitor("partial_completed", RULE, hellos(), recv(opened), uncounted(chunk.wire[:-1]),
              recv_bytes(chunk.wire[-1:], chunk), ack_window=31, in_flight=1)
    t.monitor("partial_beside_a_whole_frame", RULE, hellos(), recv_bytes(opened.wire + chunk.wire[:12], opened),
              ack_window=32)
    single = [uncounted(opened.wire[i:i + 1]) for i in range(len(opened.wire) - 1)]
    t.monitor("partial_byte_by_byte", RULE, hellos(), *single, recv_bytes(opened.wire[-1:], opened), ack_window=32)
    t.monitor("partial_then_rejected", RULE, uncounted(prefix(7, wire.HELLO, 0)[:3]),
              recv_bytes(b"\x07", reject="header_malformed"))


def bytes_as_they_came(t: Topic) -> None:
    """Bytes of the body count too; relaxed bytes count as they came, not as they would be encoded."""
    t.monitor("bytes_of_a_frame_of_1_mib", RULE, hellos(), recv(start("a"), data_of_length(wire.MAX_FRAME_BYTES, 1)),
              ack_window=31, in_flight=1)
    long = wire.frame(wire.START, text(1, "a") + text(9, "skipped"))
    events = [*hellos(), recv_bytes(long)]
    t.add("monitor_bytes_of_a_relaxed_frame", RULE,
          {"op": "monitor", "config": RELAXED, "events": [event.event for event in events]},
          NOTHING | {"readiness": [], "metrics": ZERO | {
              "oap_frames_total": ZERO["oap_frames_total"] | {"HELLO": 2, "START": 1},
              "oap_frame_bytes_total": 14 + 14 + 20, "oap_ack_window": 32}})


def several_sessions(t: Topic) -> None:
    """All report to one monitor; what was counted stays when a session goes."""
    t.monitor("sessions_add_up", RULE, hellos(), recv(start("a"), end(0)), hellos(session=1), sends(start("b"), end(0), session=1))
    t.monitor("sessions_by_any_number", RULE, recv(hello(), session=7), send(hello(), 3), recv(hello(), session=3))
    t.monitor("sessions_are_apart", RULE, reject_of(0), recv(hello(), session=1), send(error(1), 0), recv(error(1), session=1))
    t.monitor("rejects_of_sessions_add_up", RULE, rejects_of(0, 1, 2), rejected("bad_hello", end(0), session=3),
              [uncounted(b"\x00", session) for session in range(4)])
    t.monitor("counters_outlive_a_session", RULE, hellos(), recv(start("a"), data(1)), closed(), reject_of(1), closed(1))
