//! Pointer discipline: everything that comes from C is checked here once, and no panic leaves.

use crate::row::{oap_frame_table, oap_row};
use crate::status::{
    oap_status, OAP_STATUS_INTERNAL, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE,
    OAP_STATUS_OVERLAP, OAP_STATUS_POISONED,
};
use crate::status::{status_of, Failure, Outcome};
use oap::Row;
use std::ops::Range;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

/// What an opaque handle holds.
pub struct Handle<T> {
    inner: T,
    poisoned: bool,
}

impl<T> Handle<T> {
    pub(crate) const fn new(inner: T) -> Self {
        Handle { inner, poisoned: false }
    }
}

/// A type that C sees by name only.
pub(crate) trait Opaque {
    type Inner;
    fn wrap(inner: Self::Inner) -> Self;
    fn handle(&self) -> &Handle<Self::Inner>;
    fn handle_mut(&mut self) -> &mut Handle<Self::Inner>;
}

macro_rules! opaque {
    ($name:ident, $inner:ty) => {
        impl crate::handle::Opaque for $name {
            type Inner = $inner;
            fn wrap(inner: $inner) -> Self {
                $name(crate::handle::Handle::new(inner))
            }
            fn handle(&self) -> &crate::handle::Handle<$inner> {
                &self.0
            }
            fn handle_mut(&mut self) -> &mut crate::handle::Handle<$inner> {
                &mut self.0
            }
        }
    };
}
pub(crate) use opaque;

pub(crate) const NULL: Failure = Failure(OAP_STATUS_NULL_POINTER);

/// Runs a call that has no handle.
#[inline(always)]
pub(crate) fn guard(call: impl FnOnce() -> Outcome) -> oap_status {
    status_of(catch_unwind(AssertUnwindSafe(call)).unwrap_or(Err(Failure(OAP_STATUS_INTERNAL))))
}

/// Makes a handle and gives it to the caller.
pub(crate) unsafe fn make<H: Opaque>(
    out: *mut *mut H,
    make: impl FnOnce() -> Result<H::Inner, Failure>,
) -> oap_status {
    guard(|| {
        // SAFETY: the caller gives a valid place for one pointer.
        let out = unsafe { out.as_mut() }.ok_or(NULL)?;
        *out = Box::into_raw(Box::new(H::wrap(make()?)));
        Ok(())
    })
}

/// Frees a handle; NULL is nothing.
pub(crate) unsafe fn free<H: Opaque>(handle: *mut H) {
    if !handle.is_null() {
        // SAFETY: the caller gives a handle that `make` made and that is used no more.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// Runs a call that may change the handle; a panic poisons it.
pub(crate) unsafe fn with<H: Opaque>(
    handle: *mut H,
    call: impl FnOnce(&mut H::Inner) -> Outcome,
) -> oap_status {
    // SAFETY: the caller gives a live handle that no other thread uses.
    let Some(opaque) = (unsafe { handle.as_mut() }) else {
        return OAP_STATUS_NULL_POINTER;
    };
    let handle = opaque.handle_mut();
    if handle.poisoned {
        return OAP_STATUS_POISONED;
    }
    match catch_unwind(AssertUnwindSafe(|| call(&mut handle.inner))) {
        Ok(outcome) => status_of(outcome),
        Err(_) => {
            handle.poisoned = true;
            OAP_STATUS_INTERNAL
        }
    }
}

/// Puts a fresh state into a handle, poisoned or not.
pub(crate) unsafe fn renew<H: Opaque>(
    handle: *mut H,
    renew: impl FnOnce(&mut H::Inner),
) -> oap_status {
    // SAFETY: as in `with`.
    let Some(opaque) = (unsafe { handle.as_mut() }) else {
        return OAP_STATUS_NULL_POINTER;
    };
    let handle = opaque.handle_mut();
    let status = guard(|| {
        renew(&mut handle.inner);
        Ok(())
    });
    handle.poisoned = status == OAP_STATUS_INTERNAL;
    status
}

/// Looks into a handle.
pub(crate) unsafe fn look<H: Opaque>(
    handle: *const H,
    call: impl FnOnce(&H::Inner) -> Outcome,
) -> oap_status {
    // SAFETY: the caller gives a live handle that no other thread changes.
    let Some(opaque) = (unsafe { handle.as_ref() }) else {
        return OAP_STATUS_NULL_POINTER;
    };
    let handle = opaque.handle();
    if handle.poisoned {
        return OAP_STATUS_POISONED;
    }
    guard(|| call(&handle.inner))
}

/// Tells one value of a handle; the type's zero for NULL and for a poisoned one.
pub(crate) unsafe fn tell<H: Opaque, T: Default>(
    handle: *const H,
    value: impl FnOnce(&H::Inner) -> T,
) -> T {
    let mut told = T::default();
    // SAFETY: the caller's promise is that of `look`.
    unsafe {
        look(handle, |inner| {
            told = value(inner);
            Ok(())
        });
    }
    told
}

/// A place for an output, which may hold anything.
pub(crate) unsafe fn out<'a, T>(pointer: *mut T) -> Result<&'a mut T, Failure> {
    // SAFETY: the caller gives a valid place for one T; the types of outputs take any bits.
    unsafe { pointer.as_mut() }.ok_or(NULL)
}

/// A value that C gives by pointer.
pub(crate) unsafe fn input<'a, T>(pointer: *const T) -> Result<&'a T, Failure> {
    // SAFETY: the caller gives a valid T.
    unsafe { pointer.as_ref() }.ok_or(NULL)
}

fn check_len<T>(pointer: *const T, len: usize) -> Result<(), Failure> {
    if len > isize::MAX as usize / size_of::<T>() {
        return Err(Failure(OAP_STATUS_OUT_OF_RANGE));
    }
    if pointer.is_null() && len > 0 {
        return Err(NULL);
    }
    Ok(())
}

/// Pointer and length; (NULL, 0) is empty.
pub(crate) unsafe fn items<'a, T>(pointer: *const T, len: usize) -> Result<&'a [T], Failure> {
    check_len(pointer, len)?;
    if len == 0 {
        return Ok(&[]);
    }
    // SAFETY: not NULL, not longer than an object can be; the caller gives `len` readable items.
    Ok(unsafe { slice::from_raw_parts(pointer, len) })
}

/// Pointer and capacity of an output; (NULL, 0) is empty.
pub(crate) unsafe fn items_mut<'a, T>(pointer: *mut T, len: usize) -> Result<&'a mut [T], Failure> {
    check_len(pointer, len)?;
    if len == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not NULL, not longer than an object can be; the caller gives `len` writable items, to us alone.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, len) })
}

/// Rows of the caller, as the core sees them.
pub(crate) unsafe fn rows<'a>(rows: *const oap_row, len: usize) -> Result<&'a [Row], Failure> {
    // SAFETY: oap_row has the layout of Row (asserted in `row`).
    unsafe { items(rows.cast::<Row>(), len) }
}

/// Likewise, to be filled from bytes that they do not overlap.
pub(crate) unsafe fn rows_mut<'a>(
    rows: *mut oap_row,
    len: usize,
    bytes: &[u8],
) -> Result<&'a mut [Row], Failure> {
    check_len(rows, len)?;
    check_apart(rows, len, &bytes.as_ptr_range())?;
    // SAFETY: oap_row has the layout of Row (asserted in `row`).
    unsafe { items_mut(rows.cast::<Row>(), len) }
}

/// Fills rows and tells the table, by what leaves the rows as they were where it fails.
#[inline(always)]
pub(crate) unsafe fn fill(
    rows: &mut [Row],
    table: *mut oap_frame_table,
    decode: impl FnOnce(&mut [Row]) -> Result<oap_frame_table, Failure>,
) -> Outcome {
    // SAFETY: the caller gives a valid place for a table.
    let table = unsafe { out(table) }?;
    *table = decode(rows)?;
    Ok(())
}

/// The bytes of an output, which must not overlap an input: a caller's mistake that C does not see.
pub(crate) unsafe fn output<'a>(
    pointer: *mut u8,
    capacity: usize,
    inputs: &[Range<*const u8>],
) -> Result<&'a mut [u8], Failure> {
    check_len(pointer, capacity)?;
    inputs.iter().try_for_each(|input| check_apart(pointer, capacity, input))?;
    // SAFETY: checked above; the caller gives `capacity` writable bytes.
    unsafe { items_mut(pointer, capacity) }
}

fn check_apart<T>(output: *const T, len: usize, input: &Range<*const u8>) -> Outcome {
    let (start, end) = (output.cast::<u8>(), output.wrapping_add(len).cast::<u8>());
    if start < end && !input.is_empty() && input.start < end && start < input.end {
        return Err(Failure(OAP_STATUS_OVERLAP));
    }
    Ok(())
}
