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
//! - [`Monitor`]: the golden metrics and readiness of a process, over all of its decoders and sessions.
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

#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "tokio-codec")]
mod codec;
mod config;
mod decode;
mod encode;
mod exposition;
mod fields;
mod frame;
mod header;
mod monitor;
mod readiness;
mod reject;
mod rules;
mod session;
mod straight;
mod stream;
mod table;
mod telemetry;
mod wire;

#[cfg(feature = "tokio-codec")]
pub use codec::{Codec, CodecError};
pub use config::{Config, ConfigError, SeqRolloverPolicy};
pub use decode::{decode, Decoded, Decoder};
pub use encode::{encode, encode_rows, encode_to, encoded_len, EncodeError, Encoded};
pub use exposition::TEXT_CONTENT_TYPE;
pub use frame::{Ack, Data, End, Error, Frame, Hello, Kind, Start, PQ_HYBRID};
pub use monitor::{Monitor, MonitorLimits, Snapshot, Timing, HISTOGRAM_BOUNDS_NS};
pub use readiness::Readiness;
pub use reject::{Fault, Reason, Reject};
pub use rules::Flow;
pub use session::Session;
pub use stream::{BytesFrame, StreamDecoder};
pub use table::{FrameTable, Frames, Row};
pub use telemetry::{METRICS, READINESS_KEYS};
pub use wire::{
    DEFAULT_ACK_WINDOW, MAX_ACK_WINDOW, MAX_FRAME_BYTES, MAX_HEADER_BYTES, MAX_HEAD_BYTES,
    MIN_MAX_FRAME, PREFIX_BYTES, STREAM_CHUNK_BYTES, VERSION,
};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
