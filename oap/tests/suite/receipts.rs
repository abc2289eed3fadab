//! What a call without bytes does, and what a table says of the next call (rules 3.8 and 4.5).

use bytes::Bytes;
use oap::{
    Config, Data, Decoder, Frame, Hello, Reason, Row, Session, StreamDecoder, MIN_MAX_FRAME,
    PREFIX_BYTES,
};

fn wire(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut wire = Vec::new();
    for frame in frames {
        oap::encode_to(frame, &mut wire).unwrap();
    }
    wire
}

fn data(seq: u64, body: &[u8]) -> Frame<'_> {
    Frame::Data(Data { seq, obj: None, body })
}

/// A session with the prefix of a frame of 6,000 bytes before it sends a HELLO that takes 4,096.
fn lowered_behind_a_prefix() -> (Session, Vec<u8>) {
    let mut session = Session::new(Config::default());
    let frame = wire(&[data(1, &[0; 5_990])]);
    session.recv(&frame[..PREFIX_BYTES], &mut [Row::default()]).unwrap();
    let hello = Frame::Hello(Hello::new(MIN_MAX_FRAME as u64));
    session.send_to(&hello, &mut Vec::new()).unwrap();
    (session, frame)
}

#[test]
fn no_bytes_judge_nothing_anew_also_after_a_lower_hello() {
    let (mut session, frame) = lowered_behind_a_prefix();
    let mut rows = [Row::default()];
    for _ in 0..2 {
        let table = session.recv(&[], &mut rows).unwrap();
        assert_eq!((table.len(), table.consumed(), table.more()), (0, 0, false));
        assert_eq!(table.need(), 1);
        assert_eq!(session.next_frame(&mut Bytes::new()).map(|frame| frame.is_some()), Ok(false));
        assert_eq!((session.staged(), session.verdict()), (PREFIX_BYTES, None));
    }
    let next = &frame[PREFIX_BYTES..=PREFIX_BYTES];
    let reject = session.recv(next, &mut [Row::default()]).unwrap_err();
    assert_eq!((reject.reason(), reject.at()), (Reason::FrameOversize, 4));
}

#[test]
fn finish_judges_no_byte_again() {
    let (mut session, _) = lowered_behind_a_prefix();
    assert_eq!(session.finish().unwrap_err().reason(), Reason::Truncated);
}

#[test]
fn no_bytes_give_the_reject_that_stands() {
    let mut session = Session::new(Config::default());
    let reject = session.recv(&[0; 4], &mut [Row::default()]).unwrap_err();
    assert_eq!(session.recv(&[], &mut [Row::default()]).unwrap_err(), reject);
    assert_eq!(session.next_frame(&mut Bytes::new()).unwrap_err(), reject);
    let mut decoder = StreamDecoder::new(Config::default());
    let reject = decoder.feed(&[0; 4], &mut [Row::default()]).unwrap_err();
    assert_eq!(decoder.feed(&[], &mut [Row::default()]).unwrap_err(), reject);
}

#[test]
fn no_bytes_wait_for_what_the_staged_frame_lacks() {
    let frame = wire(&[data(1, b"body")]);
    for have in 0..frame.len() {
        let mut decoder = StreamDecoder::new(Config::default());
        let mut rows = [Row::default(); 2];
        let need = decoder.feed(&frame[..have], &mut rows).unwrap().need();
        let table = decoder.feed(&[], &mut rows).unwrap();
        assert_eq!((table.need(), table.more(), decoder.staged()), (need, false, have));
    }
}

#[test]
fn a_table_says_more_while_the_next_call_has_something_to_say() {
    let mut stream = wire(&[data(1, b"a"), data(2, b"b"), data(3, b"c")]);
    let frame = stream.len() / 3;
    let mut rows = [Row::default(); 2];
    let mut said = |stream: &[u8]| {
        let mut decoder = Decoder::new(Config::default());
        let table = decoder.decode_table(stream, &mut rows).unwrap();
        (table.len(), table.more(), table.need())
    };
    assert_eq!(said(&[]), (0, false, 8));
    assert_eq!(said(&stream), (2, true, 0)); // no row is left
    assert_eq!(said(&stream[..2 * frame]), (2, false, 8));
    assert_eq!(said(&stream[..frame + 3]), (1, false, 5));
    assert_eq!(said(&stream[..2 * frame + 3]), (2, true, 0));
    stream[frame + 5] = 1;
    assert_eq!(said(&stream), (1, true, 0)); // a reject follows
}

#[test]
fn a_staged_frame_says_more_while_its_chunk_is_not_used_up() {
    let stream = wire(&[data(1, b"a"), data(2, b"b")]);
    let mut decoder = StreamDecoder::new(Config::default());
    let mut rows = [Row::default(); 2];
    assert!(!decoder.feed(&stream[..3], &mut rows).unwrap().more());
    let table = decoder.feed(&stream[3..], &mut rows).unwrap();
    assert_eq!((table.len(), table.more()), (1, true));
    let at = 3 + table.consumed();
    let table = decoder.feed(&stream[at..], &mut rows).unwrap();
    assert_eq!((table.len(), table.more(), table.need()), (1, false, 8));
}
