//! No panic of Rust reaches Python as anything but an [`InternalError`].

use crate::errors::{busy, InternalError};
use pyo3::prelude::*;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Mutex, TryLockError};

/// Runs what calls the core.
#[inline]
pub fn guard<T>(call: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(internal()))
}

/// Runs what changes an object, alone: a second thread gets an exception, and so does every call after a panic.
pub fn exclusive<S, T>(
    class: &str,
    state: &Mutex<S>,
    call: impl FnOnce(&mut S) -> PyResult<T>,
) -> PyResult<T> {
    guard(|| match state.try_lock() {
        Ok(mut state) => call(&mut state),
        Err(TryLockError::WouldBlock) => Err(busy(class)),
        Err(TryLockError::Poisoned(_)) => Err(internal()),
    })
}

#[cold]
pub fn internal() -> PyErr {
    InternalError::new_err("a fault of the oap package itself: please report it")
}
