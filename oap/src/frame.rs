//! The six envelopes of section 2, borrowing from the caller's buffer.

use crate::limits::VERSION;
use core::fmt;

/// Bit 0 of a HELLO's features. Carried like the other 63, never interpreted here.
pub const PQ_HYBRID: u64 = 1;

/// The six kinds of frame; the set is closed (rule 1.4). The discriminant is the byte on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "UPPERCASE"))]
#[repr(u8)]
pub enum Kind {
    /// The first frame of each side.
    Hello = 1,
    /// Opens a stream.
    Start = 2,
    /// Carries a body on the open stream.
    Data = 3,
    /// Acknowledges DATA.
    Ack = 4,
    /// Closes a stream.
    End = 5,
    /// Ends the session.
    Error = 6,
}

impl Kind {
    /// All kinds in the order of their bytes.
    pub const ALL: [Kind; 6] =
        [Kind::Hello, Kind::Start, Kind::Data, Kind::Ack, Kind::End, Kind::Error];

    /// The kind of that byte.
    pub const fn from_byte(byte: u8) -> Option<Kind> {
        if byte == 0 || byte as usize > Kind::ALL.len() {
            return None;
        }
        Some(Kind::ALL[byte as usize - 1])
    }

    /// The spec's name, also the metric label: `HELLO`, `START`, …
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Hello => "HELLO",
            Kind::Start => "START",
            Kind::Data => "DATA",
            Kind::Ack => "ACK",
            Kind::End => "END",
            Kind::Error => "ERROR",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// HELLO (rule 2.4). Its `Debug` leaves the feature bits out.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hello {
    /// The protocol's version: 1.
    pub version: u32,
    /// The largest frame its sender takes, in bytes: 4,096..=1,048,576.
    pub max_frame: u64,
    /// Opaque feature bits.
    pub features: Option<u64>,
    /// DATA frames its sender takes unacknowledged: 1..=1024; `None` means 32.
    pub ack_window: Option<u32>,
}

impl Hello {
    /// A HELLO of version 1 with no optional field.
    pub const fn new(max_frame: u64) -> Self {
        Hello { version: VERSION, max_frame, features: None, ack_window: None }
    }
}

impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("version", &self.version)
            .field("max_frame", &self.max_frame)
            .field("ack_window", &self.ack_window)
            .finish_non_exhaustive()
    }
}

/// START (rule 2.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Start<'a> {
    /// The stream's name: 1..=1,024 bytes, no control characters. `objects` and `objects/…` are object streams.
    pub stream: &'a str,
}

impl Start<'_> {
    /// Whether DATA of this stream carry objects (rule 4.13).
    pub fn is_object_stream(&self) -> bool {
        is_object_stream(self.stream.as_bytes())
    }
}

/// Rule 4.13: an object stream is named `objects` or `objects/…`.
pub(crate) fn is_object_stream(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"objects");
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}

/// DATA (rule 2.6). Its `Debug` shows the body's length only.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Data<'a> {
    /// The number of this DATA frame in its direction.
    pub seq: u64,
    /// A BLAKE3-256 address: `b3:` and 64 lowercase hex digits. Carried, never verified here.
    #[cfg_attr(feature = "serde", serde(borrow))]
    pub obj: Option<&'a str>,
    /// The bytes carried.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serde_impls::as_bytes"))]
    pub body: &'a [u8],
}

impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("seq", &self.seq)
            .field("obj", &self.obj)
            .field("len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// ACK (rule 2.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ack {
    /// The seq of the DATA frame acknowledged, and all before it.
    pub up_to: u64,
}

/// END (rule 2.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct End {
    /// The seq of the stream's last DATA, or 0 where it carried none.
    pub seq: u64,
    /// The host's status: 0..=65,535.
    pub status: u32,
}

/// ERROR (rule 2.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Error<'a> {
    /// 1..=8 for a reject's code, others the host's: 0..=65,535.
    pub code: u32,
    /// 0..=1,024 bytes, no control characters.
    pub reason: &'a str,
}

/// One frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "UPPERCASE"))]
pub enum Frame<'a> {
    /// HELLO.
    Hello(Hello),
    /// START.
    #[cfg_attr(feature = "serde", serde(borrow))]
    Start(Start<'a>),
    /// DATA.
    #[cfg_attr(feature = "serde", serde(borrow))]
    Data(Data<'a>),
    /// ACK.
    Ack(Ack),
    /// END.
    End(End),
    /// ERROR.
    #[cfg_attr(feature = "serde", serde(borrow))]
    Error(Error<'a>),
}

impl Frame<'_> {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Frame::Hello(_) => Kind::Hello,
            Frame::Start(_) => Kind::Start,
            Frame::Data(_) => Kind::Data,
            Frame::Ack(_) => Kind::Ack,
            Frame::End(_) => Kind::End,
            Frame::Error(_) => Kind::Error,
        }
    }
}
