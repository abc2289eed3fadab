//! The hot call, by Node-API itself: what napi-rs does to unwrap an object and to convert each argument takes several
//! times as long as to decode a frame. Here the slot's number stands in the table, whose memory was looked up long
//! before, and the chunk is all that crosses.

use crate::chunk::{no_room, table_words, DecodeChunk, Table, PARTIAL_WORDS};
use napi::bindgen_prelude::{Env, Result, Unknown};
use napi::{check_status, sys};
use napi_derive::napi;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{c_void, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{null, null_mut};
use std::rc::Rc;
use std::slice;

type Shared = Rc<RefCell<dyn DecodeChunk>>;

/// The slots of a thread, by number.
#[derive(Default)]
struct Slots {
    taken: Vec<Option<Shared>>,
    free: Vec<u32>,
}

thread_local! {
    static SLOTS: RefCell<Slots> = RefCell::default();
}

/// The number of a slot, until this is dropped.
pub(crate) struct SlotNumber(u32);

impl SlotNumber {
    pub fn of(slot: Shared) -> Self {
        SLOTS.with_borrow_mut(|slots| {
            let number = slots.free.pop().unwrap_or_else(|| {
                slots.taken.push(None);
                slots.taken.len() as u32 - 1
            });
            slots.taken[number as usize] = Some(slot);
            SlotNumber(number)
        })
    }

    pub const fn get(&self) -> u32 {
        self.0
    }
}

impl Drop for SlotNumber {
    fn drop(&mut self) {
        // At the end of a thread the slots may be gone already. A slot is dropped once they are not borrowed any more.
        let _slot = SLOTS.try_with(|slots| {
            let mut slots = slots.borrow_mut();
            slots.free.push(self.0);
            slots.taken[self.0 as usize].take()
        });
    }
}

/// The memory of a table, and a reference that keeps it.
struct TableMemory {
    words: *mut u32,
    len: usize,
    kept: sys::napi_ref,
}

/// A table with so many rows, in memory that JavaScript owns: `{ words, wide, partial }`, its three views, and
/// `decode(chunk)`, which fills it. See [`DecodeChunk`]; a frame that does not fit behind the rows is given back as a
/// Buffer. It is made here, and not by JavaScript, so that no constructor that a program may have patched knows it.
#[napi(catch_unwind)]
pub fn new_table(env: &Env, rows: u32) -> Result<Unknown<'_>> {
    let env = env.raw();
    let len = table_words(rows).ok_or_else(no_room)?;
    // SAFETY: values of this call's scope, whose lengths and offsets are those of the memory that was made for them.
    unsafe {
        let (memory, start) = new_memory(env, len * size_of::<u32>())?;
        let rows_end = (len - PARTIAL_WORDS) * size_of::<u32>();
        let partial_len = PARTIAL_WORDS * size_of::<u32>();
        let views = [
            (c"words", view(env, memory, sys::TypedarrayType::uint32_array, 0, len)?),
            (c"wide", view(env, memory, sys::TypedarrayType::biguint64_array, 0, len / 2)?),
            (
                c"partial",
                view(env, memory, sys::TypedarrayType::uint8_array, rows_end, partial_len)?,
            ),
            (c"decode", decode_function(env, memory, start.cast(), len)?),
        ];
        Ok(Unknown::from_raw_unchecked(env, object(env, &views)?))
    }
}

/// # Safety
///
/// `env` is that of a call of JavaScript.
unsafe fn new_memory(env: sys::napi_env, len: usize) -> Result<(sys::napi_value, *mut c_void)> {
    let (mut start, mut memory) = (null_mut(), null_mut());
    // SAFETY: room for what the call gives.
    check_status!(unsafe { sys::napi_create_arraybuffer(env, len, &mut start, &mut memory) })?;
    Ok((memory, start))
}

/// # Safety
///
/// As `new_memory`, with an ArrayBuffer that has room for the view.
unsafe fn view(
    env: sys::napi_env,
    memory: sys::napi_value,
    kind: i32,
    offset: usize,
    len: usize,
) -> Result<sys::napi_value> {
    let mut view = null_mut();
    // SAFETY: room for what the call gives.
    check_status!(unsafe {
        sys::napi_create_typedarray(env, kind, len, memory, offset, &mut view)
    })?;
    Ok(view)
}

/// A function that fills the table in `memory`.
///
/// # Safety
///
/// As `new_memory`; `memory` is an ArrayBuffer of `len` words from `words` on, and JavaScript never detaches it.
unsafe fn decode_function(
    env: sys::napi_env,
    memory: sys::napi_value,
    words: *mut u32,
    len: usize,
) -> Result<sys::napi_value> {
    let (mut kept, mut function) = (null_mut(), null_mut());
    // SAFETY: the table's memory is freed with the function whose data it is.
    unsafe {
        check_status!(sys::napi_create_reference(env, memory, 1, &mut kept))?;
        let data = Box::into_raw(Box::new(TableMemory { words, len, kept })).cast();
        let name = c"decode";
        let length = name.count_bytes() as isize;
        check_status!(sys::napi_create_function(
            env,
            name.as_ptr(),
            length,
            Some(decode),
            data,
            &mut function
        ))?;
        let free = Some(free_table as unsafe extern "C" fn(_, _, _));
        check_status!(sys::napi_add_finalizer(env, function, data, free, null_mut(), null_mut()))?;
    }
    Ok(function)
}

/// An object with these properties of its own: no setter of a prototype is called.
///
/// # Safety
///
/// As `new_memory`.
unsafe fn object(
    env: sys::napi_env,
    properties: &[(&CStr, sys::napi_value)],
) -> Result<sys::napi_value> {
    let described: Vec<_> = properties
        .iter()
        .map(|(name, value)| sys::napi_property_descriptor {
            utf8name: name.as_ptr(),
            name: null_mut(),
            method: None,
            getter: None,
            setter: None,
            value: *value,
            attributes: sys::PropertyAttributes::default,
            data: null_mut(),
        })
        .collect();
    let mut object = null_mut();
    // SAFETY: the names end with NUL, and the values are of this call's scope.
    unsafe {
        check_status!(sys::napi_create_object(env, &mut object))?;
        check_status!(sys::napi_define_properties(
            env,
            object,
            described.len(),
            described.as_ptr()
        ))?;
    }
    Ok(object)
}

unsafe extern "C" fn free_table(env: sys::napi_env, table: *mut c_void, _: *mut c_void) {
    // SAFETY: the box that `decode_function` made, once.
    let table = unsafe { Box::from_raw(table.cast::<TableMemory>()) };
    // SAFETY: the reference that was made with it.
    unsafe { sys::napi_delete_reference(env, table.kept) };
}

unsafe extern "C" fn decode(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: Node-API calls with the argument of a function of `decode_function`.
    let called = catch_unwind(AssertUnwindSafe(|| unsafe { decode_into_table(env, info) }));
    let error = match called {
        Ok(Ok(large)) => return large,
        Ok(Err(why)) => why.to_owned(),
        Err(panic) => message_of(&*panic),
    };
    // C text ends at its first NUL.
    let message = CString::new(error.split('\0').next().unwrap_or_default()).unwrap_or_default();
    // SAFETY: NUL-terminated, and copied by the call.
    unsafe { sys::napi_throw_error(env, null(), message.as_ptr()) };
    null_mut()
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// # Safety
///
/// A call of a function that `decode_function` made.
#[inline]
unsafe fn decode_into_table(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> std::result::Result<sys::napi_value, &'static str> {
    let (mut count, mut argument, mut data) = (1, null_mut(), null_mut());
    // SAFETY: room for one argument, and for the table of this function.
    let table = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, &mut argument, null_mut(), &mut data);
        &*data.cast::<TableMemory>()
    };
    // SAFETY: the package shows this memory to nobody, so that it is where it was; no JavaScript runs during the call.
    let words = unsafe { slice::from_raw_parts_mut(table.words, table.len) };
    // SAFETY: the argument of this call.
    let Some(chunk) = (unsafe { plain_bytes(env, argument) }) else {
        Table::mark_unreadable(words);
        return Ok(null_mut());
    };
    let number = Table::slot(words);
    let slot = SLOTS.with_borrow(|slots| slots.taken.get(number).cloned().flatten());
    let slot = slot.ok_or("no such slot")?;
    let mut large = null_mut();
    slot.borrow_mut().decode_chunk(chunk, Table::of(words).ok_or("no table")?, &mut |partial| {
        let (from, len) = (partial.as_ptr().cast(), partial.len());
        // SAFETY: the bytes are copied.
        unsafe { sys::napi_create_buffer_copy(env, len, from, null_mut(), &mut large) };
    });
    Ok(large)
}

/// The bytes of a Uint8Array over memory that no other thread can write to, where 32 bits can count them; of another
/// value, nothing.
///
/// # Safety
///
/// As `decode_into_table`; the bytes are good for this call.
#[inline]
unsafe fn plain_bytes<'a>(env: sys::napi_env, value: sys::napi_value) -> Option<&'a [u8]> {
    let (mut kind, mut len, mut start, mut memory) = (-1, 0, null_mut(), null_mut());
    let mut unshared = false;
    // SAFETY: room for what each call gives; a value that is no typed array is a status.
    unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut len,
            &mut start,
            &mut memory,
            null_mut(),
        );
        if kind != sys::TypedarrayType::uint8_array || u32::try_from(len).is_err() {
            return None;
        }
        sys::napi_is_arraybuffer(env, memory, &mut unshared);
        let bytes = || slice::from_raw_parts(start.cast::<u8>(), len);
        unshared.then(|| if start.is_null() { &[][..] } else { bytes() })
    }
}
