"""A number that is used after its `close` is a new session; a close without a session is nothing."""

from ..envelope import ack, data, end, error, hello, start
from ..events import NO_KIND, closed, hellos, recv, recv_bytes, refused, rejected, send, sends, tick
from ..topic import Topic

RULE = "T.2"
ONE = hello(ack_window=1)


def build(t: Topic) -> None:
    after_close(t)
    without_session(t)


def after_close(t: Topic) -> None:
    streaming = [*hellos(ONE), recv(start("a"), data(7))]
    t.monitor("number_after_close_has_a_handshake_of_its_own", RULE, hellos(), closed(), hellos())
    t.monitor("number_after_close_knows_no_handshake", RULE, hellos(), closed(), refused(start("a")),
              rejected("bad_hello", start("a")))
    t.monitor("number_after_close_knows_no_stream", RULE, streaming, closed(), hellos(), rejected("credit_violation", data(8)))
    t.monitor("number_after_close_knows_no_seq", RULE, streaming, closed(), hellos(), recv(start("b"), data(1)),
              ack_window=31, in_flight=1)
    t.monitor("number_after_close_has_its_own_window", RULE, streaming, closed(), hellos(), recv(start("b")), tick(0), tick(1),
              ack_window=32, config={"ack_starvation_limit_ns": 0})
    t.monitor("number_after_close_knows_nothing_in_flight", RULE, streaming, closed(), hellos(), refused(ack(7)), send(start("b")))
    t.monitor("number_after_close_has_no_partial_frame", RULE, hellos(), recv_bytes(start("a").wire[:5]), closed(), hellos(),
              recv(start("b"), end(0)))
    t.monitor("number_after_close_stands_under_no_reject", RULE, recv_bytes(NO_KIND, reject="unknown_envelope"), closed(),
              hellos(), recv(start("a")), ack_window=32)
    t.monitor("number_after_close_rejects_again", RULE, recv_bytes(NO_KIND, reject="unknown_envelope"), closed(),
              recv_bytes(NO_KIND, reject="unknown_envelope"))
    t.monitor("number_after_close_has_sent_no_error", RULE, hellos(), send(error(7)), closed(), hellos(), sends(start("a"), end(0)))
    t.monitor("number_after_close_twice", RULE, hellos(), closed(), closed(), hellos(), closed(), hellos())
    t.monitor("number_after_close_of_another", RULE, hellos(), hellos(session=1), closed(1), recv(start("a")),
              recv(hello(), session=1), ack_window=32)


def without_session(t: Topic) -> None:
    t.monitor("close_of_a_number_never_used", RULE, closed(9), tick(0))
    t.monitor("number_of_2_to_53_less_1", RULE, hellos(session=2**53 - 1), recv(start("a"), session=2**53 - 1), ack_window=32)
