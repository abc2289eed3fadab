//! The sizes and ranges of the protocol: each stands here and nowhere else.

/// The version of the protocol that a HELLO says.
pub const VERSION: u32 = 1;
/// Bytes of the prefix that starts every frame.
pub const PREFIX_BYTES: usize = 8;
/// The largest frame, prefix included, in bytes: 1 MiB. It can be configured lower, never higher.
pub const MAX_FRAME_BYTES: usize = 1_048_576;
/// The smallest `max_frame` a side may advertise, in bytes.
pub const MIN_MAX_FRAME: usize = 4_096;
/// The longest header, in bytes.
pub const MAX_HEADER_BYTES: usize = 2_048;
/// The most bytes that an encoded frame has before its body: a prefix, and the `code` and `reason` of an ERROR.
pub const MAX_HEAD_BYTES: usize = PREFIX_BYTES + 4 + 3 + MAX_TEXT_BYTES;
/// The longest `stream` and `reason`, in bytes.
pub(crate) const MAX_TEXT_BYTES: usize = 1_024;
/// A good size for a host's reads and writes, in bytes. A hint: never a limit of the protocol.
pub const STREAM_CHUNK_BYTES: usize = 65_536;
/// The `ack_window` that a HELLO without one advertises, in DATA frames.
pub const DEFAULT_ACK_WINDOW: u32 = 32;
/// The largest `ack_window`, in DATA frames.
pub const MAX_ACK_WINDOW: u32 = 1_024;
