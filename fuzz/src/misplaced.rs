//! Memory that a caller of the C ABI gives wrongly: outputs over what is read and over each other, rows off their
//! alignment, a handle's own bytes as its input. All of it is refused and stays as it was. Uninitialized rows are right.

use crate::foreign::{bytes_of, Table};
use crate::frames::Owned;
use arbitrary::Arbitrary;
use oap::Hello;
use oap_ffi::connection::*;
use oap_ffi::decoder::*;
use oap_ffi::encode::*;
use oap_ffi::row::{oap_frame_table, oap_row, OAP_KIND_ACK};
use oap_ffi::session::*;
use oap_ffi::status::*;
use oap_ffi::stream_decoder::*;
use std::mem::{size_of, MaybeUninit};
use std::ops::Range;
use std::ptr::{null, null_mut};

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Misplaced {
    /// The input, rows and a table anywhere in one piece of memory.
    Decode(Reader, Span, Place, u8, Place),
    /// Rows, their bytes, the output and the count likewise.
    EncodeRows(Place, u8, Span, Span, Place),
    /// A body, the output and its size likewise.
    Encode(Span, Span, Place),
    /// So many rows that nobody has written to, so many bytes off their alignment.
    Rows(Reader, u8, u8),
    /// A part of the frame that the handle has staged.
    Staged(Reader, Place, u8),
    /// A part of what a connection has queued.
    Queued(Place, u8),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Reader {
    Decoder,
    Stream,
    Session,
    Connection,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Place(u8);

#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Span(Place, u8);

impl Place {
    fn range(self, bytes: usize) -> Range<usize> {
        usize::from(self.0)..usize::from(self.0) + bytes
    }
}

impl Span {
    fn range(self) -> Range<usize> {
        self.0.range(usize::from(self.1))
    }
}

// SAFETY, of every unsafe block here: handles are live, and memory is as large as the call is told.
impl Misplaced {
    pub fn check(self) {
        match self {
            Misplaced::Decode(reader, input, rows, count, table) => {
                let rows = rows.range(usize::from(count % 5) * size_of::<oap_row>());
                decode(reader, input.range(), rows, table.range(size_of::<oap_frame_table>()));
            }
            Misplaced::EncodeRows(rows, count, bytes, out, encoded) => {
                let rows = rows.range(usize::from(count % 5) * size_of::<oap_row>());
                let encoded = encoded.range(size_of::<oap_encoded>());
                encode_rows(rows, bytes.range(), out.range(), encoded);
            }
            Misplaced::Encode(body, out, size) => {
                encode(body.range(), out.range(), size.range(size_of::<usize>()));
            }
            Misplaced::Rows(reader, count, off) => fresh_rows(reader, (count % 5).into(), off % 8),
            Misplaced::Staged(reader, place, len) => staged(reader, place.0.into(), len.into()),
            Misplaced::Queued(place, len) => queued(place.0.into(), len.into()),
        }
    }
}

/// Memory that rows may stand in, every byte of it known.
struct Memory(Vec<u64>);

impl Memory {
    fn new() -> Self {
        Memory(vec![0x0707_0707_0707_0707; 80])
    }

    fn at<T>(&mut self, range: &Range<usize>) -> *mut T {
        assert!(range.end <= self.0.len() * 8);
        self.0.as_mut_ptr().cast::<u8>().wrapping_add(range.start).cast()
    }

    fn put(&mut self, range: &Range<usize>, bytes: &[u8]) {
        let len = bytes.len().min(range.len());
        unsafe { self.at::<u8>(range).copy_from(bytes.as_ptr(), len) };
    }

    /// Nothing has changed but in there.
    fn assert_same_but(&self, before: &[u64], outputs: &[&Range<usize>]) {
        for (at, (now, before)) in bytes_of(&self.0).iter().zip(bytes_of(before)).enumerate() {
            assert!(now == before || outputs.iter().any(|out| out.contains(&at)), "byte {at}");
        }
    }
}

fn touch(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start.max(other.start) < one.end.min(other.end)
}

/// The status that outputs in these places get, if it is not the call's own.
fn refusal(
    rows: &Range<usize>,
    outputs: [&Range<usize>; 2],
    inputs: &[&Range<usize>],
) -> Option<oap_status> {
    if !rows.is_empty() && rows.start % 8 != 0 {
        return Some(OAP_STATUS_MISALIGNED);
    }
    let over_input = |out| inputs.iter().any(|input| touch(out, input));
    let touches = outputs.into_iter().any(over_input) || touch(outputs[0], outputs[1]);
    touches.then_some(OAP_STATUS_OVERLAP)
}

type Read<'r> =
    &'r dyn Fn(*const u8, usize, *mut oap_row, usize, *mut oap_frame_table) -> oap_status;

/// Gives a call of a fresh handle.
fn with_reader<T>(reader: Reader, play: impl FnOnce(Read<'_>) -> T) -> T {
    macro_rules! with {
        ($new:expr, $free:ident, |$handle:ident, $($argument:ident),*| $call:expr) => {{
            let mut made = null_mut();
            assert_eq!(unsafe { $new(&mut made) }, OAP_STATUS_OK);
            let $handle = made;
            let played = play(&|$($argument),*| unsafe { $call });
            unsafe { $free($handle) };
            played
        }};
    }
    match reader {
        Reader::Decoder => {
            with!(|out| oap_decoder_new(null(), out), oap_decoder_free, |h, a, b, c, d, e| {
                oap_decoder_decode(h, a, b, c, d, e)
            })
        }
        Reader::Stream => with!(
            |out| oap_stream_decoder_new(null(), out),
            oap_stream_decoder_free,
            |h, a, b, c, d, e| oap_stream_decoder_feed(h, a, b, c, d, e)
        ),
        Reader::Session => {
            with!(|out| oap_session_new(null(), out), oap_session_free, |h, a, b, c, d, e| {
                oap_session_recv(h, a, b, c, d, e)
            })
        }
        Reader::Connection => with!(
            |out| oap_connection_new(null(), null(), 0, out),
            oap_connection_free,
            |h, a, b, c, d, e| oap_connection_receive(h, 0, a, b, c, d, e)
        ),
    }
}

fn greeting() -> Vec<u8> {
    Owned::Hello(Hello::new(4_096)).wire()
}

fn opening() -> Vec<u8> {
    Owned::Start("notes".to_owned()).wire()
}

fn decode(reader: Reader, input: Range<usize>, rows: Range<usize>, table: Range<usize>) {
    let mut memory = Memory::new();
    memory.put(&input, &[greeting(), opening()].concat());
    let (before, count) = (memory.0.clone(), rows.len() / size_of::<oap_row>());
    let status = with_reader(reader, |read| {
        read(memory.at(&input), input.len(), memory.at(&rows), count, memory.at(&table))
    });
    let refused = refusal(&rows, [&rows, &table], &[&input]);
    let expected = refused.unwrap_or_else(|| {
        let bytes = &bytes_of(&before)[input.clone()];
        let read_apart = |read: Read<'_>| {
            Table::new(count)
                .call(|rows, room, out| read(bytes.as_ptr(), bytes.len(), rows, room, out))
        };
        with_reader(reader, read_apart)
    });
    assert_eq!(status, expected);
    match status {
        OAP_STATUS_OK => memory.assert_same_but(&before, &[&rows, &table]),
        _ => memory.assert_same_but(&before, &[]),
    }
}

fn encode_rows(rows: Range<usize>, bytes: Range<usize>, out: Range<usize>, encoded: Range<usize>) {
    let mut memory = Memory::new();
    let count = rows.len() / size_of::<oap_row>();
    let row = oap_row { seq: 9, kind: OAP_KIND_ACK, ..oap_row::default() };
    memory.put(&rows, bytes_of(&vec![row; count]));
    let before = memory.0.clone();
    let status = unsafe {
        oap_encode_rows(
            memory.at(&rows),
            count,
            memory.at(&bytes),
            bytes.len(),
            memory.at(&out),
            out.len(),
            memory.at(&encoded),
        )
    };
    match refusal(&rows, [&out, &encoded], &[&rows, &bytes]) {
        Some(refused) => {
            assert_eq!(status, refused);
            memory.assert_same_but(&before, &[]);
        }
        None => {
            let fits = count == 0 || out.len() >= Owned::Ack(9).wire().len();
            assert_eq!(status, if fits { OAP_STATUS_OK } else { OAP_STATUS_BUFFER_TOO_SMALL });
            let outputs = [&out, &encoded];
            memory.assert_same_but(&before, if fits { &outputs } else { &[] });
        }
    }
}

fn encode(body: Range<usize>, out: Range<usize>, size: Range<usize>) {
    let mut memory = Memory::new();
    let before = memory.0.clone();
    let data = Owned::Data { seq: 1, obj: None, body: Vec::new() };
    let (mut frame, _) = crate::foreign::frame_of(&data);
    (frame.body, frame.body_len) = (memory.at::<u8>(&body), body.len());
    let status = unsafe { oap_encode(&frame, memory.at(&out), out.len(), memory.at(&size)) };
    let fits = data.wire().len() + body.len() <= out.len();
    let expected = refusal(&(0..0), [&out, &size], &[&body]).unwrap_or(match fits {
        true => OAP_STATUS_OK,
        false => OAP_STATUS_BUFFER_TOO_SMALL,
    });
    assert_eq!(status, expected);
    match status {
        OAP_STATUS_OK => memory.assert_same_but(&before, &[&out, &size]),
        OAP_STATUS_BUFFER_TOO_SMALL => memory.assert_same_but(&before, &[&size]),
        _ => memory.assert_same_but(&before, &[]),
    }
}

/// As many rows are written as the table says, and they are those that initialized memory gets.
fn fresh_rows(reader: Reader, count: usize, off: u8) {
    let wire = [greeting(), opening()].concat();
    let mut memory = Vec::<MaybeUninit<u64>>::with_capacity(count * 4 + 1);
    let rows = memory.as_mut_ptr().cast::<u8>().wrapping_add(off.into()).cast::<oap_row>();
    let mut table = MaybeUninit::<oap_frame_table>::uninit();
    let read = |rows, table| {
        with_reader(reader, |read| read(wire.as_ptr(), wire.len(), rows, count, table))
    };
    let status = read(rows, table.as_mut_ptr());
    if off != 0 && count != 0 {
        return assert_eq!(status, OAP_STATUS_MISALIGNED);
    }
    assert_eq!(status, OAP_STATUS_OK);
    let written = unsafe { table.assume_init() }.rows;
    let mut clean = vec![oap_row::default(); count];
    assert_eq!(read(clean.as_mut_ptr(), table.as_mut_ptr()), OAP_STATUS_OK);
    assert_eq!(written, unsafe { table.assume_init() }.rows);
    if written > 0 {
        let rows = unsafe { std::slice::from_raw_parts(rows, written) };
        assert_eq!(bytes_of(rows), bytes_of(&clean[..written]));
    }
}

/// The part of so many items that these numbers mean, not empty.
fn part(place: usize, len: usize, items: usize) -> Range<usize> {
    let start = place % items;
    start..start + 1 + len % (items - start)
}

fn staged(reader: Reader, place: usize, len: usize) {
    let reader = if let Reader::Decoder = reader { Reader::Stream } else { reader };
    // A connection gives no HELLO, and a session takes nothing more before its own.
    let is_connection = matches!(reader, Reader::Connection);
    let wire = if is_connection { opening() } else { greeting() };
    let part = part(place, len, wire.len());
    with_reader(reader, |read| {
        let told = |bytes: &[u8]| {
            let mut table = MaybeUninit::uninit();
            let mut rows = [oap_row::default(); 2];
            let status =
                read(bytes.as_ptr(), bytes.len(), rows.as_mut_ptr(), 2, table.as_mut_ptr());
            assert_eq!(status, OAP_STATUS_OK);
            unsafe { table.assume_init() }
        };
        if is_connection {
            told(&greeting());
        }
        let (first, rest) = wire.split_at(9);
        told(first);
        let given = told(rest);
        assert_eq!(given.rows, 1);
        let mut table = Table::new(2);
        let from = given.bytes.wrapping_add(part.start);
        let status = table.call(|rows, room, out| read(from, part.len(), rows, room, out));
        assert_eq!(status, OAP_STATUS_OVERLAP);
        table.assert_untouched();
        assert_eq!(unsafe { std::slice::from_raw_parts(given.bytes, wire.len()) }, wire);
    });
}

fn queued(place: usize, len: usize) {
    let mut connection = null_mut();
    let (mut piece, mut count) = (oap_piece { bytes: null(), len: 0 }, 0);
    unsafe {
        assert_eq!(oap_connection_new(null(), null(), 0, &mut connection), OAP_STATUS_OK);
        oap_connection_transmit(connection, 0, &mut piece, 1, &mut count);
        let queue = std::slice::from_raw_parts(piece.bytes, piece.len).to_vec();
        let part = part(place, len, piece.len);
        let (from, len) = (piece.bytes.add(part.start), part.len());
        let (mut sent, lens) = (usize::MAX, [1]);
        for status in [
            oap_connection_start(connection, 0, from.cast(), len),
            oap_connection_data(connection, 0, null(), 0, from, len, null_mut()),
            oap_connection_data(connection, 0, from.cast(), len, null(), 0, null_mut()),
            oap_connection_data_head(connection, 0, from.cast(), len, 1, null_mut()),
            oap_connection_data_all(connection, 0, from, len, lens.as_ptr(), 1, &mut sent),
        ] {
            assert_eq!(status, OAP_STATUS_OVERLAP);
        }
        assert_eq!(sent, usize::MAX);
        assert_eq!(std::slice::from_raw_parts(piece.bytes, piece.len), queue);
        oap_connection_free(connection);
    }
}
