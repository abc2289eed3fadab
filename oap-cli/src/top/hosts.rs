//! What hosts say of themselves, and how fast it grows.

use oap_probe::pages::{self, Samples};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// One host, as it was seen last.
#[derive(Clone, Serialize)]
pub struct Row {
    pub url: String,
    pub state: State,
    /// The readiness keys that are not met.
    pub missing: Vec<String>,
    /// Of all kinds, a second.
    pub frames: f64,
    pub bytes: f64,
    pub rejects: f64,
    /// Credit that is given now, DATA in flight, and how many more are room for.
    pub credit: f64,
    pub in_flight: f64,
    pub room: f64,
    /// Seconds without credit, a second.
    pub starved: f64,
    /// Since the host began.
    pub frames_by_kind: Vec<(String, f64)>,
    pub rejects_by_reason: Vec<(String, f64)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No answer.
    Gone,
    NotReady,
    Ready,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            State::Gone => "gone",
            State::NotReady => "not ready",
            State::Ready => "ready",
        }
    }
}

pub struct Host {
    url: String,
    before: Option<(Instant, Samples)>,
}

impl Host {
    pub fn new(url: &str) -> Self {
        Host { url: url.trim_end_matches('/').to_owned(), before: None }
    }

    /// Looks at it once more. Rates are those since the look before.
    pub async fn look(&mut self) -> Row {
        let looked = tokio::join!(pages::metrics(&self.url), pages::readyz(&self.url));
        let (Ok(samples), Ok(readyz)) = looked else {
            self.before = None;
            return Row::gone(&self.url);
        };
        let now = Instant::now();
        let mut row = Row::gone(&self.url);
        row.state = if readyz.is_ready() { State::Ready } else { State::NotReady };
        row.missing = readyz.missing;
        row.set_gauges(&samples);
        if let Some((then, before)) = &self.before {
            row.set_rates(before, &samples, now - *then);
        }
        self.before = Some((now, samples));
        row
    }
}

impl Row {
    pub fn gone(url: &str) -> Self {
        Row {
            url: url.to_owned(),
            state: State::Gone,
            missing: Vec::new(),
            frames: 0.0,
            bytes: 0.0,
            rejects: 0.0,
            credit: 0.0,
            in_flight: 0.0,
            room: 0.0,
            starved: 0.0,
            frames_by_kind: Vec::new(),
            rejects_by_reason: Vec::new(),
        }
    }

    fn set_gauges(&mut self, samples: &Samples) {
        self.credit = samples.value("oap_ack_window");
        self.in_flight = samples.value("oap_inflight_frames");
        self.room = (samples.value("oap_inflight_capacity") - self.in_flight).max(0.0);
        self.frames_by_kind = samples.by_label("oap_frames_total");
        self.rejects_by_reason = samples.by_label("oap_rejects_total");
    }

    fn set_rates(&mut self, before: &Samples, now: &Samples, between: Duration) {
        let seconds = between.as_secs_f64().max(1e-3);
        // A host that began anew counts from 0.
        let rate = |then: f64, now: f64| (now - then).max(0.0) / seconds;
        let of_labels = |metric: &str| rate(before.sum(metric), now.sum(metric));
        let plain = |metric: &str| rate(before.value(metric), now.value(metric));
        self.frames = of_labels("oap_frames_total");
        self.rejects = of_labels("oap_rejects_total");
        self.bytes = plain("oap_frame_bytes_total");
        self.starved = plain("oap_ack_starved_seconds_total");
    }
}
