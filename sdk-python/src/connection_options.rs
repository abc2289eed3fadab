//! The options of a connection, by their names in the core.

use crate::number::{integer, out_of_range};
use oap::{ConnectionOptions, CONNECTION_OPTIONS};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The options that a call gave as keywords.
pub fn options_of(given: Option<&Bound<'_, PyDict>>) -> PyResult<ConnectionOptions> {
    let mut options = ConnectionOptions::default();
    for (name, value) in given.into_iter().flatten() {
        options = with_option(options, &name.extract::<String>()?, &value)?;
    }
    Ok(options)
}

fn with_option(
    options: ConnectionOptions,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<ConnectionOptions> {
    let number = integer(value)?;
    // A number that 64 bits can't hold is out of every range.
    match options.with_named(name, number.extract().unwrap_or(u64::MAX)) {
        Some(Ok(options)) => Ok(options),
        Some(Err(error)) => Err(out_of_range(error.field(), &number, error.range())),
        None => {
            let names = CONNECTION_OPTIONS.join(", ");
            Err(PyTypeError::new_err(format!("{name} is no option of a connection: {names}")))
        }
    }
}
