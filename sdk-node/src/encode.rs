//! A batch of frames that JavaScript has laid out, and its encoding.

use crate::memory::bytes_of;
use crate::rejection::{Failure, Rejection};
use napi::bindgen_prelude::{Either, Result, Uint8ArraySlice};
use napi_derive::napi;
use oap::{Ack, Data, End, Frame, Hello, Kind, Row, Start};

/// A frame as JavaScript lays it out: 12 words, of which a kind uses what it has.
#[repr(usize)]
pub(crate) enum FrameWord {
    Kind = 0,
    Flags,
    /// DATA, END: seq. ACK: up_to. HELLO: features. Low word, high word.
    Number,
    /// Low word, high word.
    MaxFrame = 4,
    /// HELLO: version. END: status. ERROR: code.
    Value = 6,
    AckWindow,
    Text,
    TextLen,
    Body,
    BodyLen,
}

pub(crate) const FRAME_WORDS: usize = FrameWord::BodyLen as usize + 1;

/// Encodes the first `count` frames to the front of `out`, or none. Returns the bytes written, or what is wrong with the
/// first frame that can't be encoded. Texts and bodies stand in `bytes`.
#[napi(catch_unwind)]
pub fn encode_frames(
    words: &[u32],
    count: u32,
    bytes: &[u8],
    mut out: Uint8ArraySlice<'_>,
) -> Result<Either<u32, Rejection>> {
    written(
        frames_of(words, count, bytes)
            .and_then(|frames| encode_each(&frames, bytes_of(&mut out, &[bytes])?)),
    )
}

/// The first `count` frames.
pub(crate) fn frames_of<'b>(
    words: &[u32],
    count: u32,
    bytes: &'b [u8],
) -> std::result::Result<Vec<Frame<'b>>, Failure> {
    let end = (count as usize).checked_mul(FRAME_WORDS).ok_or(Failure::Layout)?;
    let frames = words.get(..end).ok_or(Failure::Layout)?.chunks_exact(FRAME_WORDS);
    frames.map(|words| frame(words, bytes).ok_or(Failure::Layout)).collect()
}

/// Encodes each frame behind the one before it.
fn encode_each(frames: &[Frame<'_>], out: &mut [u8]) -> std::result::Result<usize, Failure> {
    let mut written = 0;
    for frame in frames {
        written += oap::encode(frame, &mut out[written..])?;
    }
    Ok(written)
}

pub(crate) fn written(
    result: std::result::Result<usize, Failure>,
) -> Result<Either<u32, Rejection>> {
    match result {
        Ok(bytes) => u32::try_from(bytes).map(Either::A).map_err(|_| Failure::Layout.into_error()),
        Err(Failure::Refused(error)) => Rejection::of_refusal(error).map(Either::B),
        Err(layout) => Err(layout.into_error()),
    }
}

#[inline]
fn frame<'b>(words: &[u32], bytes: &'b [u8]) -> Option<Frame<'b>> {
    let word = |place: FrameWord| words[place as usize];
    let wide = |place: FrameWord| {
        let low = place as usize;
        u64::from(words[low]) | u64::from(words[low + 1]) << 32
    };
    let has = |flag: u8| word(FrameWord::Flags) & u32::from(flag) != 0;
    let text = || {
        let text = part(bytes, word(FrameWord::Text), word(FrameWord::TextLen))?;
        std::str::from_utf8(text).ok()
    };
    Some(match Kind::from_byte(word(FrameWord::Kind) as u8)? {
        Kind::Hello => Frame::Hello(Hello {
            version: word(FrameWord::Value),
            max_frame: wide(FrameWord::MaxFrame),
            features: has(Row::HAS_FEATURES).then(|| wide(FrameWord::Number)),
            ack_window: has(Row::HAS_ACK_WINDOW).then(|| word(FrameWord::AckWindow)),
        }),
        Kind::Start => Frame::Start(Start { stream: text()? }),
        Kind::Data => Frame::Data(Data {
            seq: wide(FrameWord::Number),
            obj: if has(Row::HAS_OBJ) { Some(text()?) } else { None },
            body: part(bytes, word(FrameWord::Body), word(FrameWord::BodyLen))?,
        }),
        Kind::Ack => Frame::Ack(Ack { up_to: wide(FrameWord::Number) }),
        Kind::End => {
            Frame::End(End { seq: wide(FrameWord::Number), status: word(FrameWord::Value) })
        }
        Kind::Error => Frame::Error(oap::Error { code: word(FrameWord::Value), reason: text()? }),
    })
}

fn part(bytes: &[u8], start: u32, len: u32) -> Option<&[u8]> {
    let start = start as usize;
    bytes.get(start..start.checked_add(len as usize)?)
}
