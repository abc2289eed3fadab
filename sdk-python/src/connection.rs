//! `Connection`: the engine of a connection, for one thread at a time.

use crate::batch::FrameBatch;
use crate::bodies::Bodies;
use crate::chunk::Chunk;
use crate::config::Config;
use crate::connection_options::options_of;
use crate::engine::{At, Engine};
use crate::errors::{connection_closed, verdict};
use crate::feed::feed;
use crate::guard::exclusive;
use crate::monitor::{monotonic_ns, Monitor};
use crate::number::U32;
use crate::session::Flow;
use crate::stopwatch::Stopwatch;
use oap::ConnectionState;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Instant;

/// One end of a connection, without its transport: when to acknowledge, wait, stop and close. No I/O, no clock.
///
/// The host reads while `wants_read` and passes what came to `receive`, the end of input to `receive_end`. It writes what
/// `transmit` gives and says so with `transmitted`. It shuts its writing side while `wants_shutdown`, calls
/// `handle_timeout` at `next_timeout`, and closes its transport once `state` is `"ended"`.
///
/// `options` are those of docs/connection.md: times in nanoseconds, sizes in bytes. The window is 1,024 DATA frames where
/// there is no `config`. `now` is in nanoseconds of a monotonic clock, that of `time.monotonic_ns()` where it is left
/// out. One thread at a time: a second one gets a RuntimeError.
#[pyclass(frozen, weakref, module = "oap")]
pub struct Connection {
    engine: Mutex<Engine>,
    stopwatch: Stopwatch,
    /// The time of the clock at an instant: from there it goes on without a call of Python.
    clock: (u64, Instant),
}

impl Connection {
    fn inspect<T>(&self, call: impl FnOnce(&oap::Connection) -> T) -> PyResult<T> {
        exclusive("Connection", &self.engine, |engine| Ok(call(&engine.core)))
    }

    fn change<T>(
        &self,
        now: Option<u64>,
        call: impl FnOnce(&mut Engine, u64) -> PyResult<T>,
    ) -> PyResult<T> {
        let now = now.unwrap_or_else(|| self.now());
        exclusive("Connection", &self.engine, |engine| {
            let done = call(engine, now);
            if engine.core.state() == ConnectionState::Ended {
                engine.bodies.clear();
            }
            done
        })
    }

    /// The frames that a chunk completes, where there are any.
    fn frames_of(
        &self,
        py: Python<'_>,
        engine: &mut Engine,
        now: u64,
        chunk: &Bound<'_, PyAny>,
    ) -> PyResult<Option<FrameBatch>> {
        let engine = &mut engine.core;
        let batch = self.stopwatch.read(|| feed(py, &mut At { engine, now }, chunk))?;
        Ok((!batch.rows.is_empty()).then_some(batch))
    }

    fn now(&self) -> u64 {
        let (start, instant) = self.clock;
        start.saturating_add(instant.elapsed().as_nanos().try_into().unwrap_or(u64::MAX))
    }
}

/// How many bytes `step` gives at most, where its caller says nothing else.
const WRITE_BYTES: usize = 1 << 16;

/// Frames, bytes to write, state, whether to read, the next deadline.
type Step<'py> = (Option<FrameBatch>, Bound<'py, PyBytes>, Bound<'py, PyString>, bool, Option<u64>);

fn state_name<'py>(py: Python<'py>, engine: &oap::Connection) -> Bound<'py, PyString> {
    PyString::intern(py, engine.state().name())
}

#[pymethods]
impl Connection {
    #[new]
    #[pyo3(signature = (config = None, *, monitor = None, now = None, auto_ack = true, **options))]
    fn new(
        py: Python<'_>,
        config: Option<&Config>,
        monitor: Option<&Monitor>,
        now: Option<u64>,
        auto_ack: bool,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let options = options_of(options)?.with_auto_ack(auto_ack);
        let config = config.map_or_else(oap::ConnectionOptions::default_config, |config| config.0);
        let now = now.map_or_else(|| monotonic_ns(py), Ok)?;
        let core = match monitor {
            Some(Monitor { core, .. }) => oap::Connection::with_monitor(config, options, now, core),
            None => oap::Connection::new(config, options, now),
        };
        Ok(Connection {
            engine: Mutex::new(Engine { core, bodies: VecDeque::new() }),
            stopwatch: Stopwatch::of(monitor),
            clock: (now, Instant::now()),
        })
    }

    /// Takes received bytes, in any split, any object with the buffer protocol, and gives the Start, Data and End frames
    /// that they complete. A reject or an ERROR of the peer behind them is told by `end_reason`.
    #[pyo3(signature = (chunk, now = None))]
    fn receive(
        &self,
        py: Python<'_>,
        chunk: &Bound<'_, PyAny>,
        now: Option<u64>,
    ) -> PyResult<FrameBatch> {
        self.change(now, |engine, now| {
            let engine = &mut engine.core;
            self.stopwatch.read(|| feed(py, &mut At { engine, now }, chunk))
        })
    }

    /// Reports what has happened and gives all that is to be done, in one call: what `receive`, `take`, `transmitted`,
    /// `transmit_bytes` and the questions below do in several. `taken` frames and `written` bytes are counted, then
    /// `received` goes in. Returns the frames that it completed, or None; at most `most` bytes to write now, in one piece;
    /// `state`; `wants_read`; `next_timeout`.
    #[pyo3(signature = (received = None, taken = 0, written = 0, most = WRITE_BYTES, now = None))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        received: Option<&Bound<'py, PyAny>>,
        taken: usize,
        written: usize,
        most: usize,
        now: Option<u64>,
    ) -> PyResult<Step<'py>> {
        self.change(now, |engine, now| {
            engine.note(now, taken, written);
            let frames = match received {
                Some(chunk) => self.frames_of(py, engine, now, chunk)?,
                None => None,
            };
            let wire = engine.next_wire(py, now, most)?;
            let core = &engine.core;
            Ok((frames, wire, state_name(py, core), core.wants_read(), core.next_timeout()))
        })
    }

    /// Reports that the peer's input has ended (C.8).
    #[pyo3(signature = (now = None))]
    fn receive_end(&self, now: Option<u64>) -> PyResult<()> {
        self.change(now, |engine, now| {
            engine.core.receive_end(now);
            Ok(())
        })
    }

    /// Reports that the application has taken so many of the frames given, in their order (C.2).
    #[pyo3(signature = (frames, now = None))]
    fn take(&self, frames: usize, now: Option<u64>) -> PyResult<()> {
        self.change(now, |engine, now| {
            engine.core.take(now, frames);
            Ok(())
        })
    }

    /// Acknowledges the DATA with seq `up_to` and all before it: for `auto_ack=False`. Returns None, or what it waits for.
    #[pyo3(signature = (up_to, now = None))]
    fn acknowledge(
        &self,
        py: Python<'_>,
        up_to: u64,
        now: Option<u64>,
    ) -> PyResult<Option<&'static str>> {
        self.change(now, |engine, now| {
            let sent = engine.core.acknowledge(now, up_to);
            engine.outcome(py, sent)
        })
    }

    /// Queues a START. Returns None, or what it waits for: `"handshake"`, `"credit"` or `"room"`; then nothing was
    /// queued. Raises RejectError where the peer would have to reject it, ConnectionClosedError where nothing may be sent.
    #[pyo3(signature = (stream, now = None))]
    fn start(
        &self,
        py: Python<'_>,
        stream: &str,
        now: Option<u64>,
    ) -> PyResult<Option<&'static str>> {
        self.change(now, |engine, now| {
            let sent = self.stopwatch.write(|| engine.core.start(now, stream));
            engine.outcome(py, sent)
        })
    }

    /// Queues a DATA of the open stream. A body of `bytes`, 16 KiB or more, is not copied. Returns and raises as `start`.
    #[pyo3(signature = (body, obj = None, now = None))]
    fn data(
        &self,
        py: Python<'_>,
        body: &Bound<'_, PyAny>,
        obj: Option<&str>,
        now: Option<u64>,
    ) -> PyResult<Option<&'static str>> {
        let body = Chunk::of_body(body)?;
        self.change(now, |engine, now| {
            let sent = self.stopwatch.write(|| engine.data(py, now, obj, &body));
            engine.outcome(py, sent)
        })
    }

    /// Queues as many of the bodies as may go now. Returns None where all are queued, else what the next one waits for:
    /// then call again with the same object. `"room"` also where 512 are queued, so that they are written while the rest
    /// is. Raises as `start`, and what the iterable raises.
    #[pyo3(signature = (bodies, now = None))]
    fn data_all(
        &self,
        py: Python<'_>,
        bodies: &Bodies,
        now: Option<u64>,
    ) -> PyResult<Option<&'static str>> {
        let now = now.unwrap_or_else(|| self.now());
        self.stopwatch.write(|| {
            bodies.queue(py, |queue| {
                // The iterable is asked outside of it: what it runs may call the connection.
                self.change(Some(now), |engine, now| queue(engine, now))
            })
        })
    }

    /// Queues an END of the open stream. `status` 0: all went well; 1: the stream was given up. Returns and raises as
    /// `start`.
    #[pyo3(signature = (status = U32(0), now = None), text_signature = "($self, status=0, now=None)")]
    fn end_stream(
        &self,
        py: Python<'_>,
        status: U32,
        now: Option<u64>,
    ) -> PyResult<Option<&'static str>> {
        let U32(status) = status;
        self.change(now, |engine, now| {
            let sent = self.stopwatch.write(|| engine.core.end_stream(now, status));
            engine.outcome(py, sent)
        })
    }

    /// Reports that the application no longer waits to send: its call was cancelled.
    fn cancel_send(&self) -> PyResult<()> {
        self.change(None, |engine, _| {
            engine.core.cancel_send();
            Ok(())
        })
    }

    /// The bytes to be written now, in order, as pieces of one gathering write; large bodies where they lie. The same
    /// bytes come again until `transmitted` says that they are written.
    #[pyo3(signature = (now = None))]
    fn transmit<'py>(&self, py: Python<'py>, now: Option<u64>) -> PyResult<Bound<'py, PyList>> {
        self.change(now, |engine, now| engine.pieces(py, now))
    }

    /// The first `most` bytes of what `transmit` gives, in one piece: for a transport without a gathering write.
    #[pyo3(signature = (most, now = None))]
    fn transmit_bytes<'py>(
        &self,
        py: Python<'py>,
        most: usize,
        now: Option<u64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.change(now, |engine, now| engine.joined(py, now, most))
    }

    /// Reports that the transport has taken so many bytes of what `transmit` gave.
    #[pyo3(signature = (count, now = None))]
    fn transmitted(&self, count: usize, now: Option<u64>) -> PyResult<()> {
        self.change(now, |engine, now| {
            engine.transmitted(now, count);
            Ok(())
        })
    }

    /// Ends what has run out of time. Early calls do nothing.
    #[pyo3(signature = (now = None))]
    fn handle_timeout(&self, now: Option<u64>) -> PyResult<()> {
        self.change(now, |engine, now| {
            engine.core.handle_timeout(now);
            Ok(())
        })
    }

    /// Ends the connection in good order (C.11), at the latest after `within_ns` nanoseconds, `close_timeout_ns` where
    /// that is left out. A second call can only bring the end forward.
    #[pyo3(signature = (within_ns = None, now = None))]
    fn close(&self, within_ns: Option<u64>, now: Option<u64>) -> PyResult<()> {
        self.change(now, |engine, now| {
            engine.core.close(now, within_ns);
            Ok(())
        })
    }

    /// Ends the connection at once: nothing more is written or read.
    fn abort(&self) -> PyResult<()> {
        self.change(None, |engine, _| {
            engine.core.abort();
            Ok(())
        })
    }

    /// Reports that the transport failed.
    fn transport_failed(&self) -> PyResult<()> {
        self.change(None, |engine, _| {
            engine.core.transport_failed();
            Ok(())
        })
    }

    /// The exception of a call that comes too late, with the reason as it is now; a new one each time.
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let error = self.inspect(|engine| connection_closed(py, engine.end_reason()))?;
        Ok(error.into_value(py).into_bound(py).into_any())
    }

    /// The reject of what the peer sent, or None.
    #[getter]
    fn verdict<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.inspect(|engine| verdict(py, engine.session().verdict()))
    }

    /// `"handshake"`, `"open"`, `"peer_closed"`, `"closing"`, `"shut"` or `"ended"`.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.inspect(|engine| state_name(py, engine))
    }

    /// Why it ended or is about to end, as `"clean"` or `"reject:truncated"`; None while it goes on. The first reason is
    /// kept (C.13).
    #[getter]
    fn end_reason(&self) -> PyResult<Option<String>> {
        self.inspect(|engine| engine.end_reason().map(oap::EndReason::word))
    }

    /// When `handle_timeout` is to be called, in nanoseconds of the clock; None: no deadline runs.
    #[getter]
    fn next_timeout(&self) -> PyResult<Option<u64>> {
        self.inspect(oap::Connection::next_timeout)
    }

    /// Whether the host is to read now (C.4).
    #[getter]
    fn wants_read(&self) -> PyResult<bool> {
        self.inspect(oap::Connection::wants_read)
    }

    /// Whether there is something to write now.
    #[getter]
    fn wants_write(&self) -> PyResult<bool> {
        self.inspect(oap::Connection::wants_write)
    }

    /// Whether the host is to shut its writing side, if it has not.
    #[getter]
    fn wants_shutdown(&self) -> PyResult<bool> {
        self.inspect(oap::Connection::wants_shutdown)
    }

    /// Bytes that wait to be written.
    #[getter]
    fn queued(&self) -> PyResult<usize> {
        self.inspect(oap::Connection::queued)
    }

    /// Bytes of the frames that were given and not taken.
    #[getter]
    fn untaken(&self) -> PyResult<u64> {
        self.inspect(oap::Connection::untaken)
    }

    /// The direction that this side sends.
    #[getter]
    fn outbound(&self) -> PyResult<Flow> {
        self.inspect(|engine| engine.outbound().into())
    }

    /// The direction that the peer sends.
    #[getter]
    fn inbound(&self) -> PyResult<Flow> {
        self.inspect(|engine| engine.inbound().into())
    }

    /// The largest body, in bytes, that a DATA to this peer can have; None before its HELLO.
    #[pyo3(signature = (*, with_obj = false))]
    fn max_body(&self, with_obj: bool) -> PyResult<Option<usize>> {
        self.inspect(|engine| engine.max_body(with_obj))
    }
}
