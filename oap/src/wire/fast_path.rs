//! The fast path of strict DATA and ACK: it reads and writes what the table of fields does, without the table.

use crate::frame::Kind;
use crate::limits::PREFIX_BYTES;
use crate::row::Row;
use crate::wire::fields::{fields, is_obj, Field, Rule, Type, OBJ_LEN};
use crate::wire::varint::{put_varint, read_varint, varint_len};
use bytes::BufMut;

/// Reads the canonical DATA or ACK that lies whole at the front of `bytes`, or with `CUT` at least its header, and gives
/// its length. Anything else, good or bad, is left to the table.
#[inline(always)]
pub(crate) fn read_fast<const CUT: bool>(
    bytes: &[u8],
    max_frame: usize,
    offset: u32,
    row: &mut Row,
) -> Option<usize> {
    const DATA: u16 = (Kind::Data as u16) << 8;
    const ACK: u16 = (Kind::Ack as u16) << 8;
    let prefix = u64::from_be_bytes(*bytes.first_chunk()?);
    let length = (prefix >> 32) as usize;
    let header_len = usize::from(prefix as u16);
    let kind_and_reserved = (prefix >> 16) as u16;
    if length > max_frame {
        return None;
    }
    let frame = match bytes.get(..length) {
        None if CUT => bytes,
        frame => frame?,
    };
    let header = frame.get(PREFIX_BYTES..PREFIX_BYTES + header_len)?;
    let (seq, seq_end) = read_number(header)?;
    let obj = &header[seq_end..];
    let has_obj = !obj.is_empty();
    match kind_and_reserved {
        DATA if !has_obj || is_obj_field(obj) => {}
        ACK if !has_obj && PREFIX_BYTES + header_len == length => {}
        _ => return None,
    }
    let header_end = (PREFIX_BYTES + header_len) as u32;
    let text_len = if has_obj { OBJ_LEN as u16 } else { 0 };
    *row = Row {
        seq,
        body_offset: offset + header_end,
        body_len: length as u32 - header_end,
        text_offset: offset + header_end - u32::from(text_len),
        value: 0,
        text_len,
        header_len: header_len as u16,
        ack_window: 0,
        kind: (kind_and_reserved >> 8) as u8,
        flags: u8::from(has_obj) * Row::HAS_OBJ,
    };
    Some(length)
}

const DATA_FIELDS: &[Field] = fields(Kind::Data);
const ACK_FIELDS: &[Field] = fields(Kind::Ack);

/// The key of `seq` and of `up_to`.
const NUMBER_KEY: u8 = DATA_FIELDS[0].key();
/// The key of `obj`, and its length.
const OBJ_KEY: [u8; 2] = [DATA_FIELDS[1].key(), OBJ_LEN as u8];

/// This file takes for granted of the table: DATA is a number and perhaps an address, ACK a number.
const _: () = {
    assert!(DATA_FIELDS.len() == 2 && ACK_FIELDS.len() == 1);
    assert!(is_any_number(&DATA_FIELDS[0]) && is_any_number(&ACK_FIELDS[0]));
    assert!(ACK_FIELDS[0].key() == NUMBER_KEY);
    assert!(!DATA_FIELDS[1].required && matches!(DATA_FIELDS[1].rule, Rule::Obj));
    assert!(matches!(DATA_FIELDS[1].ty, Type::String));
    assert!(DATA_FIELDS[0].number < DATA_FIELDS[1].number && OBJ_LEN < 0x80);
};

const fn is_any_number(field: &Field) -> bool {
    field.required && matches!(field.ty, Type::Uint64) && matches!(field.rule, Rule::Any)
}

/// `obj` as it must stand after `seq`: key, length, address.
#[inline(always)]
fn is_obj_field(bytes: &[u8]) -> bool {
    bytes.len() == OBJ_KEY.len() + OBJ_LEN && bytes[..2] == OBJ_KEY && is_obj(&bytes[2..])
}

/// The key and the minimal varint at the front, and where they end; the common short ones without a loop.
#[inline(always)]
fn read_number(header: &[u8]) -> Option<(u64, usize)> {
    match *header {
        [NUMBER_KEY, a @ ..=0x7f, ..] => Some((u64::from(a), 2)),
        [NUMBER_KEY, a, b @ 1..=0x7f, ..] => Some((u64::from(a & 0x7f) | u64::from(b) << 7, 3)),
        [NUMBER_KEY, ref rest @ ..] => read_long_number(rest),
        _ => None,
    }
}

#[inline(never)]
fn read_long_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let (value, len) = read_varint(bytes)?;
    (len == varint_len(value)).then_some((value, 1 + len))
}

/// The header of a DATA or ACK.
#[derive(Clone, Copy)]
pub(crate) struct FastHeader<'h> {
    /// `seq` or `up_to`.
    pub number: u64,
    pub obj: Option<&'h [u8; OBJ_LEN]>,
}

impl FastHeader<'_> {
    #[inline(always)]
    pub fn header_len(&self) -> usize {
        let obj_len = if self.obj.is_some() { OBJ_KEY.len() + OBJ_LEN } else { 0 };
        1 + varint_len(self.number) + obj_len
    }

    /// Writes prefix and header; `out` has room for them.
    #[inline(always)]
    pub fn put(&self, prefix: [u8; PREFIX_BYTES], out: &mut impl BufMut) {
        let number = self.number;
        let group = |nth: u32| (number >> (7 * nth)) as u8;
        let more = |nth| group(nth) | 0x80;
        match number {
            0..=0x7f => put_first(prefix, [NUMBER_KEY, group(0)], out),
            0x80..=0x3fff => put_first(prefix, [NUMBER_KEY, more(0), group(1)], out),
            0x4000..=0x1f_ffff => {
                put_first(prefix, [NUMBER_KEY, more(0), more(1), group(2)], out);
            }
            _ => {
                put_first(prefix, [NUMBER_KEY], out);
                put_varint(number, out);
            }
        }
        if let Some(obj) = self.obj {
            out.put_slice(&OBJ_KEY);
            out.put_slice(obj);
        }
    }
}

/// One write of a size that the compiler knows.
#[inline(always)]
fn put_first<const N: usize>(prefix: [u8; PREFIX_BYTES], field: [u8; N], out: &mut impl BufMut) {
    let mut first = [0; 16];
    first[..PREFIX_BYTES].copy_from_slice(&prefix);
    first[PREFIX_BYTES..PREFIX_BYTES + N].copy_from_slice(&field);
    out.put_slice(&first[..PREFIX_BYTES + N]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_FRAME_BYTES;
    use crate::wire::header::{read_header, Head, Values};
    use crate::wire::prefix::prefix_bytes;

    /// Under Miri only each so many is tried: it is a thousand times slower.
    fn stride(under_miri: usize) -> usize {
        if cfg!(miri) {
            under_miri
        } else {
            1
        }
    }

    /// Headers around every canonical DATA and ACK: each byte changed, cut and lengthened.
    fn neighbours(header: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
        let changed = (0..header.len()).flat_map(move |i| {
            [0, 1, 0x08, 0x12, 0x41, 0x67, 0x7f, 0x80, 0xff].map(|byte| {
                let mut header = header.to_vec();
                header[i] = byte;
                header
            })
        });
        let cut = (0..=header.len()).map(move |n| header[..n].to_vec());
        let longer = [0u8, 1, 0x7f].map(|byte| [header, &[byte]].concat());
        changed.chain(cut).chain(longer)
    }

    #[test]
    fn the_fast_path_agrees_with_the_table() {
        let obj = format!("b3:{}", "0f".repeat(32));
        let mut compared = 0;
        for number in (0..64).step_by(stride(32)).flat_map(|bits| [u64::MAX >> bits, 1 << bits]) {
            for (kind, obj) in [(Kind::Ack, None), (Kind::Data, None), (Kind::Data, Some(&obj))] {
                let obj = obj.map(|obj: &String| obj.as_bytes());
                let values = Values::default().number(0, number);
                let values = obj.map_or(values, |obj| values.text(1, obj));
                let mut bytes = Vec::new();
                Head::general(kind, values).unwrap().put(&mut bytes);
                assert_written_fast(kind, number, obj, &bytes);
                for header in neighbours(&bytes[PREFIX_BYTES..]).step_by(stride(29)) {
                    assert_agree(kind, &header);
                    compared += 1;
                }
            }
        }
        assert!(compared > if cfg!(miri) { 50 } else { 10_000 });
    }

    /// Every length, header length and cut around both ends of their ranges. Overflow panics in tests.
    #[test]
    fn no_number_wraps_whatever_the_prefix_promises() {
        const SHORT: u32 = 26;
        let far =
            (MAX_FRAME_BYTES as u32 - 2..=MAX_FRAME_BYTES as u32).chain(u32::MAX - 9..=u32::MAX);
        for kind in [Kind::Data, Kind::Ack] {
            for length in (0..=SHORT).chain(far.clone()).step_by(stride(13)) {
                let header_lens = (0..=SHORT as u16).chain(u16::MAX - 9..=u16::MAX);
                for header_len in header_lens.step_by(stride(13)) {
                    for seq in [&[0x08, 1][..], &[0x08, 0xff, 0xff, 0x7f], &[0x08; 12]] {
                        let kind_and_reserved = (kind as u16) << 8;
                        let prefix = [
                            &length.to_be_bytes()[..],
                            &kind_and_reserved.to_be_bytes(),
                            &header_len.to_be_bytes(),
                        ];
                        let mut bytes = [prefix.concat(), seq.to_vec()].concat();
                        bytes.resize(SHORT as usize, 0x5a);
                        for cut in 0..=bytes.len() {
                            assert_inside::<false>(&bytes[..cut], header_len);
                            assert_inside::<true>(&bytes[..cut], header_len);
                        }
                    }
                }
            }
        }
    }

    /// The parts that were read lie in their frame, at the last place where it can lie.
    fn assert_inside<const CUT: bool>(bytes: &[u8], header_len: u16) {
        let mut row = Row::default();
        let offset = u32::MAX - MAX_FRAME_BYTES as u32;
        let Some(length) = read_fast::<CUT>(bytes, MAX_FRAME_BYTES, offset, &mut row) else {
            return;
        };
        let header_end = PREFIX_BYTES + usize::from(header_len);
        assert!(header_end <= length && header_end <= bytes.len());
        assert!(CUT || length <= bytes.len());
        assert_eq!(row.body_offset - offset, header_end as u32);
        assert_eq!(row.body_len as usize, length - header_end);
        assert!(row.text_offset >= offset && row.text_offset <= row.body_offset);
    }

    fn assert_written_fast(kind: Kind, number: u64, obj: Option<&[u8]>, by_table: &[u8]) {
        let head = match kind {
            Kind::Ack => Head::ack(number),
            _ => Head::data(number, obj, 0),
        };
        let mut bytes = Vec::new();
        head.unwrap().put(&mut bytes);
        assert_eq!(bytes, by_table);
    }

    fn assert_agree(kind: Kind, header: &[u8]) {
        let body: &[u8] = if kind == Kind::Data { b"body" } else { b"" };
        let length = PREFIX_BYTES + header.len() + body.len();
        let prefix = prefix_bytes(kind, header.len(), length);
        let frame = [&prefix[..], header, body].concat();
        let mut fast = Row::default();
        let taken = read_fast::<false>(&frame, MAX_FRAME_BYTES, 5, &mut fast);
        match read_header(kind, header, true) {
            Err(_) => assert_eq!(taken, None, "{header:?}"),
            Ok(values) => {
                assert_eq!(taken, Some(length), "{header:?}");
                let mut row = Row::at(kind, 5, header.len(), length);
                values.write_row(kind, 5 + PREFIX_BYTES as u32, &mut row);
                assert_eq!(fast, row, "{header:?}");
            }
        }
    }
}
