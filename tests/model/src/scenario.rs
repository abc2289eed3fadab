//! What a check is bounded to.

use oap::{Config, SeqRolloverPolicy};

/// Where the bytes on their way may be cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cuts {
    /// Behind every byte.
    EveryByte,
    /// Inside a prefix, behind it, before the last byte of a frame, behind each frame.
    Corners,
    /// Behind each frame.
    Frames,
}

/// What is broken on purpose, to show that the check finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    None,
    /// A host that sends what its session refuses.
    SendsWhatIsRefused,
    /// A channel that loses a DATA.
    LosesData,
    /// A channel that loses an END.
    LosesEnd,
    /// A channel that brings an ACK twice.
    RepeatsAck,
    /// A channel that lets an ACK overtake what was sent before it.
    ReordersAck,
    /// A session that is as new after an ERROR that it received.
    ForgetsError,
    /// A session that is as new when the peer's stream closes.
    ForgetsAtEnd,
}

/// The bounds of one check.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// The ack_window that each side advertises.
    pub windows: [u64; 2],
    /// Frames that each side sends at most, after its HELLO.
    pub frames: [u8; 2],
    /// Whether a side opens streams, or only acknowledges.
    pub streams: [bool; 2],
    /// Whether they are object streams.
    pub objects: bool,
    /// The seq of a direction's first DATA.
    pub first: u64,
    pub rollover: SeqRolloverPolicy,
    pub cuts: Cuts,
    pub fault: Fault,
}

impl Scenario {
    pub fn config(&self, side: usize) -> Config {
        Config::default()
            .with_seq_rollover_policy(self.rollover)
            .with_ack_window_frames(self.windows[side])
            .expect("a window in its range")
    }
}
