//! Byte streams: good ones, ones with a fault or an oddity here and there, and noise.

use crate::frames::{Field, Owned};
use crate::limits::{prefixed, HEADER_LENS, LENGTHS};
use crate::strategies::{frame, number, odd_obj};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, Index};

/// What a header goes through before it is sent.
#[derive(Clone, Debug)]
enum Edit {
    Repeat(Index, Field),
    Insert(Index, Field),
    Remove(Index),
    Swap(Index, Index),
    Widen(Index, (usize, usize)),
    Value(Index, u128, Vec<u8>),
    Wire(Index, u64),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        2 => (at(), field()).prop_map(|(i, field)| Edit::Repeat(i, field)),
        2 => (at(), field()).prop_map(|(i, field)| Edit::Insert(i, field)),
        1 => at().prop_map(Edit::Remove),
        1 => (at(), at()).prop_map(|(i, j)| Edit::Swap(i, j)),
        3 => (at(), widths()).prop_map(|(i, widths)| Edit::Widen(i, widths)),
        4 => (at(), value(), odd_text()).prop_map(|(i, value, text)| Edit::Value(i, value, text)),
        1 => (at(), 0..8u64).prop_map(|(i, wire)| Edit::Wire(i, wire)),
    ]
}

/// Any field: known or not, of any wire type, numbers and keys on both sides of their limits.
fn field() -> impl Strategy<Value = Field> {
    const OVER: u64 = 1 << 29;
    let numbers = select(&[0, 1, 2, 3, 4, 5, 15, 16, OVER - 1, OVER, OVER + 1, OVER + 9][..]);
    let wires = prop_oneof![8 => select(&[0, 1, 2, 5][..]), 1 => select(&[3, 4, 6, 7][..])];
    (numbers, wires, value(), odd_text(), widths())
        .prop_map(|(number, wire, value, text, widths)| Field { number, wire, value, text, widths })
}

/// The least bytes of two varints: minimal, a little wide, and both sides of the limit.
fn widths() -> impl Strategy<Value = (usize, usize)> {
    let width = || prop_oneof![4 => Just(1), 2 => Just(2), 1 => select(&[3, 9, 10, 11][..])];
    (width(), width())
}

/// Numbers of up to 64 bits, and some over.
fn value() -> impl Strategy<Value = u128> {
    let over = select(&[1 << 64, 1 << 65, (1 << 65) + 7, (1 << 70) - 1, 1 << 70][..]);
    prop_oneof![9 => number().prop_map(u128::from), 1 => over]
}

/// Text on both sides of the limits of `stream`, `reason` and `obj`, good and bad in other ways.
fn odd_text() -> impl Strategy<Value = Vec<u8>> {
    let lengths = select(&[0, 1, 66, 67, 68, 1_023, 1_024, 1_025, 1_900][..]);
    let bad: [&[u8]; 6] = [b"a\x1fb", b"\x7f", b"\xed\xa0\x80", b"\xc0\xaf", b"\xff", b"a\0"];
    prop_oneof![
        lengths.prop_map(|len| vec![b'x'; len]),
        odd_obj().prop_map(String::into_bytes),
        select(bad.map(<[u8]>::to_vec).to_vec()),
    ]
}

fn apply(edit: &Edit, fields: &mut Vec<Field>) {
    let len = fields.len();
    match edit {
        Edit::Insert(i, field) => fields.insert(i.index(len + 1), field.clone()),
        _ if len == 0 => {}
        Edit::Repeat(i, like) => {
            let Field { number, wire, .. } = fields[i.index(len)];
            fields.push(Field { number, wire, ..like.clone() });
        }
        Edit::Remove(i) => drop(fields.remove(i.index(len))),
        Edit::Swap(i, j) => fields.swap(i.index(len), j.index(len)),
        Edit::Widen(i, widths) => fields[i.index(len)].widths = *widths,
        Edit::Value(i, value, text) => {
            fields[i.index(len)].value = *value;
            fields[i.index(len)].text.clone_from(text);
        }
        Edit::Wire(i, wire) => fields[i.index(len)].wire = *wire,
    }
}

/// The bytes of a frame whose header was edited.
fn odd_frame() -> impl Strategy<Value = Vec<u8>> {
    (frame(), vec(edit(), 0..3)).prop_map(|(frame, edits)| {
        let mut fields = frame.fields();
        edits.iter().for_each(|edit| apply(edit, &mut fields));
        frame.wire_with(&fields)
    })
}

fn odd_prefix() -> impl Strategy<Value = Vec<u8>> {
    let reserved = prop_oneof![4 => Just(0), 1 => any::<u8>()];
    (select(&LENGTHS[..]), 0..=8u8, reserved, select(&HEADER_LENS[..])).prop_map(
        |(length, kind, reserved, header_len)| prefixed(length, kind, reserved, header_len),
    )
}

/// The bytes of good frames one after the other.
pub fn good_stream() -> impl Strategy<Value = Vec<u8>> {
    vec(frame(), 0..8).prop_map(|frames| frames.iter().flat_map(Owned::wire).collect())
}

/// Any bytes, most of them almost good.
pub fn stream() -> impl Strategy<Value = Vec<u8>> {
    let good = || good_stream();
    let odd = vec(odd_frame(), 1..5).prop_map(|frames| frames.concat());
    let bytes = vec((any::<Index>(), any::<u8>()), 1..4);
    let spoilt = (good(), bytes).prop_map(|(mut stream, changes)| {
        for (at, byte) in changes.iter().filter(|_| !stream.is_empty()).collect::<Vec<_>>() {
            let at = at.index(stream.len());
            stream[at] = *byte;
        }
        stream
    });
    let cut = (good(), any::<Index>()).prop_map(|(mut stream, at)| {
        stream.truncate(at.index(stream.len() + 1));
        stream
    });
    let prefix = (good(), odd_prefix()).prop_map(|(good, odd)| [good, odd].concat());
    prop_oneof![good(), odd, spoilt, cut, prefix, vec(any::<u8>(), 0..60)]
}

/// A stream, and where it is cut into chunks.
pub fn chunks_of(
    stream: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let cuts = prop_oneof![vec(any::<Index>(), 0..6), vec(any::<Index>(), 0..60)];
    (stream, cuts).prop_map(|(stream, cuts)| {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        (stream, cuts)
    })
}

/// The chunks that the cuts make.
pub fn chunks<'s>(stream: &'s [u8], cuts: &[usize]) -> Vec<&'s [u8]> {
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([stream.len()]);
    starts.zip(ends).map(|(start, end)| &stream[start..end]).collect()
}
