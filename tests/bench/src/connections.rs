//! Two connection engines, and two sessions that a host drives by hand in batches: one way, all in memory.

use crate::measure::Case;
use crate::work::Work;
use oap::{
    Config, Connection, ConnectionOptions, Data, Frame, Piece, Row, Session, Start,
    CONNECTION_WINDOW,
};
use std::hint::black_box;

const BATCH: usize = CONNECTION_WINDOW as usize;

/// The first of a group is what the other is compared with.
pub fn one_way(work: &Work) -> Vec<Case<'_>> {
    vec![by_hand(work), engines(work)]
}

fn bodies(work: &Work) -> impl Iterator<Item = &[u8]> + Clone {
    work.items.iter().filter_map(|item| item.body.as_deref()).cycle().take(BATCH)
}

fn config() -> Config {
    Config::default().with_ack_window_frames(BATCH as u64).expect("in range")
}

fn by_hand(work: &Work) -> Case<'_> {
    let (mut from, mut to) = (Session::new(config()), Session::new(config()));
    let (mut wire, mut back) = (Vec::new(), Vec::new());
    let mut rows = vec![Row::default(); BATCH + 2];
    from.send_to(&Frame::Hello(from.hello()), &mut wire).expect("valid");
    to.send_to(&Frame::Hello(to.hello()), &mut back).expect("valid");
    from.recv(&back, &mut rows).expect("valid");
    to.recv(&wire, &mut rows).expect("valid");
    wire.clear();
    from.send_to(&Frame::Start(Start { stream: "bench" }), &mut wire).expect("valid");
    to.recv(&wire, &mut rows).expect("valid");
    let mut out = vec![0; work.wire.len().max(BATCH * 128) * 2];
    let mut seq = 0u64;
    Case::new((work.name, "sessions by hand, in batches", "oap"), (BATCH, "frame"), move || {
        let frames = bodies(work).map(|body| {
            seq += 1;
            Frame::Data(Data { seq, obj: None, body })
        });
        let written = from.send_all(frames, &mut out).expect("in the window");
        let table = to.recv(black_box(&out[..written]), &mut rows).expect("valid");
        assert_eq!(black_box(table).len(), BATCH);
        let ack = Frame::Ack(oap::Ack { up_to: seq });
        let written = to.send(&ack, &mut out).expect("in flight");
        from.recv(&out[..written], &mut rows).expect("valid");
    })
}

fn engines(work: &Work) -> Case<'_> {
    let options = ConnectionOptions::default().with_send_buffer(1 << 30).expect("in range");
    let mut from = Connection::new(config(), options, 0);
    let mut to = Connection::new(config(), options, 0);
    let mut rows = vec![Row::default(); BATCH + 2];
    carry(&mut from, &mut to, &mut rows);
    carry(&mut to, &mut from, &mut rows);
    from.start(0, "bench").expect("greeted");
    let mut batch = move || {
        for body in bodies(work) {
            from.data(0, None, body).expect("in the window");
        }
        black_box(carry(&mut from, &mut to, &mut rows));
        carry(&mut to, &mut from, &mut rows);
    };
    batch(); // now it has its buffers, as the sessions have
    Case::new((work.name, "connections", "oap"), (BATCH, "frame"), batch)
}

/// Writes what one has to the other, which takes it.
fn carry(from: &mut Connection, to: &mut Connection, rows: &mut [Row]) -> usize {
    let mut written = 0;
    for piece in from.transmit(0) {
        let Piece::Bytes(bytes) = piece else { unreachable!("no body lies with the host") };
        let table = to.receive(0, black_box(bytes), rows);
        let frames = black_box(table).len();
        to.take(0, frames);
        written += bytes.len();
    }
    from.transmitted(0, written);
    written
}
