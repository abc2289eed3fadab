//! The names of the telemetry contract: every host in every language shows these and no others.

/// The name that Prometheus has for the type of a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MetricType {
    Counter,
    Gauge,
    Histogram,
}

impl MetricType {
    pub const fn name(self) -> &'static str {
        match self {
            MetricType::Counter => "counter",
            MetricType::Gauge => "gauge",
            MetricType::Histogram => "histogram",
        }
    }
}

/// A metric of the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Metric {
    Frames,
    Rejects,
    FrameBytes,
    ReadFrame,
    WriteFrame,
    AckWindow,
    InflightFrames,
    AckStarved,
    InflightCapacity,
    HostLoad,
}

/// Its name, type and help.
pub(crate) struct Described {
    pub metric: Metric,
    pub name: &'static str,
    pub metric_type: MetricType,
    pub help: &'static str,
}

const fn counter(metric: Metric, name: &'static str, help: &'static str) -> Described {
    Described { metric, name, metric_type: MetricType::Counter, help }
}

const fn gauge(metric: Metric, name: &'static str, help: &'static str) -> Described {
    Described { metric, name, metric_type: MetricType::Gauge, help }
}

const fn histogram(metric: Metric, name: &'static str, help: &'static str) -> Described {
    Described { metric, name, metric_type: MetricType::Histogram, help }
}

/// The metrics in the contract's order.
#[rustfmt::skip]
pub(crate) const DESCRIBED: &[Described] = &[
    counter(Metric::Frames, "oap_frames_total", "Frames delivered to the host or encoded for it."),
    counter(Metric::Rejects, "oap_rejects_total", "Rejects of what was received."),
    counter(Metric::FrameBytes, "oap_frame_bytes_total", "Bytes of the frames delivered or encoded."),
    histogram(Metric::ReadFrame, "oap_read_frame_seconds", "Wall time of one decode call."),
    histogram(Metric::WriteFrame, "oap_write_frame_seconds", "Wall time of one encode call."),
    gauge(Metric::AckWindow, "oap_ack_window", "Credit advertised now over all sessions with an open inbound stream, in frames."),
    gauge(Metric::InflightFrames, "oap_inflight_frames", "DATA frames received and not yet acknowledged, over all sessions."),
    counter(Metric::AckStarved, "oap_ack_starved_seconds_total", "Time in which some inbound stream was open and no credit was left."),
    gauge(Metric::InflightCapacity, "oap_inflight_capacity", "DATA frames in flight that are full load, as configured."),
    gauge(Metric::HostLoad, "oap_host_load_ratio", "Load of the fullest of the host's own queues, 0 to 1, as it said last."),
];

/// The metric names, in the contract's order.
pub const METRICS: [&str; DESCRIBED.len()] = names();

const fn names() -> [&'static str; DESCRIBED.len()] {
    let mut names = [""; DESCRIBED.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = DESCRIBED[place].name;
        place += 1;
    }
    names
}

/// The readiness keys, in the order in which a host lists the missing ones.
pub const READINESS_KEYS: [&str; 4] =
    ["oap_parser_ready", "oap_reject_rate_ok", "oap_ack_window_ok", "oap_backpressure_ok"];
