//! `Config` from values whose types JavaScript has seen to.

use napi::bindgen_prelude::{BigInt, Either, Error, Result, Status};
use napi_derive::napi;
use oap::{Config, ConfigError, SeqRolloverPolicy};

/// The fields of a configuration, by the spec's names; what is absent has the core's default.
#[napi(object)]
pub struct Settings {
    pub strict_headers: Option<bool>,
    pub enforce_obj_header_on_objects: Option<bool>,
    pub allow_pq_hello_flags: Option<bool>,
    pub seq_rollover_policy: Option<String>,
    pub ack_window_frames: Option<BigInt>,
    pub max_frame: Option<BigInt>,
    pub features: Option<BigInt>,
}

/// A value that the core refuses: the field, and what it may be.
#[napi(object, object_from_js = false)]
pub struct ConfigRefusal {
    pub field: &'static str,
    pub min: Option<BigInt>,
    pub max: Option<BigInt>,
    pub choices: Option<Vec<&'static str>>,
}

const POLICIES: [SeqRolloverPolicy; 2] = [SeqRolloverPolicy::Error, SeqRolloverPolicy::Wrap];

impl Settings {
    pub(crate) fn config(&self) -> Result<Config> {
        self.resolve().map_err(|refused| Error::new(Status::InvalidArg, refused.field))
    }

    fn resolve(&self) -> std::result::Result<Config, ConfigRefusal> {
        let default = Config::default();
        let or = |value: Option<bool>, default| value.unwrap_or(default);
        let number = |value: &Option<BigInt>| value.as_ref().map(unsigned);
        let policy = match &self.seq_rollover_policy {
            Some(name) => SeqRolloverPolicy::from_name(name).ok_or_else(ConfigRefusal::policy)?,
            None => default.seq_rollover_policy(),
        };
        let window = number(&self.ack_window_frames).unwrap_or(default.ack_window_frames().into());
        let config = default
            .with_strict_headers(or(self.strict_headers, default.strict_headers()))
            .with_enforce_obj_header_on_objects(or(
                self.enforce_obj_header_on_objects,
                default.enforce_obj_header_on_objects(),
            ))
            .with_allow_pq_hello_flags(or(
                self.allow_pq_hello_flags,
                default.allow_pq_hello_flags(),
            ))
            .with_seq_rollover_policy(policy)
            .with_features(number(&self.features))
            .with_ack_window_frames(window)?
            .with_max_frame(number(&self.max_frame).unwrap_or(default.max_frame() as u64))?;
        Ok(config)
    }
}

impl From<Config> for Settings {
    fn from(config: Config) -> Self {
        Settings {
            strict_headers: Some(config.strict_headers()),
            enforce_obj_header_on_objects: Some(config.enforce_obj_header_on_objects()),
            allow_pq_hello_flags: Some(config.allow_pq_hello_flags()),
            seq_rollover_policy: Some(config.seq_rollover_policy().name().to_owned()),
            ack_window_frames: Some(u64::from(config.ack_window_frames()).into()),
            max_frame: Some((config.max_frame() as u64).into()),
            features: config.features().map(BigInt::from),
        }
    }
}

impl ConfigRefusal {
    fn policy() -> Self {
        let choices = Some(POLICIES.map(SeqRolloverPolicy::name).to_vec());
        ConfigRefusal { field: "seq_rollover_policy", min: None, max: None, choices }
    }
}

impl From<ConfigError> for ConfigRefusal {
    fn from(error: ConfigError) -> Self {
        let (min, max) = (*error.range().start(), *error.range().end());
        ConfigRefusal {
            field: error.field(),
            min: Some(min.into()),
            max: Some(max.into()),
            choices: None,
        }
    }
}

/// JavaScript passes 0 to 2^64 − 1.
pub(crate) fn unsigned(value: &BigInt) -> u64 {
    value.get_u64().1
}

/// All fields with their values, or the first that the core refuses.
#[napi(catch_unwind)]
pub fn resolve_config(settings: Settings) -> Either<Settings, ConfigRefusal> {
    match settings.resolve() {
        Ok(config) => Either::A(config.into()),
        Err(refused) => Either::B(refused),
    }
}
