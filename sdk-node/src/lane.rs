//! The hot call, by Node-API itself: what napi-rs does to unwrap an object and to convert each argument takes several
//! times as long as to decode a frame. Here the seat's number stands in the table, which
//! was looked up long before, and the chunk is all that crosses.

use crate::fill::{Fill, Table};
use napi::bindgen_prelude::{Env, Error, JsValue, Result, Status, Uint32ArraySlice, Unknown};
use napi::{check_status, sys};
use napi_derive::napi;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{c_void, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{null, null_mut};
use std::rc::Rc;
use std::slice;

type Shared = Rc<RefCell<dyn Fill>>;

/// The seats of a thread, by number.
#[derive(Default)]
struct Seats {
    taken: Vec<Option<Shared>>,
    free: Vec<u32>,
}

thread_local! {
    static SEATS: RefCell<Seats> = RefCell::default();
}

/// The number of a seat, until this is dropped.
pub(crate) struct Place(u32);

impl Place {
    pub fn of(seat: Shared) -> Self {
        SEATS.with_borrow_mut(|seats| {
            let number = seats.free.pop().unwrap_or_else(|| {
                seats.taken.push(None);
                seats.taken.len() as u32 - 1
            });
            seats.taken[number as usize] = Some(seat);
            Place(number)
        })
    }

    pub const fn number(&self) -> u32 {
        self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // At the end of a thread the seats may be gone already. A seat is dropped once they are not borrowed any more.
        let _seat = SEATS.try_with(|seats| {
            let mut seats = seats.borrow_mut();
            seats.free.push(self.0);
            seats.taken[self.0 as usize].take()
        });
    }
}

/// A table that JavaScript made, and a reference that keeps it.
struct Lane {
    words: *mut u32,
    len: usize,
    table: sys::napi_ref,
}

/// A function that fills this table: `fill(chunk)`. See [`Fill`]; what does not fit behind the rows is given back as a
/// Buffer.
#[napi(catch_unwind)]
pub fn lane<'env>(env: &'env Env, mut table: Uint32ArraySlice<'env>) -> Result<Unknown<'env>> {
    // SAFETY: JavaScript shows the table to nobody, and uses it only between calls.
    let words = unsafe { table.as_mut() };
    Table::of(words).ok_or_else(|| Error::new(Status::InvalidArg, "no room for a table"))?;
    let (words, len) = (words.as_mut_ptr(), words.len());
    let mut kept = null_mut();
    let mut function = null_mut();
    // SAFETY: values of this call's scope; the lane is freed with the function whose data it is.
    unsafe {
        check_status!(sys::napi_create_reference(env.raw(), table.raw(), 1, &mut kept))?;
        let lane = Box::into_raw(Box::new(Lane { words, len, table: kept }));
        let (name, data) = (c"fill".as_ptr(), lane.cast());
        check_status!(sys::napi_create_function(
            env.raw(),
            name,
            4,
            Some(fill),
            data,
            &mut function
        ))?;
        let free = Some(free_lane as unsafe extern "C" fn(_, _, _));
        check_status!(sys::napi_add_finalizer(
            env.raw(),
            function,
            data,
            free,
            null_mut(),
            null_mut()
        ))?;
        Ok(Unknown::from_raw_unchecked(env.raw(), function))
    }
}

unsafe extern "C" fn free_lane(env: sys::napi_env, lane: *mut c_void, _: *mut c_void) {
    // SAFETY: the box that `lane` made, once.
    let lane = unsafe { Box::from_raw(lane.cast::<Lane>()) };
    unsafe { sys::napi_delete_reference(env, lane.table) };
}

unsafe extern "C" fn fill(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: Node-API calls with the argument of a function of `lane`.
    let called = catch_unwind(AssertUnwindSafe(|| unsafe { fill_by(env, info) }));
    let error = match called {
        Ok(Ok(large)) => return large,
        Ok(Err(why)) => why.to_owned(),
        Err(panic) => said(&*panic),
    };
    // What holds a NUL is said up to there.
    let message = CString::new(error.split('\0').next().unwrap_or_default()).unwrap_or_default();
    // SAFETY: NUL-terminated, and copied by the call.
    unsafe { sys::napi_throw_error(env, null(), message.as_ptr()) };
    null_mut()
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[inline]
unsafe fn fill_by(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> std::result::Result<sys::napi_value, &'static str> {
    let (mut count, mut argument, mut data) = (1, null_mut(), null_mut());
    // SAFETY: room for one argument, and for the lane of this function.
    let lane = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, &mut argument, null_mut(), &mut data);
        &*data.cast::<Lane>()
    };
    // SAFETY: JavaScript runs neither in the table nor in the chunk during the call.
    let words = unsafe { slice::from_raw_parts_mut(lane.words, lane.len) };
    let Some(chunk) = (unsafe { plain_bytes(env, argument) }) else {
        Table::refuse(words);
        return Ok(null_mut());
    };
    let number = Table::seat(words);
    let seat = SEATS.with_borrow(|seats| seats.taken.get(number).cloned().flatten());
    let seat = seat.ok_or("no such seat")?;
    let mut large = null_mut();
    seat.borrow_mut().fill(chunk, Table::of(words).ok_or("no table")?, &mut |lead| {
        let (from, len) = (lead.as_ptr().cast(), lead.len());
        // SAFETY: the bytes are copied.
        unsafe { sys::napi_create_buffer_copy(env, len, from, null_mut(), &mut large) };
    });
    Ok(large)
}

/// The bytes of a Uint8Array over memory that no other thread can write to; of another value, nothing.
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
        if kind != sys::TypedarrayType::uint8_array {
            return None;
        }
        sys::napi_is_arraybuffer(env, memory, &mut unshared);
        let bytes = || slice::from_raw_parts(start.cast::<u8>(), len);
        unshared.then(|| if start.is_null() { &[][..] } else { bytes() })
    }
}
