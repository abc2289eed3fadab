//! `make bench`: ns a frame and ratios to the floor, medians of many rounds, the candidates in turn in each round.
//! `oap-bench CASE` runs one case once, for instruction counts under callgrind.

mod floor;
mod work;

use oap::{Config, Data, Decoder, Frame, Monitor, Row, Session, Start, StreamDecoder};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use work::Work;

const ROUNDS: usize = 401;

struct Case<'w> {
    name: String,
    frames: usize,
    run: Box<dyn FnMut() + 'w>,
}

fn case<'w>(work: &'w Work, name: &str, run: impl FnMut() + 'w) -> Case<'w> {
    Case { name: format!("{}: {name}", work.name), frames: work.frames, run: Box::new(run) }
}

/// The first is what the others are compared with.
fn decoders(work: &Work) -> Vec<Case<'_>> {
    let mut floor_rows = vec![floor::Row::default(); work.frames];
    let mut rows = vec![Row::default(); work.frames];
    let mut more_rows = rows.clone();
    let mut watched_rows = rows.clone();
    let monitor = Arc::new(Monitor::default());
    vec![
        case(work, "floor", move || {
            let found = floor::decode(black_box(&work.wire), &mut floor_rows);
            assert_eq!(found, Some((work.frames, work.wire.len())));
            black_box(&floor_rows);
        }),
        case(work, "table", move || {
            let mut decoder = Decoder::new(Config::default());
            let table = decoder.decode_table(black_box(&work.wire), &mut rows);
            assert_eq!(black_box(table).map(|t| t.len()), Ok(work.frames));
        }),
        case(work, "table, monitored", move || {
            let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
            let table = decoder.decode_table(black_box(&work.wire), &mut watched_rows);
            assert_eq!(black_box(table).map(|t| t.len()), Ok(work.frames));
        }),
        case(work, "frame a call", move || {
            let mut decoder = Decoder::new(Config::default());
            let mut rest = &work.wire[..];
            while let Ok(oap::Decoded::Frame(frame, len)) = decoder.decode(black_box(rest)) {
                black_box(frame);
                rest = &rest[len..];
            }
        }),
        case(work, "1,460-byte chunks", move || {
            let mut decoder = StreamDecoder::new(Config::default());
            for mut chunk in black_box(&work.wire).chunks(1_460) {
                while !chunk.is_empty() {
                    let Ok(table) = decoder.feed(chunk, &mut more_rows) else { return };
                    chunk = &chunk[table.consumed()..];
                    black_box(table);
                }
            }
        }),
    ]
}

fn encoders(work: &Work) -> Vec<Case<'_>> {
    let frames = work.frames as u64;
    let body = [0x5a; 32];
    let (mut by_hand, mut by_oap) = (Vec::new(), Vec::new());
    vec![
        case(work, "append by hand", move || {
            by_hand.clear();
            (1..=frames).for_each(|seq| floor::append(seq, black_box(&body), &mut by_hand));
            black_box(&by_hand);
        }),
        case(work, "encode_to", move || {
            by_oap.clear();
            for seq in 1..=frames {
                let data = Data { seq, obj: None, body: black_box(&body) };
                oap::encode_to(&Frame::Data(data), &mut by_oap).expect("valid");
            }
            black_box(&by_oap);
        }),
    ]
}

/// A session that receives the DATA of `work` in full windows, acknowledged.
fn session(work: &Work) -> Case<'_> {
    let config = Config::default().with_ack_window_frames(1_024).expect("in range");
    let mut peer = Session::new(config);
    let mut greeting = Vec::new();
    peer.send_to(&Frame::Hello(peer.hello()), &mut greeting).expect("first frame");
    oap::encode_to(&Frame::Start(Start { stream: "bench" }), &mut greeting).expect("valid");
    let mut rows = vec![Row::default(); work.frames];
    let mut out = Vec::new();
    case(work, "session", move || {
        let mut session = Session::new(config);
        out.clear();
        session.send_to(&Frame::Hello(session.hello()), &mut out).expect("first frame");
        session.recv(&greeting, &mut rows).expect("a greeting");
        let table = session.recv(black_box(&work.wire), &mut rows);
        assert_eq!(black_box(table).map(|t| t.len()), Ok(work.frames));
    })
}

fn measure(cases: &mut [Case<'_>]) {
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            let start = Instant::now();
            (case.run)();
            times.push(start.elapsed().as_nanos() as f64 / case.frames as f64);
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    for (case, median) in cases.iter().zip(&medians) {
        println!("{:<32} {median:>8.1} ns a frame   {:>5.2} ×", case.name, median / medians[0]);
    }
    println!();
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let works = work::all();
    let mut groups: Vec<Vec<Case<'_>>> = works.iter().map(decoders).collect();
    groups[0].push(session(&works[0]));
    groups.push(encoders(&works[0]));
    match std::env::args().nth(1) {
        None => groups.iter_mut().for_each(|cases| measure(cases)),
        Some(wanted) => {
            for case in groups.iter_mut().flatten().filter(|case| case.name == wanted) {
                (case.run)();
            }
        }
    }
}
