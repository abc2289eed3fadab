//! The fast road: frames as plain tuples, a block of them at a time.

use crate::batch::FrameBatch;
use crate::guard::{guard, internal};
use crate::kind::member;
use crate::once::get_or_make;
use crate::wire::{Addresses, Slices};
use oap::{Frame, Kind, Row};
use pyo3::ffi::PyTuple_Pack;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyTuple};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A block is as much as stays in a processor's cache, where the next one finds its memory again.
const BLOCK_FRAMES: usize = 64;
const BLOCK_BYTES: usize = 1 << 16;

/// Iterates over lists of tuples.
#[pyclass(frozen, module = "oap")]
pub struct TupleBlocks {
    batch: Py<FrameBatch>,
    next: AtomicUsize,
}

/// An iterator over the tuples of a batch.
pub fn tuples<'py>(batch: &Bound<'py, FrameBatch>) -> PyResult<Bound<'py, PyAny>> {
    let py = batch.py();
    let FrameBatch { rows, wire, .. } = batch.get();
    if block_len(rows) == rows.len() {
        let all = guard(|| block(py, &wire.slices(py), rows))?;
        return Ok(all.try_iter()?.into_any());
    }
    let blocks = TupleBlocks { batch: batch.clone().unbind(), next: AtomicUsize::new(0) };
    static FLATTEN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let flatten = get_or_make(py, &FLATTEN, || {
        let chain = py.import("itertools")?.getattr("chain")?;
        Ok(chain.getattr("from_iterable")?.unbind())
    })?;
    flatten.bind(py).call1((blocks,))
}

#[pymethods]
impl TupleBlocks {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let batch = self.batch.get();
        let rest = &batch.rows[self.next.load(Ordering::Relaxed).min(batch.rows.len())..];
        if rest.is_empty() {
            return Ok(None);
        }
        let rows = &rest[..block_len(rest)];
        self.next.fetch_add(rows.len(), Ordering::Relaxed);
        guard(|| block(py, &batch.wire.slices(py), rows).map(Some))
    }
}

/// How many rows make the next block: 1 at least.
fn block_len(rows: &[Row]) -> usize {
    let mut room = BLOCK_BYTES;
    let fits = |row: &&Row| {
        let fits = room > 0;
        room = room.saturating_sub(row.body_len as usize);
        fits
    };
    rows.iter().take(BLOCK_FRAMES).take_while(fits).count()
}

fn block<'py>(py: Python<'py>, slices: &Slices<'_>, rows: &[Row]) -> PyResult<Bound<'py, PyList>> {
    let (data, ack, none) =
        (member(py, Kind::Data)?, member(py, Kind::Ack)?, py.None().into_bound(py));
    let mut addresses = Addresses::default();
    let mut tuples = Vec::with_capacity(rows.len());
    for row in rows {
        tuples.push(match Kind::from_byte(row.kind) {
            Some(Kind::Data) => {
                let seq = row.seq.into_pyobject(py)?;
                let obj = match row.flags & Row::HAS_OBJ {
                    0 => none.clone(),
                    _ => addresses.of(py, slices, row)?,
                };
                four(data, &seq, &obj, &PyBytes::new(py, slices.body(row)))?
            }
            Some(Kind::Ack) => two(ack, row.seq.into_pyobject(py)?.as_any())?,
            _ => rare(py, slices, row)?.into_any(),
        });
    }
    PyList::new(py, tuples)
}

// `PyTuple_Pack` is one call a tuple, pyo3's conversion one an item more.

#[inline]
fn two<'py>(a: &Bound<'py, PyAny>, b: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: two live objects go in; a new reference or NULL comes out.
    unsafe { Bound::from_owned_ptr_or_err(a.py(), PyTuple_Pack(2, a.as_ptr(), b.as_ptr())) }
}

#[inline]
fn four<'py>(
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    c: &Bound<'py, PyAny>,
    d: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: four live objects go in; a new reference or NULL comes out.
    unsafe {
        let tuple = PyTuple_Pack(4, a.as_ptr(), b.as_ptr(), c.as_ptr(), d.as_ptr());
        Bound::from_owned_ptr_or_err(a.py(), tuple)
    }
}

fn rare<'py>(py: Python<'py>, slices: &Slices<'_>, row: &Row) -> PyResult<Bound<'py, PyTuple>> {
    let frame = slices.frame(row).ok_or_else(internal)?;
    let kind = member(py, frame.kind())?;
    match frame {
        Frame::Hello(hello) => {
            (kind, hello.version, hello.max_frame, hello.features, hello.ack_window)
                .into_pyobject(py)
        }
        Frame::Start(start) => (kind, start.stream).into_pyobject(py),
        Frame::End(end) => (kind, end.seq, end.status).into_pyobject(py),
        Frame::Error(error) => (kind, error.code, error.reason).into_pyobject(py),
        Frame::Data(_) | Frame::Ack(_) => Err(internal()),
    }
}
