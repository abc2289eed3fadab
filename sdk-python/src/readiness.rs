//! Whether a process is fit to serve.

use crate::remake::{maker, Remade};
use oap::READINESS_KEYS;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

type Keys = [bool; READINESS_KEYS.len()];

/// Whether a process is fit to serve, and the answer that its host gives on `/readyz`. Immutable.
#[pyclass(frozen, eq, hash, module = "oap")]
#[derive(PartialEq, Eq, Hash)]
pub struct Readiness {
    keys: Keys,
    /// The status of the answer: 200 or 503.
    #[pyo3(get)]
    status: u16,
    retry_after: u32,
    json: String,
}

impl From<oap::Readiness> for Readiness {
    fn from(readiness: oap::Readiness) -> Self {
        let mut keys = readiness.keys().map(|(_, ok)| ok);
        Readiness {
            keys: READINESS_KEYS.map(|_| keys.next() == Some(true)),
            status: readiness.http_status(),
            retry_after: readiness.retry_after(),
            json: readiness.json(),
        }
    }
}

impl Readiness {
    fn named(&self) -> impl Iterator<Item = (&'static str, bool)> {
        READINESS_KEYS.into_iter().zip(self.keys)
    }
}

#[pymethods]
impl Readiness {
    /// Whether all keys are true.
    #[getter]
    fn ready(&self) -> bool {
        self.keys.iter().all(|&ok| ok)
    }

    /// Each key and whether it is true, in the order of `READINESS_KEYS`.
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let keys = PyDict::new(py);
        for (key, ok) in self.named() {
            keys.set_item(key, ok)?;
        }
        Ok(keys)
    }

    /// The keys that are false, in the order of `READINESS_KEYS`.
    #[getter]
    fn missing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let missing = self.named().filter(|&(_, ok)| !ok).map(|(key, _)| key);
        PyTuple::new(py, missing.collect::<Vec<_>>())
    }

    /// The headers of the answer: Content-Type, and Retry-After where it is 503.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let headers = PyDict::new(py);
        headers.set_item("Content-Type", "application/json")?;
        if !self.ready() {
            headers.set_item("Retry-After", self.retry_after.to_string())?;
        }
        Ok(headers)
    }

    /// The body of the answer, JSON.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.json.as_bytes())
    }

    fn __repr__(&self) -> String {
        format!("<oap.Readiness {}>", self.json)
    }

    fn __reduce__<'py>(
        slf: &'py Bound<'py, Self>,
    ) -> PyResult<Remade<'py, (Keys, u16, u32, &'py str)>> {
        let Readiness { keys, status, retry_after, json } = slf.get();
        Ok((maker(slf.py(), "_readiness")?, (*keys, *status, *retry_after, json)))
    }
}

#[pyfunction]
#[pyo3(name = "_readiness")]
pub fn remake_readiness(keys: Keys, status: u16, retry_after: u32, json: String) -> Readiness {
    Readiness { keys, status, retry_after, json }
}
