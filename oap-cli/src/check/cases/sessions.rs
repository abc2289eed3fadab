//! Section 4: handshake, streams, numbers, credit, acknowledgements, errors.

use super::{BAD_HELLO, CREDIT, OBJ};
use crate::check::case::{Case, Expect};
use oap::Reason;
use oap_probe::wire::{ack, data, end, error, greeting, hello, number, object, start, stream};

const MISSING: Expect = Expect::Rejected(Reason::MissingObj);
const LAST: u64 = u64::MAX;

pub fn cases() -> Vec<Case> {
    [handshake(), streams(), numbers(), credit(), acks(), errors(), objects()].concat()
}

fn handshake() -> Vec<Case> {
    let first = |name, bytes| Case::first("4.1", name, bytes, BAD_HELLO);
    vec![
        Case::first("4.1", "host_greets_first_and_once", Vec::new(), Expect::Greeting),
        first("start_first", start(b"check")),
        first("data_first", data(1, b"")),
        first("ack_first", ack(1)),
        first("end_first", end(0, 0)),
        Case::idle("4.1", "second_hello", greeting(), BAD_HELLO),
        Case::open("4.1", "second_hello_on_a_stream", greeting(), BAD_HELLO),
        Case::first("4.1", "error_first", error(9, b""), Expect::Silence),
    ]
}

fn streams() -> Vec<Case> {
    let again = [stream(b"check", 1, b"a"), stream(b"check", 2, b"b")].concat();
    let behind = |case: Case| case.behind(stream(b"check", 1, b"a"));
    vec![
        Case::idle("4.6", "same_name_again", again, Expect::Taken(2)),
        Case::idle(
            "4.6",
            "empty_stream_first",
            [start(b"check"), end(0, 0)].concat(),
            Expect::Silence,
        ),
        Case::open("4.6", "start_on_a_stream", start(b"other"), CREDIT),
        Case::idle("4.6", "data_without_stream", data(1, b""), CREDIT),
        Case::idle("4.6", "end_without_stream", end(0, 0), CREDIT),
        behind(Case::idle("4.6", "data_behind_end", data(2, b""), CREDIT)),
        behind(Case::idle("4.6", "end_twice", end(1, 0), CREDIT)),
        Case::open("4.7", "end_of_an_empty_stream", end(1, 0), CREDIT),
        Case::open("4.7", "end_of_another_seq", end(2, 0), CREDIT)
            .behind([start(b"check"), data(1, b"")].concat()),
        Case::open("4.7", "end_with_the_seq_of_the_stream_before", end(1, 0), CREDIT)
            .behind([stream(b"check", 1, b""), start(b"check")].concat()),
    ]
}

fn numbers() -> Vec<Case> {
    let far = [start(b"check"), data(1 << 63, b"a"), end(1 << 63, 0)].concat();
    let last = [start(b"check"), data(LAST, b"a"), end(LAST, 0)].concat();
    let one = [start(b"check"), data(1, b"")].concat();
    let bad = |rule, name, bytes, before| Case::idle(rule, name, bytes, CREDIT).behind(before);
    vec![
        Case::idle("4.8", "first_seq_far", far, Expect::Taken(1 << 63)),
        bad("4.8", "seq_twice", data(1, b""), one.clone()),
        bad("4.8", "seq_with_a_gap", data(3, b""), one.clone()),
        bad("4.8", "seq_backwards", data(0, b""), one),
        bad("4.8", "seq_anew_on_a_stream", data(1, b""), again()),
        Case::idle("4.9", "last_seq", last.clone(), Expect::Taken(LAST)),
        bad("4.9", "behind_the_last_seq", data(1, b""), [last.clone(), start(b"check")].concat()),
        Case::idle("4.9", "wrap_by_policy", data(0, b""), WRAP)
            .behind([last, start(b"check")].concat()),
    ]
}

const WRAP: Expect = Expect::RejectedOrTaken(Reason::CreditViolation, 0);

/// A stream with DATA 1 and 2, then another that is open.
fn again() -> Vec<u8> {
    let first = [start(b"check"), data(1, b""), data(2, b""), end(2, 0)].concat();
    [first, start(b"check")].concat()
}

fn credit() -> Vec<Case> {
    let twice = [stream(b"one", 1, b"abc"), stream(b"two", 2, b"abc")].concat();
    let small = hello(1, 4_096, &number(4, 1));
    vec![
        Case::idle("4.3", "host_keeps_our_max_frame_and_window", twice, Expect::Restraint)
            .greeted(small),
        Case::idle("4.5", "host_keeps_its_own_max_frame", Vec::new(), Expect::OwnLimit),
        Case::idle("4.10", "one_data_over_the_window", Vec::new(), Expect::Credit),
    ]
}

/// No host numbers its DATA so.
const FAR: u64 = 1 << 62;

fn acks() -> Vec<Case> {
    let own = [start(b"check"), data(FAR, b"a"), end(FAR, 0)].concat();
    vec![
        Case::idle("4.11", "ack_of_no_data", ack(FAR), CREDIT),
        Case::open("4.11", "ack_of_no_data_on_a_stream", ack(FAR), CREDIT),
        Case::idle("4.11", "ack_of_ones_own_data", ack(FAR), CREDIT).behind(own),
        Case::idle("4.11", "ack_of_the_greatest", ack(LAST), CREDIT),
        Case::idle("4.17", "ack_modulo", ack(LAST), CREDIT)
            .behind([start(b"check"), data(LAST, b"a"), end(LAST, 0)].concat()),
    ]
}

fn errors() -> Vec<Case> {
    let both = [error(9, b"bye"), vec![0xff; 64]].concat();
    vec![
        Case::idle("4.12", "nothing_behind_our_error", error(9, b"bye"), Expect::Silence),
        Case::open("4.12", "nothing_behind_our_error_on_a_stream", error(7, b""), Expect::Silence),
        Case::idle("4.12", "no_error_for_bytes_behind_it", both, Expect::Silence),
        Case::idle("4.16", "one_error_and_nothing_else", vec![0xff; 4_096], super::OVERSIZE),
    ]
}

fn objects() -> Vec<Case> {
    let on = |name: &'static [u8]| start(name);
    let empty = [start(b"objects/check"), object(1, OBJ, b""), end(1, 0)].concat();
    let like = stream(b"objectsx", 1, b"a");
    let missing = |name, stream| Case::idle("4.13", name, data(1, b""), MISSING).behind(stream);
    let one = [start(b"objects"), object(1, OBJ, b"")].concat();
    vec![
        Case::idle("4.13", "an_object", empty, Expect::Taken(1)),
        missing("no_obj_on_objects", on(b"objects")),
        missing("no_obj_below_objects", on(b"objects/check")),
        Case::idle("4.13", "a_name_that_only_begins_so", like, Expect::Taken(1)),
        Case::idle("4.13", "stream_before_obj", data(1, b""), CREDIT),
        Case::idle("4.13", "obj_before_seq", data(9, b""), MISSING).behind(one),
    ]
}
