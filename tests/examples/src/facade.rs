//! A monitor behind the facade `metrics`, for whichever exporter the host has installed.

use metrics::{counter, gauge, histogram};
use oap::{Kind, Monitor, Reason};

/// Shows what the monitor says: before each scrape, or once a second beside `tick`. The facade's counters are whole
/// numbers, so the seconds starved go out as a gauge of the same name.
pub fn publish(monitor: &Monitor) {
    let seen = monitor.snapshot();
    for kind in Kind::ALL {
        counter!("oap_frames_total", "kind" => kind.name()).absolute(seen.frames(kind));
    }
    for reason in Reason::ALL {
        counter!("oap_rejects_total", "reason" => reason.label()).absolute(seen.rejects(reason));
    }
    counter!("oap_frame_bytes_total").absolute(seen.frame_bytes());
    gauge!("oap_ack_window").set(seen.ack_window() as f64);
    gauge!("oap_inflight_frames").set(seen.inflight_frames() as f64);
    gauge!("oap_ack_starved_seconds_total").set(seen.ack_starved_ns() as f64 / 1e9);
    gauge!("oap_inflight_capacity").set(seen.inflight_capacity() as f64);
    gauge!("oap_host_load_ratio").set(f64::from(seen.host_load_permille()) / 1e3);
}

/// Observes one decode call. The facade takes no finished histogram, so it is told of each call, as the monitor is.
pub fn observe_read(monitor: &Monitor, ns: u64) {
    monitor.observe_read(ns);
    histogram!("oap_read_frame_seconds").record(ns as f64 / 1e9);
}

/// Observes one encode call.
pub fn observe_write(monitor: &Monitor, ns: u64) {
    monitor.observe_write(ns);
    histogram!("oap_write_frame_seconds").record(ns as f64 / 1e9);
}
