//! `Bodies`: where the bodies of a stream come from, cut as they fit.

use crate::chunk::Chunk;
use crate::engine::Engine;
use crate::guard::exclusive;
use oap::{Wait, CONNECTION_WINDOW};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyObject_CheckBuffer;
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use std::sync::Mutex;

/// So many DATA are queued before they are to be written: half of the default window. Small ones would otherwise go out a
/// window at a time, and each side would wait while the other works.
const DATA_A_WRITE: usize = CONNECTION_WINDOW as usize / 2;

/// The bodies of a stream, for `Connection.data_all`: bytes, or an iterable of bytes, each any object with the buffer
/// protocol. What is longer than `chunk` bytes, or than the peer takes, is cut; what fits goes as it is; what is empty
/// does not go. `obj`: the address that each DATA carries. An iterable is asked for no more than what may go.
#[pyclass(frozen, module = "oap")]
pub struct Bodies {
    source: Mutex<Source>,
    chunk: usize,
    obj: Option<String>,
}

struct Source {
    iterator: Option<Py<PyIterator>>,
    /// The bytes taken out of it, from that byte on.
    current: Option<(Chunk, usize)>,
}

#[pymethods]
impl Bodies {
    #[new]
    #[pyo3(signature = (source, *, chunk = oap::STREAM_CHUNK_BYTES, obj = None))]
    fn new(source: &Bound<'_, PyAny>, chunk: usize, obj: Option<String>) -> PyResult<Self> {
        if chunk == 0 {
            return Err(PyValueError::new_err("chunk = 0 is not at least 1"));
        }
        // SAFETY: a live object goes in.
        let source = if unsafe { PyObject_CheckBuffer(source.as_ptr()) } == 1 {
            Source { iterator: None, current: Some((Chunk::of_body(source)?, 0)) }
        } else {
            Source { iterator: Some(source.try_iter()?.unbind()), current: None }
        };
        Ok(Bodies { source: Mutex::new(source), chunk, obj })
    }
}

impl Bodies {
    /// Queues until something has to be waited for, or enough is there to be written; `with_engine` runs what queues one.
    pub fn queue(
        &self,
        py: Python<'_>,
        mut with_engine: impl FnMut(
            &mut dyn FnMut(&mut Engine, u64) -> PyResult<Option<&'static str>>,
        ) -> PyResult<Option<&'static str>>,
    ) -> PyResult<Option<&'static str>> {
        exclusive("Bodies", &self.source, |source| {
            for count in 0.. {
                if !source.advance(py)? {
                    break;
                }
                if count == DATA_A_WRITE {
                    return Ok(Some(Wait::Room.name()));
                }
                let Some((chunk, at)) = &mut source.current else { break };
                let mut step =
                    |engine: &mut Engine, now: u64| self.queue_chunk(py, engine, now, chunk, at);
                let waits = with_engine(&mut step)?;
                if waits.is_some() {
                    return Ok(waits);
                }
                source.current = None;
            }
            Ok(None)
        })
    }

    /// Queues a chunk from `at` on, in as many DATA as it takes.
    #[inline]
    fn queue_chunk(
        &self,
        py: Python<'_>,
        engine: &mut Engine,
        now: u64,
        chunk: &Chunk,
        at: &mut usize,
    ) -> PyResult<Option<&'static str>> {
        let obj = self.obj.as_deref();
        while *at < chunk.len() {
            let size = self.chunk.min(engine.max_body(obj.is_some()));
            let end = at.saturating_add(size).min(chunk.len());
            let sent = if *at == 0 && end == chunk.len() {
                engine.data(py, now, obj, chunk)
            } else {
                engine.data(py, now, obj, &chunk.part(py, *at..end))
            };
            if sent.is_err() {
                return engine.outcome(py, sent);
            }
            *at = end;
        }
        Ok(None)
    }
}

impl Source {
    /// Takes the next item where none is under way. False: there is no more.
    #[inline]
    fn advance(&mut self, py: Python<'_>) -> PyResult<bool> {
        if self.current.is_some() {
            return Ok(true);
        }
        let Some(iterator) = &self.iterator else { return Ok(false) };
        match iterator.bind(py).clone().next() {
            Some(item) => {
                self.current = Some((Chunk::of_body(&item?)?, 0));
                Ok(true)
            }
            None => {
                self.iterator = None;
                Ok(false)
            }
        }
    }
}
