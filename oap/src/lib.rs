//! OAP/1, a small windowed frame protocol: `HELLO | START | DATA | ACK | END | ERROR`, at most 1 MiB a frame,
//! credit by acknowledgement. This crate frames, validates and keeps the session's rules. It has no socket, no file,
//! no clock, no thread and no unsafe code; it never hashes and never interprets feature bits.
//!
//! Each layer is usable alone:
//!
//! - [`decode()`] and [`Decoder`]: one frame at a time from a buffer that the caller owns; no copy, no allocation.
//! - [`FrameTable`]: everything a buffer holds in one call, as a table of fixed-size [`Row`]s.
//! - [`StreamDecoder`]: for hosts that only have chunks; stages at most the one frame that a chunk cuts.
//! - [`encode()`]: the one canonical encoding of a frame.
//! - [`Session`]: the handshake and the credit algebra, both directions.
//! - `Codec`, with the feature `tokio-codec`: the same for `tokio_util::codec`.
//! - With the feature `serde`, frames serialize as `{"DATA": {…}}`; they are judged when they are encoded, not when they are
//!   deserialized. Bodies and texts are borrowed, which takes a format that lends bytes: not JSON for a `DATA`.
//! - Without the default feature `std` the crate needs `core` and `alloc` alone. The `Monitor` goes with it.
//! - [`Connection`]: when to acknowledge, wait, stop and close; for hosts with a transport.
//! - `Monitor`, with the feature `std`, a default one: the golden metrics and readiness of a process, over all of its decoders and sessions.
//!
//! ```
//! use oap::{Config, Data, Decoded, Decoder, Frame};
//!
//! let mut wire = [0u8; 64];
//! let n = oap::encode(&Frame::Data(Data { seq: 7, obj: None, body: b"abc" }), &mut wire)?;
//!
//! let mut decoder = Decoder::new(Config::default());
//! assert_eq!(decoder.decode(&wire[..5])?, Decoded::Need(3)); // three bytes more make a whole prefix
//! let Decoded::Frame(Frame::Data(data), len) = decoder.decode(&wire[..n])? else { panic!() };
//! assert_eq!((data.seq, data.body, len), (7, &b"abc"[..], n));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rules are those of `docs/OAP-1.md`; its section numbers stand in the code where each rule is kept.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod codec;
mod config;
mod connection;
mod decoder;
mod frame;
mod limits;
mod reject;
mod row;
#[cfg(feature = "serde")]
mod serde_impls;
mod session;
mod stream_decoder;
mod telemetry;
#[cfg(feature = "tokio-codec")]
mod tokio_codec;
mod wire;

pub use codec::bytes_frame::BytesFrame;
pub use codec::encode::{encode, encode_rows, encode_to, encoded_len, EncodeError, Encoded};
pub use codec::table::{FrameTable, Frames};
pub use config::{Config, ConfigError, SeqRolloverPolicy};
pub use connection::{
    Connection, ConnectionOptions, ConnectionState, EndReason, PeerError, Piece, Pieces, SendError,
    Wait, ABORTED, CONNECTION_OPTIONS, CONNECTION_WINDOW, END_REASONS,
};
pub use decoder::{decode, Decoded, Decoder};
pub use frame::{Ack, Data, End, Error, Frame, Hello, Kind, Start, PQ_HYBRID};
pub use limits::{
    DEFAULT_ACK_WINDOW, MAX_ACK_WINDOW, MAX_FRAME_BYTES, MAX_HEADER_BYTES, MAX_HEAD_BYTES,
    MIN_MAX_FRAME, PREFIX_BYTES, STREAM_CHUNK_BYTES, VERSION,
};
pub use reject::{Fault, Reason, Reject};
pub use row::Row;
pub use session::flow::Flow;
pub use session::session::Session;
pub use stream_decoder::StreamDecoder;
#[cfg(feature = "std")]
pub use telemetry::exposition::TEXT_CONTENT_TYPE;
#[cfg(feature = "std")]
pub use telemetry::histogram::{Timing, HISTOGRAM_BOUNDS_NS};
#[cfg(feature = "std")]
pub use telemetry::monitor::Monitor;
#[cfg(feature = "std")]
pub use telemetry::names::{METRICS, READINESS_KEYS};
#[cfg(feature = "std")]
pub use telemetry::readiness::{MonitorLimits, Readiness};
#[cfg(feature = "std")]
pub use telemetry::snapshot::Snapshot;
#[cfg(feature = "tokio-codec")]
pub use tokio_codec::{Codec, CodecError};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
