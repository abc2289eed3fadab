//! Any bytes as the header of each kind: judged as the plain reading judges them, in both modes; what strict takes is
//! the one canonical encoding, and what relaxed takes has one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oap::{decode, Config, Decoded, Frame, Kind, Reject};
use oap_fuzz::frames::Owned;
use oap_fuzz::input::config_of;
use oap_fuzz::model::{self, Look};

fuzz_target!(|bytes: &[u8]| {
    let Some((&[config, body_len], header)) = bytes.split_first_chunk() else { return };
    if header.len() > 2_100 {
        return;
    }
    let config = config_of(config).with_max_frame(1_048_576).expect("the cap");
    for kind in Kind::ALL {
        let body = vec![0x5a; if kind == Kind::Data { body_len.into() } else { 0 }];
        let frame = raw_frame(kind, header, &body);
        let strict = judged(&frame, &config.with_strict_headers(true));
        let relaxed = judged(&frame, &config.with_strict_headers(false));
        if let Ok(frame_of_strict) = &strict {
            assert_eq!(frame_of_strict.wire(), frame);
            assert_eq!(relaxed.as_ref(), Ok(frame_of_strict));
        }
        if let Ok(taken) = relaxed {
            let canonical = taken.wire();
            assert_eq!(judged(&canonical, &config.with_strict_headers(true)), Ok(taken));
        }
    }
});

fn raw_frame(kind: Kind, header: &[u8], body: &[u8]) -> Vec<u8> {
    let length = (8 + header.len() + body.len()) as u32;
    let header_len = (header.len() as u16).to_be_bytes();
    [&length.to_be_bytes()[..], &[kind as u8, 0], &header_len, header, body].concat()
}

/// The verdict of the library, which is that of the plain reading.
fn judged(frame: &[u8], config: &Config) -> Result<Owned, Reject> {
    let decoded = decode(frame, config);
    match (&decoded, model::look(frame, config, config.max_frame())) {
        (Ok(Decoded::Frame(found, length)), Ok(Look::Frame(expected, expected_length))) => {
            assert_eq!((Owned::from(*found), *length), (expected, expected_length));
            assert_encodes(found, frame.len());
        }
        (Err(reject), Err((reason, at))) => {
            assert_eq!((reject.reason(), reject.at()), (reason, at as u64));
            assert_says_what(reject, frame[4]);
        }
        (_, _) => panic!("{decoded:?} is not the verdict of the plain reading"),
    }
    decoded.map(|decoded| match decoded {
        Decoded::Frame(found, _) => found.into(),
        Decoded::Need(_) => panic!("a whole frame needs no more"),
    })
}

/// What was read can be written again, in no more bytes.
fn assert_encodes(frame: &Frame<'_>, most: usize) {
    let mut out = vec![0; most];
    let written = oap::encode(frame, &mut out).expect("what was taken can be sent");
    assert_eq!(Ok(written), oap::encoded_len(frame));
    assert_eq!(out[..written], Owned::from(*frame).wire());
}

/// A fault names a field of its own kind, or the prefix's.
fn assert_says_what(reject: &Reject, kind: u8) {
    let kind = Kind::from_byte(kind).expect("one of the six").name();
    let field = reject.fault().field();
    assert!(field.starts_with(kind) || field == "header_len", "{field}");
    assert!(!reject.fault().detail().is_empty());
}
