//! The core's limits and names, for Python.

use oap::{Kind, Reason};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("VERSION", oap::VERSION)?;
    module.add("MAX_FRAME_BYTES", oap::MAX_FRAME_BYTES)?;
    module.add("MAX_HEADER_BYTES", oap::MAX_HEADER_BYTES)?;
    module.add("STREAM_CHUNK_BYTES", oap::STREAM_CHUNK_BYTES)?;
    module.add("PQ_HYBRID", oap::PQ_HYBRID)?;
    module.add("KINDS", PyTuple::new(py, Kind::ALL.map(Kind::name))?)?;
    module.add("REJECT_LABELS", PyTuple::new(py, Reason::ALL.map(Reason::label))?)?;
    module.add("METRICS", PyTuple::new(py, oap::METRICS)?)?;
    module.add("READINESS_KEYS", PyTuple::new(py, oap::READINESS_KEYS)?)?;
    module.add("HISTOGRAM_BOUNDS_NS", PyTuple::new(py, oap::HISTOGRAM_BOUNDS_NS)?)?;
    module.add("TEXT_CONTENT_TYPE", oap::TEXT_CONTENT_TYPE)
}
