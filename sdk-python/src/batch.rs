//! `FrameBatch`: the frames that one call found, as rows over the bytes that hold them.

use crate::buffer;
use crate::chunk::Chunk;
use crate::frames::{Ack, Data, End, Error, Hello, Start};
use crate::guard::{guard, internal};
use crate::iterate::FrameIterator;
use crate::tuples::tuples;
use oap::{Frame, Kind, Row};
use pyo3::exceptions::PyIndexError;
use pyo3::ffi::Py_buffer;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::slice::PySliceIndices;
use pyo3::types::{PyBytes, PyMemoryView, PySlice, PyString};
use std::ffi::c_int;
use std::sync::{Arc, Mutex};

/// Bytes that rows point into, and the memoryview that all views of them are slices of.
pub struct Source {
    pub chunk: Chunk,
    view: PyOnceLock<Py<PyMemoryView>>,
}

impl Source {
    pub fn new(chunk: Chunk) -> Self {
        Source { chunk, view: PyOnceLock::new() }
    }

    #[inline]
    fn view<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyMemoryView>> {
        let view = self.view.get_or_try_init(py, || self.chunk.base_view(py).map(Bound::unbind))?;
        Ok(view.bind(py))
    }
}

/// The frames' bytes in order: first the frame that earlier chunks began, if any, then what followed it in the chunk.
pub struct Wire {
    pub staged: Option<Source>,
    pub chunk: Source,
}

impl Wire {
    /// The bytes that hold a row's frame, and where they start in the whole.
    #[inline]
    pub fn of_row(&self, row: &Row) -> (&Source, usize) {
        match &self.staged {
            Some(staged) if row.offset() < staged.chunk.len() => (staged, 0),
            staged => (&self.chunk, staged.as_ref().map_or(0, |staged| staged.chunk.len())),
        }
    }

    /// The same, to be read.
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

/// The frames that one `feed` or `recv` found: an immutable sequence whose frames are made when they are asked for.
///
/// Through the buffer protocol it is a read-only, one-dimensional structured array of 32 bytes a frame, with the
/// fields `seq`, `body_offset`, `body_len`, `text_offset`, `value`, `text_len`, `header_len`, `ack_window`, `kind` and
/// `flags`: `numpy.asarray(batch)["seq"]` copies nothing. Offsets count in `batch.wire`. It keeps the chunk alive.
#[pyclass(frozen, sequence, module = "oap")]
pub struct FrameBatch {
    pub rows: Vec<Row>,
    /// How many rows there are, where the buffer protocol can point to it.
    pub shape: isize,
    pub wire: Arc<Wire>,
}

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
        guard(|| Ok(self.body_of(py, self.row(index)?)?.0))
    }

    /// The bytes of the frames in order, as they came; the offsets of the rows count in it. A read-only memoryview,
    /// of the chunk where no earlier chunk had begun the first frame, else of a copy.
    #[getter]
    fn wire<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Wire { staged, chunk } = &*self.wire;
        let Some(staged) = staged else {
            return chunk.chunk.slice_of(chunk.view(py)?);
        };
        let parts = [staged.chunk.as_slice(py), chunk.chunk.as_slice(py)];
        Ok(PyMemoryView::from(PyBytes::new(py, &parts.concat()).as_any())?.into_any())
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
    pub fn new(rows: Vec<Row>, wire: Arc<Wire>) -> Self {
        FrameBatch { shape: rows.len() as isize, rows, wire }
    }

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

    #[inline(always)]
    fn body_of<'py>(&self, py: Python<'py>, row: &Row) -> PyResult<(Bound<'py, PyAny>, Chunk)> {
        let (source, start) = self.wire.of_row(row);
        let from = row.body_offset as usize - start;
        let chunk = source.chunk.part(py, from..from + row.body_len as usize);
        Ok((chunk.slice_of(source.view(py)?)?, chunk))
    }

    /// The frame of a row.
    #[inline]
    pub fn frame<'py>(
        &self,
        py: Python<'py>,
        row: &Row,
        addresses: &Mutex<Addresses>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match Kind::from_byte(row.kind) {
            Some(Kind::Data) => {
                let obj = match row.flags & Row::HAS_OBJ {
                    0 => py.None().into_bound(py),
                    _ => match addresses.try_lock() {
                        Ok(mut last) => last.of(py, &self.wire.slices(py), row)?,
                        Err(_) => Addresses::default().of(py, &self.wire.slices(py), row)?,
                    },
                };
                let (body, bytes) = self.body_of(py, row)?;
                Ok(Bound::new(py, Data::of_parts(py, row.seq, obj, body, bytes)?)?.into_any())
            }
            Some(Kind::Ack) => Ok(Bound::new(py, Ack::new(py, row.seq)?)?.into_any()),
            _ => self.rare_frame(py, row),
        }
    }

    /// A frame of another kind than DATA and ACK.
    fn rare_frame<'py>(&self, py: Python<'py>, row: &Row) -> PyResult<Bound<'py, PyAny>> {
        match self.wire.slices(py).frame(row).ok_or_else(internal)? {
            Frame::Hello(hello) => Bound::new(py, Hello::from(hello)).map(Bound::into_any),
            Frame::Start(start) => Bound::new(py, Start::from(start)).map(Bound::into_any),
            Frame::End(end) => Bound::new(py, End::from(end)).map(Bound::into_any),
            Frame::Error(error) => Bound::new(py, Error::from(error)).map(Bound::into_any),
            Frame::Data(_) | Frame::Ack(_) => Err(internal()),
        }
    }
}
