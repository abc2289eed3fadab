//! Any bytes in any chunks: every way in gives the frames of the plain reading, the same reject at the same byte, and
//! asks for exactly the bytes that its next step takes.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use oap::{Codec, CodecError, Config, Decoded, Decoder, Session, StreamDecoder};
use oap_fuzz::input::Input;
use oap_fuzz::model;
use oap_fuzz::ways::{self, By, Trace};
use tokio_util::codec::Decoder as _;

fuzz_target!(|bytes: &[u8]| {
    let Some(input) = Input::new(bytes) else { return };
    let (config, chunks, rows) = (input.config, input.chunks(), input.rows());
    let trace = ways::decode(config, &[input.stream]);
    assert_is_the_plain_reading(&input, &trace);
    assert_eq!(ways::decode(config, &chunks), trace);
    assert_eq!(ways::decode_table(config, &chunks, rows), trace);
    for by in [By::Feed(rows), By::NextFrame, By::Turns(rows)] {
        assert_eq!(ways::stage(StreamDecoder::new(config), &chunks, by), trace);
    }
    assert_eq!(by_codec(config, &chunks), trace);
    assert_sessions_agree(&input, &trace);
    assert_needs_are_exact(&input);
    assert_a_reject_stays(&input, &trace);
});

fn by_codec(config: Config, chunks: &[&[u8]]) -> Trace {
    let mut codec = Codec::new(config);
    let mut next = |held: &mut BytesMut, last| {
        let next = if last { codec.decode_eof(held) } else { codec.decode(held) };
        next.map_err(|error| match error {
            CodecError::Reject(reject) => reject,
            other => panic!("{other}"),
        })
    };
    ways::codec(&mut next, chunks)
}

fn assert_is_the_plain_reading(input: &Input<'_>, trace: &Trace) {
    let (frames, reject) = model::decode(input.stream, &input.config);
    assert_eq!(trace.frames, frames);
    let said = trace.reject.map(|reject| (reject.reason(), reject.offset(), reject.at()));
    assert_eq!(said, reject);
}

/// A session that has said nothing rejects by section 4 or as the decoder does, and never later.
fn assert_sessions_agree(input: &Input<'_>, trace: &Trace) {
    let session = || Session::new(input.config);
    let whole = ways::stage(session(), &[input.stream], By::Feed(input.rows()));
    assert!(trace.frames.starts_with(&whole.frames));
    for by in [By::Feed(1), By::NextFrame] {
        assert_eq!(ways::stage(session(), &input.chunks(), by), whole);
    }
}

/// Walks the stream by the needs told: with one byte less the answer is that one byte, and nothing else is said.
fn assert_needs_are_exact(input: &Input<'_>) {
    let mut decoder = Decoder::new(input.config);
    let (mut front, mut have) = (input.stream, 0);
    while let Ok(decoded) = decoder.decode(&front[..have]) {
        match decoded {
            Decoded::Frame(_, length) => {
                assert_eq!(length, have);
                (front, have) = (&front[length..], 0);
            }
            Decoded::Need(need) => {
                assert_eq!(have + need, next_step(&front[..have]));
                if front.len() - have < need {
                    return;
                }
                have += need;
                assert_less_is_not_judged(&decoder, &front[..have - 1], input);
            }
        }
    }
}

/// Where a look at more bytes is due: the prefix, the header's end, the frame's end.
fn next_step(have: &[u8]) -> usize {
    let Some(&[a, b, c, d, _, _, high, low]) = have.first_chunk() else { return 8 };
    let header_end = 8 + usize::from(u16::from_be_bytes([high, low]));
    if have.len() < header_end {
        header_end
    } else {
        u32::from_be_bytes([a, b, c, d]) as usize
    }
}

/// One byte before a step that is not the prefix's nothing is known yet.
fn assert_less_is_not_judged(decoder: &Decoder, less: &[u8], input: &Input<'_>) {
    if less.len() >= 8 {
        assert_eq!(decoder.clone().decode(less), Ok(Decoded::Need(1)));
        assert!(model::look(less, &input.config, input.config.max_frame()).is_ok());
    }
}

fn assert_a_reject_stays(input: &Input<'_>, trace: &Trace) {
    let Some(reject) = trace.reject else { return };
    let mut decoder = StreamDecoder::new(input.config);
    let mut again = Trace::default();
    let fed = ways::feed(&mut decoder, input.stream, &mut [Default::default(); 8], &mut again);
    assert_eq!(fed.and_then(|()| decoder.finish()), Err(reject));
    assert_eq!(decoder.feed(input.stream, &mut []).err(), Some(reject));
    assert_eq!((decoder.finish(), decoder.verdict()), (Err(reject), Some(&reject)));
    decoder.reset();
    assert_eq!((decoder.verdict(), decoder.staged()), (None, 0));
}
