//! `Monitor`: the core's, with the process's clock.

use crate::guard::guard;
use crate::kind;
use crate::number::{integer, unsigned, Number};
use crate::once::get_or_make;
use crate::readiness::Readiness;
use crate::snapshot::Snapshot;
use oap::{MonitorLimits, Reason};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};
use std::sync::Arc;

/// The metrics and the readiness of a process, over all decoders and sessions that were given it. Any thread may use it.
///
/// The limits say when readiness keys turn false, each 0..=2^64 - 1. `reject_limit_permille`: rejects a thousand frames,
/// over 5 minutes; `reject_min_events`: frames and rejects below which no rate is judged; `ack_starvation_limit_ns`:
/// nanoseconds without credit in these 5 minutes; `inflight_capacity`: DATA frames in flight that are full load;
/// `backpressure_high_percent` and `backpressure_low_percent` of it, and of the host's load. With `timing`, each call of a decoder or session
/// that has the monitor is timed.
#[pyclass(frozen, weakref, module = "oap")]
pub struct Monitor {
    pub core: Arc<oap::Monitor>,
    pub timing: bool,
}

#[pymethods]
impl Monitor {
    #[new]
    #[pyo3(signature = (
        *,
        reject_limit_permille = Number::Default,
        reject_min_events = Number::Default,
        ack_starvation_limit_ns = Number::Default,
        inflight_capacity = Number::Default,
        backpressure_high_percent = Number::Default,
        backpressure_low_percent = Number::Default,
        timing = true,
    ))]
    fn new(
        reject_limit_permille: Number<'_>,
        reject_min_events: Number<'_>,
        ack_starvation_limit_ns: Number<'_>,
        inflight_capacity: Number<'_>,
        backpressure_high_percent: Number<'_>,
        backpressure_low_percent: Number<'_>,
        timing: bool,
    ) -> PyResult<Self> {
        let given = [
            reject_limit_permille,
            reject_min_events,
            ack_starvation_limit_ns,
            inflight_capacity,
            backpressure_high_percent,
            backpressure_low_percent,
        ];
        let mut limits = MonitorLimits::default();
        for ((name, limit), number) in named(&mut limits).into_iter().zip(given) {
            if let Number::Given(number) = number {
                *limit = unsigned(name, &number)?;
            }
        }
        Ok(Monitor { core: Arc::new(oap::Monitor::new(limits)), timing })
    }

    /// The limits it was made with, by name.
    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let limits = PyDict::new(py);
        for (name, limit) in named(&mut self.core.limits().clone()) {
            limits.set_item(name, *limit)?;
        }
        Ok(limits)
    }

    /// Whether calls are timed.
    #[getter]
    fn timing(&self) -> bool {
        self.timing
    }

    /// Sets the key `oap_parser_ready`: true from the start; false where a host drains or its new configuration is bad.
    fn set_parser_ready(&self, ready: bool) {
        self.core.set_parser_ready(ready);
    }

    /// Sets the load of the fullest of the host's own queues and budgets, in thousandths; over 1,000 counts as 1,000.
    /// It is 0 until it is set. The key `oap_backpressure_ok` is judged by it at the next tick.
    fn set_load(&self, permille: u64) {
        self.core.set_load(permille.try_into().unwrap_or(u32::MAX));
    }

    /// Counts a frame of `bytes` bytes that the host encoded or decoded without a decoder or session of this monitor.
    fn count_frame(&self, kind: &Bound<'_, PyAny>, bytes: usize) -> PyResult<()> {
        let unknown = || PyValueError::new_err("kind is a Kind");
        let kind = kind::of_object(kind)?.ok_or_else(unknown)?;
        self.core.count_frame(kind, bytes);
        Ok(())
    }

    /// Counts a reject, by its label or its code, that the host gave without a decoder or session of this monitor.
    fn count_reject(&self, reject: &Bound<'_, PyAny>) -> PyResult<()> {
        let unknown = || PyValueError::new_err("reject is one of REJECT_LABELS, or its code");
        self.core.count_reject(reason_of(reject)?.ok_or_else(unknown)?);
        Ok(())
    }

    /// Observes a decode call of `ns` nanoseconds that the host made without a decoder or session of this monitor.
    fn observe_read(&self, ns: u64) {
        self.core.observe_read(ns);
    }

    /// Observes an encode call likewise.
    fn observe_write(&self, ns: u64) {
        self.core.observe_write(ns);
    }

    /// Samples the state, at least once a second. `now`: nanoseconds of a monotonic clock, `time.monotonic_ns()` where
    /// it is left out. Use one clock with a monitor: time that goes backwards is taken as standing still.
    #[pyo3(signature = (now = None))]
    fn tick(&self, py: Python<'_>, now: Option<u64>) -> PyResult<()> {
        self.readiness(py, now).map(drop)
    }

    /// Ticks, and says whether the process is fit to serve.
    #[pyo3(signature = (now = None))]
    fn readiness(&self, py: Python<'_>, now: Option<u64>) -> PyResult<Readiness> {
        let now = now.map_or_else(|| monotonic_ns(py), Ok)?;
        guard(|| Ok(self.core.readiness(now).into()))
    }

    /// All numbers, as they are now.
    fn snapshot(&self) -> PyResult<Snapshot> {
        guard(|| Ok(self.core.snapshot().into()))
    }

    /// The page that a Prometheus server scrapes; its content type is `TEXT_CONTENT_TYPE`.
    fn text(&self) -> PyResult<String> {
        guard(|| Ok(self.core.snapshot().text()))
    }
}

/// The reason that a label or a code names.
fn reason_of(reject: &Bound<'_, PyAny>) -> PyResult<Option<Reason>> {
    if let Ok(label) = reject.cast::<PyString>() {
        // Text that UTF-8 can't hold is no label.
        let label = label.to_str().ok();
        return Ok(Reason::ALL.into_iter().find(|reason| Some(reason.label()) == label));
    }
    let code = integer(reject)?.extract::<u32>().ok();
    Ok(Reason::ALL.into_iter().find(|reason| Some(reason.code()) == code))
}

fn named(limits: &mut MonitorLimits) -> [(&'static str, &mut u64); 6] {
    [
        ("reject_limit_permille", &mut limits.reject_limit_permille),
        ("reject_min_events", &mut limits.reject_min_events),
        ("ack_starvation_limit_ns", &mut limits.ack_starvation_limit_ns),
        ("inflight_capacity", &mut limits.inflight_capacity),
        ("backpressure_high_percent", &mut limits.backpressure_high_percent),
        ("backpressure_low_percent", &mut limits.backpressure_low_percent),
    ]
}

/// `time.monotonic_ns()`.
pub fn monotonic_ns(py: Python<'_>) -> PyResult<u64> {
    static CLOCK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let clock =
        get_or_make(py, &CLOCK, || Ok(py.import("time")?.getattr("monotonic_ns")?.unbind()))?;
    clock.bind(py).call0()?.extract()
}
