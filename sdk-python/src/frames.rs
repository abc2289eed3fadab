//! The six frames as immutable Python objects. `repr` leaves out payload and feature bits.

use crate::chunk::Chunk;
use crate::errors::refused;
use crate::guard::internal;
use crate::kind::member;
use crate::number::U32;
use crate::remake::Remade;
use oap::{encoded_len, Kind, MAX_FRAME_BYTES};
use pyo3::ffi::PyUnicode_FromObject;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};
use std::hash::{DefaultHasher, Hash, Hasher};

/// HELLO: the first frame of each side. `max_frame` in bytes; `features` are opaque bits or None; `ack_window` in
/// DATA frames, None meaning 32.
#[pyclass(frozen, eq, hash, get_all, module = "oap")]
#[derive(PartialEq, Eq, Hash)]
pub struct Hello {
    pub version: u32,
    pub max_frame: u64,
    pub features: Option<u64>,
    pub ack_window: Option<u32>,
}

impl From<oap::Hello> for Hello {
    fn from(frame: oap::Hello) -> Self {
        Hello {
            version: frame.version,
            max_frame: frame.max_frame,
            features: frame.features,
            ack_window: frame.ack_window,
        }
    }
}

impl From<&Hello> for oap::Hello {
    fn from(hello: &Hello) -> Self {
        let Hello { version, max_frame, features, ack_window } = *hello;
        oap::Hello { version, max_frame, features, ack_window }
    }
}

#[pymethods]
impl Hello {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str, &'static str, &'static str) =
        ("version", "max_frame", "features", "ack_window");

    #[classattr]
    fn kind(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        member(py, Kind::Hello).cloned()
    }

    #[new]
    #[pyo3(signature = (version, max_frame, features = None, ack_window = None))]
    fn new(version: U32, max_frame: u64, features: Option<u64>, ack_window: Option<U32>) -> Self {
        let U32(version) = version;
        Hello { version, max_frame, features, ack_window: ack_window.map(|U32(window)| window) }
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> Remade<'py, (u32, u64, Option<u64>, Option<u32>)> {
        let Hello { version, max_frame, features, ack_window } = *slf.get();
        (slf.get_type().into_any(), (version, max_frame, features, ack_window))
    }

    fn __repr__(&self) -> String {
        let Hello { version, max_frame, ack_window, .. } = self;
        let window = ack_window.map_or("None".to_owned(), |window| window.to_string());
        format!("Hello(version={version}, max_frame={max_frame}, ack_window={window})")
    }
}

/// START: opens a stream. `stream` is its name, 1..=1,024 bytes in UTF-8; `objects` and `objects/…` are object streams.
#[pyclass(frozen, eq, hash, get_all, module = "oap")]
#[derive(PartialEq, Eq, Hash)]
pub struct Start {
    pub stream: String,
}

impl From<oap::Start<'_>> for Start {
    fn from(frame: oap::Start<'_>) -> Self {
        Start { stream: frame.stream.to_owned() }
    }
}

#[pymethods]
impl Start {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str,) = ("stream",);

    #[classattr]
    fn kind(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        member(py, Kind::Start).cloned()
    }

    #[new]
    fn new(stream: String) -> Self {
        Start { stream }
    }

    fn __reduce__<'py>(slf: &'py Bound<'py, Self>) -> Remade<'py, (&'py str,)> {
        (slf.get_type().into_any(), (&slf.get().stream,))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Start(stream={})", PyString::new(py, &self.stream).repr()?))
    }
}

/// DATA: carries a body on the open stream. `obj` is a BLAKE3-256 address, `b3:` and 64 lowercase hex digits, or None.
///
/// `body` is a read-only memoryview that keeps its memory alive. A body that is given is copied once, unless it is
/// `bytes` or a memoryview of `bytes`; a FrameOversizeError is raised instead of a copy that no frame holds.
#[pyclass(frozen, module = "oap")]
pub struct Data {
    #[pyo3(get)]
    seq: Py<PyInt>,
    #[pyo3(get)]
    obj: Py<PyAny>,
    #[pyo3(get)]
    body: Py<PyAny>,
    pub number: u64,
    pub bytes: Chunk,
}

impl Data {
    /// `obj` is a `str`, of no subclass, or None; `body` is a view of `bytes`.
    #[inline(always)]
    pub fn of_parts(
        py: Python<'_>,
        number: u64,
        obj: Bound<'_, PyAny>,
        body: Bound<'_, PyAny>,
        bytes: Chunk,
    ) -> PyResult<Self> {
        let seq = number.into_pyobject(py)?.unbind();
        Ok(Data { seq, obj: obj.unbind(), body: body.unbind(), number, bytes })
    }

    pub fn address<'a>(&'a self, py: Python<'a>) -> PyResult<Option<&'a str>> {
        let obj = self.obj.bind(py);
        if obj.is_none() {
            Ok(None)
        } else {
            obj.cast::<PyString>()?.to_str().map(Some)
        }
    }

    /// All but `obj`, which may be text that no UTF-8 can hold.
    fn content<'a>(&'a self, py: Python<'a>) -> (u64, &'a [u8]) {
        (self.number, self.bytes.as_slice(py))
    }
}

#[pymethods]
impl Data {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str, &'static str) = ("seq", "obj", "body");

    #[classattr]
    fn kind(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        member(py, Kind::Data).cloned()
    }

    #[new]
    #[pyo3(signature = (seq, obj = None, body = None))]
    pub fn new(
        py: Python<'_>,
        seq: u64,
        obj: Option<Bound<'_, PyString>>,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let bytes = match body {
            Some(body) => {
                Chunk::of_buffer(body, MAX_FRAME_BYTES, |_| oversize(py, seq, obj.as_ref()))?
            }
            None => Chunk::of_bytes(PyBytes::new(py, b"")),
        };
        let body = bytes.slice_of(&bytes.base_view(py)?)?;
        let obj = obj.map(plain).transpose()?.into_pyobject(py)?;
        Data::of_parts(py, seq, obj, body, bytes)
    }

    fn __reduce__<'py>(
        slf: &'py Bound<'py, Self>,
    ) -> Remade<'py, (u64, &'py Py<PyAny>, Bound<'py, PyBytes>)> {
        let (py, Data { number, obj, bytes, .. }) = (slf.py(), slf.get());
        (slf.get_type().into_any(), (*number, obj, PyBytes::new(py, bytes.as_slice(py))))
    }

    fn __eq__(&self, py: Python<'_>, other: &Data) -> PyResult<bool> {
        Ok(self.content(py) == other.content(py) && self.obj.bind(py).eq(&other.obj)?)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        let mut hasher = DefaultHasher::new();
        (self.content(py), self.obj.bind(py).hash()?).hash(&mut hasher);
        Ok(hasher.finish())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let obj = self.obj.bind(py).repr()?;
        Ok(format!("Data(seq={}, obj={obj}, len={})", self.number, self.bytes.len()))
    }
}

/// The text as a `str` of no subclass, whose methods could do anything.
fn plain(text: Bound<'_, PyString>) -> PyResult<Bound<'_, PyString>> {
    if text.is_exact_instance_of::<PyString>() {
        return Ok(text);
    }
    // SAFETY: a live object goes in; a new reference to a `str`, or NULL, comes out.
    unsafe {
        let copy = Bound::from_owned_ptr_or_err(text.py(), PyUnicode_FromObject(text.as_ptr()))?;
        Ok(copy.cast_into_unchecked())
    }
}

/// The error that encoding would give for a body that no frame holds: it comes before the body is copied.
#[cold]
fn oversize(py: Python<'_>, seq: u64, obj: Option<&Bound<'_, PyString>>) -> PyErr {
    let obj = match obj.map(|obj| obj.to_str()).transpose() {
        Ok(obj) => obj,
        Err(error) => return error,
    };
    let frame = oap::Frame::Data(oap::Data { seq, obj, body: &vec![0; MAX_FRAME_BYTES] });
    encoded_len(&frame).map_or_else(|fault| refused(py, &fault), |_| internal())
}

/// ACK: acknowledges DATA of the other direction, the one with seq `up_to` and all before it.
#[pyclass(frozen, module = "oap")]
pub struct Ack {
    #[pyo3(get)]
    up_to: Py<PyInt>,
    pub number: u64,
}

#[pymethods]
impl Ack {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str,) = ("up_to",);

    #[classattr]
    fn kind(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        member(py, Kind::Ack).cloned()
    }

    #[new]
    pub fn new(py: Python<'_>, up_to: u64) -> PyResult<Self> {
        Ok(Ack { up_to: up_to.into_pyobject(py)?.unbind(), number: up_to })
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Remade<'py, (u64,)> {
        (slf.get_type().into_any(), (slf.get().number,))
    }

    fn __eq__(&self, other: &Ack) -> bool {
        self.number == other.number
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.number.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("Ack(up_to={})", self.number)
    }
}

/// END: closes a stream. `seq` is that of the stream's last DATA, or 0 where it carried none; `status`, 0..=65,535,
/// is the host's.
#[pyclass(frozen, eq, hash, get_all, module = "oap")]
#[derive(PartialEq, Eq, Hash)]
pub struct End {
    pub seq: u64,
    pub status: u32,
}

impl From<oap::End> for End {
    fn from(frame: oap::End) -> Self {
        End { seq: frame.seq, status: frame.status }
    }
}

#[pymethods]
impl End {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str) = ("seq", "status");

    #[classattr]
    fn kind(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        member(py, Kind::End).cloned()
    }

    #[new]
    fn new(seq: u64, status: U32) -> Self {
        let U32(status) = status;
        End { seq, status }
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Remade<'py, (u64, u32)> {
        let End { seq, status } = *slf.get();
        (slf.get_type().into_any(), (seq, status))
    }

    fn __repr__(&self) -> String {
        format!("End(seq={}, status={})", self.seq, self.status)
    }
}

/// ERROR: ends the session. `code` is that of a reject, or one of the host's, 0..=65,535; `reason` is text of at most
/// 1,024 bytes in UTF-8.
#[pyclass(frozen, eq, hash, get_all, module = "oap")]
#[derive(PartialEq, Eq, Hash)]
pub struct Error {
    pub code: u32,
    pub reason: String,
}

impl From<oap::Error<'_>> for Error {
    fn from(frame: oap::Error<'_>) -> Self {
        Error { code: frame.code, reason: frame.reason.to_owned() }
    }
}

#[pymethods]
impl Error {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str) = ("code", "reason");

    #[classattr]
    fn kind(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        member(py, Kind::Error).cloned()
    }

    #[new]
    fn new(code: U32, reason: String) -> Self {
        let U32(code) = code;
        Error { code, reason }
    }

    fn __reduce__<'py>(slf: &'py Bound<'py, Self>) -> Remade<'py, (u32, &'py str)> {
        let Error { code, reason } = slf.get();
        (slf.get_type().into_any(), (*code, reason))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Error(code={}, reason={})", self.code, PyString::new(py, &self.reason).repr()?))
    }
}
