//! Bytes that stay as they are while Rust reads them.

use crate::guard::internal;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};
use std::ops::Range;

/// A range of a `bytes` object. `bytes` is the one buffer that no one changes, so it is the only one that is read
/// in place; all others are copied to one first.
pub struct Chunk {
    bytes: Py<PyBytes>,
    range: Range<usize>,
}

impl Chunk {
    pub fn of_bytes(bytes: Bound<'_, PyBytes>) -> Self {
        let range = 0..bytes.as_bytes().len();
        Chunk { bytes: bytes.unbind(), range }
    }

    /// The bytes of any object with the buffer protocol.
    ///
    /// `bytes`, and a memoryview of `bytes`, are not copied. A read-only view of something else is: it is read-only
    /// for its holder, not for the owner of the memory. The error of `too_many` comes before a copy of more than
    /// `most_bytes`.
    pub fn of_buffer(
        object: &Bound<'_, PyAny>,
        most_bytes: usize,
        too_many: impl FnOnce(usize) -> PyErr,
    ) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Chunk::of_bytes(bytes.clone()));
        }
        let view = match object.cast::<PyMemoryView>() {
            Ok(view) => view.clone(),
            Err(_) => PyMemoryView::from(object)?,
        };
        if let Some(chunk) = Chunk::of_view(&view)? {
            return Ok(chunk);
        }
        let len = view.getattr(pyo3::intern!(object.py(), "nbytes"))?.extract()?;
        if len > most_bytes {
            return Err(too_many(len));
        }
        let copy = view.call_method0(pyo3::intern!(object.py(), "tobytes"))?;
        Ok(Chunk::of_bytes(copy.cast_into::<PyBytes>()?))
    }

    /// The bytes that bodies are made of, of any length.
    #[inline]
    pub fn of_body(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Chunk::of_buffer(object, usize::MAX, |_| internal())
    }

    /// Of a memoryview of `bytes`, without a copy.
    fn of_view(view: &Bound<'_, PyMemoryView>) -> PyResult<Option<Self>> {
        let py = view.py();
        let owner = view.getattr(pyo3::intern!(py, "obj"))?;
        let Ok(bytes) = owner.cast_exact::<PyBytes>() else { return Ok(None) };
        let buffer = PyUntypedBuffer::get(view)?;
        if !buffer.is_c_contiguous() {
            return Ok(None);
        }
        let owned = bytes.as_bytes();
        let start = (buffer.buf_ptr() as usize).wrapping_sub(owned.as_ptr() as usize);
        let range = start..start.saturating_add(buffer.len_bytes());
        let inside = owned.get(range.clone()).is_some();
        Ok(inside.then(|| Chunk { bytes: bytes.clone().unbind(), range }))
    }

    #[inline]
    pub fn as_slice<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        &self.bytes.bind(py).as_bytes()[self.range.clone()]
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// A part of it.
    #[inline]
    pub fn part(&self, py: Python<'_>, range: Range<usize>) -> Chunk {
        let start = self.range.start;
        Chunk { bytes: self.bytes.clone_ref(py), range: start + range.start..start + range.end }
    }

    pub fn clone_ref(&self, py: Python<'_>) -> Chunk {
        self.part(py, 0..self.len())
    }

    /// A memoryview of the whole `bytes` object, for [`Chunk::slice_of`].
    pub fn base_view<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMemoryView>> {
        PyMemoryView::from(self.bytes.bind(py).as_any())
    }

    /// A memoryview of this part alone; `base` is one of the whole `bytes` object.
    #[inline]
    pub fn slice_of<'py>(&self, base: &Bound<'py, PyMemoryView>) -> PyResult<Bound<'py, PyAny>> {
        let (start, end) = (self.range.start as isize, self.range.end as isize);
        // SAFETY: the interpreter is attached, `base` is a live object, and a new reference or NULL comes back.
        unsafe {
            let slice = pyo3::ffi::PySequence_GetSlice(base.as_ptr(), start, end);
            Bound::from_owned_ptr_or_err(base.py(), slice)
        }
    }
}
