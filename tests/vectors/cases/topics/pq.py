"""2.13 and 3.7: feature bits change nothing but what allow_pq_hello_flags = false refuses."""

from ..envelope import OBJ, ack, data, end, hello, start
from ..steps import hellos, recv, rejected, send, sends
from ..topic import RELAXED, Topic, header_at
from ..wire import U64_MAX, num, frame, HELLO

NO_PQ = {"allow_pq_hello_flags": False}


def build(t: Topic) -> None:
    for name, bits in (("bit_0", 1), ("bit_1", 2), ("bit_31", 2**31), ("bit_32", 2**32), ("bit_63", 2**63),
                       ("all", U64_MAX)):
        flagged = hello(features=bits)
        t.rejects(f"pq_refused_{name}", "3.7", flagged.wire, "bad_hello_pq", header_at(flagged.header), config=NO_PQ)
        t.takes(f"pq_allowed_{name}", "3.7", flagged, {"allow_pq_hello_flags": True})
    t.takes("pq_refused_not_without_features", "3.7", hello(), NO_PQ)
    t.takes("pq_refused_not_with_features_0", "3.7", hello(features=0), NO_PQ)
    relaxed_policy(t)
    sessions(t)


def relaxed_policy(t: Topic) -> None:
    both = RELAXED | NO_PQ
    overruled = num(3, 1) + hello(features=0).header
    t.accepts("pq_refused_not_when_overruled", "3.7", frame(HELLO, overruled), hello(features=0), both)
    counts = hello(features=0).header + num(3, 1)
    t.rejects("pq_refused_when_it_counts", "3.7", frame(HELLO, counts), "bad_hello_pq", header_at(counts), config=both)
    flagged = hello(features=2).header + num(9, 1)
    t.rejects("pq_refused_relaxed", "3.7", frame(HELLO, flagged), "bad_hello_pq", header_at(flagged), config=both)


def sessions(t: Topic) -> None:
    talk = [sends(start("a"), data(1, b"abc", OBJ)), recv(ack(1)), send(end(1)), recv(start("b"), data(5, b"x"), end(5))]
    for name, own, peer in (("none", None, None), ("zero", 0, 0), ("own", 1, None), ("peer", None, 1), ("both", 1, 1),
                            ("all_bits", U64_MAX, U64_MAX), ("unequal", 2, 4)):
        t.session(f"pq_changes_nothing_{name}", "2.13", hellos(hello(features=own), hello(features=peer)), *talk)
    for name, bits in (("bit_0", 1), ("bit_63", 2**63)):
        t.session(f"pq_policy_of_a_session_{name}", "3.7", send(hello()), rejected("bad_hello_pq", hello(features=bits)),
                  config=NO_PQ)
    t.session("pq_policy_is_not_for_own_sends", "4.15", hellos(own=hello(features=1)), config=NO_PQ)
    t.session("features_of_config_do_not_bind_the_host", "4.4", hellos(own=hello(features=7)), config={"features": "1"})
    t.session("features_of_config_may_be_left_out", "4.4", hellos(), config={"features": "1"})
