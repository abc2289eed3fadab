//! Encoding into `bytes` objects, each written once and in place.

use crate::errors::refused;
use crate::guard::{guard, internal};
use crate::outgoing::{frame_of, settled};
use oap::{encode_to, encoded_len, EncodeError, Frame};
use pyo3::exceptions::PyOverflowError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::mem::MaybeUninit;

/// The bytes of a frame: a Hello, Start, Data, Ack, End or Error, or a tuple as `FrameBatch.tuples` makes them.
///
/// Raises the RejectError that a decoder would find.
#[pyfunction]
pub fn encode<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let py = frame.py();
    guard(|| {
        let frame = settled(frame)?;
        let frame = frame_of(frame.as_borrowed())?.ok_or_else(internal)?;
        encode_frames(py, &[frame])
    })
}

/// The bytes of many frames, in order, from any iterable; much faster than one by one.
///
/// Raises the RejectError of the first that a decoder would reject; then none is encoded.
#[pyfunction]
pub fn encode_batch<'py>(frames: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let py = frames.py();
    guard(|| {
        // A tuple of its own: nobody changes it meanwhile.
        let frames = py.get_type::<PyTuple>().call1((frames,))?.cast_into::<PyTuple>()?;
        if let Some(frames) = frames_of(&frames)? {
            return encode_frames(py, &frames);
        }
        let settled = frames.iter().map(|frame| settled(&frame)).collect::<PyResult<Vec<_>>>()?;
        let frames = PyTuple::new(py, settled)?;
        let frames = frames_of(&frames)?;
        encode_frames(py, &frames.ok_or_else(internal)?)
    })
}

fn frames_of<'a>(frames: &'a Bound<'_, PyTuple>) -> PyResult<Option<Vec<Frame<'a>>>> {
    let mut found = Vec::with_capacity(frames.len());
    for frame in frames.iter_borrowed() {
        match frame_of(frame)? {
            Some(frame) => found.push(frame),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// The bytes of frames, in order.
pub fn encode_frames<'py>(py: Python<'py>, frames: &[Frame<'_>]) -> PyResult<Bound<'py, PyBytes>> {
    let refuse = |fault| refused(py, &fault);
    let len =
        frames.iter().try_fold(0, |len, frame| Ok(len + encoded_len(frame)?)).map_err(refuse)?;
    new_bytes(py, len, |mut room| {
        for frame in frames {
            encode_to(frame, &mut room).map_err(|error| unencoded(py, &error))?;
        }
        Ok(room.len())
    })
}

/// The exception of a frame that was not encoded.
#[cold]
pub fn unencoded(py: Python<'_>, error: &EncodeError) -> PyErr {
    match error {
        EncodeError::Refused(fault) => refused(py, fault),
        _ => internal(),
    }
}

/// A `bytes` object of `len` bytes, all of which `write` writes; it gives the number of those left over: 0.
pub fn new_bytes<'py>(
    py: Python<'py>,
    len: usize,
    write: impl FnOnce(&mut [MaybeUninit<u8>]) -> PyResult<usize>,
) -> PyResult<Bound<'py, PyBytes>> {
    let size = isize::try_from(len).map_err(|_| PyOverflowError::new_err("too many bytes"))?;
    // SAFETY: a new reference or NULL comes back; nobody else has seen the object, so its `len` bytes are ours to
    // write, through pointers that allow for their being uninitialised.
    let (bytes, room) = unsafe {
        let object = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        let bytes = Bound::from_owned_ptr_or_err(py, object)?.cast_into_unchecked::<PyBytes>();
        let start = ffi::PyBytes_AsString(bytes.as_ptr()).cast::<MaybeUninit<u8>>();
        (bytes, std::slice::from_raw_parts_mut(start, len))
    };
    match write(room)? {
        0 => Ok(bytes),
        _ => Err(internal()),
    }
}
