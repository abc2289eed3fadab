"""4.13: DATA's order, and obj on object streams."""

from ..envelope import OBJ, OBJ2, data, end, hello, start
from ..steps import hellos, recv, recv_bytes, refused, rejected, rejected_at_header, send, sends
from ..topic import Topic
from ..wire import U64_MAX

RULE = "4.13"
LAX = {"enforce_obj_header_on_objects": False}
OBJECTS = ("objects", "objects/", "objects/v1", "objects/a/b", "objects//")
OTHERS = ("objectsx", "Objects", "OBJECTS/v1", "object", "objects-v1", "objects\\v1", " objects", "objects ", "x/objects",
          "/objects", "objects.v1", "objectS/", "\ufeffobjects", "\uff4fbjects")


def build(t: Topic) -> None:
    names(t)
    policy_off(t)
    order(t)
    at_the_header(t)


def names(t: Topic) -> None:
    for index, stream in enumerate(OBJECTS):
        t.session(f"object_stream_{index}_received", RULE, hellos(), recv(start(stream), data(1, b"x", OBJ)),
                  rejected("missing_obj", data(2, b"x")))
        t.session(f"object_stream_{index}_sent", RULE, hellos(), send(start(stream)), refused("missing_obj", data(1)),
                  send(data(1, b"x", OBJ)), refused("missing_obj", data(2)), send(end(1)))
    for index, stream in enumerate(OTHERS):
        t.session(f"no_object_stream_{index}", RULE, hellos(), recv(start(stream), data(1, b"x")), send(start(stream)),
                  send(data(1, b"x")))
    t.session("obj_on_any_stream", RULE, hellos(), recv(start("a"), data(1, b"x", OBJ), data(2), data(3, b"", OBJ2), end(3)),
              sends(start("a"), data(1, b"x", OBJ), data(2)))
    t.session("object_stream_empty", RULE, hellos(), recv(start("objects"), end(0)), sends(start("objects/v1"), end(0)))
    t.session("object_stream_then_another", RULE, hellos(), recv(start("objects"), data(1, b"x", OBJ), end(1), start("log")),
              recv(data(2), end(2), start("objects")), rejected("missing_obj", data(3)))
    t.session("object_streams_of_each_direction", RULE, hellos(), send(start("objects")), recv(start("log"), data(1)),
              refused("missing_obj", data(1)))


def policy_off(t: Topic) -> None:
    t.session("obj_not_enforced", "4.15", hellos(), recv(start("objects/v1"), data(1, b"x"), data(2, b"x", OBJ), end(2)),
              sends(start("objects"), data(1, b"x"), data(2, b"x", OBJ), end(2)), config=LAX)
    t.session("obj_not_enforced_keeps_other_rules", "4.15", hellos(), recv(start("objects"), data(1)),
              rejected("credit_violation", data(3)), config=LAX)
    t.session("obj_enforced_both_ways", "4.15", hellos(), send(start("objects")), recv(start("objects")),
              refused("missing_obj", data(1)), rejected("missing_obj", data(1)),
              config={"enforce_obj_header_on_objects": True})


def order(t: Topic) -> None:
    """Open stream, obj, seq, credit: of two faults the earlier names the label."""
    one = hello(ack_window=1)
    opened = (start("objects"), data(1, b"x", OBJ))
    cases = {
        "obj_before_seq_gap": (opened, data(3)),
        "obj_before_seq_repeated": (opened, data(1)),
        "obj_before_credit": (opened, data(2)),
        "obj_before_seq_and_credit": (opened, data(9)),
        "obj_before_rollover": ((start("objects"), data(U64_MAX, b"x", OBJ)), data(0)),
    }
    for name, (frames, bad) in cases.items():
        t.session(f"order_{name}_received", RULE, hellos(own=one), recv(*frames), rejected("missing_obj", bad))
        t.session(f"order_{name}_sent", RULE, hellos(peer=one), sends(*frames), refused("missing_obj", bad))
    closed = (*opened, end(1))
    t.session("order_stream_before_obj_received", RULE, hellos(), recv(*closed), rejected("credit_violation", data(2)))
    t.session("order_stream_before_obj_sent", RULE, hellos(), sends(*closed), refused("credit_violation", data(2)))
    t.session("order_handshake_before_stream", RULE, send(hello()), rejected("bad_hello", data(1)))


def at_the_header(t: Topic) -> None:
    rule = "3.8"
    t.session("missing_obj_before_the_body", rule, hellos(), recv(start("objects")),
              rejected_at_header("missing_obj", data(7, b"\x61" * 1024)))
    t.session("missing_obj_not_before_the_header_ends", rule, hellos(), recv(start("objects")),
              recv_bytes(data(7, b"abc").head[:-1]), recv_bytes(data(7, b"abc").head[-1:], reject="missing_obj"))
    t.session("missing_obj_with_its_stream_in_one_recv", rule, hellos(),
              recv_bytes(start("objects").wire + data(7, b"abc").head, start("objects"), reject="missing_obj"))
