//! The names of the telemetry contract: every host in every language shows these and no others.

/// The metric names, in the contract's order.
pub const METRICS: [&str; 8] = [
    "oap_frames_total",
    "oap_rejects_total",
    "oap_frame_bytes_total",
    "oap_read_frame_seconds",
    "oap_write_frame_seconds",
    "oap_ack_window",
    "oap_inflight_frames",
    "oap_ack_starved_seconds_total",
];

/// The readiness keys, in the order in which a host lists the missing ones.
pub const READINESS_KEYS: [&str; 4] =
    ["oap_parser_ready", "oap_reject_rate_ok", "oap_ack_window_ok", "oap_backpressure_ok"];
