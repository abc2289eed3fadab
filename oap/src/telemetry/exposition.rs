//! The Prometheus text page.

use crate::frame::Kind;
use crate::reject::Reason;
use crate::telemetry::histogram::Timing;
use crate::telemetry::names::{Described, Metric, DESCRIBED};
use crate::telemetry::snapshot::Snapshot;
use std::fmt::{self, Display, Write};

/// The content type of [`Snapshot::text`].
pub const TEXT_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

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
        for Described { metric, name, metric_type, help } in DESCRIBED {
            writeln!(out, "# HELP {name} {help}\n# TYPE {name} {}", metric_type.name())?;
            self.write_samples(*metric, name, out)?;
        }
        Ok(())
    }

    fn write_samples(&self, metric: Metric, name: &str, out: &mut impl Write) -> fmt::Result {
        match metric {
            Metric::Frames => Kind::ALL
                .into_iter()
                .try_for_each(|kind| labelled(out, name, "kind", &kind, self.frames(kind))),
            Metric::Rejects => Reason::ALL.into_iter().try_for_each(|reason| {
                labelled(out, name, "reason", &reason, self.rejects(reason))
            }),
            Metric::FrameBytes => writeln!(out, "{name} {}", self.frame_bytes()),
            Metric::ReadFrame => histogram(out, name, self.read()),
            Metric::WriteFrame => histogram(out, name, self.write()),
            Metric::AckWindow => writeln!(out, "{name} {}", self.ack_window()),
            Metric::InflightFrames => writeln!(out, "{name} {}", self.inflight_frames()),
            Metric::AckStarved => writeln!(out, "{name} {}", seconds(self.ack_starved_ns())),
            Metric::InflightCapacity => writeln!(out, "{name} {}", self.inflight_capacity()),
            Metric::HostLoad => writeln!(out, "{name} {}", ratio(self.host_load_permille())),
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

/// The nearest number to so many thousandths; it prints as its shortest decimal, which is exact.
fn ratio(permille: u32) -> f64 {
    f64::from(permille) / 1e3
}
