//! Whether a process is fit to serve.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

/// Whether a process is fit to serve, and the answer that its host gives on `/readyz`. Immutable.
#[pyclass(frozen, eq, module = "oap")]
#[derive(PartialEq, Eq)]
pub struct Readiness(pub oap::Readiness);

#[pymethods]
impl Readiness {
    /// Whether all keys are true.
    #[getter]
    fn ready(&self) -> bool {
        self.0.is_ready()
    }

    /// Each key and whether it is true, in the order of `READINESS_KEYS`.
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let keys = PyDict::new(py);
        for (key, ok) in self.0.keys() {
            keys.set_item(key, ok)?;
        }
        Ok(keys)
    }

    /// The keys that are false, in the order of `READINESS_KEYS`.
    #[getter]
    fn missing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.missing().collect::<Vec<_>>())
    }

    /// The status of the answer: 200 or 503.
    #[getter]
    fn status(&self) -> u16 {
        self.0.http_status()
    }

    /// The headers of the answer: Content-Type, and Retry-After where it is 503.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let headers = PyDict::new(py);
        headers.set_item("Content-Type", "application/json")?;
        if !self.0.is_ready() {
            headers.set_item("Retry-After", self.0.retry_after().to_string())?;
        }
        Ok(headers)
    }

    /// The body of the answer, JSON.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.json().as_bytes())
    }

    fn __repr__(&self) -> String {
        format!("<oap.Readiness {}>", self.0.json())
    }
}
