//! The methods of `FrameBatch` in Python: a sequence of frames, and an array of rows.

use crate::batch::FrameBatch;
use crate::buffer;
use crate::encode::encode_frames;
use crate::guard::{guard, internal};
use crate::iterate::FrameIterator;
use crate::number::position;
use crate::remake::{maker, Remade};
use crate::tuples::tuples;
use oap::Row;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::ffi::Py_buffer;
use pyo3::prelude::*;
use pyo3::types::slice::PySliceIndices;
use pyo3::types::{PyBytes, PySlice, PyTuple};
use std::ffi::c_int;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

#[pymethods]
impl FrameBatch {
    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = index.py();
        guard(|| match index.cast::<PySlice>() {
            Ok(slice) => Ok(Bound::new(py, self.slice(slice)?)?.into_any()),
            Err(_) => self.frame(py, self.row(position(index)?)?, &Mutex::default()),
        })
    }

    /// The body of frame `index`, a read-only memoryview that keeps its memory alive; empty for other kinds than DATA.
    fn body<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| Ok(self.wire.body(index.py(), self.row(position(index)?)?)?.0))
    }

    /// The bytes of the frames in order, as they came; the offsets of the rows count in it. A read-only memoryview,
    /// of the chunk where no earlier chunk had begun the first frame, else of a copy.
    #[getter]
    fn wire<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| self.wire.view(py))
    }

    /// The same bytes without a copy, as read-only memoryviews one after the other: one, or two where an earlier chunk
    /// had begun the first frame, which is then the first of them.
    #[getter]
    fn wire_parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guard(|| PyTuple::new(py, self.wire.parts(py)?))
    }

    /// The index of the first frame that equals `value`. Raises ValueError where none does.
    #[pyo3(signature = (value, start = None, stop = None), text_signature = "($self, value, start=0, stop=sys.maxsize)")]
    fn index(
        &self,
        value: &Bound<'_, PyAny>,
        start: Option<&Bound<'_, PyAny>>,
        stop: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<isize> {
        // A slice takes integers of any size, as a list's `index` does.
        let part = value.py().get_type::<PySlice>().call1((start, stop))?.cast_into::<PySlice>()?;
        let part = part.indices(self.rows.len() as isize)?;
        for at in part.start..part.stop {
            if self.equals(&self.rows[at as usize], value)? {
                return Ok(at);
            }
        }
        Err(PyValueError::new_err("no frame of the batch is equal"))
    }

    /// How many frames equal `value`.
    fn count(&self, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        self.rows.iter().try_fold(0, |count, row| Ok(count + usize::from(self.equals(row, value)?)))
    }

    /// Whether the frames are equal, one by one.
    fn __eq__(&self, py: Python<'_>, other: &FrameBatch) -> PyResult<bool> {
        guard(|| {
            let (ours, theirs) = (self.wire.slices(py), other.wire.slices(py));
            let theirs = other.rows.iter().map(|row| theirs.content(row));
            Ok(self.rows.iter().map(|row| ours.content(row)).eq(theirs))
        })
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        guard(|| {
            let (slices, mut hasher) = (self.wire.slices(py), DefaultHasher::new());
            self.rows.iter().for_each(|row| slices.content(row).hash(&mut hasher));
            Ok(hasher.finish())
        })
    }

    /// The frames are encoded anew, so that nothing else of their chunk goes along.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py, (Bound<'py, PyBytes>,)>> {
        guard(|| {
            let slices = self.wire.slices(py);
            let frames = self.rows.iter().map(|row| slices.frame(row).ok_or_else(internal));
            let wire = encode_frames(py, &frames.collect::<PyResult<Vec<_>>>()?)?;
            Ok((maker(py, "_batch")?, (wire,)))
        })
    }

    fn __iter__(slf: Bound<'_, Self>) -> FrameIterator {
        FrameIterator::new(slf.unbind())
    }

    /// The fast road: an iterator over tuples, each the frame's kind and then its fields in the order of
    /// `__match_args__`, as in `(Kind.DATA, seq, obj, body)`. Bodies are `bytes`, copied.
    fn tuples<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        tuples(slf)
    }

    /// # Safety
    /// CPython's: `view` is one to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        // SAFETY: as above.
        unsafe { buffer::export_rows(view, flags, slf) }
    }

    fn __repr__(&self) -> String {
        format!("<oap.FrameBatch of {} frames>", self.rows.len())
    }
}

impl FrameBatch {
    fn equals(&self, row: &Row, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        guard(|| self.frame(value.py(), row, &Mutex::default())?.eq(value))
    }

    fn row(&self, index: isize) -> PyResult<&Row> {
        let from_end = if index < 0 { self.rows.len() as isize } else { 0 };
        let row =
            usize::try_from(index.wrapping_add(from_end)).ok().and_then(|at| self.rows.get(at));
        row.ok_or_else(|| PyIndexError::new_err("there is no frame of that index"))
    }

    fn slice(&self, slice: &Bound<'_, PySlice>) -> PyResult<FrameBatch> {
        let PySliceIndices { start, step, slicelength, .. } =
            slice.indices(self.rows.len() as isize)?;
        let rows = (0..slicelength as isize).map(|n| self.rows[(start + n * step) as usize]);
        Ok(FrameBatch::new(rows.collect(), self.wire.clone()))
    }
}

/// Adds the class, as a `collections.abc.Sequence`.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FrameBatch>()?;
    let sequence = module.py().import("collections.abc")?.getattr("Sequence")?;
    sequence.call_method1("register", (module.getattr("FrameBatch")?,))?;
    Ok(())
}
