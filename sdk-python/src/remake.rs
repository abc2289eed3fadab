//! What pickle and copy make objects with that have no constructor.

use pyo3::prelude::*;

/// What `__reduce__` gives them: what is called, and with which arguments.
pub type Remade<'py, Arguments> = (Bound<'py, PyAny>, Arguments);

/// A function of the native module.
pub fn maker<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("oap._oap")?.getattr(name)
}
