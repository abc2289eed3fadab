//! The `config` of a request: the fields of a Config and, for `monitor`, the limits of a monitor.

use crate::fields::{Fields, FromJson, Read, U64};
use oap::{Config, MonitorLimits, SeqRolloverPolicy};
use serde_json::Value;

pub struct Settings(pub Config);

impl FromJson for Settings {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let config = config(&mut fields)?;
        fields.end(Settings(config))
    }
}

pub struct MonitorSettings {
    pub config: Config,
    pub limits: MonitorLimits,
}

impl FromJson for MonitorSettings {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let read = MonitorSettings { config: config(&mut fields)?, limits: limits(&mut fields)? };
        fields.end(read)
    }
}

fn config(fields: &mut Fields) -> Read<Config> {
    let mut config = Config::default();
    if let Some(strict) = fields.maybe("strict_headers")? {
        config = config.with_strict_headers(strict);
    }
    if let Some(enforce) = fields.maybe("enforce_obj_header_on_objects")? {
        config = config.with_enforce_obj_header_on_objects(enforce);
    }
    if let Some(allow) = fields.maybe("allow_pq_hello_flags")? {
        config = config.with_allow_pq_hello_flags(allow);
    }
    if let Some(policy) = fields.maybe("seq_rollover_policy")? {
        config = config.with_seq_rollover_policy(policy);
    }
    if let Some(U64(features)) = fields.maybe("features")? {
        config = config.with_features(Some(features));
    }
    ranged(config, fields)
}

fn ranged(mut config: Config, fields: &mut Fields) -> Read<Config> {
    if let Some(window) = fields.maybe::<u64>("ack_window_frames")? {
        config = config.with_ack_window_frames(window).map_err(|error| error.to_string())?;
    }
    if let Some(U64(max_frame)) = fields.maybe("max_frame")? {
        config = config.with_max_frame(max_frame).map_err(|error| error.to_string())?;
    }
    Ok(config)
}

impl FromJson for SeqRolloverPolicy {
    fn from_json(value: Value) -> Read<Self> {
        let name = String::from_json(value)?;
        SeqRolloverPolicy::from_name(&name).ok_or_else(|| format!("{name:?} is not error or wrap"))
    }
}

fn limits(fields: &mut Fields) -> Read<MonitorLimits> {
    let mut limits = MonitorLimits::default();
    for (name, limit) in [
        ("reject_limit_permille", &mut limits.reject_limit_permille),
        ("reject_min_events", &mut limits.reject_min_events),
        ("ack_starvation_limit_ns", &mut limits.ack_starvation_limit_ns),
        ("inflight_capacity", &mut limits.inflight_capacity),
        ("backpressure_high_percent", &mut limits.backpressure_high_percent),
        ("backpressure_low_percent", &mut limits.backpressure_low_percent),
    ] {
        *limit = fields.maybe(name)?.unwrap_or(*limit);
    }
    Ok(limits)
}
