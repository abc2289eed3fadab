//! The core's engine of a connection, with the bodies that lie in Python objects until they are written.

use crate::chunk::Chunk;
use crate::encode::new_bytes;
use crate::errors::{connection_closed, refused};
use crate::feed::Intake;
use oap::{FrameTable, Piece, Reject, Row, SendError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use std::collections::VecDeque;

/// From here on a body is not copied to the frames before it.
const LARGE_BODY_BYTES: usize = 16 << 10;

/// The engine, and the bodies that it has announced.
pub struct Engine {
    pub core: oap::Connection,
    pub bodies: VecDeque<Chunk>,
}

/// The engine at a time.
pub struct At<'e> {
    pub engine: &'e mut oap::Connection,
    pub now: u64,
}

impl Intake for At<'_> {
    #[inline]
    fn feed<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        Ok(self.engine.receive(self.now, chunk, rows))
    }

    fn staged(&self) -> usize {
        self.engine.session().staged()
    }
}

impl Engine {
    /// Queues a DATA: a large body stays where it is.
    #[inline]
    pub fn data(
        &mut self,
        py: Python<'_>,
        now: u64,
        obj: Option<&str>,
        body: &Chunk,
    ) -> Result<(), SendError> {
        if body.len() < LARGE_BODY_BYTES {
            return self.core.data(now, obj, body.as_slice(py)).map(drop);
        }
        self.core.data_head(now, obj, body.len())?;
        self.bodies.push_back(body.clone_ref(py));
        Ok(())
    }

    /// The largest body that a DATA can have; 0 before the peer's HELLO, when none can go.
    #[inline]
    pub fn max_body(&self, with_obj: bool) -> usize {
        self.core.max_body(with_obj).unwrap_or(0)
    }

    /// Returns what a send waits for, or `None` where the frame is queued.
    pub fn outcome(
        &self,
        py: Python<'_>,
        sent: Result<(), SendError>,
    ) -> PyResult<Option<&'static str>> {
        match sent {
            Ok(()) => Ok(None),
            Err(SendError::Waits(wait)) => Ok(Some(wait.name())),
            Err(SendError::Refused(fault)) => Err(refused(py, &fault)),
            Err(_) => Err(connection_closed(py, self.core.end_reason())),
        }
    }

    /// So many bytes are written; bodies that are done with are let go.
    pub fn transmitted(&mut self, now: u64, count: usize) {
        let mut left = count;
        let mut written = 0;
        if !self.bodies.is_empty() {
            for piece in self.core.transmit(now) {
                if piece_len(piece) > left {
                    break;
                }
                left -= piece_len(piece);
                written += usize::from(matches!(piece, Piece::Body(_)));
            }
        }
        self.bodies.drain(..written);
        self.core.transmitted(now, count);
    }

    /// So many frames are taken, and so many bytes written.
    pub fn note(&mut self, now: u64, taken: usize, written: usize) {
        if taken > 0 {
            self.core.take(now, taken);
        }
        if written > 0 {
            self.transmitted(now, written);
        }
    }

    /// What is to be written now, at most so many bytes. An ACK that is due waits where nothing may be written.
    pub fn next_wire<'py>(
        &mut self,
        py: Python<'py>,
        now: u64,
        most: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if most == 0 || !self.core.wants_write() {
            return Ok(PyBytes::new(py, b""));
        }
        self.joined(py, now, most)
    }

    /// The first `most` bytes of what is to be written.
    pub fn joined<'py>(
        &mut self,
        py: Python<'py>,
        now: u64,
        most: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let pieces = self.core.transmit(now);
        let len = pieces.clone().map(piece_len).sum::<usize>().min(most);
        let mut bodies = self.bodies.iter();
        new_bytes(py, len, |room| {
            let mut at = 0;
            for piece in pieces {
                let bytes = match piece {
                    Piece::Bytes(bytes) => bytes,
                    Piece::Body(left) => end_of(py, bodies.next(), left),
                };
                let bytes = &bytes[..bytes.len().min(len - at)];
                for (place, byte) in room[at..].iter_mut().zip(bytes) {
                    place.write(*byte);
                }
                at += bytes.len();
                if at == len {
                    break;
                }
            }
            Ok(len - at)
        })
    }

    pub fn pieces<'py>(&mut self, py: Python<'py>, now: u64) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let mut bodies = self.bodies.iter();
        for piece in self.core.transmit(now) {
            match piece {
                Piece::Bytes(bytes) => list.append(PyBytes::new(py, bytes))?,
                Piece::Body(left) => {
                    let Some(body) = bodies.next() else { break };
                    let rest = body.part(py, body.len() - left..body.len());
                    list.append(rest.slice_of(&body.base_view(py)?)?)?;
                }
            }
        }
        Ok(list)
    }
}

const fn piece_len(piece: Piece<'_>) -> usize {
    match piece {
        Piece::Bytes(bytes) => bytes.len(),
        Piece::Body(left) => left,
    }
}

/// The bytes that are left of a body.
fn end_of<'a>(py: Python<'a>, body: Option<&'a Chunk>, left: usize) -> &'a [u8] {
    let bytes = body.map_or(&[][..], |body| body.as_slice(py));
    &bytes[bytes.len().saturating_sub(left)..]
}
