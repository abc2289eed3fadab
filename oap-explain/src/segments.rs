//! One direction of a TCP connection, put together from its segments: late, repeated and overlapping ones too.

use std::collections::BTreeMap;

/// Bytes that may wait for an earlier segment; beyond, that one is taken as lost.
const WAITING_BYTES: usize = 16 << 20;

/// Segments in the order of their bytes.
#[derive(Default)]
pub struct Segments {
    /// The number of the next byte, in the count of TCP and in one that does not wrap.
    next: Option<(u32, u64)>,
    waiting: BTreeMap<u64, Vec<u8>>,
    waiting_bytes: usize,
}

impl Segments {
    /// Takes a segment, and gives the bytes that now follow on what was given before. False: bytes are lost, and
    /// nothing can follow.
    pub fn push(&mut self, seq: u32, syn: bool, payload: &[u8], out: &mut Vec<u8>) -> bool {
        let first = seq.wrapping_add(syn.into());
        let &mut (next, position) = self.next.get_or_insert((first, 0));
        let ahead = first.wrapping_sub(next) as i32;
        let start = position.checked_add_signed(ahead.into());
        let (start, payload) = match start {
            Some(start) => (start, payload),
            None => (0, payload.get(ahead.unsigned_abs() as usize..).unwrap_or_default()),
        };
        self.keep(start, payload);
        self.give(out);
        self.waiting_bytes <= WAITING_BYTES
    }

    /// Bytes that wait for others that did not come.
    pub const fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    fn keep(&mut self, start: u64, payload: &[u8]) {
        let longer = self.waiting.get(&start).is_none_or(|held| held.len() < payload.len());
        if !payload.is_empty() && longer {
            self.waiting_bytes += payload.len();
            let before = self.waiting.insert(start, payload.to_vec());
            self.waiting_bytes -= before.map_or(0, |before| before.len());
        }
    }

    fn give(&mut self, out: &mut Vec<u8>) {
        let Some((next, position)) = &mut self.next else { return };
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key() > position {
                return;
            }
            let (start, payload) = entry.remove_entry();
            self.waiting_bytes -= payload.len();
            let known = (*position - start) as usize;
            let fresh = payload.get(known..).unwrap_or_default();
            out.extend_from_slice(fresh);
            *position += fresh.len() as u64;
            *next = next.wrapping_add(fresh.len() as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes (seq, payload) pairs behind a SYN with that number.
    fn together(syn: u32, segments: &[(u32, &[u8])]) -> Vec<u8> {
        let (mut stream, mut out) = (Segments::default(), Vec::new());
        assert!(stream.push(syn, true, b"", &mut out));
        for &(seq, payload) in segments {
            assert!(stream.push(seq, false, payload, &mut out));
        }
        out
    }

    #[test]
    fn segments_come_late_twice_and_overlapping() {
        assert_eq!(together(9, &[(13, b"de"), (10, b"abc"), (10, b"abc"), (14, b"ef")]), b"abcdef");
        assert_eq!(together(9, &[(12, b"c"), (11, b"bcd"), (10, b"a")]), b"abcd");
        assert_eq!(together(9, &[(12, b"cdef"), (12, b"c"), (10, b"ab")]), b"abcdef");
    }

    #[test]
    fn the_count_of_tcp_wraps() {
        let syn = u32::MAX - 2;
        assert_eq!(together(syn, &[(0, b"c"), (syn.wrapping_add(1), b"ab"), (1, b"d")]), b"abcd");
    }

    #[test]
    fn a_keepalive_before_the_first_byte_changes_nothing() {
        assert_eq!(together(9, &[(9, b"x"), (10, b"ab")]), b"ab");
    }

    #[test]
    fn what_is_lost_holds_up_the_rest_and_only_so_much() {
        let (mut stream, mut out) = (Segments::default(), Vec::new());
        let chunk = vec![0; 1 << 20];
        stream.push(0, true, b"", &mut out);
        let pushed = (0..17).map(|i| stream.push(2 + (i << 20), false, &chunk, &mut out));
        assert_eq!(pushed.filter(|&fits| fits).count(), 16);
        assert!(out.is_empty());
    }
}
