//! One direction of a session at a glance.

/// One direction of a session at a glance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Flow {
    /// Whether a stream is open.
    pub open: bool,
    /// Whether the open stream is an object stream.
    pub objects: bool,
    /// The seq of the direction's last DATA.
    pub last_seq: Option<u64>,
    /// DATA frames sent and not yet acknowledged.
    pub in_flight: u32,
    /// DATA frames that may be in flight: the receiver's `ack_window`; 0 before its HELLO.
    pub window: u32,
}

impl Flow {
    /// DATA frames that may be sent now.
    pub const fn credit(&self) -> u32 {
        self.window.saturating_sub(self.in_flight)
    }
}
