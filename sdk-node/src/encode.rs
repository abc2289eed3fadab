//! A batch of frames that JavaScript has laid out, and its encoding.

use crate::memory::bytes_of;
use crate::reject::Breach;
use napi::bindgen_prelude::{Either, Error, Result, Status, Uint8ArraySlice};
use napi_derive::napi;
use oap::{Ack, Data, EncodeError, End, Frame, Hello, Kind, Row, Start};

/// A frame as JavaScript lays it out: 12 words, of which a kind uses what it has.
#[repr(usize)]
enum Word {
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

pub(crate) const FRAME_WORDS: usize = Word::BodyLen as usize + 1;

/// Why frames were not encoded.
pub(crate) enum Failure {
    Refused(EncodeError),
    /// Words or offsets that the JavaScript half must not write.
    Layout,
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Failure::Refused(error)
    }
}

/// Encodes the first `count` frames to the front of `out`, or none; gives the bytes written, or what is wrong with the
/// first that can't be encoded. Texts and bodies stand in `bytes`.
#[napi(catch_unwind)]
pub fn encode_frames(
    words: &[u32],
    count: u32,
    bytes: &[u8],
    mut out: Uint8ArraySlice<'_>,
) -> Result<Either<u32, Breach>> {
    written(all(words, count, bytes).and_then(|frames| each(&frames, bytes_of(&mut out))))
}

/// The first `count` frames.
pub(crate) fn all<'b>(
    words: &[u32],
    count: u32,
    bytes: &'b [u8],
) -> std::result::Result<Vec<Frame<'b>>, Failure> {
    let frames = words.chunks_exact(FRAME_WORDS).take(count as usize);
    frames.map(|words| frame(words, bytes).ok_or(Failure::Layout)).collect()
}

/// Encodes each frame behind the one before it.
fn each(frames: &[Frame<'_>], out: &mut [u8]) -> std::result::Result<usize, Failure> {
    let mut written = 0;
    for frame in frames {
        written += oap::encode(frame, &mut out[written..])?;
    }
    Ok(written)
}

pub(crate) fn written(result: std::result::Result<usize, Failure>) -> Result<Either<u32, Breach>> {
    match result {
        Ok(bytes) => Ok(Either::A(bytes as u32)),
        Err(Failure::Refused(error)) => Breach::of_refusal(error).map(Either::B),
        Err(Failure::Layout) => Err(Error::new(Status::InvalidArg, "not a frame's layout")),
    }
}

#[inline]
fn frame<'b>(words: &[u32], bytes: &'b [u8]) -> Option<Frame<'b>> {
    let word = |place: Word| words[place as usize];
    let wide = |place: Word| {
        let low = place as usize;
        u64::from(words[low]) | u64::from(words[low + 1]) << 32
    };
    let has = |flag: u8| word(Word::Flags) & u32::from(flag) != 0;
    let text = || {
        let text = part(bytes, word(Word::Text), word(Word::TextLen))?;
        std::str::from_utf8(text).ok()
    };
    Some(match Kind::from_byte(word(Word::Kind) as u8)? {
        Kind::Hello => Frame::Hello(Hello {
            version: word(Word::Value),
            max_frame: wide(Word::MaxFrame),
            features: has(Row::HAS_FEATURES).then(|| wide(Word::Number)),
            ack_window: has(Row::HAS_ACK_WINDOW).then(|| word(Word::AckWindow)),
        }),
        Kind::Start => Frame::Start(Start { stream: text()? }),
        Kind::Data => Frame::Data(Data {
            seq: wide(Word::Number),
            obj: if has(Row::HAS_OBJ) { Some(text()?) } else { None },
            body: part(bytes, word(Word::Body), word(Word::BodyLen))?,
        }),
        Kind::Ack => Frame::Ack(Ack { up_to: wide(Word::Number) }),
        Kind::End => Frame::End(End { seq: wide(Word::Number), status: word(Word::Value) }),
        Kind::Error => Frame::Error(oap::Error { code: word(Word::Value), reason: text()? }),
    })
}

fn part(bytes: &[u8], start: u32, len: u32) -> Option<&[u8]> {
    let start = start as usize;
    bytes.get(start..start.checked_add(len as usize)?)
}
