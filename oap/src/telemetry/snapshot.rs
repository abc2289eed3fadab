//! The numbers of a monitor at one time.

use crate::frame::Kind;
use crate::reject::Reason;
use crate::telemetry::histogram::Timing;
use crate::telemetry::totals::Totals;

/// The numbers of a [`Monitor`](crate::Monitor) at one time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    pub(crate) totals: Totals,
    pub(crate) read: Timing,
    pub(crate) write: Timing,
    pub(crate) starved_ns: u64,
    pub(crate) inflight_capacity: u64,
}

impl Snapshot {
    /// `oap_frames_total{kind}`.
    pub const fn frames(&self, kind: Kind) -> u64 {
        self.totals.frames[kind as usize - 1]
    }

    /// `oap_rejects_total{reason}`.
    pub const fn rejects(&self, reason: Reason) -> u64 {
        self.totals.rejects[reason as usize - 1]
    }

    /// `oap_frame_bytes_total`.
    pub const fn frame_bytes(&self) -> u64 {
        self.totals.bytes
    }

    /// `oap_read_frame_seconds`.
    pub const fn read(&self) -> &Timing {
        &self.read
    }

    /// `oap_write_frame_seconds`.
    pub const fn write(&self) -> &Timing {
        &self.write
    }

    /// `oap_ack_window`.
    pub const fn ack_window(&self) -> u64 {
        self.totals.gauges.credit
    }

    /// `oap_inflight_frames`.
    pub const fn inflight_frames(&self) -> u64 {
        self.totals.gauges.in_flight
    }

    /// `oap_ack_starved_seconds_total`, in nanoseconds.
    pub const fn ack_starved_ns(&self) -> u64 {
        self.starved_ns
    }

    /// `oap_inflight_capacity`: [`MonitorLimits::inflight_capacity`](crate::MonitorLimits::inflight_capacity).
    pub const fn inflight_capacity(&self) -> u64 {
        self.inflight_capacity
    }

    /// `oap_host_load_ratio`, in thousandths: 0..=1,000.
    pub const fn host_load_permille(&self) -> u32 {
        self.totals.load_permille
    }
}
