//! For the test of the guard, and the floors of the benchmark. Never in a release.

use crate::decoder::Decoder;
use crate::frames::Ack;
use pyo3::prelude::*;
use pyo3::types::PyList;

pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(panic, module)?)?;
    module.add_function(wrap_pyfunction!(empty, module)?)?;
    module.add_function(wrap_pyfunction!(objects, module)?)
}

/// Panics inside a decoder.
#[pyfunction]
fn panic(decoder: &Bound<'_, Decoder>) -> PyResult<()> {
    decoder.get().with(|_| panic!("asked for by a test"))
}

/// Does nothing: the benchmark's floor of a call.
#[pyfunction]
const fn empty() {}

/// Makes `count` small objects: the benchmark's floor of a batch.
#[pyfunction]
fn objects(py: Python<'_>, count: usize) -> PyResult<Bound<'_, PyList>> {
    let acks = (0..count).map(|number| Bound::new(py, Ack::new(py, number as u64)?));
    PyList::new(py, acks.collect::<PyResult<Vec<_>>>()?)
}
