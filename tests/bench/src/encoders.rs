//! Bytes from frames: the frames of tiny.

use crate::measure::Case;
use crate::work::Work;
use crate::{floor, peers};
use bytes::BytesMut;
use oap::{encode, encode_rows, encode_to, Config, Decoder, Row, Session};
use std::hint::black_box;

/// The first is what the others are compared with.
pub fn cases(work: &Work) -> Vec<Case<'_>> {
    vec![by_hand(work), to_vec(work), to_slice(work), rows(work), session(work), protobuf(work)]
}

fn case<'w>(work: &'w Work, what: &'w str, role: &'static str, run: impl FnMut() + 'w) -> Case<'w> {
    Case::new(("encode", what, role), (work.items.len(), "frame"), run)
}

fn by_hand(work: &Work) -> Case<'_> {
    let mut out = Vec::new();
    case(work, "append by hand", "floor", move || {
        out.clear();
        for item in black_box(&work.items) {
            floor::append(item.number, item.body.as_deref().unwrap_or_default(), &mut out)
                .expect("short");
        }
        assert_eq!(black_box(&out).len(), work.wire.len());
    })
}

fn to_vec(work: &Work) -> Case<'_> {
    let mut out = Vec::new();
    case(work, "encode_to", "oap", move || {
        out.clear();
        for item in black_box(&work.items) {
            encode_to(&item.frame(), &mut out).expect("valid");
        }
        assert_eq!(black_box(&out).len(), work.wire.len());
    })
}

fn to_slice(work: &Work) -> Case<'_> {
    let mut out = vec![0; work.wire.len()];
    case(work, "encode", "oap", move || {
        let mut at = 0;
        for item in black_box(&work.items) {
            at += encode(&item.frame(), &mut out[at..]).expect("valid");
        }
        assert_eq!(black_box(at), out.len());
    })
}

fn rows(work: &Work) -> Case<'_> {
    let mut rows = vec![Row::default(); work.items.len()];
    Decoder::new(Config::default()).decode_table(&work.wire, &mut rows).expect("valid");
    let mut out = vec![0; work.wire.len()];
    case(work, "encode_rows", "oap", move || {
        let done = encode_rows(black_box(&rows), &work.wire, &mut out);
        assert_eq!(black_box(done).map(|done| done.rows), Ok(work.items.len()));
    })
}

/// A session that sends them in a window of 1,024.
fn session(work: &Work) -> Case<'_> {
    let sender = crate::sessions::sender();
    let mut out = Vec::new();
    Case::prepared(
        ("encode", "Session::send_to", "oap"),
        (work.items.len(), "frame"),
        move || sender.clone(),
        move |mut session: Session| {
            out.clear();
            for item in black_box(&work.items) {
                session.send_to(&item.frame(), &mut out).expect("valid");
            }
            assert_eq!(black_box(&out).len(), work.wire.len());
        },
    )
}

fn protobuf(work: &Work) -> Case<'_> {
    let (messages, mut out) = (peers::messages(work), BytesMut::new());
    case(work, "LengthDelimitedCodec + prost", "peer", move || {
        out.clear();
        peers::write_messages(black_box(&messages), &mut out);
        assert!(black_box(&out).len() > messages.len());
    })
}
