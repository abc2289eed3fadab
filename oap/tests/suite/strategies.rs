//! Frames, configurations and moves made up by chance.

use crate::frames::Owned;
use crate::game::{Move, Play};
use oap::{Config, End, Hello, SeqRolloverPolicy};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Frames whose fields keep every rule of section 2.
pub fn frame() -> impl Strategy<Value = Owned> {
    prop_oneof![
        1 => hello().prop_map(Owned::Hello),
        1 => text(1).prop_map(Owned::Start),
        4 => (number(), option::of(obj()), body())
            .prop_map(|(seq, obj, body)| Owned::Data { seq, obj, body }),
        2 => number().prop_map(Owned::Ack),
        1 => (number(), 0..=65_535u32).prop_map(|(seq, status)| Owned::End(End { seq, status })),
        1 => (0..=65_535u32, text(0)).prop_map(|(code, reason)| Owned::Error { code, reason }),
    ]
}

pub fn hello() -> impl Strategy<Value = Hello> {
    let max_frame = prop_oneof![Just(4_096), 4_096..=1_048_576u64, Just(1_048_576)];
    let ack_window = prop_oneof![Just(1), 1..=1_024u32, Just(1_024)];
    (max_frame, option::of(number()), option::of(ack_window)).prop_map(
        |(max_frame, features, ack_window)| Hello { features, ack_window, ..Hello::new(max_frame) },
    )
}

/// Numbers of every length, the limits of the fields and their neighbours.
pub fn number() -> impl Strategy<Value = u64> {
    const LIMITS: [u64; 8] = [0, 1, 32, 1_024, 4_096, 65_535, 1_048_576, u32::MAX as u64];
    prop_oneof![
        any::<u64>(),
        (0..64u32).prop_map(|bits| u64::MAX >> bits),
        (0..64u32).prop_map(|bits| 1 << bits),
        (select(&LIMITS[..]), 0..3u64).prop_map(|(limit, by)| (limit + by).saturating_sub(1)),
    ]
}

/// Text of `min`..=1,024 bytes that keeps rule 2.14.
fn text(min: usize) -> impl Strategy<Value = String> {
    const CHARS: [char; 9] =
        [' ', '/', 'a', '~', '\u{80}', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10ffff}'];
    let short = vec(select(&CHARS[..]), min..20).prop_map(String::from_iter);
    prop_oneof![8 => short, 1 => Just("x".repeat(1_024)), 1 => Just("é".repeat(512))]
}

pub fn obj() -> impl Strategy<Value = String> {
    let digits = vec(select(&b"0123456789abcdef"[..]), 64);
    digits
        .prop_map(|digits| format!("b3:{}", digits.iter().map(|&d| d as char).collect::<String>()))
}

/// An address, or one with a byte beside the digits.
pub fn odd_obj() -> impl Strategy<Value = String> {
    (obj(), 0..68usize, select(&b"`g/:@AFG~0"[..])).prop_map(|(mut obj, at, byte)| {
        obj.replace_range(at..(at + 1).min(obj.len()), &char::from(byte).to_string());
        obj
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => vec(any::<u8>(), 0..40),
        1 => (4_000..4_100usize).prop_map(|len| vec![0x5a; len]),
    ]
}

pub fn config() -> impl Strategy<Value = Config> {
    let max_frame = select(&[4_096, 4_097, 1_048_576][..]);
    let policy = select(&[SeqRolloverPolicy::Error, SeqRolloverPolicy::Wrap][..]);
    let flags = any::<[bool; 3]>();
    (flags, policy, max_frame, select(&[1, 2, 3, 32, 1_024][..])).prop_map(
        |([strict, obj, pq], policy, max_frame, window)| {
            Config::default()
                .with_strict_headers(strict)
                .with_enforce_obj_header_on_objects(obj)
                .with_allow_pq_hello_flags(pq)
                .with_seq_rollover_policy(policy)
                .with_max_frame(max_frame)
                .and_then(|config| config.with_ack_window_frames(window))
                .unwrap()
        },
    )
}

pub fn play() -> impl Strategy<Value = Play> {
    const NAMES: [&str; 6] = ["s", "objects", "objects/v1", "objects2", "object", ""];
    let off = || select(&[0, 0, 1, u64::MAX][..]);
    let first = select(&[0, 1, 2, 1_000, u64::MAX - 1, u64::MAX][..]);
    let len = prop_oneof![8 => 0..30usize, 1 => 4_080..4_100usize];
    let data = (first, off(), any::<bool>(), len);
    let step = prop_oneof![
        1 => hello_move(),
        1 => Just(Move::Hello(4_095, None)),
        6 => select(&NAMES[..]).prop_map(Move::Start),
        20 => data.prop_map(|(first, off, obj, len)| Move::Data(first, off, obj, len)),
        10 => prop_oneof![0..4u64, Just(u64::MAX)].prop_map(Move::Ack),
        5 => (off(), select(&[0, 65_535, 65_536][..])).prop_map(|(off, s)| Move::End(off, s)),
        4 => select(&[0, 8, 65_535, 65_536][..]).prop_map(Move::Error),
    ];
    (step, prop_oneof![9 => Just(false), 1 => Just(true)])
}

pub fn hello_move() -> impl Strategy<Value = Move> {
    let max_frame = select(&[4_096, 4_097, 1_048_576][..]);
    let window = select(&[Some(1), Some(2), Some(3), Some(32), None][..]);
    (max_frame, window).prop_map(|(max_frame, window)| Move::Hello(max_frame, window))
}
