//! What is held grows with the bytes that came, never with the bytes that were promised.

use crate::frames::Owned;
use crate::ways::Stager;
use allocation_counter::{measure, AllocationInfo};
use bytes::Bytes;
use oap::{
    Config, Decoder, Hello, Row, Session, StreamDecoder, MAX_FRAME_BYTES, STREAM_CHUNK_BYTES,
};

/// Bytes beside the buffer: what a shared buffer counts with.
const SMALL: u64 = 64;

fn decoder() -> StreamDecoder {
    StreamDecoder::new(Config::default())
}

/// A session that takes DATA.
fn session() -> Session {
    let mut session = Session::new(Config::default());
    session.send_to(&oap::Frame::Hello(session.hello()), &mut Vec::new()).unwrap();
    let opening = [Owned::Hello(Hello::new(4_096)), Owned::Start("s".to_owned())];
    let wire: Vec<u8> = opening.iter().flat_map(Owned::wire).collect();
    assert_eq!(session.recv(&wire, &mut [Row::default(); 4]).unwrap().len(), 2);
    session
}

/// DATA of 1 MiB.
fn largest() -> Bytes {
    let wire = Owned::Data { seq: 1, obj: None, body: vec![7; MAX_FRAME_BYTES - 10] }.wire();
    assert_eq!(wire.len(), MAX_FRAME_BYTES);
    let wire = Bytes::from(wire);
    // A second owner, so that slices of it cost nothing.
    std::mem::forget(wire.clone());
    wire
}

/// The first `len` bytes of `wire`, in chunks.
fn pieces(wire: &Bytes, len: usize, chunk: usize) -> Vec<Bytes> {
    let starts = (0..len).step_by(chunk);
    starts.map(|start| wire.slice(start..len.min(start + chunk))).collect()
}

/// What it takes to get those chunks into a stager, which lives on.
fn measure_feed(stager: &mut impl Stager, pieces: &[Bytes]) -> AllocationInfo {
    let mut rows = [Row::default(); 4];
    measure(|| {
        for piece in pieces {
            assert!(stager.feed(piece, &mut rows).unwrap().is_empty());
        }
    })
}

fn measure_next_frame(stager: &mut impl Stager, pieces: &[Bytes]) -> AllocationInfo {
    measure(|| {
        for mut piece in pieces.iter().cloned() {
            assert!(stager.next_frame(&mut piece).unwrap().is_none());
        }
    })
}

/// Twice what came, since a buffer that grows doubles; and the old one beside it while it does.
fn assert_grows_with_what_came(info: AllocationInfo, came: usize) {
    let came = came as u64;
    assert!(info.bytes_current as u64 <= 2 * came + SMALL, "{came}: {info:?}");
    assert!(info.bytes_max <= 3 * came + SMALL, "{came}: {info:?}");
}

#[test]
fn memory_grows_with_the_bytes_received_and_not_with_those_declared() {
    let wire = largest();
    for chunk in [1, 7, 1_000, 65_536, MAX_FRAME_BYTES] {
        for came in [1, 4, 8, 9, 10, 11, 100, 1_000, 10_000, 500_000, MAX_FRAME_BYTES - 1] {
            let pieces = pieces(&wire, came, chunk);
            if pieces.len() > 10_000 {
                continue;
            }
            assert_grows_with_what_came(measure_feed(&mut decoder(), &pieces), came);
            assert_grows_with_what_came(measure_feed(&mut session(), &pieces), came);
            assert_grows_with_what_came(measure_next_frame(&mut decoder(), &pieces), came);
            assert_grows_with_what_came(measure_next_frame(&mut session(), &pieces), came);
        }
    }
}

#[test]
fn at_most_one_frame_is_staged_and_nothing_of_it_once_it_is_given() {
    let frame = Owned::Data { seq: 1, obj: None, body: vec![7; 90] }.wire();
    let stream = frame.repeat(40);
    for chunk in 1..=250 {
        let (mut decoder, mut rows) = (decoder(), [Row::default(); 8]);
        let mut came = 0;
        for piece in stream.chunks(chunk) {
            let mut rest = piece;
            while !rest.is_empty() {
                let consumed = decoder.feed(rest, &mut rows).unwrap().consumed();
                rest = &rest[consumed..];
                came += consumed;
                assert!(decoder.staged() == came % frame.len(), "{chunk} {came}");
            }
        }
    }
}

/// Gives a frame in two chunks that cut it, and then drops it.
fn give_in_two(stager: &mut impl Stager, wire: &Bytes, cut: usize) {
    let (mut front, mut back) = (wire.slice(..cut), wire.slice(cut..));
    assert!(stager.next_frame(&mut front).unwrap().is_none());
    assert_eq!(stager.staged(), cut);
    let frame = stager.next_frame(&mut back).unwrap().unwrap();
    assert_eq!((stager.staged(), frame.wire()), (0, wire));
}

#[test]
fn a_frame_that_owns_its_bytes_leaves_nothing_behind() {
    let wire = largest();
    for cut in [1, 8, 9, 10, 4_096, MAX_FRAME_BYTES - 1] {
        let (mut decoder, mut session) = (decoder(), session());
        let info = measure(|| give_in_two(&mut decoder, &wire, cut));
        assert_eq!(info.bytes_current, 0, "{cut}");
        let info = measure(|| give_in_two(&mut session, &wire, cut));
        assert_eq!(info.bytes_current, 0, "{cut}");
    }
}

#[test]
fn a_reject_and_an_error_sent_let_go_of_what_was_staged() {
    let good = Owned::Start("é".repeat(500)).wire();
    let bad = [&good[..good.len() - 1], b"\xff"].concat();
    let info = measure(|| {
        let mut decoder = decoder();
        assert!(decoder.feed(&bad[..1_000], &mut []).is_ok());
        assert!(decoder.feed(&bad[..1_000], &mut [Row::default()]).is_ok());
        assert_eq!(decoder.staged(), 1_000);
        assert!(decoder.feed(&bad[1_000..], &mut [Row::default()]).is_err());
        assert_eq!(decoder.staged(), 0);
        std::mem::forget(decoder);
    });
    assert_eq!(info.bytes_current, 0);

    let (mut cut, mut ended) = (decoder(), session());
    let wire = largest();
    let info = measure(|| {
        assert!(cut.feed(&wire[..1_000], &mut [Row::default()]).is_ok());
        assert!(cut.finish().is_err());
        assert!(ended.recv(&wire[..1_000], &mut [Row::default()]).is_ok());
        assert_eq!(ended.staged(), 1_000);
        let error = oap::Frame::Error(oap::Error { code: 0, reason: "" });
        assert!(ended.send(&error, &mut [0; 20]).is_ok());
        assert!(ended.recv(&wire[1_000..], &mut [Row::default()]).is_ok());
    });
    assert_eq!((info.bytes_current, cut.staged(), ended.staged()), (0, 0, 0));
}

/// Once a session has spoken, nothing more comes of being idle for longer.
fn greet(session: &mut Session) {
    let hello = Hello::new(1_048_576);
    session.send(&oap::Frame::Hello(hello), &mut [0; 64]).unwrap();
    session.recv(&Owned::Hello(hello).wire(), &mut [Row::default()]).unwrap();
}

#[test]
fn ten_thousand_idle_sessions_with_decoders_take_at_most_4_mib() {
    let mut held = Vec::new();
    let info = measure(|| {
        let pair = |_| (Session::new(Config::default()), Decoder::new(Config::default()));
        held = (0..10_000).map(pair).collect();
        held.iter_mut().for_each(|(session, _)| greet(session));
    });
    assert!(info.bytes_current > 0 && info.bytes_max <= 4 << 20, "{info:?}");
    assert_eq!(held.len(), 10_000);
}

#[test]
fn ten_thousand_idle_stream_decoders_take_at_most_4_mib() {
    let mut held = Vec::new();
    let info = measure(|| held = (0..10_000).map(|_| decoder()).collect());
    assert!(info.bytes_current > 0 && info.bytes_max <= 4 << 20, "{info:?}");
    assert_eq!(held.len(), 10_000);
}

#[test]
fn a_frame_given_in_a_table_leaves_at_most_a_chunk_behind() {
    let (wire, ack) = (largest(), Owned::Ack(1).wire());
    for chunk in [1_460, STREAM_CHUNK_BYTES, 700_000] {
        let (mut decoder, mut rows) = (decoder(), [Row::default()]);
        let info = measure(|| {
            let pieces = wire.chunks(chunk);
            let given: usize =
                pieces.map(|piece| decoder.feed(piece, &mut rows).unwrap().len()).sum();
            assert_eq!(given + decoder.feed(&ack, &mut rows).unwrap().len(), 2);
        });
        assert!(info.bytes_current as usize <= STREAM_CHUNK_BYTES, "{info:?}");
    }
}
