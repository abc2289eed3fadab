//! Frames from bytes: all at once, one a call, and in pieces.

use crate::measure::Case;
use crate::work::Work;
use crate::{floor, peers};
use bytes::BytesMut;
use oap::{Config, Decoded, Decoder, Frame, FrameTable, Monitor, Row, StreamDecoder};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// What Ethernet and TCP leave of a packet.
const PIECE: usize = 1_460;

/// The first is what the others are compared with.
pub fn cases(work: &Work) -> Vec<Case<'_>> {
    vec![
        floor(work),
        table(work),
        monitored(work),
        timed(work),
        frame_a_call(work),
        protobuf(work),
        web_socket(work),
        memcpy(work),
    ]
}

/// In pieces, beside the whole.
pub fn split(work: &Work) -> Vec<Case<'_>> {
    vec![
        pieces(work, "StreamDecoder, not split", work.wire.len()),
        pieces(work, "StreamDecoder, 1,460 bytes", PIECE),
    ]
}

fn case<'w>(work: &'w Work, what: &'w str, role: &'static str, run: impl FnMut() + 'w) -> Case<'w> {
    Case::new((work.name, what, role), (work.items.len(), "frame"), run)
}

fn floor(work: &Work) -> Case<'_> {
    let mut rows = vec![floor::Row::default(); work.items.len()];
    case(work, "by hand", "floor", move || {
        let found = floor::decode(black_box(&work.wire), &mut rows);
        assert_eq!(found, Some((work.items.len(), work.wire.len())));
        black_box(&rows);
    })
}

/// By the size of their bodies.
pub fn sizes<'w>(works: &'w [(&'static str, Work)]) -> Vec<Case<'w>> {
    works.iter().map(|(what, work)| table_named(work, what)).collect()
}

fn table(work: &Work) -> Case<'_> {
    table_named(work, "FrameTable")
}

fn table_named<'w>(work: &'w Work, what: &'w str) -> Case<'w> {
    let mut rows = vec![Row::default(); work.items.len()];
    case(work, what, "oap", move || {
        let mut decoder = Decoder::new(Config::default());
        check(work, decoder.decode_table(black_box(&work.wire), &mut rows));
    })
}

fn monitored(work: &Work) -> Case<'_> {
    let mut rows = vec![Row::default(); work.items.len()];
    let monitor = Arc::new(Monitor::default());
    case(work, "FrameTable, monitored", "oap", move || {
        let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
        check(work, decoder.decode_table(black_box(&work.wire), &mut rows));
    })
}

/// As a host observes its calls: one observation for all these frames.
fn timed(work: &Work) -> Case<'_> {
    let mut rows = vec![Row::default(); work.items.len()];
    let monitor = Arc::new(Monitor::default());
    case(work, "FrameTable, monitored and timed", "oap", move || {
        let start = Instant::now();
        let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
        check(work, decoder.decode_table(black_box(&work.wire), &mut rows));
        monitor.observe_read(start.elapsed().as_nanos() as u64);
    })
}

fn check(work: &Work, table: Result<FrameTable<'_>, oap::Reject>) {
    assert_eq!(black_box(table).map(|table| table.len()), Ok(work.items.len()));
}

fn frame_a_call(work: &Work) -> Case<'_> {
    case(work, "Decoder, a frame a call", "oap", move || {
        let mut decoder = Decoder::new(Config::default());
        let (mut rest, mut found) = (&work.wire[..], 0);
        while let Ok(Decoded::Frame(frame, len)) = decoder.decode(black_box(rest)) {
            found += black_box(frame_is_good(&frame)) as usize;
            rest = &rest[len..];
        }
        assert_eq!(found, work.items.len());
    })
}

#[inline(always)]
fn frame_is_good(frame: &Frame<'_>) -> bool {
    matches!(frame, Frame::Data(_) | Frame::Ack(_))
}

fn pieces<'w>(work: &'w Work, what: &'w str, size: usize) -> Case<'w> {
    let mut rows = vec![Row::default(); work.items.len()];
    Case::new(("split", what, "oap"), (work.items.len(), "frame"), move || {
        let mut decoder = StreamDecoder::new(Config::default());
        let mut found = 0;
        for mut chunk in black_box(&work.wire).chunks(size) {
            while !chunk.is_empty() {
                let table = decoder.feed(chunk, &mut rows).expect("good frames");
                chunk = &chunk[table.consumed()..];
                found += black_box(table).len();
            }
        }
        assert_eq!(found, work.items.len());
    })
}

fn protobuf(work: &Work) -> Case<'_> {
    let mut wire = BytesMut::new();
    peers::write_messages(&peers::messages(work), &mut wire);
    let sum = peers::sum(work);
    Case::prepared(
        (work.name, "LengthDelimitedCodec + prost", "peer"),
        (work.items.len(), "frame"),
        move || BytesMut::from(&wire[..]),
        move |wire| assert_eq!(peers::read_messages(black_box(wire)), Some(sum)),
    )
}

fn web_socket(work: &Work) -> Case<'_> {
    let (wire, sum) = (peers::web_socket_wire(work), peers::sum(work));
    let with_obj = work.items[0].obj.is_some();
    case(work, "tungstenite", "peer", move || {
        assert_eq!(peers::read_web_socket(black_box(&wire), with_obj), Some(sum));
    })
}

fn memcpy(work: &Work) -> Case<'_> {
    let mut copy = vec![0; work.wire.len()];
    case(work, "memcpy", "floor", move || {
        copy.copy_from_slice(black_box(&work.wire));
        black_box(&copy);
    })
}
