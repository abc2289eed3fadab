//! What works in the caller's memory allocates nothing. The counter is the global allocator, counting by thread.

use crate::frames::Owned;
use allocation_counter::measure;
use oap::{
    decode, encode, encode_rows, encode_to, encoded_len, Config, Decoded, Decoder, End, Frame,
    Hello, Monitor, Reason, Row, Session, StreamDecoder, MAX_FRAME_BYTES,
};
use std::sync::Arc;

/// A frame of every kind at its least and its greatest, and DATA of many sizes up to 1 MiB.
fn frames() -> Vec<Owned> {
    let obj = Some(format!("b3:{}", "0".repeat(64)));
    let bodies = [0, 1, 63, 64, 4_095, 4_096, 65_535, 65_536, 1 << 19, MAX_FRAME_BYTES - 88];
    let hello = Hello { features: Some(!0), ack_window: Some(1_024), ..Hello::new(1_048_576) };
    let mut frames = vec![
        Owned::Hello(Hello::new(4_096)),
        Owned::Hello(hello),
        Owned::Start("s".to_owned()),
        Owned::Start("é".repeat(512)),
        Owned::Ack(0),
        Owned::Ack(u64::MAX),
        Owned::End(End { seq: 0, status: 0 }),
        Owned::End(End { seq: u64::MAX, status: 65_535 }),
        Owned::Error { code: 0, reason: String::new() },
        Owned::Error { code: 65_535, reason: "x".repeat(1_024) },
    ];
    for len in bodies {
        frames.push(Owned::Data { seq: 0, obj: None, body: vec![1; len] });
        frames.push(Owned::Data { seq: u64::MAX, obj: obj.clone(), body: vec![2; len] });
    }
    frames
}

/// Every reject of a decoder, and headers that relaxed mode takes.
fn odd_wires() -> Vec<Vec<u8>> {
    let wires: [&[u8]; 10] = [
        b"\0\x10\0\x01",
        b"\0\0\0\x07",
        b"\0\0\0\x08\x99",
        b"\0\0\0\x08\x03\x01",
        b"\0\0\0\x08\x03\0\xff\xff",
        b"\0\0\0\x09\x04\0\0\0\0",
        b"\0\0\0\x0b\x01\0\0\x03\x08\x02\x10",
        b"\0\0\0\x0b\x04\0\0\x03\x08\x81\0",
        b"\0\0\0\x0d\x02\0\0\x05\x0a\x03\xff\xff\xff",
        b"\0\0\0\x11\x03\x07\0\x08\x7a\x02ab\x08\x01\x08\x02!",
    ];
    wires.map(<[u8]>::to_vec).to_vec()
}

fn assert_allocates_nothing(what: &str, run: impl FnOnce()) {
    let info = measure(run);
    assert_eq!((info.count_total, info.bytes_total), (0, 0), "{what}");
}

#[test]
fn the_counter_counts() {
    let info = measure(|| drop(std::hint::black_box(vec![0u8; 100])));
    assert_eq!((info.count_total, info.bytes_max, info.bytes_current), (1, 100, 0));
    let (info, held) = {
        let mut held = Vec::new();
        (measure(|| held = std::hint::black_box(vec![0u8; 100])), held)
    };
    assert_eq!((info.bytes_current, held.len()), (100, 100));
}

#[test]
fn decode_allocates_nothing() {
    let wires: Vec<_> = frames().iter().map(Owned::wire).chain(odd_wires()).collect();
    for config in [Config::default(), Config::default().with_strict_headers(false)] {
        let pq = config.with_allow_pq_hello_flags(false);
        assert_allocates_nothing("decode", || {
            for wire in &wires {
                for cut in [0, 3, 4, 7, 8, 9, 10, 100, wire.len() - 1, wire.len()] {
                    let part = &wire[..cut.min(wire.len())];
                    let whole = decode(part, &config);
                    assert_eq!(Decoder::new(config).decode(part), whole);
                    let _ = (decode(part, &pq), Decoder::new(pq).finish(part));
                }
            }
        });
    }
}

#[test]
fn a_decoder_allocates_nothing_over_a_whole_stream() {
    let stream: Vec<u8> = frames().iter().flat_map(Owned::wire).collect();
    let monitor = Arc::new(Monitor::default());
    assert_allocates_nothing("Decoder::decode", || {
        let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
        let mut rest = &stream[..];
        while let Ok(Decoded::Frame(_, len)) = decoder.decode(rest) {
            rest = &rest[len..];
        }
        assert_eq!(rest.len(), 0);
        assert_eq!(decoder.finish(rest), Ok(()));
    });
}

#[test]
fn a_frame_table_allocates_nothing_nor_does_its_way_back() {
    let frames = frames();
    let stream: Vec<u8> = frames.iter().flat_map(Owned::wire).collect();
    let (mut rows, mut out) = (vec![Row::default(); 100], vec![0; stream.len()]);
    let monitor = Arc::new(Monitor::default());
    assert_allocates_nothing("decode_table, FrameTable, encode_rows", || {
        let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
        let table = decoder.decode_table(&stream, &mut rows).unwrap();
        assert!(table.iter().zip(&frames).all(|(frame, given)| frame == given.frame()));
        assert_eq!((table.len(), table.get(0)), (frames.len(), Some(frames[0].frame())));
        let encoded = encode_rows(table.rows(), &stream, &mut out).unwrap();
        assert_eq!((encoded.rows, encoded.written), (frames.len(), stream.len()));
        assert!(encode_rows(table.rows(), &stream, &mut []).is_err());
    });
    assert!(out == stream);
}

#[test]
fn encode_allocates_nothing() {
    let frames = frames();
    let (mut out, mut grown) = (vec![0; MAX_FRAME_BYTES], Vec::with_capacity(MAX_FRAME_BYTES));
    let (long, body) = ("x".repeat(1_025), vec![0; MAX_FRAME_BYTES]);
    let bad = [
        Frame::Start(oap::Start { stream: &long }),
        Frame::Data(oap::Data { seq: 0, obj: Some("b3:"), body: &[] }),
        Frame::Data(oap::Data { seq: 0, obj: None, body: &body }),
    ];
    assert_allocates_nothing("encode", || {
        for frame in frames.iter().map(Owned::frame) {
            let len = encode(&frame, &mut out).unwrap();
            grown.clear();
            assert_eq!(encode_to(&frame, &mut grown), Ok(len));
            assert_eq!(encoded_len(&frame), Ok(len));
            assert!(encode(&frame, &mut out[..len - 1]).is_err());
        }
        assert!(bad.iter().all(|frame| encode(frame, &mut out).is_err()));
    });
}

#[test]
fn whole_chunks_of_frames_allocate_nothing_in_a_stream_decoder() {
    let stream: Vec<u8> = frames().iter().flat_map(Owned::wire).collect();
    let chunk = bytes::Bytes::from(stream.clone());
    let shared = chunk.clone();
    let mut rows = vec![Row::default(); 100];
    let monitor = Arc::new(Monitor::default());
    assert_allocates_nothing("feed and next_frame", || {
        let mut decoder = StreamDecoder::new(Config::default()).with_monitor(&monitor);
        assert_eq!(decoder.feed(&stream, &mut rows).unwrap().consumed(), stream.len());
        let mut chunk = shared.clone();
        while let Ok(Some(frame)) = decoder.next_frame(&mut chunk) {
            assert_eq!(frame.body().len(), frame.row().body_len as usize);
        }
        assert!(chunk.is_empty() && decoder.finish().is_ok());
        for wire in [&b"\0\x10\0\x01"[..], b"\0\0\0\x08\x99", b"\0\0\0\x08\x03\x01\0\0"] {
            decoder.reset();
            assert!(decoder.feed(wire, &mut rows).is_err());
        }
    });
}

#[test]
fn a_stream_decoder_stages_frames_of_4_kib_in_one_buffer_and_keeps_none_that_is_larger() {
    let mut rows = [Row::default()];
    for (size, kept) in [(4_096, true), (4_098, false)] {
        let wire = Owned::Data { seq: 1, obj: None, body: vec![7; size - 10] }.wire();
        // Halves, so that a buffer that doubles fits the frame exactly.
        let (front, back) = wire.split_at(size / 2);
        let mut decoder = StreamDecoder::new(Config::default());
        let mut give = || {
            assert!(decoder.feed(front, &mut rows).unwrap().is_empty());
            assert_eq!(decoder.feed(back, &mut rows).unwrap().len(), 1);
        };
        give();
        assert_eq!(measure(give).count_total == 0, kept, "{size}");
    }
}

#[test]
fn sessions_allocate_nothing_for_what_they_send_and_for_whole_frames_received() {
    let hello = Owned::Hello(Hello::new(1_048_576)).wire();
    let data: Vec<_> =
        frames().into_iter().filter(|frame| matches!(frame, Owned::Data { .. })).collect();
    let bodies: Vec<_> = data.iter().map(Owned::body).collect();
    let (mut wire, mut rows) = (vec![0; 2 * MAX_FRAME_BYTES], [Row::default(); 4]);
    let (config, monitor) = (Config::default(), Arc::new(Monitor::default()));
    assert_allocates_nothing("Session::send and Session::recv", || {
        let (mut a, mut b) = (Session::new(config), Session::new(config).with_monitor(&monitor));
        for session in [&mut a, &mut b] {
            let greeting = Frame::Hello(session.hello());
            session.send(&greeting, &mut wire).unwrap();
            session.recv(&hello, &mut rows).unwrap();
        }
        let len = a.send(&Frame::Start(oap::Start { stream: "s" }), &mut wire).unwrap();
        assert_eq!(b.recv(&wire[..len], &mut rows).unwrap().len(), 1);
        for (seq, body) in (7..).zip(&bodies) {
            let frame = Frame::Data(oap::Data { seq, obj: None, body });
            let len = a.send(&frame, &mut wire).unwrap();
            assert!(a.send(&frame, &mut wire[len..]).is_err());
            assert_eq!(b.recv(&wire[..len], &mut rows).unwrap().get(0), Some(frame));
            let len = b.send(&Frame::Ack(oap::Ack { up_to: seq }), &mut wire).unwrap();
            assert_eq!(a.recv(&wire[..len], &mut rows).unwrap().len(), 1);
        }
        assert_eq!((a.outbound().in_flight, a.outbound().credit()), (0, 32));
        assert_eq!(b.recv(&hello, &mut rows).unwrap_err().reason(), Reason::BadHello);
        let error = Frame::Error(oap::Error { code: Reason::BadHello.code(), reason: "" });
        assert!(b.send(&Frame::Ack(oap::Ack { up_to: 0 }), &mut wire).is_err());
        assert!(b.send(&error, &mut wire).is_ok() && b.finish().is_ok());
    });
}
