//! What tests/c/bench compares the C ABI with: the same work by the core, in the same program and the same rounds.

use oap::{Config, Data, Decoded, Decoder, Frame, Row, StreamDecoder};
use std::cell::RefCell;
use std::hint::black_box;
use std::slice;

/// Frames found by one call for the whole buffer, into the rows that the C ABI fills too.
///
/// # Safety
/// `wire` has `len` readable bytes, `rows` are `capacity` of oap_row, which has the layout of `Row`.
#[no_mangle]
pub unsafe extern "C" fn rust_table(
    wire: *const u8,
    len: usize,
    rows: *mut Row,
    capacity: usize,
) -> usize {
    // SAFETY: as above.
    let (wire, rows) = unsafe { slices(wire, len, rows, capacity) };
    let mut decoder = Decoder::new(Config::default());
    let found = decoder.decode_table(black_box(wire), rows).map_or(0, |table| table.len());
    black_box(rows);
    found
}

unsafe fn slices<'a>(
    wire: *const u8,
    len: usize,
    rows: *mut Row,
    capacity: usize,
) -> (&'a [u8], &'a mut [Row]) {
    // SAFETY: the caller's pointers are good for these lengths.
    unsafe { (slice::from_raw_parts(wire, len), slice::from_raw_parts_mut(rows, capacity)) }
}

/// Frames found by a call a frame.
///
/// # Safety
/// `wire` has `len` readable bytes.
#[no_mangle]
pub unsafe extern "C" fn rust_one(wire: *const u8, len: usize) -> usize {
    // SAFETY: as above.
    let mut rest = unsafe { slice::from_raw_parts(wire, len) };
    let mut decoder = Decoder::new(Config::default());
    let mut found = 0;
    while let Ok(Decoded::Frame(frame, len)) = decoder.decode(black_box(rest)) {
        black_box(frame);
        rest = &rest[len..];
        found += 1;
    }
    found
}

/// Frames found by a stream decoder in pieces of `chunk` bytes.
///
/// # Safety
/// As for `rust_table`.
#[no_mangle]
pub unsafe extern "C" fn rust_split(
    wire: *const u8,
    len: usize,
    rows: *mut Row,
    capacity: usize,
    chunk: usize,
) -> usize {
    // SAFETY: as above.
    let (wire, rows) = unsafe { slices(wire, len, rows, capacity) };
    let mut decoder = StreamDecoder::new(Config::default());
    let mut found = 0;
    for mut piece in black_box(wire).chunks(chunk) {
        while !piece.is_empty() {
            let Ok(table) = decoder.feed(piece, rows) else { return 0 };
            found += table.len();
            piece = &piece[table.consumed()..];
        }
    }
    found
}

/// Bytes that so many DATA with that body encode to.
///
/// # Safety
/// `body` has `len` readable bytes.
#[no_mangle]
pub unsafe extern "C" fn rust_encode(frames: usize, body: *const u8, len: usize) -> usize {
    // SAFETY: as above.
    let body = unsafe { slice::from_raw_parts(body, len) };
    thread_local!(static OUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
    OUT.with_borrow_mut(|out| {
        out.clear();
        for seq in 1..=frames as u64 {
            let data = Data { seq, obj: None, body: black_box(body) };
            if oap::encode_to(&Frame::Data(data), out).is_err() {
                return 0;
            }
        }
        black_box(out).len()
    })
}
