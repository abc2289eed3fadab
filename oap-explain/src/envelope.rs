//! The JSON shape of a frame: section 5 of the spec and `tests/conformance/README.md`.

use crate::hex;
use oap::{Ack, Data, End, Error, Frame, Hello, Start};
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A frame as JSON: 64-bit numbers are decimal strings, bytes are hex, what is absent is left out.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "UPPERCASE", deny_unknown_fields)]
pub enum Envelope<'a> {
    Hello {
        version: u32,
        max_frame: U64,
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        features: Option<U64>,
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        ack_window: Option<u32>,
    },
    Start {
        stream: Cow<'a, str>,
    },
    Data {
        seq: U64,
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        obj: Option<Cow<'a, str>>,
        len: u64,
        body: Hex<'a>,
    },
    Ack {
        up_to: U64,
    },
    End {
        seq: U64,
        status: u32,
    },
    Error {
        code: u32,
        reason: Cow<'a, str>,
    },
}

/// A field may be left out, but is never null.
fn present<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(from).map(Some)
}

impl<'a> From<Frame<'a>> for Envelope<'a> {
    fn from(frame: Frame<'a>) -> Self {
        match frame {
            Frame::Hello(Hello { version, max_frame, features, ack_window }) => Envelope::Hello {
                version,
                max_frame: U64(max_frame),
                features: features.map(U64),
                ack_window,
            },
            Frame::Start(Start { stream }) => Envelope::Start { stream: stream.into() },
            Frame::Data(Data { seq, obj, body }) => Envelope::Data {
                seq: U64(seq),
                obj: obj.map(Into::into),
                len: body.len() as u64,
                body: Hex(body.into()),
            },
            Frame::Ack(Ack { up_to }) => Envelope::Ack { up_to: U64(up_to) },
            Frame::End(End { seq, status }) => Envelope::End { seq: U64(seq), status },
            Frame::Error(Error { code, reason }) => Envelope::Error { code, reason: reason.into() },
        }
    }
}

impl Envelope<'_> {
    /// The frame.
    ///
    /// # Errors
    /// Where `len` is not the length of `body`.
    pub fn frame(&self) -> Result<Frame<'_>, &'static str> {
        Ok(match self {
            Envelope::Hello { version, max_frame, features, ack_window } => Frame::Hello(Hello {
                version: *version,
                max_frame: max_frame.0,
                features: features.map(|features| features.0),
                ack_window: *ack_window,
            }),
            Envelope::Start { stream } => Frame::Start(Start { stream }),
            Envelope::Data { len, body, .. } if *len != body.0.len() as u64 => {
                return Err("len is not the length of body");
            }
            Envelope::Data { seq, obj, body, .. } => {
                Frame::Data(Data { seq: seq.0, obj: obj.as_deref(), body: &body.0 })
            }
            Envelope::Ack { up_to } => Frame::Ack(Ack { up_to: up_to.0 }),
            Envelope::End { seq, status } => Frame::End(End { seq: seq.0, status: *status }),
            Envelope::Error { code, reason } => Frame::Error(Error { code: *code, reason }),
        })
    }
}

/// A 64-bit number: a decimal string without leading zeros.
#[derive(Clone, Copy)]
pub struct U64(u64);

impl Serialize for U64 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for U64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        match text.parse::<u64>() {
            Ok(number) if number.to_string() == text => Ok(U64(number)),
            _ => Err(de::Error::custom("not a decimal string of 64 bits")),
        }
    }
}

/// Bytes: lower-case hex.
pub struct Hex<'a>(Cow<'a, [u8]>);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encoded(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        let bytes = hex::decoded(&text).ok_or_else(|| de::Error::custom("not lower-case hex"))?;
        Ok(Hex(bytes.into()))
    }
}
