//! The counts and gauges that a monitor adds up.

use crate::frame::Kind;
use crate::reject::Reason;
use crate::row::Row;

/// The sums over all shards.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub frames: [u64; Kind::ALL.len()],
    pub rejects: [u64; Reason::ALL.len()],
    pub bytes: u64,
    pub gauges: Gauges,
    /// The host's load, in thousandths.
    pub load_permille: u32,
}

/// The sums that sessions give to the gauges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gauges {
    /// Sessions with an open inbound stream.
    pub open: u64,
    /// The credit they advertise now.
    pub credit: u64,
    /// DATA received and not yet acknowledged.
    pub in_flight: u64,
}

impl Gauges {
    /// All three in one word, so that one addition moves them together: 16 bits of sessions, 24 each of frames. A
    /// shard holds 65,535 open sessions of up to 255 frames, or 16,383 of 1,024.
    const CREDIT: u32 = 24;
    const OPEN: u32 = 48;

    pub const fn pack(self) -> u64 {
        (self.open << Self::OPEN)
            .wrapping_add(self.credit << Self::CREDIT)
            .wrapping_add(self.in_flight)
    }

    pub const fn unpack(word: u64) -> Self {
        const MASK: u64 = (1 << Gauges::CREDIT) - 1;
        Gauges {
            open: word >> Self::OPEN,
            credit: (word >> Self::CREDIT) & MASK,
            in_flight: word & MASK,
        }
    }

    pub fn add(&mut self, more: Gauges) {
        self.open += more.open;
        self.credit += more.credit;
        self.in_flight += more.in_flight;
    }
}

/// Frames of one call, by kind, and their bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub kinds: [u64; Kind::ALL.len()],
    pub bytes: u64,
}

impl Counts {
    pub fn of(rows: &[Row]) -> Self {
        let mut counts = Counts::default();
        for row in rows {
            counts.add(row.kind, row.length());
        }
        counts
    }

    pub fn add(&mut self, kind: u8, bytes: usize) {
        self.kinds[usize::from(kind) - 1] += 1;
        self.bytes += bytes as u64;
    }
}
