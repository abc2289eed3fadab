//! Frames one by one.

use crate::batch::FrameBatch;
use crate::guard::guard;
use crate::wire::Addresses;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

/// The iterator of a `FrameBatch`.
#[pyclass(frozen, module = "oap")]
pub struct FrameIterator {
    batch: Py<FrameBatch>,
    next: AtomicUsize,
    addresses: Mutex<Addresses>,
}

impl FrameIterator {
    pub fn new(batch: Py<FrameBatch>) -> Self {
        FrameIterator { batch, next: AtomicUsize::new(0), addresses: Mutex::default() }
    }
}

#[pymethods]
impl FrameIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let batch = self.batch.get();
        let next = self.next.load(Ordering::Relaxed);
        let Some(row) = batch.rows.get(next) else { return Ok(None) };
        self.next.store(next + 1, Ordering::Relaxed);
        guard(|| batch.frame(py, row, &self.addresses).map(Some))
    }

    fn __length_hint__(&self) -> usize {
        self.batch.get().rows.len() - self.next.load(Ordering::Relaxed)
    }
}
