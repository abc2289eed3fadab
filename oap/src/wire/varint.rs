//! Rules 2.1 to 2.3: keys, wire types and varints.

use bytes::BufMut;

/// The wire types a field may have; 3, 4, 6 and 7 are malformed (rule 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// Detail bytes of a header could not be read: the words of a [`Fault`].
pub(crate) type Detail = &'static str;

/// Reads a header from front to back.
pub(crate) struct Cursor<'h> {
    rest: &'h [u8],
    strict: bool,
}

impl<'h> Cursor<'h> {
    pub fn new(header: &'h [u8], strict: bool) -> Self {
        Cursor { rest: header, strict }
    }

    /// Bytes not yet read.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Rule 2.1: a key is a field number, at least 1, and a wire type; it fits 32 bits.
    pub fn key(&mut self) -> Result<(u32, WireType), Detail> {
        let key = u32::try_from(self.varint()?).map_err(|_| "has a key over 32 bits")?;
        let wire = match key & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Bytes,
            5 => WireType::Fixed32,
            _ => return Err("has a wire type other than 0, 1, 2, 5"),
        };
        match key >> 3 {
            0 => Err("has field number 0"),
            number => Ok((number, wire)),
        }
    }

    /// Rule 2.2: at most ten bytes that fit 64 bits; minimal where strict.
    pub fn varint(&mut self) -> Result<u64, Detail> {
        let (value, len) = match read_varint(self.rest) {
            Some(read) => read,
            None if self.rest.len() < MAX_VARINT_BYTES => return Err("ends inside a varint"),
            None => return Err("has a varint over 64 bits"),
        };
        if self.strict && len != varint_len(value) {
            return Err("has a varint that is not minimal");
        }
        self.rest = &self.rest[len..];
        Ok(value)
    }

    /// The bytes of a length-delimited field.
    pub fn bytes(&mut self) -> Result<&'h [u8], Detail> {
        let len = self.varint()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// Passes over the value of an unknown field (rule 2.12).
    pub fn skip(&mut self, wire: WireType) -> Result<(), Detail> {
        match wire {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.take(8).map(drop),
            WireType::Bytes => self.bytes().map(drop),
            WireType::Fixed32 => self.take(4).map(drop),
        }
    }

    fn take(&mut self, len: usize) -> Result<&'h [u8], Detail> {
        if len > self.rest.len() {
            return Err("ends inside a field");
        }
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(taken)
    }
}

const MAX_VARINT_BYTES: usize = 10;

/// The varint at the front and its length; `None` where it is cut short or does not fit 64 bits.
#[inline]
pub(crate) fn read_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().take(MAX_VARINT_BYTES).enumerate() {
        if i == MAX_VARINT_BYTES - 1 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

/// Bytes of the minimal varint.
#[inline]
pub(crate) const fn varint_len(value: u64) -> usize {
    // ceil(bits / 7) for 1..=64 bits, without a division.
    ((64 - (value | 1).leading_zeros() as usize) * 9 + 64) / 64
}

/// Writes the minimal varint.
#[inline(always)]
pub(crate) fn put_varint(mut value: u64, out: &mut impl BufMut) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_varint_is_written_minimal_and_read_back() {
        for bits in 0..64 {
            for value in [1u64 << bits, (1u64 << bits) - 1, u64::MAX >> bits] {
                let mut out = Vec::new();
                put_varint(value, &mut out);
                let len = out.len();
                assert_eq!(len, varint_len(value));
                assert_eq!(len, value.max(1).ilog2() as usize / 7 + 1);
                assert_eq!(read_varint(&out), Some((value, len)));
                assert_eq!(read_varint(&out[..len - 1]), None);
            }
        }
    }

    /// The length depends on the highest bit alone: every value of three bytes, then both ends of every class of bits.
    #[test]
    fn varint_len_is_that_of_seven_bits_a_byte() {
        let by_hand = |value: u64| (1..10).find(|&n| value >> (7 * n) == 0).unwrap_or(10);
        let all = if cfg!(miri) { 300 } else { 1 << 21 };
        let ends = (0..64).flat_map(|bits| [1 << bits, u64::MAX >> bits]);
        for value in (0..=all).chain(ends) {
            assert_eq!(varint_len(value), by_hand(value), "{value}");
        }
    }
}
