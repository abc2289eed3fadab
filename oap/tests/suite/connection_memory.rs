//! A connection's memory: nothing a frame in the steady state, little while it is idle, what its options say under a
//! peer that reads nothing.

use allocation_counter::measure;
use oap::{Connection, ConnectionOptions, Piece, Row, SendError, Wait, CONNECTION_WINDOW};

fn carry(from: &mut Connection, to: &mut Connection, rows: &mut [Row]) -> usize {
    let mut written = 0;
    for piece in from.transmit(0) {
        let Piece::Bytes(bytes) = piece else { continue };
        let mut rest = bytes;
        while !rest.is_empty() {
            let table = to.receive(0, rest, rows);
            let (consumed, frames) = (table.consumed(), table.len());
            to.take(0, frames);
            rest = &rest[consumed..];
        }
        written += bytes.len();
    }
    from.transmitted(0, written);
    written
}

fn greeted() -> (Connection, Connection) {
    greeted_with(ConnectionOptions::default())
}

/// The second end has these options.
fn greeted_with(options: ConnectionOptions) -> (Connection, Connection) {
    let config = ConnectionOptions::default_config();
    let mut from = Connection::new(config, ConnectionOptions::default(), 0);
    let mut to = Connection::new(config, options, 0);
    let mut rows = [Row::default(); 4];
    carry(&mut from, &mut to, &mut rows);
    carry(&mut to, &mut from, &mut rows);
    (from, to)
}

#[test]
fn the_steady_state_allocates_nothing() {
    let (mut from, mut to) = greeted();
    from.start(0, "steady").unwrap();
    let mut rows = [Row::default(); 64];
    let mut turn = |body: &[u8]| {
        for _ in 0..64 {
            from.data(0, None, body).unwrap();
        }
        from.data_head(0, None, 0).unwrap();
        carry(&mut from, &mut to, &mut rows);
        carry(&mut to, &mut from, &mut rows);
    };
    turn(&[7; 100]);
    let spent = measure(|| (0..50).for_each(|_| turn(&[7; 100])));
    assert_eq!(spent.count_total, 0);
}

#[test]
fn ten_thousand_idle_connections_fit_in_8_mib() {
    let mut held = Vec::new();
    let spent = measure(|| held.extend((0..10_000).map(|_| greeted().0)));
    assert!(spent.bytes_current <= 8 << 20, "{} bytes", spent.bytes_current);
}

#[test]
fn a_peer_that_reads_nothing_costs_the_send_buffer_and_a_frame() {
    let (mut from, _to) = greeted();
    from.start(0, "stopped").unwrap();
    let body = vec![0; 60_000];
    let spent = measure(|| {
        let error = std::iter::repeat_with(|| from.data(0, None, &body)).find_map(Result::err);
        assert_eq!(error, Some(SendError::Waits(Wait::Room)));
    });
    assert!(from.queued() < (256 << 10) + 60_100);
    assert!(spent.bytes_current < 1 << 20, "{} bytes", spent.bytes_current);
}

#[test]
fn a_peer_that_never_reads_its_acks_makes_nothing_grow() {
    let small = ConnectionOptions::default().with_send_buffer(100).unwrap();
    let (_hostile, mut victim) = greeted_with(small);
    let mut rows = [Row::default(); 8];
    victim.start(0, "fills the queue").unwrap();
    let mut wire = Vec::new();
    oap::encode_to(&oap::Frame::Start(oap::Start { stream: "a" }), &mut wire).unwrap();
    for seq in 1..=u64::from(CONNECTION_WINDOW) {
        let data = oap::Data { seq, obj: None, body: b"" };
        oap::encode_to(&oap::Frame::Data(data), &mut wire).unwrap();
    }
    for byte in wire.chunks(10) {
        let frames = victim.receive(0, byte, &mut rows).len();
        victim.take(0, frames);
        victim.transmit(0);
        assert!(victim.queued() < 200, "{} bytes of acknowledgements", victim.queued());
    }
}

/// C.4 and C.5 hold with the largest window, which would let four times as much be in flight: the application takes
/// nothing, and its host reads pieces of 64 KiB while the connection wants it to.
#[test]
fn a_receiver_that_takes_nothing_holds_its_buffer_and_a_read_whatever_the_window_is() {
    let (mut from, mut to) = greeted();
    let mut rows = [Row::default(); 64];
    let (body, mut wire) = ([7; 4_096], Vec::new());
    from.start(0, "not taken").unwrap();
    while to.wants_read() {
        while from.data(0, None, &body).is_ok() {}
        for piece in from.transmit(0) {
            let Piece::Bytes(bytes) = piece else { continue };
            wire.extend_from_slice(bytes);
        }
        assert!(from.queued() < (256 << 10) + 4_200);
        from.transmitted(0, from.queued());
        for read in std::mem::take(&mut wire).chunks(64 << 10) {
            let mut rest = if to.wants_read() { read } else { &[] };
            while !rest.is_empty() {
                rest = &rest[to.receive(0, rest, &mut rows).consumed()..];
            }
        }
    }
    assert!(from.outbound().credit() > 0, "the window is what stopped it");
    assert!((1 << 20..(1 << 20) + (68 << 10)).contains(&to.untaken()), "{}", to.untaken());
}
