//! What JavaScript calls. It writes its input into the room that it asked for, and reads the answer where it is told.

use crate::answers;
use crate::gathered::Gathered;
use crate::input::{inspected, Given, Options};
use crate::samples::sample;
use oap::Config;
use serde_json::{json, Value};
use std::cell::RefCell;

struct Held {
    room: Vec<u8>,
    gathered: Gathered,
    answer: Vec<u8>,
}

thread_local! {
    static HELD: RefCell<Held> = RefCell::new(Held {
        room: Vec::new(),
        gathered: Gathered::new(Config::default()),
        answer: Vec::new(),
    });
}

fn answer(tell: impl FnOnce(&Gathered) -> Value) {
    HELD.with_borrow_mut(|held| held.answer = tell(&held.gathered).to_string().into_bytes());
}

/// Where so many bytes of input are to be written.
#[no_mangle]
pub extern "C" fn inspector_room(bytes: usize) -> *mut u8 {
    HELD.with_borrow_mut(|held| {
        // What was inspected before goes first: both may not fit.
        held.gathered = Gathered::new(Config::default());
        held.room = vec![0; bytes];
        held.room.as_mut_ptr()
    })
}

/// Where the answer of the last call stands.
#[no_mangle]
pub extern "C" fn inspector_answer() -> *const u8 {
    HELD.with_borrow(|held| held.answer.as_ptr())
}

/// How many bytes the answer has.
#[no_mangle]
pub extern "C" fn inspector_answer_bytes() -> usize {
    HELD.with_borrow(|held| held.answer.len())
}

/// Inspects what stands in the room: the first `first` bytes are one direction, the rest is the other. The bits of
/// `how`: hex in the first, hex in the second, relaxed, wrap, no obj.
#[no_mangle]
pub extern "C" fn inspector_inspect(first: usize, how: u32) {
    HELD.with_borrow_mut(|held| {
        let room = std::mem::take(&mut held.room);
        let (first, second) = room.split_at(first.min(room.len()));
        let is = |bit: u32| how >> bit & 1 == 1;
        let given = |bytes, bit| if is(bit) { Given::Hex(bytes) } else { Given::Bytes(bytes) };
        let options = Options { relaxed: is(2), wrap: is(3), no_obj: is(4) };
        held.gathered = inspected(given(first, 0), given(second, 1), options);
    });
    answer(answers::overview);
}

/// Lines of `count` steps of a connection.
#[no_mangle]
pub extern "C" fn inspector_steps(connection: usize, from: usize, count: usize) {
    answer(|gathered| answers::steps(gathered, connection, from, count));
}

/// All of one step but its bytes.
#[no_mangle]
pub extern "C" fn inspector_step(connection: usize, number: usize) {
    answer(|gathered| answers::step(gathered, connection, number));
}

/// The bytes of one step, as they are.
#[no_mangle]
pub extern "C" fn inspector_wire(connection: usize, number: usize) {
    HELD.with_borrow_mut(|held| {
        let connection = held.gathered.connections.get(connection);
        let found = connection.and_then(|it| Some(it.wire(it.steps.get(number)?).to_vec()));
        held.answer = found.unwrap_or_default();
    });
}

/// The credit of both sides over all steps.
#[no_mangle]
pub extern "C" fn inspector_curve(connection: usize, points: usize) {
    answer(|gathered| answers::curve(gathered, connection, points));
}

/// A sample; null behind the last.
#[no_mangle]
pub extern "C" fn inspector_sample(number: usize) {
    answer(|_| {
        sample(number).map_or(Value::Null, |sample| {
            json!({ "name": sample.name, "hex": sample.bytes.map(|bytes| oap_explain::hex::encoded(&bytes)) })
        })
    });
}
