//! `FrameBatch`: the frames that one call found, as rows over the bytes that hold them. Its Python methods: `sequence.rs`.

use crate::frames::{Ack, Data, End, Error, Hello, Start};
use crate::guard::internal;
use crate::wire::{Addresses, Wire};
use oap::{Frame, Kind, Row};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};

/// The frames that one `feed` or `recv` found: an immutable sequence whose frames are made when they are asked for.
///
/// Through the buffer protocol it is a read-only, one-dimensional structured array of 32 bytes a frame, with the
/// fields `seq`, `body_offset`, `body_len`, `text_offset`, `value`, `text_len`, `header_len`, `ack_window`, `kind` and
/// `flags`: `numpy.asarray(batch)["seq"]` copies nothing. Offsets count in `batch.wire`. It keeps the chunk alive.
#[pyclass(frozen, sequence, weakref, module = "oap")]
pub struct FrameBatch {
    pub rows: Vec<Row>,
    /// How many rows there are, where the buffer protocol can point to it.
    pub shape: isize,
    pub wire: Arc<Wire>,
}

impl FrameBatch {
    pub fn new(rows: Vec<Row>, wire: Arc<Wire>) -> Self {
        FrameBatch { shape: rows.len() as isize, rows, wire }
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
                let (body, bytes) = self.wire.body(py, row)?;
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
