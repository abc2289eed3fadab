//! Opaque handles, and the border that no panic crosses.

use crate::pointer::{Place, NULL};
use crate::status::{
    oap_status, status_of, Failure, Outcome, OAP_STATUS_INTERNAL, OAP_STATUS_NO_MEMORY,
    OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED,
};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// The content of an opaque handle.
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

/// Makes a type opaque. It may move between threads, and be shared where nobody changes it.
macro_rules! opaque {
    ($name:ident, $inner:ty) => {
        const _: () = crate::handle::assert_send_and_sync::<$name>();

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

pub(crate) const fn assert_send_and_sync<T: Send + Sync>() {}

/// Runs a call that has no handle.
#[inline(always)]
pub(crate) fn guard(call: impl FnOnce() -> Outcome) -> oap_status {
    status_of(catch_unwind(AssertUnwindSafe(call)).unwrap_or(Err(Failure(OAP_STATUS_INTERNAL))))
}

/// Makes a handle and gives it to the caller.
///
/// # Safety
/// `out` is NULL or valid for a write of a pointer, if it is aligned.
pub(crate) unsafe fn make<H: Opaque>(
    out: *mut *mut H,
    make: impl FnOnce() -> Result<H::Inner, Failure>,
) -> oap_status {
    guard(|| {
        // SAFETY: the caller's promise.
        let out = unsafe { Place::new(out) }?;
        let mut home = room_for_one()?;
        home.push(H::wrap(make()?));
        out.write(Box::into_raw(home.into_boxed_slice()).cast::<H>());
        Ok(())
    })
}

/// Room on the heap for one value, or OAP_STATUS_NO_MEMORY: `Box::new` would end the process.
pub(crate) fn room_for_one<T>() -> Result<Vec<T>, Failure> {
    let mut room = Vec::new();
    match room.try_reserve_exact(1) {
        Ok(()) => Ok(room),
        Err(_) => Err(Failure(OAP_STATUS_NO_MEMORY)),
    }
}

/// Frees a handle; NULL is nothing.
///
/// # Safety
/// `handle` is NULL, or came from `make` and is used no more.
pub(crate) unsafe fn free<H: Opaque>(handle: *mut H) {
    if handle.is_null() {
        return;
    }
    guard(|| {
        // SAFETY: `make` got it from a boxed slice of one, which has the layout of a box of its only item.
        drop(unsafe { Box::from_raw(handle) });
        Ok(())
    });
}

/// Runs a call that may change the handle; a panic poisons it.
///
/// # Safety
/// `handle` is NULL or live, and no other thread uses it.
#[inline(always)]
pub(crate) unsafe fn with<H: Opaque>(
    handle: *mut H,
    call: impl FnOnce(&mut H::Inner) -> Outcome,
) -> oap_status {
    // SAFETY: the caller's promise.
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
///
/// # Safety
/// As in `with`.
pub(crate) unsafe fn renew<H: Opaque>(
    handle: *mut H,
    renew: impl FnOnce(&mut H::Inner),
) -> oap_status {
    // SAFETY: the caller's promise.
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

/// Runs a call that only reads the handle.
///
/// # Safety
/// `handle` is NULL or live, and no other thread changes it.
pub(crate) unsafe fn inspect<H: Opaque>(
    handle: *const H,
    call: impl FnOnce(&H::Inner) -> Outcome,
) -> oap_status {
    // SAFETY: the caller's promise.
    let Some(opaque) = (unsafe { handle.as_ref() }) else {
        return OAP_STATUS_NULL_POINTER;
    };
    let handle = opaque.handle();
    if handle.poisoned {
        return OAP_STATUS_POISONED;
    }
    guard(|| call(&handle.inner))
}

/// Writes one value of a handle to an output.
///
/// # Safety
/// As in `inspect`; `out` is NULL or valid for a write, if it is aligned.
pub(crate) unsafe fn write_value<H: Opaque, T>(
    handle: *const H,
    out: *mut T,
    value: impl FnOnce(&H::Inner) -> Result<T, Failure>,
) -> oap_status {
    // SAFETY: the caller's promises.
    unsafe {
        inspect(handle, |inner| {
            let out = Place::new(out)?;
            out.write(value(inner)?);
            Ok(())
        })
    }
}

/// Returns one value of a handle; the type's zero for NULL and for a poisoned one.
///
/// # Safety
/// As in `inspect`.
pub(crate) unsafe fn value_of<H: Opaque, T: Default>(
    handle: *const H,
    value: impl FnOnce(&H::Inner) -> T,
) -> T {
    let mut found = T::default();
    // SAFETY: the caller's promise.
    unsafe {
        inspect(handle, |inner| {
            found = value(inner);
            Ok(())
        });
    }
    found
}

/// A copy of the content of a handle that is given beside the call's own.
///
/// # Safety
/// As in `inspect`.
pub(crate) unsafe fn copy_of<H: Opaque, T: Clone>(
    handle: *const H,
    part: impl FnOnce(&H::Inner) -> &T,
) -> Result<T, Failure> {
    let mut found = Err(NULL);
    // SAFETY: the caller's promise.
    let status = unsafe {
        inspect(handle, |inner| {
            found = Ok(part(inner).clone());
            Ok(())
        })
    };
    if status == 0 {
        found
    } else {
        Err(Failure(status))
    }
}
