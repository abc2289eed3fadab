//! Objects that are made once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The value of the cell, made first where there is none.
///
/// It is made outside the cell's lock. To make a Python object may run the collector, and that a finalizer which asks
/// for the same value: inside the lock it would wait for itself. Of two values made at once the first one stays.
#[inline]
pub fn get_or_make<'a, T>(
    py: Python<'a>,
    cell: &'a PyOnceLock<T>,
    make: impl FnOnce() -> PyResult<T>,
) -> PyResult<&'a T> {
    match cell.get(py) {
        Some(value) => Ok(value),
        None => Ok(keep(py, cell, make()?)),
    }
}

#[cold]
fn keep<'a, T>(py: Python<'a>, cell: &'a PyOnceLock<T>, value: T) -> &'a T {
    // An error is the value itself: the cell has another one by now.
    let _ = cell.set(py, value);
    cell.get(py).expect("it is set by now")
}
