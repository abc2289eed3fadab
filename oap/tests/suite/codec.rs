//! The codec under `FramedRead` and `FramedWrite`, over a pipe that holds a few bytes.

use crate::frames::Owned;
use crate::ways::{self, Trace};
use bytes::BytesMut;
use futures::executor::block_on;
use futures::future::join;
use futures::{SinkExt, StreamExt};
use oap::{Codec, CodecError, Config, EncodeError, End, Frame, Hello, Reason};
use tokio::io::{duplex, AsyncWriteExt};
use tokio_util::codec::{Decoder as _, FramedRead, FramedWrite};

fn frames() -> Vec<Owned> {
    vec![
        Owned::Hello(Hello::new(4_096)),
        Owned::Start("notes".to_owned()),
        Owned::Data { seq: 1, obj: None, body: vec![7; 3_000] },
        Owned::Data { seq: 2, obj: None, body: Vec::new() },
        Owned::Ack(9),
        Owned::End(End { seq: 2, status: 0 }),
        Owned::Error { code: 0, reason: "bye".to_owned() },
    ]
}

/// The way into a codec, for the properties of all ways.
pub fn trace(config: Config, chunks: &[&[u8]]) -> Trace {
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

fn codec() -> Codec {
    Codec::new(Config::default())
}

/// What a reader sees of those bytes, until the end or the first error.
fn read(wire: &[u8], pipe: usize) -> (Vec<Owned>, Option<CodecError>) {
    let (mut near, far) = duplex(pipe);
    let write = async move {
        // The reader may go first.
        let _ = near.write_all(wire).await;
    };
    let read = async move {
        let mut reader = FramedRead::new(far, codec());
        let mut frames = Vec::new();
        while let Some(next) = reader.next().await {
            match next {
                Ok(frame) => frames.push(frame.frame().into()),
                Err(error) => return (frames, Some(error)),
            }
        }
        (frames, None)
    };
    block_on(join(write, read)).1
}

fn reject_of(error: Option<CodecError>) -> oap::Reject {
    match error {
        Some(CodecError::Reject(reject)) => reject,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_framed_write_writes_framed_read_reads() {
    for pipe in [1, 7, 64, 65_536] {
        let (near, far) = duplex(pipe);
        let frames = frames();
        let write = async {
            let mut writer = FramedWrite::new(near, codec());
            for frame in &frames {
                writer.send(frame.frame()).await.unwrap();
            }
            writer.into_inner()
        };
        let read = async {
            let reader = FramedRead::new(far, codec());
            let read = reader.take(frames.len()).map(|frame| Owned::from(frame.unwrap().frame()));
            read.collect::<Vec<_>>().await
        };
        assert_eq!(block_on(join(write, read)).1, frames);
    }
}

#[test]
fn an_end_between_frames_is_the_end_of_the_stream() {
    let wire: Vec<u8> = frames().iter().flat_map(Owned::wire).collect();
    for pipe in [1, 7, 65_536] {
        let (read, error) = read(&wire, pipe);
        assert_eq!(read, frames());
        assert!(error.is_none());
    }
}

#[test]
fn an_end_inside_a_frame_is_truncated() {
    let wire: Vec<u8> = frames().iter().flat_map(Owned::wire).collect();
    let before_last = frames().len() - 1;
    let offset: usize = frames()[..before_last].iter().map(|frame| frame.wire().len()).sum();
    for len in [offset + 1, offset + 8, wire.len() - 1] {
        let (read, error) = read(&wire[..len], 64);
        let reject = reject_of(error);
        assert_eq!(read, frames()[..before_last]);
        assert_eq!(reject.reason(), Reason::Truncated);
        assert_eq!((reject.offset(), reject.at()), (offset as u64, len as u64));
    }
}

#[test]
fn a_reject_comes_behind_the_frames_before_it_with_nothing_more_read() {
    let good = Owned::Ack(9).wire();
    let wire = [&good[..], b"\0\0\0\x08\x99"].concat();
    for pipe in [1, 64] {
        let (read, error) = read(&wire, pipe);
        let reject = reject_of(error);
        assert_eq!(read, [Owned::Ack(9)]);
        assert_eq!((reject.reason(), reject.at()), (Reason::UnknownEnvelope, 10 + 5));
    }
}

#[test]
fn a_frame_that_breaks_a_rule_is_not_written() {
    block_on(async {
        let mut writer = FramedWrite::new(Vec::new(), codec());
        let empty = Frame::Start(oap::Start { stream: "" });
        let error = writer.send(empty).await.unwrap_err();
        assert!(matches!(error, CodecError::Encode(EncodeError::Refused(_))), "{error}");
        writer.send(Frame::Ack(oap::Ack { up_to: 1 })).await.unwrap();
        assert_eq!(writer.get_ref(), &Owned::Ack(1).wire());
    });
}

#[test]
fn what_ends_a_transport_says_what_its_source_says() {
    let reject = oap::decode(&[0, 0x10, 0, 1], &oap::Config::default()).unwrap_err();
    let refused = oap::encoded_len(&Frame::Start(oap::Start { stream: "" })).unwrap_err();
    let errors = [
        CodecError::from(reject),
        CodecError::from(EncodeError::from(refused)),
        CodecError::from(std::io::Error::other("the line is cut")),
    ];
    let says = [reject.to_string(), refused.to_string(), "the line is cut".to_owned()];
    for (error, says) in errors.iter().zip(says) {
        let source = std::error::Error::source(error).unwrap();
        assert_eq!((error.to_string(), source.to_string()), (says.clone(), says));
    }
}
