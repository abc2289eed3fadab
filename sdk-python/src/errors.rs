//! The exceptions. Those of rejects are made from the core's labels.

use crate::once::get_or_make;
use oap::{EndReason, Fault, Reason, Reject};
use pyo3::exceptions::{PyConnectionError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

pub use base::{InternalError, OapError};

#[expect(
    clippy::disallowed_methods,
    reason = "made while the module is: nobody can ask for them yet"
)]
mod base {
    use pyo3::exceptions::PyException;

    pyo3::create_exception!(oap, OapError, PyException, "Whatever goes wrong in this package.");
    pyo3::create_exception!(oap, InternalError, OapError, "A fault of the package itself.");
}

struct Classes {
    reject: Py<PyType>,
    /// In the order of [`Reason::ALL`].
    by_reason: Vec<Py<PyType>>,
    config: Py<PyType>,
    closed: Py<PyType>,
}

static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();

fn classes(py: Python<'_>) -> PyResult<&Classes> {
    get_or_make(py, &CLASSES, || {
        let reject = reject_class(py)?;
        let by_reason = Reason::ALL.iter().map(|&reason| reason_class(py, reason, &reject));
        Ok(Classes {
            by_reason: by_reason.collect::<PyResult<_>>()?,
            config: config_class(py)?,
            closed: closed_class(py)?,
            reject,
        })
    })
}

fn reject_class(py: Python<'_>) -> PyResult<Py<PyType>> {
    let attributes = PyDict::new(py);
    for (name, value) in [("reason", ""), ("field", "")] {
        attributes.set_item(name, value)?;
    }
    for name in ["offset", "at", "limit"] {
        attributes.set_item(name, py.None())?;
    }
    attributes.set_item("code", 0)?;
    attributes.set_item("frames", PyTuple::empty(py))?;
    let doc = "What the peer sent breaks a rule, or what is to be sent would.";
    new_class("RejectError", doc, &PyTuple::new(py, [py.get_type::<OapError>()])?, &attributes)
}

fn reason_class(py: Python<'_>, reason: Reason, base: &Py<PyType>) -> PyResult<Py<PyType>> {
    let attributes = PyDict::new(py);
    attributes.set_item("reason", reason.label())?;
    attributes.set_item("code", reason.code())?;
    let doc = format!("The reject `{}`, code {}.", reason.label(), reason.code());
    new_class(&class_name(reason), &doc, &PyTuple::new(py, [base])?, &attributes)
}

fn config_class(py: Python<'_>) -> PyResult<Py<PyType>> {
    let attributes = PyDict::new(py);
    attributes.set_item("field", "")?;
    attributes.set_item("value", py.None())?;
    attributes.set_item("range", PyTuple::empty(py))?;
    let bases = PyTuple::new(py, [py.get_type::<OapError>(), py.get_type::<PyValueError>()])?;
    let doc = "A value of a Config is out of its range.";
    new_class("ConfigError", doc, &bases, &attributes)
}

fn closed_class(py: Python<'_>) -> PyResult<Py<PyType>> {
    let attributes = PyDict::new(py);
    attributes.set_item("reason", CLOSED)?;
    for name in ["reject", "code", "text"] {
        attributes.set_item(name, py.None())?;
    }
    let bases = PyTuple::new(py, [py.get_type::<OapError>(), py.get_type::<PyConnectionError>()])?;
    let doc = "The connection closes or has ended; `reason` says why.";
    new_class("ConnectionClosedError", doc, &bases, &attributes)
}

fn new_class(
    name: &str,
    doc: &str,
    bases: &Bound<'_, PyTuple>,
    attributes: &Bound<'_, PyDict>,
) -> PyResult<Py<PyType>> {
    attributes.set_item("__module__", "oap")?;
    attributes.set_item("__doc__", doc)?;
    let class = bases.py().get_type::<PyType>().call1((name, bases, attributes))?;
    Ok(class.cast_into::<PyType>()?.unbind())
}

/// `bad_hello` → `BadHelloError`.
fn class_name(reason: Reason) -> String {
    let words = reason.label().split('_');
    let capitals = words.map(|word| word[..1].to_uppercase() + &word[1..]);
    capitals.collect::<String>() + "Error"
}

/// The exception of a reject of received bytes; `frames` came before it.
pub fn rejected(py: Python<'_>, reject: &Reject, frames: Option<Bound<'_, PyAny>>) -> PyErr {
    reject_error(py, reject.fault(), reject.to_string(), |error| {
        error.setattr("offset", reject.offset())?;
        error.setattr("at", reject.at())?;
        frames.map_or(Ok(()), |frames| error.setattr("frames", frames))
    })
}

/// A reject as an exception that is not raised.
pub fn verdict<'py>(py: Python<'py>, reject: Option<&Reject>) -> Option<Bound<'py, PyAny>> {
    reject.map(|reject| rejected(py, reject, None).into_value(py).into_bound(py).into_any())
}

/// The exception of a frame that may not be sent.
pub fn refused(py: Python<'_>, fault: &Fault) -> PyErr {
    reject_error(py, fault, fault.to_string(), |_| Ok(()))
}

fn reject_error(
    py: Python<'_>,
    fault: &Fault,
    message: String,
    more: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<()>,
) -> PyErr {
    let error = classes(py).and_then(|classes| {
        let class = &classes.by_reason[fault.reason() as usize - 1];
        let error = class.bind(py).call1((message,))?;
        error.setattr("field", fault.field())?;
        error.setattr("limit", fault.limit_value())?;
        more(&error)?;
        Ok(error)
    });
    error.map_or_else(|error| error, PyErr::from_value)
}

/// A value of a Config that is not in `range`.
pub fn misconfigured(
    message: String,
    field: &str,
    value: &Bound<'_, PyAny>,
    range: Bound<'_, PyAny>,
) -> PyErr {
    let py = value.py();
    let error = classes(py).and_then(|classes| {
        let error = classes.config.bind(py).call1((message,))?;
        error.setattr("field", field)?;
        error.setattr("value", value)?;
        error.setattr("range", range)?;
        Ok(error)
    });
    error.map_or_else(|error| error, PyErr::from_value)
}

/// The word where this side has closed a connection that has not ended yet.
const CLOSED: &str = "closed";

/// The exception of a call that comes too late for a connection. The peer's text is a field and in no message.
pub fn connection_closed(py: Python<'_>, reason: Option<&EndReason>) -> PyErr {
    let message = reason.map_or_else(|| "the connection is closed".to_owned(), ToString::to_string);
    let error = classes(py).and_then(|classes| {
        let error = classes.closed.bind(py).call1((message,))?;
        error.setattr("reason", reason.map_or_else(|| CLOSED.to_owned(), EndReason::word))?;
        match reason {
            Some(EndReason::Rejected(reject)) => {
                error.setattr("reject", verdict(py, Some(reject)))?;
            }
            Some(EndReason::PeerError(peer)) => {
                error.setattr("code", peer.code())?;
                error.setattr("text", peer.reason())?;
            }
            _ => {}
        }
        Ok(error)
    });
    error.map_or_else(|error| error, PyErr::from_value)
}

/// The exception of a call while another one is under way: of another thread, or of a finalizer that the collector ran.
#[cold]
pub fn busy(class: &str) -> PyErr {
    let says = format!("this {class} is in use by another call: give each thread its own, or lock");
    PyRuntimeError::new_err(says)
}

pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("OapError", py.get_type::<OapError>())?;
    module.add("InternalError", py.get_type::<InternalError>())?;
    let classes = classes(py)?;
    module.add("RejectError", &classes.reject)?;
    module.add("ConfigError", &classes.config)?;
    module.add("ConnectionClosedError", &classes.closed)?;
    for (&reason, class) in Reason::ALL.iter().zip(&classes.by_reason) {
        module.add(class_name(reason).as_str(), class)?;
    }
    Ok(())
}
