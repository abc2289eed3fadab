//! The methods of `FrameBatch` in Python: a sequence of frames, and an array of rows.

use crate::batch::FrameBatch;
use crate::buffer;
use crate::guard::guard;
use crate::iterate::FrameIterator;
use crate::tuples::tuples;
use oap::Row;
use pyo3::exceptions::PyIndexError;
use pyo3::ffi::Py_buffer;
use pyo3::prelude::*;
use pyo3::types::slice::PySliceIndices;
use pyo3::types::PySlice;
use std::ffi::c_int;
use std::sync::Mutex;

#[derive(FromPyObject)]
enum Index<'py> {
    One(isize),
    Many(Bound<'py, PySlice>),
}

#[pymethods]
impl FrameBatch {
    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: Index<'py>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| match index {
            Index::One(index) => self.frame(py, self.row(index)?, &Mutex::default()),
            Index::Many(slice) => Ok(Bound::new(py, self.slice(&slice)?)?.into_any()),
        })
    }

    /// The body of frame `index`, a read-only memoryview that keeps its memory alive; empty for other kinds than DATA.
    fn body<'py>(&self, py: Python<'py>, index: isize) -> PyResult<Bound<'py, PyAny>> {
        guard(|| Ok(self.wire.body(py, self.row(index)?)?.0))
    }

    /// The bytes of the frames in order, as they came; the offsets of the rows count in it. A read-only memoryview,
    /// of the chunk where no earlier chunk had begun the first frame, else of a copy.
    #[getter]
    fn wire<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.wire.view(py)
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
        unsafe { buffer::fill(view, flags, slf) }
    }

    fn __repr__(&self) -> String {
        format!("<oap.FrameBatch of {} frames>", self.rows.len())
    }
}

impl FrameBatch {
    fn row(&self, index: isize) -> PyResult<&Row> {
        let from_end = if index < 0 { self.rows.len() as isize } else { 0 };
        let row = usize::try_from(index + from_end).ok().and_then(|at| self.rows.get(at));
        row.ok_or_else(|| PyIndexError::new_err("there is no frame of that index"))
    }

    fn slice(&self, slice: &Bound<'_, PySlice>) -> PyResult<FrameBatch> {
        let PySliceIndices { start, step, slicelength, .. } =
            slice.indices(self.rows.len() as isize)?;
        let rows = (0..slicelength as isize).map(|n| self.rows[(start + n * step) as usize]);
        Ok(FrameBatch::new(rows.collect(), self.wire.clone()))
    }
}
