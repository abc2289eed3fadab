//! From a chunk to a batch, alike for `Decoder` and `Session`.

use crate::batch::FrameBatch;
use crate::chunk::Chunk;
use crate::errors::rejected;
use crate::wire::Wire;
use oap::{FrameTable, Reject, Row};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;

/// A decoder or a session: it takes chunks.
pub trait Intake: Send {
    fn feed<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject>;

    /// Bytes of a partial frame that it holds.
    fn staged(&self) -> usize;
}

/// From here on the interpreter's lock is released while the core decodes.
const DETACH_BYTES: usize = 1 << 20;

const FEW_BYTES: usize = 256;

/// Rows have 32 bits for offsets, and the frame that earlier chunks began comes before the chunk.
const MAX_CHUNK_BYTES: usize = u32::MAX as usize - oap::MAX_FRAME_BYTES;

/// Decodes a chunk. A reject is raised; the frames before it are its `frames`.
pub fn feed(
    py: Python<'_>,
    intake: &mut impl Intake,
    buffer: &Bound<'_, PyAny>,
) -> PyResult<FrameBatch> {
    let chunk = Chunk::of_buffer(buffer, MAX_CHUNK_BYTES, too_long)?;
    if chunk.len() > MAX_CHUNK_BYTES {
        return Err(too_long(chunk.len()));
    }
    let bytes = chunk.as_slice(py);
    let mut rows = Vec::new();
    let (staged, taken, verdict) = match finish_staged(py, intake, bytes, &mut rows) {
        Ok((staged, taken)) => {
            let shift = staged.as_ref().map_or(0, Chunk::len) as u32;
            (staged, taken, whole_frames(py, intake, &bytes[taken..], shift, &mut rows))
        }
        Err(reject) => (None, 0, Err(reject)),
    };
    let batch = batch(py, rows, staged, &chunk, taken);
    match verdict {
        Ok(()) => Ok(batch),
        Err(reject) => {
            let frames = Bound::new(py, batch)?.into_any();
            Err(rejected(py, &reject, Some(frames)))
        }
    }
}

#[cold]
fn too_long(len: usize) -> PyErr {
    PyValueError::new_err(format!("a chunk of {len} bytes is over {MAX_CHUNK_BYTES}"))
}

/// Completes the frame that earlier chunks began. Gives its bytes, if it is whole, and how many bytes of the chunk
/// went into it.
fn finish_staged(
    py: Python<'_>,
    intake: &mut impl Intake,
    bytes: &[u8],
    rows: &mut Vec<Row>,
) -> Result<(Option<Chunk>, usize), Reject> {
    if intake.staged() == 0 {
        return Ok((None, 0));
    }
    let mut room = [Row::default()];
    let table = intake.feed(bytes, &mut room)?;
    rows.extend_from_slice(table.rows());
    // The staging buffer is used again: the frame gets a copy of its own.
    let copy = || Chunk::of_bytes(PyBytes::new(py, table.bytes()));
    Ok(((!table.is_empty()).then(copy), table.consumed()))
}

/// Decodes what lies whole in the chunk, and stages what it cuts.
fn whole_frames(
    py: Python<'_>,
    intake: &mut impl Intake,
    bytes: &[u8],
    shift: u32,
    rows: &mut Vec<Row>,
) -> Result<(), Reject> {
    let len = bytes.len();
    if len <= FEW_BYTES {
        // Few frames: making more room takes longer than they do.
        read::<4>(intake, bytes, shift, rows)
    } else if len < DETACH_BYTES {
        read::<64>(intake, bytes, shift, rows)
    } else {
        py.detach(|| read::<64>(intake, bytes, shift, rows))
    }
}

fn read<const ROOM: usize>(
    intake: &mut impl Intake,
    bytes: &[u8],
    shift: u32,
    rows: &mut Vec<Row>,
) -> Result<(), Reject> {
    let mut room = [Row::default(); ROOM];
    let mut at = 0;
    loop {
        let table = intake.feed(&bytes[at..], &mut room)?;
        let known = rows.len();
        rows.extend_from_slice(table.rows());
        move_rows(&mut rows[known..], shift + at as u32);
        at += table.consumed();
        if !table.more() {
            return Ok(());
        }
        // Room for frames as long as those so far: growing step by step costs several times the decoding.
        let mean = (at / rows.len().max(1)).max(1);
        rows.reserve((bytes.len() - at) / mean);
    }
}

fn move_rows(rows: &mut [Row], by: u32) {
    for row in rows {
        row.body_offset += by;
        row.text_offset += by;
    }
}

fn batch(
    py: Python<'_>,
    mut rows: Vec<Row>,
    staged: Option<Chunk>,
    chunk: &Chunk,
    taken: usize,
) -> FrameBatch {
    // Small frames before large ones promise more rows than come.
    if rows.capacity() > 2 * rows.len() + 64 {
        rows.shrink_to_fit();
    }
    let end = rows.last().map_or(0, |row| row.offset() + row.length());
    let end = taken + end - staged.as_ref().map_or(0, Chunk::len);
    let wire = Wire::new(staged, chunk.part(py, taken..end));
    FrameBatch::new(rows, Arc::new(wire))
}
