//! `Kind`, an `enum.IntEnum` made from the core's kinds.

use crate::guard::internal;
use crate::number::integer;
use crate::once::get_or_make;
use oap::Kind;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict};

struct Members {
    class: Py<PyAny>,
    /// In the order of [`Kind::ALL`].
    members: [Py<PyAny>; Kind::ALL.len()],
}

static MEMBERS: PyOnceLock<Members> = PyOnceLock::new();

fn members(py: Python<'_>) -> PyResult<&Members> {
    get_or_make(py, &MEMBERS, || {
        let values = PyDict::new(py);
        for kind in Kind::ALL {
            values.set_item(kind.name(), kind as u8)?;
        }
        let class = py
            .import("enum")?
            .getattr("IntEnum")?
            .call(("Kind", values), Some(&[("module", "oap")].into_py_dict(py)?))?;
        class.setattr("__doc__", "The kinds of frame; the value is the byte on the wire.")?;
        let mut members = Vec::new();
        for kind in Kind::ALL {
            members.push(class.getattr(kind.name())?.unbind());
        }
        let members = members.try_into().map_err(|_| internal())?;
        Ok(Members { class: class.unbind(), members })
    })
}

/// The member of that kind.
#[inline]
pub fn member(py: Python<'_>, kind: Kind) -> PyResult<&Bound<'_, PyAny>> {
    Ok(members(py)?.members[kind as usize - 1].bind(py))
}

/// The kind that a member or its number names.
pub fn of_object(object: &Bound<'_, PyAny>) -> PyResult<Option<Kind>> {
    let known = &members(object.py())?.members;
    if let Some(at) = known.iter().position(|member| member.is(object)) {
        return Ok(Some(Kind::ALL[at]));
    }
    Ok(integer(object)?.extract::<u8>().ok().and_then(Kind::from_byte))
}

pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Kind", &members(module.py())?.class)
}
