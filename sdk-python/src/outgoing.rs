//! Frames to be sent: objects, or tuples as `FrameBatch.tuples` makes them.

use crate::frames::{Ack, Data, End, Error, Hello, Start};
use crate::guard::internal;
use crate::kind;
use crate::number::U32;
use oap::{Frame, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

/// The core's frame, borrowing from the object. `None`: it has to be [`settled`] first.
#[inline(always)]
pub fn frame_of<'a>(object: Borrowed<'a, 'a, PyAny>) -> PyResult<Option<Frame<'a>>> {
    let py = object.py();
    if let Ok(tuple) = object.cast_exact::<PyTuple>() {
        return of_tuple(tuple);
    }
    if let Ok(data) = object.cast_exact::<Data>() {
        let data = data.get();
        let (seq, obj, body) = (data.number, data.address(py)?, data.bytes.as_slice(py));
        return Ok(Some(Frame::Data(oap::Data { seq, obj, body })));
    }
    if let Ok(ack) = object.cast_exact::<Ack>() {
        return Ok(Some(Frame::Ack(oap::Ack { up_to: ack.get().number })));
    }
    of_rare(object).map(Some)
}

#[inline(never)]
fn of_rare<'a>(object: Borrowed<'a, 'a, PyAny>) -> PyResult<Frame<'a>> {
    if let Ok(hello) = object.cast::<Hello>() {
        return Ok(Frame::Hello(hello.get().into()));
    }
    if let Ok(start) = object.cast::<Start>() {
        return Ok(Frame::Start(oap::Start { stream: &start.get().stream }));
    }
    if let Ok(end) = object.cast::<End>() {
        let End { seq, status } = *end.get();
        return Ok(Frame::End(oap::End { seq, status }));
    }
    if let Ok(error) = object.cast::<Error>() {
        let Error { code, reason } = error.get();
        return Ok(Frame::Error(oap::Error { code: *code, reason }));
    }
    let name = object.get_type().qualname()?;
    Err(PyTypeError::new_err(format!("a frame is needed, not {name}")))
}

/// The same object, or a `Data` with its own bytes in place of a tuple whose body is no `bytes`.
pub fn settled<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if frame_of(object.as_borrowed())?.is_some() {
        return Ok(object.clone());
    }
    let [_, seq, obj, body] = fields(object.as_borrowed().cast()?)?;
    let data = Data::new(object.py(), seq.extract()?, obj.extract()?, Some(&body))?;
    Ok(Bound::new(object.py(), data)?.into_any())
}

#[inline(always)]
fn of_tuple<'a>(tuple: Borrowed<'a, 'a, PyTuple>) -> PyResult<Option<Frame<'a>>> {
    let first = tuple.get_borrowed_item(0).map_err(|_| no_kind())?;
    Ok(Some(match kind::of_object(&first)?.ok_or_else(no_kind)? {
        Kind::Data => {
            let [_, seq, obj, body] = fields(tuple)?;
            if !body.is_exact_instance_of::<PyBytes>() {
                return Ok(None);
            }
            let (seq, obj, body) = (seq.extract()?, obj.extract()?, body.extract()?);
            Frame::Data(oap::Data { seq, obj, body })
        }
        Kind::Ack => {
            let [_, up_to] = fields(tuple)?;
            Frame::Ack(oap::Ack { up_to: up_to.extract()? })
        }
        kind => of_rare_tuple(kind, tuple)?,
    }))
}

#[inline(never)]
fn of_rare_tuple<'a>(kind: Kind, tuple: Borrowed<'a, 'a, PyTuple>) -> PyResult<Frame<'a>> {
    Ok(match kind {
        Kind::Hello => {
            let [_, version, max_frame, features, ack_window] = fields(tuple)?;
            let (U32(version), max_frame) = (version.extract()?, max_frame.extract()?);
            let (features, window) = (features.extract()?, ack_window.extract::<Option<U32>>()?);
            let ack_window = window.map(|U32(window)| window);
            Frame::Hello(oap::Hello { version, max_frame, features, ack_window })
        }
        Kind::Start => {
            let [_, stream] = fields(tuple)?;
            Frame::Start(oap::Start { stream: stream.extract()? })
        }
        Kind::End => {
            let [_, seq, status] = fields(tuple)?;
            let (seq, U32(status)) = (seq.extract()?, status.extract()?);
            Frame::End(oap::End { seq, status })
        }
        Kind::Error => {
            let [_, code, reason] = fields(tuple)?;
            let (U32(code), reason) = (code.extract()?, reason.extract()?);
            Frame::Error(oap::Error { code, reason })
        }
        Kind::Data | Kind::Ack => return Err(internal()),
    })
}

/// The kind and the fields of a tuple, which has to have just so many.
#[inline(always)]
fn fields<'a, const N: usize>(
    tuple: Borrowed<'a, 'a, PyTuple>,
) -> PyResult<[Borrowed<'a, 'a, PyAny>; N]> {
    if tuple.len() != N {
        let says = format!("a tuple of this kind has {N} items, not {}", tuple.len());
        return Err(PyValueError::new_err(says));
    }
    let py = tuple.py();
    // SAFETY: the index is in bounds, and the tuple, which can't change, keeps its items alive for 'a.
    Ok(std::array::from_fn(|at| unsafe {
        Borrowed::from_ptr(py, ffi::PyTuple_GetItem(tuple.as_ptr(), at as isize))
    }))
}

#[cold]
fn no_kind() -> PyErr {
    PyValueError::new_err("a frame's tuple begins with its Kind")
}
