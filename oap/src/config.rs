//! Section 2a: what a side is configured to take and to say.

use crate::limits::{DEFAULT_ACK_WINDOW, MAX_ACK_WINDOW, MAX_FRAME_BYTES, MIN_MAX_FRAME};
use core::fmt;
use core::ops::RangeInclusive;

/// The rule for what may follow a DATA frame whose seq is 2^64 − 1 (rule 4.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SeqRolloverPolicy {
    /// No DATA: a further one is a `credit_violation`.
    #[default]
    Error,
    /// The next seq is 0.
    Wrap,
}

impl SeqRolloverPolicy {
    /// The name that configurations use: `error` or `wrap`.
    pub const fn name(self) -> &'static str {
        match self {
            SeqRolloverPolicy::Error => "error",
            SeqRolloverPolicy::Wrap => "wrap",
        }
    }

    /// The policy of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [SeqRolloverPolicy::Error, SeqRolloverPolicy::Wrap].into_iter().find(|p| p.name() == name)
    }
}

/// The limits that a decoder or a session keeps, and what its HELLO says. Every value held is in its range.
///
/// ```
/// let config = oap::Config::default().with_ack_window_frames(64)?.with_strict_headers(false);
/// assert_eq!(config.ack_window_frames(), 64);
///
/// let error = config.with_max_frame(2_000_000).unwrap_err();
/// assert_eq!(error.to_string(), "max_frame = 2000000 is not in 4096..=1048576");
/// # Ok::<(), oap::ConfigError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Config {
    strict_headers: bool,
    enforce_obj_header_on_objects: bool,
    allow_pq_hello_flags: bool,
    seq_rollover_policy: SeqRolloverPolicy,
    ack_window_frames: u32,
    max_frame: u32,
    /// Apart from its number, so that ten thousand sessions stay small.
    has_features: bool,
    features: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            strict_headers: true,
            enforce_obj_header_on_objects: true,
            allow_pq_hello_flags: true,
            seq_rollover_policy: SeqRolloverPolicy::Error,
            ack_window_frames: DEFAULT_ACK_WINDOW,
            max_frame: MAX_FRAME_BYTES as u32,
            has_features: false,
            features: 0,
        }
    }
}

impl Config {
    /// Take canonical headers only (rule 2.11; the default), or relaxed ones too (rule 2.12: interop labs).
    pub fn with_strict_headers(self, strict_headers: bool) -> Self {
        Config { strict_headers, ..self }
    }

    /// Whether DATA on an object stream needs `obj` (rule 4.13). Default true.
    pub fn with_enforce_obj_header_on_objects(self, enforce: bool) -> Self {
        Config { enforce_obj_header_on_objects: enforce, ..self }
    }

    /// Whether a HELLO may have feature bits set (rule 3.7). Default true.
    pub fn with_allow_pq_hello_flags(self, allow: bool) -> Self {
        Config { allow_pq_hello_flags: allow, ..self }
    }

    /// Sets what follows seq 2^64 − 1 (rule 4.9). Default [`SeqRolloverPolicy::Error`].
    pub fn with_seq_rollover_policy(self, seq_rollover_policy: SeqRolloverPolicy) -> Self {
        Config { seq_rollover_policy, ..self }
    }

    /// DATA frames taken unacknowledged, 1..=1024; its HELLO says so. Default 32.
    ///
    /// # Errors
    /// [`ConfigError`] where the value is out of range.
    pub fn with_ack_window_frames(self, frames: u64) -> Result<Self, ConfigError> {
        let ack_window_frames = in_range("ack_window_frames", frames, 1..=MAX_ACK_WINDOW.into())?;
        Ok(Config { ack_window_frames: ack_window_frames as u32, ..self })
    }

    /// The largest frame taken, in bytes with its prefix, 4,096..=1,048,576; its HELLO says so. Default 1,048,576.
    ///
    /// # Errors
    /// [`ConfigError`] where the value is out of range.
    pub fn with_max_frame(self, bytes: u64) -> Result<Self, ConfigError> {
        let range = MIN_MAX_FRAME as u64..=MAX_FRAME_BYTES as u64;
        Ok(Config { max_frame: in_range("max_frame", bytes, range)? as u32, ..self })
    }

    /// The same with the lower `max_frame` of a HELLO that it allows.
    pub(crate) const fn lowered_to(self, max_frame: u32) -> Self {
        Config { max_frame, ..self }
    }

    /// The feature bits that its HELLO says, or `None` (the default) to say none. Opaque.
    pub fn with_features(self, features: Option<u64>) -> Self {
        let (has_features, features) = (features.is_some(), features.unwrap_or(0));
        Config { has_features, features, ..self }
    }

    /// Whether headers must be canonical.
    pub const fn strict_headers(&self) -> bool {
        self.strict_headers
    }

    /// Whether DATA on an object stream needs `obj`.
    pub const fn enforce_obj_header_on_objects(&self) -> bool {
        self.enforce_obj_header_on_objects
    }

    /// Whether a HELLO may have feature bits set.
    pub const fn allow_pq_hello_flags(&self) -> bool {
        self.allow_pq_hello_flags
    }

    /// The rule for what follows seq 2^64 − 1.
    pub const fn seq_rollover_policy(&self) -> SeqRolloverPolicy {
        self.seq_rollover_policy
    }

    /// DATA frames taken unacknowledged.
    pub const fn ack_window_frames(&self) -> u32 {
        self.ack_window_frames
    }

    /// The largest frame taken, in bytes with its prefix.
    pub const fn max_frame(&self) -> usize {
        self.max_frame as usize
    }

    /// The feature bits that its HELLO says.
    pub const fn features(&self) -> Option<u64> {
        if self.has_features {
            Some(self.features)
        } else {
            None
        }
    }
}

impl fmt::Debug for Config {
    /// All but the feature bits, which are never logged (rule 2.13).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("strict_headers", &self.strict_headers)
            .field("enforce_obj_header_on_objects", &self.enforce_obj_header_on_objects)
            .field("allow_pq_hello_flags", &self.allow_pq_hello_flags)
            .field("seq_rollover_policy", &self.seq_rollover_policy)
            .field("ack_window_frames", &self.ack_window_frames)
            .field("max_frame", &self.max_frame)
            .finish_non_exhaustive()
    }
}

/// A configuration value out of its range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    field: &'static str,
    value: u64,
    range: RangeInclusive<u64>,
}

impl ConfigError {
    /// The name of the field.
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The value that was refused.
    pub const fn value(&self) -> u64 {
        self.value
    }

    /// The values that are allowed.
    pub const fn range(&self) -> &RangeInclusive<u64> {
        &self.range
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = (self.range.start(), self.range.end());
        write!(f, "{} = {} is not in {low}..={high}", self.field, self.value)
    }
}

#[cfg(feature = "std")]
impl std::error::Error for ConfigError {}

pub(crate) fn in_range(
    field: &'static str,
    value: u64,
    range: RangeInclusive<u64>,
) -> Result<u64, ConfigError> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError { field, value, range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_each_limit() {
        let config = Config::default();
        for (value, ok) in [(0, false), (1, true), (1024, true), (1025, false), (u64::MAX, false)] {
            assert_eq!(config.with_ack_window_frames(value).is_ok(), ok, "{value}");
        }
        let cap = MAX_FRAME_BYTES as u64;
        for (value, ok) in [(4095, false), (4096, true), (cap, true), (cap + 1, false)] {
            assert_eq!(config.with_max_frame(value).is_ok(), ok, "{value}");
        }
    }

    #[test]
    fn an_error_names_field_value_and_range() {
        let error = Config::default().with_ack_window_frames(1_025).unwrap_err();
        assert_eq!((error.field(), error.value()), ("ack_window_frames", 1_025));
        assert_eq!(error.range(), &(1..=1024));
        assert_eq!(error.to_string(), "ack_window_frames = 1025 is not in 1..=1024");
    }

    #[test]
    fn debug_shows_no_feature_bits() {
        let shown = format!("{:?}", Config::default().with_features(Some(48879)));
        assert!(!shown.contains("48879") && !shown.contains("features"), "{shown}");
    }
}
