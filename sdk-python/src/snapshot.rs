//! A monitor's numbers for code.

use oap::{Kind, Reason};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// The numbers of a Monitor at one time. Immutable.
#[pyclass(frozen, module = "oap")]
pub struct Snapshot(pub oap::Snapshot);

#[pymethods]
impl Snapshot {
    /// `oap_frames_total`: frames delivered or encoded, by the name of their kind.
    #[getter]
    fn frames<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, Kind::ALL.map(|kind| (kind.name(), self.0.frames(kind))))
    }

    /// `oap_rejects_total`: rejects of what was received, by their label.
    #[getter]
    fn rejects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, Reason::ALL.map(|reason| (reason.label(), self.0.rejects(reason))))
    }

    /// `oap_frame_bytes_total`: bytes of the frames.
    #[getter]
    fn frame_bytes(&self) -> u64 {
        self.0.frame_bytes()
    }

    /// `oap_ack_window`: DATA frames that this process would take now.
    #[getter]
    fn ack_window(&self) -> u64 {
        self.0.ack_window()
    }

    /// `oap_inflight_frames`: DATA frames received and not yet acknowledged.
    #[getter]
    fn inflight_frames(&self) -> u64 {
        self.0.inflight_frames()
    }

    /// `oap_ack_starved_seconds_total`, in nanoseconds.
    #[getter]
    fn ack_starved_ns(&self) -> u64 {
        self.0.ack_starved_ns()
    }

    /// `oap_read_frame_seconds`: decode calls.
    #[getter]
    fn read(&self) -> Timing {
        Timing(*self.0.read())
    }

    /// `oap_write_frame_seconds`: encode calls.
    #[getter]
    fn write(&self) -> Timing {
        Timing(*self.0.write())
    }
}

fn counts<'py, const N: usize>(
    py: Python<'py>,
    counts: [(&'static str, u64); N],
) -> PyResult<Bound<'py, PyDict>> {
    let named = PyDict::new(py);
    for (name, count) in counts {
        named.set_item(name, count)?;
    }
    Ok(named)
}

/// The times of decode or encode calls: a histogram over `HISTOGRAM_BOUNDS_NS`. Immutable.
#[pyclass(frozen, module = "oap")]
pub struct Timing(oap::Timing);

#[pymethods]
impl Timing {
    /// Calls observed.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    /// Their time, in nanoseconds.
    #[getter]
    fn sum_ns(&self) -> u64 {
        self.0.sum_ns()
    }

    /// Calls by bucket, each up to its bound of `HISTOGRAM_BOUNDS_NS`; the last is beyond them all.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.counts())
    }
}
