//! `Decoder`: the core's `StreamDecoder`.

use crate::batch::FrameBatch;
use crate::config::Config;
use crate::errors::{rejected, verdict};
use crate::feed::{feed, Intake};
use crate::guard::{exclusive, guard};
use crate::monitor::Monitor;
use crate::stopwatch::Stopwatch;
use oap::{FrameTable, Reject, Row, StreamDecoder};
use pyo3::prelude::*;
use std::sync::Mutex;

impl Intake for StreamDecoder {
    #[inline]
    fn feed<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        StreamDecoder::feed(self, chunk, rows)
    }

    fn staged(&self) -> usize {
        StreamDecoder::staged(self)
    }
}

/// Decodes a byte stream that comes in chunks, by the rules of sections 1 to 3; `Session` has those of section 4 too.
///
/// Holds at most the one frame that a chunk has cut. One thread at a time: a second one gets a RuntimeError. Its frames
/// and rejects count in `monitor`.
#[pyclass(frozen, weakref, module = "oap")]
pub struct Decoder {
    state: Mutex<StreamDecoder>,
    stopwatch: Stopwatch,
}

impl Decoder {
    pub fn with<T>(&self, call: impl FnOnce(&mut StreamDecoder) -> PyResult<T>) -> PyResult<T> {
        exclusive("Decoder", &self.state, call)
    }
}

/// A batch of canonical frames that came whole.
#[pyfunction]
#[pyo3(name = "_batch")]
pub fn remake_batch(py: Python<'_>, wire: &Bound<'_, PyAny>) -> PyResult<FrameBatch> {
    guard(|| feed(py, &mut StreamDecoder::new(oap::Config::default()), wire))
}

#[pymethods]
impl Decoder {
    #[new]
    #[pyo3(signature = (config = None, *, monitor = None))]
    fn new(config: Option<&Config>, monitor: Option<&Monitor>) -> Self {
        let mut decoder = StreamDecoder::new(Config::or_default(config));
        if let Some(monitor) = monitor {
            decoder.set_monitor(&monitor.core);
        }
        Decoder { state: Mutex::new(decoder), stopwatch: Stopwatch::of(monitor) }
    }

    /// Takes the next bytes of the stream, any object with the buffer protocol, and gives the frames that are whole.
    /// The batch reads `bytes` and memoryviews of `bytes` in place and keeps them alive; anything else is copied once.
    ///
    /// Raises the RejectError of the first rule broken, whose `frames` are those before it in this chunk, and raises
    /// it again at every later call, until `reset`.
    fn feed(&self, py: Python<'_>, chunk: &Bound<'_, PyAny>) -> PyResult<FrameBatch> {
        self.with(|decoder| self.stopwatch.read(|| feed(py, decoder, chunk)))
    }

    /// Tells the decoder that the input has ended. Raises TruncatedError where it ended inside a frame, or the reject given before.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        self.with(|decoder| decoder.finish().map_err(|reject| rejected(py, &reject, None)))
    }

    /// Back to the start of a new stream: nothing staged, no verdict.
    fn reset(&self) -> PyResult<()> {
        self.with(|decoder| {
            decoder.reset();
            Ok(())
        })
    }

    /// The reject given, or None.
    #[getter]
    fn verdict<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.with(|decoder| Ok(verdict(py, decoder.verdict())))
    }

    /// Bytes of a partial frame that it holds.
    #[getter]
    fn staged(&self) -> PyResult<usize> {
        self.with(|decoder| Ok(decoder.staged()))
    }

    /// The Config that it was made with.
    #[getter]
    fn config(&self) -> PyResult<Config> {
        self.with(|decoder| Ok(Config(*decoder.config())))
    }
}
