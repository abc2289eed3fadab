//! Integers as Python gives them: an `int`, or anything with `__index__`, as NumPy's are.

use crate::errors::misconfigured;
use pyo3::exceptions::{PyIndexError, PyOverflowError};
use pyo3::ffi::{PyNumber_AsSsize_t, PyNumber_Index};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyRange};
use std::ops::RangeInclusive;

/// A number of at most 32 bits.
pub struct U32(pub u32);

impl<'py> FromPyObject<'_, 'py> for U32 {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let number: u64 = object.extract()?;
        let narrow = number.try_into();
        narrow.map(U32).map_err(|_| PyOverflowError::new_err("int too big for 32 bits"))
    }
}

/// A number that a constructor is asked for: of any size, so that one out of range is a ConfigError too.
pub enum Number<'py> {
    Default,
    Given(Bound<'py, PyInt>),
}

impl<'py> FromPyObject<'_, 'py> for Number<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        integer(&object).map(Number::Given)
    }
}

/// The `int` that an object is, or stands for.
pub fn integer<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyInt>> {
    // SAFETY: a live object goes in; a new reference to an `int`, or NULL, comes out.
    unsafe {
        let int = Bound::from_owned_ptr_or_err(object.py(), PyNumber_Index(object.as_ptr()))?;
        Ok(int.cast_into_unchecked())
    }
}

/// An index of a sequence. One that no sequence can have is an IndexError.
pub fn position(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    let py = object.py();
    let error = py.get_type::<PyIndexError>();
    // SAFETY: two live objects go in, the second one an exception class.
    match unsafe { PyNumber_AsSsize_t(object.as_ptr(), error.as_ptr()) } {
        -1 => PyErr::take(py).map_or(Ok(-1), Err),
        position => Ok(position),
    }
}

/// A number of 64 bits.
pub fn unsigned(field: &str, number: &Bound<'_, PyInt>) -> PyResult<u64> {
    number.extract().map_err(|_| out_of_range(field, number, &(0..=u64::MAX)))
}

/// The ConfigError of a number that is not in `range`.
pub fn out_of_range(field: &str, value: &Bound<'_, PyInt>, range: &RangeInclusive<u64>) -> PyErr {
    let (low, high) = (range.start(), range.end());
    let message = format!("{field} = {} is not in {low}..={high}", shown(value));
    match python_range(value.py(), *low, *high) {
        Ok(range) => misconfigured(message, field, value, range),
        Err(error) => error,
    }
}

/// An `int` of more digits than the interpreter converts is shown without them.
fn shown(value: &Bound<'_, PyInt>) -> String {
    value.str().map_or_else(|_| "an int of very many digits".to_owned(), |text| text.to_string())
}

fn python_range(py: Python<'_>, low: u64, high: u64) -> PyResult<Bound<'_, PyAny>> {
    py.get_type::<PyRange>().call1((low, u128::from(high) + 1))
}
