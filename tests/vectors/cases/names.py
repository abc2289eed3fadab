"""The published names, in their order."""

REJECT_LABELS = [
    "bad_hello", "bad_hello_pq", "frame_oversize", "unknown_envelope",
    "header_malformed", "missing_obj", "credit_violation", "truncated",
]
METRICS = [
    "oap_frames_total", "oap_rejects_total", "oap_frame_bytes_total", "oap_read_frame_seconds",
    "oap_write_frame_seconds", "oap_ack_window", "oap_inflight_frames", "oap_ack_starved_seconds_total",
    "oap_inflight_capacity", "oap_host_load_ratio",
]
READINESS_KEYS = ["oap_parser_ready", "oap_reject_rate_ok", "oap_ack_window_ok", "oap_backpressure_ok"]
