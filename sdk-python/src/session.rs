//! `Session`: the core's, with both directions at a glance.

use crate::batch::FrameBatch;
use crate::config::Config;
use crate::encode::{new_bytes, unencoded};
use crate::errors::{rejected, verdict};
use crate::feed::{feed, Intake};
use crate::frames::Hello;
use crate::guard::{exclusive, internal};
use crate::monitor::Monitor;
use crate::outgoing::{frame_of, settled};
use crate::remake::{maker, Remade};
use crate::stopwatch::Stopwatch;
use oap::{encoded_len, FrameTable, Reject, Row};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Mutex;

impl Intake for oap::Session {
    #[inline]
    fn feed<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        self.recv(chunk, rows)
    }

    fn staged(&self) -> usize {
        oap::Session::staged(self)
    }
}

/// One direction of a session at a glance.
///
/// `open`: a stream is open; `objects`: it is an object stream; `last_seq`: of the direction's last DATA, or None;
/// `in_flight`: DATA frames sent and not yet acknowledged; `window`: how many may be, 0 before the receiver's HELLO;
/// `credit`: DATA frames that may be sent now.
#[pyclass(frozen, eq, hash, get_all, module = "oap")]
#[derive(PartialEq, Eq, Hash)]
pub struct Flow {
    open: bool,
    objects: bool,
    last_seq: Option<u64>,
    in_flight: u32,
    window: u32,
    credit: u32,
}

impl From<oap::Flow> for Flow {
    fn from(flow: oap::Flow) -> Self {
        let oap::Flow { open, objects, last_seq, in_flight, window, .. } = flow;
        Flow { open, objects, last_seq, in_flight, window, credit: flow.credit() }
    }
}

#[pymethods]
impl Flow {
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py, FlowFields>> {
        let Flow { open, objects, last_seq, in_flight, window, credit } = *self;
        Ok((maker(py, "_flow")?, (open, objects, last_seq, in_flight, window, credit)))
    }
}

type FlowFields = (bool, bool, Option<u64>, u32, u32, u32);

#[pyfunction]
#[pyo3(name = "_flow")]
pub fn remake_flow(
    open: bool,
    objects: bool,
    last_seq: Option<u64>,
    in_flight: u32,
    window: u32,
    credit: u32,
) -> Flow {
    Flow { open, objects, last_seq, in_flight, window, credit }
}

/// One side of a session: decodes and judges what the peer sends, and refuses to encode what the peer would have to
/// reject. No I/O. One thread at a time: a second one gets a RuntimeError. Its frames and rejects count in `monitor`, and
/// what the peer streams is in the monitor's gauges until the session ends, rejects, or is closed or collected.
#[pyclass(frozen, weakref, module = "oap")]
pub struct Session {
    state: Mutex<oap::Session>,
    stopwatch: Stopwatch,
}

impl Session {
    fn with<T>(&self, call: impl FnOnce(&mut oap::Session) -> PyResult<T>) -> PyResult<T> {
        exclusive("Session", &self.state, call)
    }
}

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (config = None, *, monitor = None))]
    fn new(config: Option<&Config>, monitor: Option<&Monitor>) -> Self {
        let mut session = oap::Session::new(Config::or_default(config));
        if let Some(monitor) = monitor {
            session.set_monitor(&monitor.core);
        }
        Session { state: Mutex::new(session), stopwatch: Stopwatch::of(monitor) }
    }

    /// The HELLO that the configuration makes. It is not sent: pass it to `send`.
    fn hello(&self) -> PyResult<Hello> {
        self.with(|session| Ok(session.hello().into()))
    }

    /// The bytes of a frame, which from now on counts as sent: the host must send them all, in this order.
    ///
    /// Raises the RejectError of the rule that the frame would break, without `offset` and `at`; the session stays as
    /// it was.
    fn send<'py>(&self, frame: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        self.with(|session| self.stopwatch.write(|| send(session, frame)))
    }

    /// Takes received bytes, in any split, any object with the buffer protocol, and gives the frames that are whole.
    /// The batch reads `bytes` and memoryviews of `bytes` in place and keeps them alive; anything else is copied once.
    ///
    /// Raises the RejectError of the first rule broken, whose `frames` are those before it in this chunk, and raises
    /// it again at every later call until an Error has been sent.
    fn recv(&self, py: Python<'_>, chunk: &Bound<'_, PyAny>) -> PyResult<FrameBatch> {
        self.with(|session| self.stopwatch.read(|| feed(py, session, chunk)))
    }

    /// Tells the session that the peer's bytes have ended. Raises TruncatedError where they ended inside a frame, or
    /// the reject given before.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        self.with(|session| session.finish().map_err(|reject| rejected(py, &reject, None)))
    }

    /// Back to a session in which neither side has spoken.
    fn reset(&self) -> PyResult<()> {
        self.with(|session| {
            session.reset();
            Ok(())
        })
    }

    /// Takes it out of its monitor's gauges, as collecting it does: for a session that is over and kept to be looked
    /// at. Used on, it is in them again.
    fn close(&self) -> PyResult<()> {
        self.with(|session| {
            // A copy gives to the gauges from its first call on; what it replaces takes back what it gave.
            *session = session.clone();
            Ok(())
        })
    }

    /// The direction that this side sends.
    #[getter]
    fn outbound(&self) -> PyResult<Flow> {
        self.with(|session| Ok(session.outbound().into()))
    }

    /// The direction that the peer sends.
    #[getter]
    fn inbound(&self) -> PyResult<Flow> {
        self.with(|session| Ok(session.inbound().into()))
    }

    /// Whether both HELLOs have passed.
    #[getter]
    fn is_established(&self) -> PyResult<bool> {
        self.with(|session| Ok(session.is_established()))
    }

    /// Whether an ERROR has passed, either way: nothing more may be sent.
    #[getter]
    fn has_ended(&self) -> PyResult<bool> {
        self.with(|session| Ok(session.has_ended()))
    }

    /// The largest frame that the peer takes, in bytes; None before its HELLO.
    #[getter]
    fn peer_max_frame(&self) -> PyResult<Option<usize>> {
        self.with(|session| Ok(session.peer_max_frame()))
    }

    /// The reject given, or None.
    #[getter]
    fn verdict<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.with(|session| Ok(verdict(py, session.verdict())))
    }

    /// Bytes of a partial frame that it holds.
    #[getter]
    fn staged(&self) -> PyResult<usize> {
        self.with(|session| Ok(session.staged()))
    }

    /// The Config that it was made with.
    #[getter]
    fn config(&self) -> PyResult<Config> {
        self.with(|session| Ok(Config(*session.config())))
    }
}

fn send<'py>(
    session: &mut oap::Session,
    frame: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = frame.py();
    let frame = settled(frame)?;
    let frame = frame_of(frame.as_borrowed())?.ok_or_else(internal)?;
    // A frame that has no length is refused by `send_to`, in the order of rule 4.14.
    let len = encoded_len(&frame).unwrap_or(0);
    new_bytes(py, len, |mut room| {
        session.send_to(&frame, &mut room).map_err(|error| unencoded(py, &error))?;
        Ok(room.len())
    })
}
