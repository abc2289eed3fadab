//! Frames of any fields: encoded just where the value rules hold, as the one canonical encoding, which decodes to the
//! same frame; rows of any numbers over any bytes are refused or encode to what decodes.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use oap::{decode, encode, encode_rows, encode_to, encoded_len};
use oap::{Config, Decoded, Decoder, EncodeError, Encoded, Row, MAX_FRAME_BYTES, MAX_HEAD_BYTES};
use oap_fuzz::made::AnyFrame;
use oap_fuzz::model::keeps_value_rules;

#[derive(Arbitrary, Debug)]
struct Numbers {
    seq: u64,
    offsets: [u8; 4],
    value: u32,
    text_len: u8,
    ack_window: u16,
    kind: u8,
    flags: u8,
}

fuzz_target!(|input: (Vec<AnyFrame>, Vec<Numbers>, &[u8])| {
    let (frames, rows, bytes) = input;
    let mut stream = Vec::new();
    frames.iter().for_each(|frame| check_frame(frame, &mut stream));
    check_stream(&stream, &frames);
    rows.iter().for_each(|numbers| check_row(&row_of(numbers), bytes));
});

/// Encodes what may be sent onto the stream.
fn check_frame(AnyFrame(owned): &AnyFrame, stream: &mut Vec<u8>) {
    let (frame, wire) = (owned.frame(), owned.wire());
    let good = keeps_value_rules(owned) && wire.len() <= MAX_FRAME_BYTES;
    let start = stream.len();
    let encoded = encode_to(&frame, stream);
    assert_eq!(encoded, encoded_len(&frame).map_err(EncodeError::Refused));
    assert_eq!(encoded.is_ok(), good, "{frame:?}");
    if !good {
        assert_eq!(stream.len(), start);
        return;
    }
    assert_eq!(stream[start..], wire);
    assert!(wire.len() <= MAX_HEAD_BYTES + owned.body().len());
    assert_eq!(decode(&wire, &Config::default()), Ok(Decoded::Frame(frame, wire.len())));
    assert_eq!(
        decode(&wire, &Config::default().with_strict_headers(false)),
        decode(&wire, &Config::default())
    );
    check_small_outputs(&frame, &wire);
}

fn check_small_outputs(frame: &oap::Frame<'_>, wire: &[u8]) {
    let needed = wire.len();
    let mut out = vec![0xee; needed];
    for room in [0, 1, 7, 8, needed / 2, needed - 1] {
        let small = &mut out[..room.min(needed - 1)];
        assert_eq!(encode(frame, small), Err(EncodeError::BufferTooSmall { needed }));
    }
    assert!(out.iter().all(|&byte| byte == 0xee));
    assert_eq!((encode(frame, &mut out), &out[..]), (Ok(needed), wire));
}

/// The stream of what was good decodes to it, and its rows encode to the stream.
fn check_stream(stream: &[u8], frames: &[AnyFrame]) {
    let mut rows = vec![Row::default(); frames.len() + 1];
    let mut decoder = Decoder::new(Config::default());
    let table = decoder.decode_table(stream, &mut rows).expect("what was encoded");
    let good = frames.iter().filter(|frame| encoded_len(&frame.0.frame()).is_ok());
    assert!(good.map(|frame| frame.0.frame()).eq(table.iter()));
    assert_eq!(table.consumed(), stream.len());
    let mut out = vec![0; stream.len()];
    let all = Encoded { rows: table.len(), written: stream.len() };
    assert_eq!(encode_rows(table.rows(), stream, &mut out), Ok(all));
    assert_eq!(out, stream);
}

fn row_of(numbers: &Numbers) -> Row {
    let [body_offset, body_len, text_offset, header_len] = numbers.offsets.map(u32::from);
    Row {
        seq: numbers.seq,
        body_offset,
        body_len,
        text_offset,
        value: numbers.value,
        text_len: numbers.text_len.into(),
        header_len: header_len as u16,
        ack_window: numbers.ack_window,
        kind: numbers.kind % 8,
        flags: numbers.flags,
    }
}

fn check_row(row: &Row, bytes: &[u8]) {
    let mut out = vec![0; MAX_HEAD_BYTES + bytes.len()];
    let encoded = encode_rows(std::slice::from_ref(row), bytes, &mut out);
    match row.frame(bytes) {
        Some(frame) => {
            assert_eq!(encoded.map(|done| done.written), encode_to(&frame, &mut Vec::new()));
            let decoded = decode(&out, &Config::default());
            assert!(encoded.map_or(true, |done| decoded == Ok(Decoded::Frame(frame, done.written))));
        }
        None => assert!(encoded.is_err()),
    }
    assert!(row.length() >= 8 && format!("{row:?}").starts_with("Row"));
}
