//! What a call costs, and what Frames cost on top of rows.

use crate::measure::Case;
use crate::work::Work;
use oap::{
    encode_to, Config, Data, Decoder, Frame, FrameTable, Monitor, Row, Session, StreamDecoder,
};
use std::hint::black_box;
use std::time::Instant;

const CALLS: usize = 1_000;

pub fn cases(work: &Work) -> Vec<Case<'_>> {
    vec![
        frames_a_call(work, "one", 1),
        frames_a_call(work, "sixtyfour", 64),
        encode_a_call("encode_to, a tiny frame", |call| call()),
        encode_a_call("encode_to, a tiny frame, timed", timed()),
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

fn encode_a_call<'w>(what: &'w str, observe: impl Fn(&mut dyn FnMut()) + 'w) -> Case<'w> {
    let frame = Frame::Data(Data { seq: 1, obj: None, body: &[0x5a; 32] });
    let mut out = Vec::new();
    case("one", what, move || {
        out.clear();
        for _ in 0..CALLS {
            observe(&mut || {
                encode_to(black_box(&frame), &mut out).expect("valid");
            });
        }
        black_box(&out);
    })
}

/// As a host observes a call, with the clock of its system.
fn timed() -> impl Fn(&mut dyn FnMut()) {
    let monitor = Monitor::default();
    move |call| {
        let start = Instant::now();
        call();
        monitor.observe_write(start.elapsed().as_nanos() as u64);
    }
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
