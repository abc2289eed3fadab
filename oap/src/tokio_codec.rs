//! `tokio_util::codec` over the core.

use crate::codec::bytes_frame::BytesFrame;
use crate::codec::decode::{NoRules, Parser};
use crate::codec::encode::{encode_to, EncodeError};
use crate::config::Config;
use crate::frame::Frame;
use crate::reject::Reject;
use crate::row::Row;
use bytes::BytesMut;
use std::{fmt, io};

/// Decodes [`BytesFrame`]s and encodes [`Frame`]s: for `FramedRead`, `FramedWrite` and `Framed`. It keeps the rules
/// of sections 1 to 3, not those of a session.
///
/// ```
/// use bytes::BytesMut;
/// use oap::{Ack, Codec, Config, Frame};
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let mut codec = Codec::new(Config::default());
/// let mut buffer = BytesMut::new();
/// codec.encode(Frame::Ack(Ack { up_to: 7 }), &mut buffer)?;
/// let frame = codec.decode(&mut buffer)?.unwrap();
/// assert_eq!(frame.frame(), Frame::Ack(Ack { up_to: 7 }));
/// # Ok::<(), oap::CodecError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Codec {
    config: Config,
    parser: Parser,
}

impl Codec {
    /// A codec at the start of a stream.
    pub const fn new(config: Config) -> Self {
        Codec { config, parser: Parser::new() }
    }
}

impl tokio_util::codec::Decoder for Codec {
    type Item = BytesFrame;
    type Error = CodecError;

    fn decode(&mut self, bytes: &mut BytesMut) -> Result<Option<BytesFrame>, CodecError> {
        let mut rows = [Row::default()];
        let run = self.parser.decode_rows(&self.config, &mut NoRules, bytes, &mut rows)?;
        let [row] = rows;
        Ok((run.rows == 1).then(|| BytesFrame::new(bytes.split_to(run.consumed).freeze(), row)))
    }

    fn decode_eof(&mut self, bytes: &mut BytesMut) -> Result<Option<BytesFrame>, CodecError> {
        match self.decode(bytes)? {
            Some(frame) => Ok(Some(frame)),
            None => Ok(self.parser.finish(bytes).map(|()| None)?),
        }
    }
}

impl tokio_util::codec::Encoder<Frame<'_>> for Codec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame<'_>, bytes: &mut BytesMut) -> Result<(), CodecError> {
        encode_to(&frame, bytes)?;
        Ok(())
    }
}

/// The error that ends a framed transport.
#[derive(Debug)]
#[non_exhaustive]
pub enum CodecError {
    /// A received frame breaks a rule.
    Reject(Reject),
    /// A frame to be sent breaks a rule.
    Encode(EncodeError),
    /// The transport failed.
    Io(io::Error),
}

impl From<Reject> for CodecError {
    fn from(reject: Reject) -> Self {
        CodecError::Reject(reject)
    }
}

impl From<EncodeError> for CodecError {
    fn from(error: EncodeError) -> Self {
        CodecError::Encode(error)
    }
}

impl From<io::Error> for CodecError {
    fn from(error: io::Error) -> Self {
        CodecError::Io(error)
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodecError::Reject(reject) => reject.fmt(f),
            CodecError::Encode(error) => error.fmt(f),
            CodecError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CodecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CodecError::Reject(reject) => Some(reject),
            CodecError::Encode(error) => Some(error),
            CodecError::Io(error) => Some(error),
        }
    }
}
