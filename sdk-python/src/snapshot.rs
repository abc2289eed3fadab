//! A monitor's numbers for code.

use crate::remake::{maker, Remade};
use oap::{Kind, Reason, HISTOGRAM_BOUNDS_NS};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

type Frames = [u64; Kind::ALL.len()];
type Rejects = [u64; Reason::ALL.len()];
type State = (Frames, Rejects, Gauges, Numbers, Timing, Timing);
type Gauges = (u64, u64, u64);
type Numbers = (u64, u64, u32);
type Buckets = [u64; HISTOGRAM_BOUNDS_NS.len() + 1];

/// The numbers of a Monitor at one time. Immutable.
#[pyclass(frozen, eq, hash, module = "oap")]
#[derive(PartialEq, Eq, Hash)]
pub struct Snapshot {
    frames: Frames,
    rejects: Rejects,
    /// `oap_frame_bytes_total`: bytes of the frames.
    #[pyo3(get)]
    frame_bytes: u64,
    /// `oap_ack_window`: DATA frames that this process would take now.
    #[pyo3(get)]
    ack_window: u64,
    /// `oap_inflight_frames`: DATA frames received and not yet acknowledged.
    #[pyo3(get)]
    inflight_frames: u64,
    /// `oap_ack_starved_seconds_total`, in nanoseconds.
    #[pyo3(get)]
    ack_starved_ns: u64,
    /// `oap_inflight_capacity`: the limit `inflight_capacity` of the monitor.
    #[pyo3(get)]
    inflight_capacity: u64,
    /// `oap_host_load_ratio`, in thousandths: 0..=1,000.
    #[pyo3(get)]
    host_load_permille: u32,
    read: Timing,
    write: Timing,
}

impl From<oap::Snapshot> for Snapshot {
    fn from(snapshot: oap::Snapshot) -> Self {
        Snapshot {
            frames: Kind::ALL.map(|kind| snapshot.frames(kind)),
            rejects: Reason::ALL.map(|reason| snapshot.rejects(reason)),
            frame_bytes: snapshot.frame_bytes(),
            ack_window: snapshot.ack_window(),
            inflight_frames: snapshot.inflight_frames(),
            ack_starved_ns: snapshot.ack_starved_ns(),
            inflight_capacity: snapshot.inflight_capacity(),
            host_load_permille: snapshot.host_load_permille(),
            read: snapshot.read().into(),
            write: snapshot.write().into(),
        }
    }
}

#[pymethods]
impl Snapshot {
    /// `oap_frames_total`: frames delivered or encoded, by the name of their kind.
    #[getter]
    fn frames<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        named(py, Kind::ALL.map(Kind::name), self.frames)
    }

    /// `oap_rejects_total`: rejects of what was received, by their label.
    #[getter]
    fn rejects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        named(py, Reason::ALL.map(Reason::label), self.rejects)
    }

    /// `oap_read_frame_seconds`: decode calls.
    #[getter]
    fn read(&self) -> Timing {
        self.read
    }

    /// `oap_write_frame_seconds`: encode calls.
    #[getter]
    fn write(&self) -> Timing {
        self.write
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py, State>> {
        let Snapshot { frames, rejects, read, write, .. } = *self;
        let gauges = (self.ack_window, self.inflight_frames, self.inflight_capacity);
        let numbers = (self.frame_bytes, self.ack_starved_ns, self.host_load_permille);
        Ok((maker(py, "_snapshot")?, (frames, rejects, gauges, numbers, read, write)))
    }
}

#[pyfunction]
#[pyo3(name = "_snapshot")]
pub fn remake_snapshot(
    frames: Frames,
    rejects: Rejects,
    gauges: Gauges,
    numbers: Numbers,
    read: &Bound<'_, Timing>,
    write: &Bound<'_, Timing>,
) -> Snapshot {
    let (ack_window, inflight_frames, inflight_capacity) = gauges;
    let (frame_bytes, ack_starved_ns, host_load_permille) = numbers;
    let (read, write) = (*read.get(), *write.get());
    Snapshot {
        frames,
        rejects,
        frame_bytes,
        ack_window,
        inflight_frames,
        ack_starved_ns,
        inflight_capacity,
        host_load_permille,
        read,
        write,
    }
}

fn named<'py, const N: usize>(
    py: Python<'py>,
    names: [&'static str; N],
    counts: [u64; N],
) -> PyResult<Bound<'py, PyDict>> {
    let named = PyDict::new(py);
    for (name, count) in names.into_iter().zip(counts) {
        named.set_item(name, count)?;
    }
    Ok(named)
}

/// The times of decode or encode calls: a histogram over `HISTOGRAM_BOUNDS_NS`. Immutable.
#[pyclass(frozen, eq, hash, module = "oap")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    /// Their time, in nanoseconds.
    #[pyo3(get)]
    sum_ns: u64,
    counts: Buckets,
}

impl From<&oap::Timing> for Timing {
    fn from(timing: &oap::Timing) -> Self {
        Timing { sum_ns: timing.sum_ns(), counts: *timing.counts() }
    }
}

#[pymethods]
impl Timing {
    /// Calls observed.
    #[getter]
    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Calls by bucket, each up to its bound of `HISTOGRAM_BOUNDS_NS`; the last is beyond them all.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.counts)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py, (u64, Buckets)>> {
        Ok((maker(py, "_timing")?, (self.sum_ns, self.counts)))
    }
}

#[pyfunction]
#[pyo3(name = "_timing")]
pub fn remake_timing(sum_ns: u64, counts: Buckets) -> Timing {
    Timing { sum_ns, counts }
}
