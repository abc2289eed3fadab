//! The hot call of decoders: the slot's number stands in the table, whose memory was looked up long before, and the chunk
//! is all that crosses.

use crate::chunk::{no_room, table_words, DecodeChunk, Table, PARTIAL_WORDS};
use crate::kept_memory::{call, object, plain_elements, NewMemory};
use crate::slots::{slot_of, SlotNumber, Slots};
use napi::bindgen_prelude::{Env, Result, Unknown};
use napi::sys;
use napi_derive::napi;
use std::cell::RefCell;
use std::ptr::null_mut;
use std::rc::Rc;
use std::slice;

thread_local! {
    static DECODERS: RefCell<Slots<dyn DecodeChunk>> = RefCell::default();
}

/// The number of a decoder or session.
pub(crate) type DecoderNumber = SlotNumber<dyn DecodeChunk>;

pub(crate) fn decoder_number(slot: Rc<RefCell<dyn DecodeChunk>>) -> DecoderNumber {
    SlotNumber::of(slot, &DECODERS)
}

/// A table with so many rows, in memory that JavaScript owns: `{ words, wide, partial }`, its three views, and
/// `decode(chunk)`, which fills it. See [`DecodeChunk`]; a frame that does not fit behind the rows is given back as a
/// Buffer. It is made here, and not by JavaScript, so that no constructor that a program may have patched knows it.
#[napi(catch_unwind)]
pub fn new_table(env: &Env, rows: u32) -> Result<Unknown<'_>> {
    use sys::TypedarrayType as Kind;
    let env = env.raw();
    let len = table_words(rows).ok_or_else(no_room)?;
    let rows_end = (len - PARTIAL_WORDS) * size_of::<u32>();
    let partial_len = PARTIAL_WORDS * size_of::<u32>();
    // SAFETY: values of this call's scope, whose lengths and offsets are those of the memory that was made for them.
    unsafe {
        let memory = NewMemory::of_words(env, len)?;
        let views = [
            (c"words", memory.view(env, Kind::uint32_array, 0, len)?),
            (c"wide", memory.view(env, Kind::biguint64_array, 0, len / 2)?),
            (c"partial", memory.view(env, Kind::uint8_array, rows_end, partial_len)?),
            (c"decode", memory.function(env, c"decode", decode)?),
        ];
        Ok(Unknown::from_raw_unchecked(env, object(env, &views)?))
    }
}

unsafe extern "C" fn decode(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: Node-API calls it as the function that it is.
    unsafe { call(env, info, decode_into_table) }
}

/// # Safety
///
/// The argument is one of this call.
#[inline]
unsafe fn decode_into_table(
    env: sys::napi_env,
    [argument]: [sys::napi_value; 1],
    words: &mut [u32],
) -> std::result::Result<sys::napi_value, &'static str> {
    // SAFETY: the argument of this call.
    let chunk = unsafe { plain_elements(env, argument, sys::TypedarrayType::uint8_array) };
    let Some((start, len)) = chunk else {
        Table::mark_unreadable(words);
        return Ok(null_mut());
    };
    // SAFETY: no JavaScript runs during the call, and the table is no memory that JavaScript could pass.
    let chunk = unsafe { slice::from_raw_parts(start, len) };
    let slot = slot_of(&DECODERS, Table::slot(words)).ok_or("no such slot")?;
    let mut large = null_mut();
    slot.borrow_mut().decode_chunk(chunk, Table::of(words).ok_or("no table")?, &mut |partial| {
        let (from, len) = (partial.as_ptr().cast(), partial.len());
        // SAFETY: the bytes are copied.
        unsafe { sys::napi_create_buffer_copy(env, len, from, null_mut(), &mut large) };
    });
    Ok(large)
}
