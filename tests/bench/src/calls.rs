//! What a call costs, and what Frames cost on top of rows.

use crate::measure::Case;
use crate::work::Work;
use oap::{Config, Decoder, Frame, FrameTable, Row, Session, StreamDecoder};
use std::hint::black_box;

const CALLS: usize = 1_000;

pub fn cases(work: &Work) -> Vec<Case<'_>> {
    vec![
        frames_a_call(work, "one", 1),
        frames_a_call(work, "sixtyfour", 64),
        objects(work, 64),
        set_up("Decoder::new", || Decoder::new(Config::default())),
        set_up("StreamDecoder::new", || StreamDecoder::new(Config::default())),
        set_up("Session::new", || Session::new(Config::default())),
    ]
}

fn case<'w>(work: &'w str, what: &'w str, run: impl FnMut() + 'w) -> Case<'w> {
    Case::new((work, what, "oap"), (CALLS, "call"), run)
}

fn frames_a_call<'w>(work: &'w Work, name: &'w str, frames: usize) -> Case<'w> {
    let mut rows = vec![Row::default(); frames];
    case(name, "Decoder::decode_table, tiny frames", move || {
        let mut decoder = Decoder::new(Config::default());
        let (mut at, mut found) = (0, 0);
        for _ in 0..CALLS {
            if at == work.wire.len() {
                at = 0;
            }
            let table = decoder.decode_table(&work.wire[at..], &mut rows).expect("good frames");
            at += table.consumed();
            found += black_box(table).len();
        }
        assert!(found > CALLS * frames * 9 / 10);
    })
}

/// Of rows that are there, the frames.
fn objects(work: &Work, frames: usize) -> Case<'_> {
    let mut rows = vec![Row::default(); frames];
    case("object", "FrameTable::iter, 64 tiny frames", move || {
        let mut decoder = Decoder::new(Config::default());
        let table = decoder.decode_table(&work.wire, &mut rows).expect("good frames");
        for _ in 0..CALLS {
            assert_eq!(sum(black_box(table)), (frames * (frames + 1) / 2) as u64);
        }
    })
}

fn sum(table: FrameTable<'_>) -> u64 {
    table.iter().map(|frame| if let Frame::Data(data) = frame { data.seq } else { 0 }).sum()
}

fn set_up<'w, T: 'w>(what: &'w str, make: impl Fn() -> T + 'w) -> Case<'w> {
    case("setup", what, move || {
        for _ in 0..CALLS {
            drop(black_box(make()));
        }
    })
}
