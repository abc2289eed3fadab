//! Frames, as far as the rules of a session ask about them.

use crate::frame::{is_object_stream, Ack, Data, End, Error, Frame, Hello, Kind, Start};
use crate::limits::DEFAULT_ACK_WINDOW;
use crate::row::Row;

/// The limits that a HELLO advertises: they bind what the other side sends (rule 4.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct PeerLimits {
    pub max_frame: u32,
    pub ack_window: u32,
}

impl PeerLimits {
    fn new(max_frame: u32, ack_window: Option<u32>) -> Self {
        PeerLimits { max_frame, ack_window: ack_window.unwrap_or(DEFAULT_ACK_WINDOW) }
    }
}

/// A frame, as far as the rules ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Hello(PeerLimits),
    Start { objects: bool },
    Data { seq: u64, has_obj: bool },
    Ack { up_to: u64 },
    End { seq: u64 },
    Error,
}

impl Event {
    /// The event of a frame whose fields are good.
    #[inline]
    pub fn of_frame(frame: &Frame<'_>) -> Self {
        match *frame {
            Frame::Hello(Hello { version: _, max_frame, features: _, ack_window }) => {
                Event::Hello(PeerLimits::new(max_frame as u32, ack_window))
            }
            Frame::Start(Start { stream }) => Event::start(stream.as_bytes()),
            Frame::Data(Data { seq, obj, body: _ }) => Event::Data { seq, has_obj: obj.is_some() },
            Frame::Ack(Ack { up_to }) => Event::Ack { up_to },
            Frame::End(End { seq, status: _ }) => Event::End { seq },
            Frame::Error(Error { code: _, reason: _ }) => Event::Error,
        }
    }

    /// The event of a row that the decode loop filled.
    #[inline]
    pub fn of_row(row: &Row, bytes: &[u8]) -> Self {
        match Kind::from_byte(row.kind) {
            Some(Kind::Hello) => {
                let ack_window = row.has(Row::HAS_ACK_WINDOW).then_some(row.ack_window.into());
                Event::Hello(PeerLimits::new(row.value, ack_window))
            }
            Some(Kind::Start) => Event::start(row.text(bytes).unwrap_or_default()),
            Some(Kind::Data) => Event::Data { seq: row.seq, has_obj: row.has(Row::HAS_OBJ) },
            Some(Kind::Ack) => Event::Ack { up_to: row.seq },
            Some(Kind::End) => Event::End { seq: row.seq },
            Some(Kind::Error) | None => Event::Error,
        }
    }

    fn start(stream: &[u8]) -> Self {
        Event::Start { objects: is_object_stream(stream) }
    }

    pub const fn kind(&self) -> Kind {
        match self {
            Event::Hello(_) => Kind::Hello,
            Event::Start { .. } => Kind::Start,
            Event::Data { .. } => Kind::Data,
            Event::Ack { .. } => Kind::Ack,
            Event::End { .. } => Kind::End,
            Event::Error => Kind::Error,
        }
    }
}
