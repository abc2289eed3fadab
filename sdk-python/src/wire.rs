//! The bytes of a batch's frames, and what rows point to in them.

use crate::chunk::Chunk;
use crate::once::get_or_make;
use oap::{Frame, Row};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyMemoryView, PyString};
use std::hash::Hash;
use std::ops::Range;

/// Bytes that rows point into, and the memoryview that all views of them are slices of.
pub struct Source {
    chunk: Chunk,
    view: PyOnceLock<Py<PyMemoryView>>,
}

impl Source {
    pub fn new(chunk: Chunk) -> Self {
        Source { chunk, view: PyOnceLock::new() }
    }

    #[inline]
    fn view<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyMemoryView>> {
        let make = || self.chunk.base_view(py).map(Bound::unbind);
        Ok(get_or_make(py, &self.view, make)?.bind(py))
    }

    /// A part, and a memoryview of it.
    #[inline]
    fn part<'py>(
        &self,
        py: Python<'py>,
        range: Range<usize>,
    ) -> PyResult<(Bound<'py, PyAny>, Chunk)> {
        let part = self.chunk.part(py, range);
        Ok((part.slice_of(self.view(py)?)?, part))
    }
}

/// The frames' bytes in order: first the frame that earlier chunks began, if any, then what followed it in the chunk.
pub struct Wire {
    staged: Option<Source>,
    chunk: Source,
}

impl Wire {
    pub fn new(staged: Option<Chunk>, chunk: Chunk) -> Self {
        Wire { staged: staged.map(Source::new), chunk: Source::new(chunk) }
    }

    /// All of it, as a memoryview: of the chunk where nothing was staged, else of a copy.
    pub fn view<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.staged.is_none() {
            return self.chunk.chunk.slice_of(self.chunk.view(py)?);
        }
        let Slices { staged, chunk } = self.slices(py);
        let copy = PyBytes::new(py, &[staged, chunk].concat());
        Ok(PyMemoryView::from(copy.as_any())?.into_any())
    }

    /// The same without a copy: one memoryview, or two where a frame was staged.
    pub fn parts<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let sources = self.staged.iter().chain([&self.chunk]);
        sources.map(|source| source.chunk.slice_of(source.view(py)?)).collect()
    }

    /// The body of a row, and a memoryview of it.
    #[inline(always)]
    pub fn body<'py>(&self, py: Python<'py>, row: &Row) -> PyResult<(Bound<'py, PyAny>, Chunk)> {
        let (source, start) = match &self.staged {
            Some(staged) if row.offset() < staged.chunk.len() => (staged, 0),
            staged => (&self.chunk, staged.as_ref().map_or(0, |staged| staged.chunk.len())),
        };
        let from = row.body_offset as usize - start;
        source.part(py, from..from + row.body_len as usize)
    }

    /// Its memory.
    #[inline]
    pub fn slices<'a>(&'a self, py: Python<'a>) -> Slices<'a> {
        let staged = self.staged.as_ref().map_or(&[][..], |staged| staged.chunk.as_slice(py));
        Slices { staged, chunk: self.chunk.chunk.as_slice(py) }
    }
}

/// The memory of a [`Wire`].
pub struct Slices<'a> {
    staged: &'a [u8],
    chunk: &'a [u8],
}

impl<'a> Slices<'a> {
    /// The memory that holds a row's frame, and where it starts in the whole.
    #[inline]
    fn of_row(&self, row: &Row) -> (&'a [u8], usize) {
        if row.offset() < self.staged.len() {
            (self.staged, 0)
        } else {
            (self.chunk, self.staged.len())
        }
    }

    #[inline]
    pub fn body(&self, row: &Row) -> &'a [u8] {
        let (bytes, start) = self.of_row(row);
        let from = row.body_offset as usize - start;
        &bytes[from..from + row.body_len as usize]
    }

    /// START's `stream`, DATA's `obj` or ERROR's `reason`.
    #[inline]
    pub fn text(&self, row: &Row) -> &'a [u8] {
        let (bytes, start) = self.of_row(row);
        let from = row.text_offset as usize - start;
        &bytes[from..from + usize::from(row.text_len)]
    }

    /// The fields of a row's frame, wherever it lies and however its header was encoded.
    pub fn content(&self, row: &Row) -> impl Eq + Hash + use<'a> {
        let numbers = (row.kind, row.flags, row.seq, row.value, row.ack_window);
        (numbers, self.text(row), self.body(row))
    }

    /// The whole frame.
    pub fn frame(&self, row: &Row) -> Option<Frame<'a>> {
        let (bytes, start) = self.of_row(row);
        let body_offset = row.body_offset - start as u32;
        let text_offset = row.text_offset - start as u32;
        Row { body_offset, text_offset, ..*row }.frame(bytes)
    }
}

/// The last `obj` that was made: on a stream of one object all frames share it.
#[derive(Default)]
pub struct Addresses(Option<(Row, Py<PyAny>)>);

impl Addresses {
    /// DATA's `obj`, which it has.
    #[inline]
    pub fn of<'py>(
        &mut self,
        py: Python<'py>,
        slices: &Slices<'_>,
        row: &Row,
    ) -> PyResult<Bound<'py, PyAny>> {
        let text = slices.text(row);
        match &self.0 {
            Some((last, address)) if slices.text(last) == text => Ok(address.bind(py).clone()),
            _ => {
                let address = PyString::from_bytes(py, text)?.into_any();
                self.0 = Some((*row, address.clone().unbind()));
                Ok(address)
            }
        }
    }
}
