//! What holds for any bytes, any frames and any way of cutting and calling.

use crate::frames::Owned;
use crate::model::{self, keeps_value_rules, Look};
use crate::strategies::{config, frame, hello, number, odd_obj};
use crate::streams::{chunks, chunks_of, good_stream, stream};
use crate::ways::{self, By, Trace};
use bytes::Bytes;
use oap::{
    decode, encode, encode_rows, encode_to, encoded_len, Config, Decoded, Decoder, EncodeError,
    End, Hello, Reason, Row, Session, StreamDecoder,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// The rows of all frames of a stream, and the bytes that they take.
fn rows_of(stream: &[u8], config: Config) -> (Vec<Row>, usize) {
    let mut rows = vec![Row::default(); 1_000];
    match Decoder::new(config).decode_table(stream, &mut rows) {
        Ok(table) => (table.rows().to_vec(), table.consumed()),
        Err(_) => (Vec::new(), 0),
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn encode_writes_the_one_canonical_encoding(frame in frame()) {
        let mut out = vec![0; 6_000];
        let len = encode(&frame.frame(), &mut out).unwrap();
        prop_assert_eq!(&out[..len], frame.wire());
        prop_assert_eq!(encoded_len(&frame.frame()), Ok(len));
    }

    #[test]
    fn decode_gives_the_frame_that_was_encoded(frame in frame(), behind in vec(any::<u8>(), 0..9)) {
        let wire = [frame.wire(), behind].concat();
        let len = frame.wire().len();
        prop_assert_eq!(decode(&wire, &Config::default()), Ok(Decoded::Frame(frame.frame(), len)));
    }

    #[test]
    fn encode_refuses_exactly_what_breaks_a_value_rule(frame in unruly_frame()) {
        let encoded = encode_to(&frame.frame(), &mut Vec::new());
        prop_assert_eq!(encoded.is_ok(), keeps_value_rules(&frame));
        let is_hello = matches!(frame, Owned::Hello(_));
        let label = if is_hello { Reason::BadHello } else { Reason::HeaderMalformed };
        prop_assert_eq!(encoded.err(), encoded_len(&frame.frame()).err().map(EncodeError::Refused));
        prop_assert!(encoded.err().map_or(true, |e| e.reason() == Some(label)));
    }

    #[test]
    fn a_small_buffer_is_told_the_exact_size_and_left_alone(frame in frame(), cut in any::<Index>()) {
        let needed = frame.wire().len();
        let mut out = vec![0xee; cut.index(needed)];
        let small = Err(EncodeError::BufferTooSmall { needed });
        prop_assert_eq!(encode(&frame.frame(), &mut out), small);
        prop_assert!(out.iter().all(|&byte| byte == 0xee));
        prop_assert_eq!(encode(&frame.frame(), &mut vec![0; needed]), Ok(needed));
    }

    #[test]
    fn encode_rows_is_the_inverse_of_decode_table(stream in good_stream(), room in any::<Index>()) {
        let (rows, consumed) = rows_of(&stream, Config::default());
        prop_assert_eq!(consumed, stream.len());
        let mut out = vec![0; stream.len()];
        let all = encode_rows(&rows, &stream, &mut out).unwrap();
        prop_assert_eq!((all.rows, all.written), (rows.len(), stream.len()));
        prop_assert_eq!(&out, &stream);

        let room = room.index(stream.len() + 1);
        let fit = rows.iter().take_while(|row| row.offset() + row.length() <= room).count();
        let some = encode_rows(&rows, &stream, &mut out[..room]);
        let too_small = rows.first().map(|row| EncodeError::BufferTooSmall { needed: row.length() });
        match too_small {
            Some(error) if fit == 0 => prop_assert_eq!(some, Err(error)),
            _ => prop_assert_eq!(some.map(|some| some.rows), Ok(fit)),
        }
    }
}

/// Frames of which one field may be anything that its type holds.
fn unruly_frame() -> impl Strategy<Value = Owned> {
    let text = || {
        prop_oneof![any::<String>(), (1_022..1_027usize).prop_map(|len| "x".repeat(len)), odd_obj(),]
    };
    let number32 = || number().prop_map(|number| number as u32);
    prop_oneof![
        2 => (hello(), 0..3usize, number()).prop_map(|(hello, field, odd)| Owned::Hello(match field {
            0 => Hello { version: odd as u32, ..hello },
            1 => Hello { max_frame: odd, ..hello },
            _ => Hello { ack_window: Some(odd as u32), ..hello },
        })),
        1 => text().prop_map(Owned::Start),
        1 => (number(), odd_obj())
            .prop_map(|(seq, obj)| Owned::Data { seq, obj: Some(obj), body: Vec::new() }),
        1 => (number(), number32()).prop_map(|(seq, status)| Owned::End(End { seq, status })),
        1 => number32().prop_map(|code| Owned::Error { code, reason: String::new() }),
        1 => text().prop_map(|reason| Owned::Error { code: 0, reason }),
        3 => frame(),
    ]
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn decode_agrees_with_the_plain_reading_of_the_spec(stream in stream(), config in config()) {
        model::assert_decodes_as_the_spec_says(&stream, config);
    }

    #[test]
    fn every_way_in_and_every_split_gives_the_same(
        (stream, cuts) in chunks_of(stream()),
        config in config(),
        rows in 1..5usize,
    ) {
        let chunks = chunks(&stream, &cuts);
        let whole = ways::decode(config, &[&stream]);
        let decoder = || StreamDecoder::new(config);
        prop_assert_eq!(&ways::decode(config, &chunks), &whole);
        prop_assert_eq!(&ways::decode_table(config, &chunks, rows), &whole);
        prop_assert_eq!(&ways::stage(decoder(), &chunks, By::Feed(rows)), &whole);
        prop_assert_eq!(&ways::stage(decoder(), &chunks, By::NextFrame), &whole);
        prop_assert_eq!(&ways::stage(decoder(), &chunks, By::Turns(rows)), &whole);
        #[cfg(feature = "tokio-codec")]
        prop_assert_eq!(&crate::codec::trace(config, &chunks), &whole);
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_strict_accepts_it_encodes_to_the_same_bytes(stream in stream()) {
        let (rows, consumed) = rows_of(&stream, Config::default());
        let mut out = Vec::new();
        for row in &rows {
            encode_to(&row.frame(&stream).unwrap(), &mut out).unwrap();
        }
        prop_assert_eq!(&out, &stream[..consumed]);
    }

    #[test]
    fn relaxed_accepts_what_strict_accepts_with_equal_frames(stream in stream(), config in config()) {
        let strict = ways::decode(config.with_strict_headers(true), &[&stream]);
        let relaxed = ways::decode(config.with_strict_headers(false), &[&stream]);
        prop_assert!(relaxed.frames.starts_with(&strict.frames));
        if strict.reject.is_none() {
            prop_assert_eq!(strict, relaxed);
        }
    }

    #[test]
    fn a_reject_is_given_at_the_byte_that_makes_it_known(stream in stream(), config in config()) {
        let Some(reject) = ways::decode(config, &[&stream]).reject else { return Ok(()) };
        prop_assume!(reject.reason() != Reason::Truncated);
        let at = reject.at() as usize;
        let mut decoder = StreamDecoder::new(config);
        let mut trace = Trace::default();
        for byte in stream[..at - 1].chunks(1) {
            prop_assert_eq!(ways::take(&mut decoder, byte, &mut trace), Ok(()));
        }
        let last = ways::take(&mut decoder, &stream[at - 1..at], &mut trace);
        prop_assert_eq!(last, Err(reject));
    }

    #[test]
    fn a_reject_leaves_the_rows_as_they_were(stream in stream(), config in config(), room in 1..4usize) {
        let (mut decoder, mut rest) = (Decoder::new(config), &stream[..]);
        let before = vec![Row { seq: 7, kind: 9, ..Row::default() }; room];
        loop {
            let mut rows = before.clone();
            match decoder.decode_table(rest, &mut rows) {
                Ok(table) if !table.more() => break,
                Ok(table) => rest = &rest[table.consumed()..],
                Err(_) => {
                    prop_assert_eq!(rows, before);
                    break;
                }
            }
        }
    }

    #[test]
    fn a_reject_stays_until_reset_and_then_is_given_again(stream in stream(), config in config()) {
        let mut decoder = StreamDecoder::new(config);
        let mut trace = Trace::default();
        let Err(reject) = ways::take(&mut decoder, &stream, &mut trace) else { return Ok(()) };
        let good = oap_ack();
        for _ in 0..2 {
            prop_assert_eq!(ways::take(&mut decoder, &good, &mut trace), Err(reject));
            let fed = ways::feed(&mut decoder, &good, &mut [Row::default()], &mut trace);
            prop_assert_eq!(fed, Err(reject));
            prop_assert_eq!(decoder.finish(), Err(reject));
        }
        prop_assert_eq!(decoder.verdict(), Some(&reject));
        decoder.reset();
        prop_assert_eq!(decoder.verdict(), None);
        prop_assert_eq!(ways::take(&mut decoder, &good, &mut trace), Ok(()));
        decoder.reset();
        prop_assert_eq!(ways::take(&mut decoder, &stream, &mut trace), Err(reject));
    }

    #[test]
    fn need_is_exactly_what_the_next_step_takes(frame in frame(), cut in any::<Index>()) {
        let wire = frame.wire();
        let have = cut.index(wire.len());
        let steps = [8, 8 + frame.header().len(), wire.len()];
        let need = steps.into_iter().find(|&step| step > have).unwrap() - have;
        let (part, config) = (&wire[..have], Config::default());
        prop_assert_eq!(decode(part, &config), Ok(Decoded::Need(need)));
        let mut rows = [Row::default(); 2];
        prop_assert_eq!(Decoder::new(config).decode_table(part, &mut rows).unwrap().need(), need);

        let mut decoder = StreamDecoder::new(config);
        prop_assert_eq!(decoder.feed(part, &mut rows).unwrap().need(), need);
        let (short, rest) = wire[have..].split_at(need - 1);
        prop_assert_eq!(decoder.feed(short, &mut rows).unwrap().need(), 1);
        let table = decoder.feed(&rest[..1], &mut rows).unwrap();
        let step_is_last = have + need == wire.len();
        prop_assert_eq!(table.len(), usize::from(step_is_last));
        prop_assert!(table.need() > 1 || !step_is_last);
    }

    #[test]
    fn a_row_says_where_its_frame_stands(stream in stream(), config in config()) {
        let (rows, consumed) = rows_of(&stream, config);
        let mut at = 0;
        for row in &rows {
            prop_assert_eq!(row.offset(), at);
            at += row.length();
            let wire = &stream[row.offset()..at];
            let look = model::look(wire, &config, config.max_frame());
            let Ok(Look::Frame(frame, len)) = look else { panic!("{row:?}") };
            prop_assert_eq!(row.frame(&stream).map(Owned::from), Some(frame));
            prop_assert_eq!(len, wire.len());
            prop_assert!(row.text_offset as usize + usize::from(row.text_len) <= at);
            prop_assert!(row.body_offset as usize + row.body_len as usize == at);
        }
        prop_assert_eq!(at, consumed);
    }
}

fn oap_ack() -> Vec<u8> {
    Owned::Ack(7).wire()
}

/// A call of something that takes bytes.
#[derive(Clone, Debug)]
enum Call {
    Feed(Vec<u8>, usize),
    NextFrame(Vec<u8>),
    Send(Owned, usize),
    Finish,
    Reset,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let hello = Owned::Hello(Hello::new(4_096));
    let good_start = vec![Call::Send(hello.clone(), 99), Call::Feed(hello.wire(), 4)];
    let call = prop_oneof![
        8 => (stream(), 0..4usize).prop_map(|(bytes, rows)| Call::Feed(bytes, rows)),
        8 => stream().prop_map(Call::NextFrame),
        8 => (unruly_frame(), 0..99usize).prop_map(|(frame, room)| Call::Send(frame, room)),
        2 => Just(Call::Finish),
        1 => Just(Call::Reset),
    ];
    vec(call, 1..12).prop_map(move |calls| [good_start.clone(), calls].concat())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_sequence_of_calls_panics(calls in calls(), config in config()) {
        let (mut session, mut decoder) = (Session::new(config), StreamDecoder::new(config));
        for call in calls {
            match call {
                Call::Feed(bytes, rows) => {
                    let _ = session.recv(&bytes, &mut vec![Row::default(); rows]).map(|t| t.iter().count());
                    let _ = decoder.feed(&bytes, &mut vec![Row::default(); rows]).map(|t| t.iter().count());
                }
                Call::NextFrame(bytes) => {
                    let (mut one, mut other) = (Bytes::from(bytes.clone()), Bytes::from(bytes));
                    while let Ok(Some(frame)) = session.next_frame(&mut one) {
                        prop_assert_eq!(frame.frame().kind() as u8, frame.row().kind);
                    }
                    while let Ok(Some(frame)) = decoder.next_frame(&mut other) {
                        prop_assert!(frame.wire().ends_with(&frame.body()));
                    }
                }
                Call::Send(frame, room) => drop(session.send(&frame.frame(), &mut vec![0; room])),
                Call::Finish => drop((session.finish(), decoder.finish())),
                Call::Reset => {
                    session.reset();
                    decoder.reset();
                }
            }
            prop_assert!(session.staged() < config.max_frame() && decoder.staged() < config.max_frame());
        }
    }

    #[test]
    fn a_decoder_given_other_bytes_than_it_asked_for_does_not_panic(
        streams in vec(stream(), 1..6),
        config in config(),
    ) {
        let mut decoder = Decoder::new(config);
        for stream in &streams {
            let _ = decoder.decode(stream);
            let _ = decoder.decode_table(stream, &mut [Row::default(); 3]);
        }
    }

    #[test]
    fn any_row_over_any_bytes_is_refused_or_encodes_to_what_decodes(
        row in any_row(),
        bytes in vec(any::<u8>(), 0..90),
    ) {
        let mut out = vec![0; 3_000];
        let _ = (row.offset(), row.length(), row.text(&bytes), row.body(&bytes), format!("{row:?}"));
        if let Ok(encoded) = encode_rows(&[row], &bytes, &mut out) {
            let frame = row.frame(&bytes).unwrap();
            let good = Ok(Decoded::Frame(frame, encoded.written));
            prop_assert_eq!(decode(&out, &Config::default()), good);
        }
    }
}

fn any_row() -> impl Strategy<Value = Row> {
    let small = || prop_oneof![0..100u32, Just(u32::MAX)];
    let numbers = (number(), number());
    (numbers, small(), small(), small(), 0..70u16, 0..8u8, 0..8u8).prop_map(
        |((seq, value), body_offset, body_len, text_offset, text_len, kind, flags)| Row {
            seq,
            value: value as u32,
            ack_window: value as u16,
            header_len: value as u16,
            body_offset,
            body_len,
            text_offset,
            text_len,
            kind,
            flags,
        },
    )
}
