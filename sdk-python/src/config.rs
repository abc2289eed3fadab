//! `Config` (section 2a).

use crate::errors::misconfigured;
use crate::number::{integer, out_of_range, unsigned, Number};
use crate::remake::Remade;
use oap::{ConfigError, SeqRolloverPolicy};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::hash::{Hash, Hasher};

/// The limits and policies of a decoder or a session, and the fields of its HELLO. Immutable.
///
/// `ack_window_frames`: DATA frames taken unacknowledged, 1..=1024. `max_frame`: the largest frame taken, in bytes,
/// 4,096..=1,048,576. `seq_rollover_policy`: `"error"` or `"wrap"`. `features`: 64 opaque bits, or None to say none.
#[pyclass(frozen, eq, hash, module = "oap")]
#[derive(Clone, PartialEq, Eq)]
pub struct Config(pub oap::Config);

impl Hash for Config {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Config(config) = self;
        (config.strict_headers(), config.enforce_obj_header_on_objects()).hash(state);
        (config.allow_pq_hello_flags(), config.seq_rollover_policy().name()).hash(state);
        (config.ack_window_frames(), config.max_frame(), config.features()).hash(state);
    }
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(signature = (
        *,
        strict_headers = oap::Config::default().strict_headers(),
        enforce_obj_header_on_objects = oap::Config::default().enforce_obj_header_on_objects(),
        allow_pq_hello_flags = oap::Config::default().allow_pq_hello_flags(),
        seq_rollover_policy = oap::Config::default().seq_rollover_policy().name(),
        ack_window_frames = Number::Default,
        max_frame = Number::Default,
        features = None,
    ))]
    #[expect(clippy::too_many_arguments, reason = "all are keywords in Python")]
    fn new(
        py: Python<'_>,
        strict_headers: bool,
        enforce_obj_header_on_objects: bool,
        allow_pq_hello_flags: bool,
        seq_rollover_policy: &str,
        ack_window_frames: Number<'_>,
        max_frame: Number<'_>,
        features: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let policy = SeqRolloverPolicy::from_name(seq_rollover_policy)
            .ok_or_else(|| unknown_policy(py, seq_rollover_policy))?;
        let features = features.map(|bits| unsigned("features", &integer(&bits)?)).transpose()?;
        let config = oap::Config::default()
            .with_strict_headers(strict_headers)
            .with_enforce_obj_header_on_objects(enforce_obj_header_on_objects)
            .with_allow_pq_hello_flags(allow_pq_hello_flags)
            .with_seq_rollover_policy(policy)
            .with_features(features);
        let config = ranged(config, ack_window_frames, oap::Config::with_ack_window_frames)?;
        ranged(config, max_frame, oap::Config::with_max_frame).map(Config)
    }

    #[getter]
    fn strict_headers(&self) -> bool {
        self.0.strict_headers()
    }

    #[getter]
    fn enforce_obj_header_on_objects(&self) -> bool {
        self.0.enforce_obj_header_on_objects()
    }

    #[getter]
    fn allow_pq_hello_flags(&self) -> bool {
        self.0.allow_pq_hello_flags()
    }

    #[getter]
    fn seq_rollover_policy(&self) -> &'static str {
        self.0.seq_rollover_policy().name()
    }

    #[getter]
    fn ack_window_frames(&self) -> u32 {
        self.0.ack_window_frames()
    }

    #[getter]
    fn max_frame(&self) -> usize {
        self.0.max_frame()
    }

    #[getter]
    fn features(&self) -> Option<u64> {
        self.0.features()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Remade<'py, ()>> {
        let (py, Config(config)) = (slf.py(), slf.get());
        let fields = PyDict::new(py);
        fields.set_item("strict_headers", config.strict_headers())?;
        fields.set_item("enforce_obj_header_on_objects", config.enforce_obj_header_on_objects())?;
        fields.set_item("allow_pq_hello_flags", config.allow_pq_hello_flags())?;
        fields.set_item("seq_rollover_policy", config.seq_rollover_policy().name())?;
        fields.set_item("ack_window_frames", config.ack_window_frames())?;
        fields.set_item("max_frame", config.max_frame())?;
        fields.set_item("features", config.features())?;
        // All fields are keywords, which a partial holds.
        let partial = py.import("functools")?.getattr("partial")?;
        Ok((partial.call((slf.get_type(),), Some(&fields))?, ()))
    }

    /// All but the feature bits, which are never shown (rule 2.13).
    fn __repr__(&self) -> String {
        let truth = |value| if value { "True" } else { "False" };
        format!(
            "Config(strict_headers={}, enforce_obj_header_on_objects={}, allow_pq_hello_flags={}, \
             seq_rollover_policy='{}', ack_window_frames={}, max_frame={})",
            truth(self.0.strict_headers()),
            truth(self.0.enforce_obj_header_on_objects()),
            truth(self.0.allow_pq_hello_flags()),
            self.seq_rollover_policy(),
            self.0.ack_window_frames(),
            self.0.max_frame(),
        )
    }
}

impl Config {
    /// The core's Config of an optional argument.
    pub fn or_default(config: Option<&Config>) -> oap::Config {
        config.map_or_else(oap::Config::default, |config| config.0)
    }
}

fn ranged(
    config: oap::Config,
    number: Number<'_>,
    with: impl Fn(oap::Config, u64) -> Result<oap::Config, ConfigError>,
) -> PyResult<oap::Config> {
    let Number::Given(number) = number else { return Ok(config) };
    // A number that 64 bits can't hold is out of every range.
    let error = match with(config, number.extract().unwrap_or(u64::MAX)) {
        Ok(config) => return Ok(config),
        Err(error) => error,
    };
    Err(out_of_range(error.field(), &number, error.range()))
}

fn unknown_policy(py: Python<'_>, name: &str) -> PyErr {
    const FIELD: &str = "seq_rollover_policy";
    let names = [SeqRolloverPolicy::Error, SeqRolloverPolicy::Wrap].map(SeqRolloverPolicy::name);
    let message = format!("{FIELD} = {name:?} is not in {}", names.join(", "));
    match PyTuple::new(py, names) {
        Ok(range) => {
            misconfigured(message, FIELD, PyString::new(py, name).as_any(), range.into_any())
        }
        Err(error) => error,
    }
}
