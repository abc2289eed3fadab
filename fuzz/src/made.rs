//! Frames and moves as an input makes them up.

use crate::frames::Owned;
use crate::game::{Move, Play};
use crate::input::config_of;
use arbitrary::{Arbitrary, Result, Unstructured};
use oap::{Config, End, Hello};

/// A configuration by one byte.
#[derive(Clone, Copy, Debug)]
pub struct AnyConfig(pub Config);

impl<'a> Arbitrary<'a> for AnyConfig {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(AnyConfig(config_of(u.arbitrary()?)))
    }
}

/// A move that goes by the rules, mostly.
#[derive(Clone, Copy, Debug)]
pub struct AnyPlay(pub Play);

impl<'a> Arbitrary<'a> for AnyPlay {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        const NAMES: [&str; 6] = ["s", "objects", "objects/v1", "objects2", "object", ""];
        const OFF: [u64; 4] = [0, 1, 2, u64::MAX];
        const FIRST: [u64; 6] = [0, 1, 2, 1_000, u64::MAX - 1, u64::MAX];
        let shape: u8 = u.arbitrary()?;
        let mut choose = |choices: &[u64]| u.choose(choices).copied();
        let step = match shape & 0x0f {
            0 => {
                let max_frame = choose(&[4_096, 4_097, 1_048_576, 4_095])?;
                let window = choose(&[1, 2, 3, 32, 1_024, 1_025])? as u32;
                Move::Hello(max_frame, (window != 1_024).then_some(window))
            }
            1 | 2 => Move::Start(NAMES[choose(&[0, 1, 2, 3, 4, 5])? as usize]),
            3..=8 => {
                let (first, off) = (choose(&FIRST)?, choose(&OFF)?);
                let len = choose(&[0, 1, 3, 20, 4_080, 4_085, 4_096])?;
                Move::Data(first, off, shape & 0x40 != 0, len as usize)
            }
            9..=12 => Move::Ack(choose(&[0, 1, 2, 3, 31, 32, u64::MAX])?),
            13 | 14 => Move::End(choose(&OFF)?, choose(&[0, 65_535, 65_536])? as u32),
            _ => Move::Error(choose(&[0, 8, 65_535, 65_536])? as u32),
        };
        Ok(AnyPlay((step, shape & 0x80 != 0)))
    }
}

/// A frame of any fields, good or bad.
#[derive(Clone, PartialEq, Debug)]
pub struct AnyFrame(pub Owned);

impl<'a> Arbitrary<'a> for AnyFrame {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(AnyFrame(match u.int_in_range(1..=6)? {
            1 => Owned::Hello(Hello {
                version: if u.ratio(7, 8)? { 1 } else { u.arbitrary()? },
                max_frame: if u.ratio(1, 2)? { 4_096 } else { number(u)? },
                features: u.arbitrary()?,
                ack_window: u.arbitrary()?,
            }),
            2 => Owned::Start(text(u)?),
            3 => Owned::Data { seq: number(u)?, obj: obj(u)?, body: body(u)? },
            4 => Owned::Ack(number(u)?),
            5 => Owned::End(End { seq: number(u)?, status: number(u)? as u32 }),
            _ => Owned::Error { code: number(u)? as u32, reason: text(u)? },
        }))
    }
}

/// Numbers of every length.
fn number(u: &mut Unstructured<'_>) -> Result<u64> {
    let bits = u.int_in_range(0..=63)?;
    Ok(u.arbitrary::<u64>()? >> bits)
}

/// Text of any length up to a little over the limit.
fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let pad = if u.ratio(1, 4)? { u.int_in_range(1_000..=1_030)? } else { 0 };
    Ok("x".repeat(pad) + u.arbitrary::<&str>()?)
}

/// None, any text, or an address: as it must be, or with one character changed.
fn obj(u: &mut Unstructured<'_>) -> Result<Option<String>> {
    const OTHERS: [&str; 10] = ["", "0", "/", ":", "A", "F", "G", "`", "g", "é"];
    let hex = |byte: u8| format!("{byte:02x}");
    let shape = u.int_in_range(0..=3)?;
    match shape {
        0 => return Ok(None),
        1 => return u.arbitrary().map(Some),
        _ => {}
    }
    let mut address = format!("b3:{}", u.arbitrary::<[u8; 32]>()?.map(hex).concat());
    if shape == 2 {
        let at = u.choose_index(address.len())?;
        address.replace_range(at..=at, u.choose(&OTHERS)?);
    }
    Ok(Some(address))
}

/// A body of any length, now and then at the cap.
fn body(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if u.ratio(1, 500)? {
        return Ok(vec![0x5a; u.int_in_range(1_048_480..=1_048_580)?]);
    }
    u.arbitrary()
}
