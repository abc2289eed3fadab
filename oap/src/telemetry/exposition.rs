//! The Prometheus text page.

use crate::frame::Kind;
use crate::reject::Reason;
use crate::telemetry::histogram::Timing;
use crate::telemetry::names::METRICS;
use crate::telemetry::snapshot::Snapshot;
use std::fmt::{self, Display, Write};

/// The content type of [`Snapshot::text`].
pub const TEXT_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const HELP: [(&str, &str); 8] = [
    ("counter", "Frames delivered to the host or encoded for it."),
    ("counter", "Rejects of what was received."),
    ("counter", "Bytes of the frames delivered or encoded."),
    ("histogram", "Wall time of one decode call."),
    ("histogram", "Wall time of one encode call."),
    ("gauge", "Credit advertised now over all sessions with an open inbound stream, in frames."),
    ("gauge", "DATA frames received and not yet acknowledged, over all sessions."),
    ("counter", "Time in which some inbound stream was open and no credit was left."),
];

impl Snapshot {
    /// The page that a Prometheus server scrapes, of the content type [`TEXT_CONTENT_TYPE`].
    pub fn text(&self) -> String {
        let mut page = String::with_capacity(4096);
        // Writing to a String does not fail.
        let _ = self.write_text(&mut page);
        page
    }

    /// Writes that page.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_text(&self, out: &mut impl Write) -> fmt::Result {
        for (place, name) in METRICS.into_iter().enumerate() {
            let (kind, help) = HELP[place];
            writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")?;
            self.write_samples(place, name, out)?;
        }
        Ok(())
    }

    fn write_samples(&self, place: usize, name: &str, out: &mut impl Write) -> fmt::Result {
        match place {
            0 => Kind::ALL
                .into_iter()
                .try_for_each(|kind| labelled(out, name, "kind", &kind, self.frames(kind))),
            1 => Reason::ALL.into_iter().try_for_each(|reason| {
                labelled(out, name, "reason", &reason, self.rejects(reason))
            }),
            2 => writeln!(out, "{name} {}", self.frame_bytes()),
            3 => histogram(out, name, self.read()),
            4 => histogram(out, name, self.write()),
            5 => writeln!(out, "{name} {}", self.ack_window()),
            6 => writeln!(out, "{name} {}", self.inflight_frames()),
            _ => writeln!(out, "{name} {}", seconds(self.ack_starved_ns())),
        }
    }
}

fn labelled(
    out: &mut impl Write,
    name: &str,
    label: &str,
    value: &dyn Display,
    count: u64,
) -> fmt::Result {
    writeln!(out, "{name}{{{label}=\"{value}\"}} {count}")
}

fn histogram(out: &mut impl Write, name: &str, timing: &Timing) -> fmt::Result {
    for (bound, count) in timing.cumulative() {
        if bound.is_infinite() {
            writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}")?;
        } else {
            writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {count}")?;
        }
    }
    writeln!(out, "{name}_sum {}\n{name}_count {}", seconds(timing.sum_ns()), timing.count())
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
