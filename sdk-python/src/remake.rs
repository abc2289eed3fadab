//! How pickle and copy make objects again that have no constructor.

use pyo3::prelude::*;

/// The answer of `__reduce__`: a function or class, and the arguments to call it with.
pub type Remade<'py, Arguments> = (Bound<'py, PyAny>, Arguments);

/// A function of the native module.
pub fn maker<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("oap._oap")?.getattr(name)
}
