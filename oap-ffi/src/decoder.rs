//! The decoder over buffers that the caller owns.

use crate::config::{config_of, oap_config};
use crate::handle::{self, opaque, Handle};
use crate::pointer::{self, Extent};
use crate::reject::{found, oap_reject};
use crate::row::{oap_frame_table, oap_row};
use crate::status::oap_status;
use crate::table::{Source, Target};
use oap::Decoder;

/// Decodes a byte stream from buffers that the caller owns. It holds a configuration, a position and a verdict, never
/// bytes. Decoding does not allocate, and the cost of a frame does not depend on its body.
///
/// Owner: the caller, from oap_decoder_new to oap_decoder_free. One thread at a time.
pub struct oap_decoder(Handle<Decoder>);

opaque!(oap_decoder, Decoder);

/// Makes a decoder at the start of a stream.
///
/// @param config   copied; NULL means the defaults
/// @param decoder  where its handle goes; free it with oap_decoder_free
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED (the configuration)
#[no_mangle]
pub unsafe extern "C" fn oap_decoder_new(
    config: *const oap_config,
    decoder: *mut *mut oap_decoder,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::make(decoder, || config_of(config).map(Decoder::new)) }
}

/// Frees a decoder. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_decoder_free(decoder: *mut oap_decoder) {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::free(decoder) }
}

/// Back to the start of a new stream, without a verdict.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_decoder_reset(decoder: *mut oap_decoder) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::renew(decoder, Decoder::reset) }
}

/// Decodes the whole frames at the front of `bytes`, as many as there are rows. With one row it is one frame a call.
///
/// Each call continues behind what the calls before it consumed: next pass the same bytes from `table->consumed` on,
/// at once while `table->more` is true, else with more behind them. Frames before a bad one are given first, by a call of their
/// own; after a reject every call gives the same reject until oap_decoder_reset.
///
/// @param bytes     the stream from where the last call left off; (NULL, 0) is empty
/// @param len       bytes there
/// @param rows      an array that the rows go to; the caller's, and not overlapping the input
/// @param capacity  rows that it has room for: at least 1
/// @param table     what was found; `table->bytes` is `bytes`
/// @return OAP_STATUS_OK, also where there is no whole frame yet (`rows` 0, `need` says how many bytes more);
///         a reject, 1..=8; OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
///         OAP_STATUS_INTERNAL, OAP_STATUS_POISONED. Outputs are written on OAP_STATUS_OK only.
#[no_mangle]
pub unsafe extern "C" fn oap_decoder_decode(
    decoder: *mut oap_decoder,
    bytes: *const u8,
    len: usize,
    rows: *mut oap_row,
    capacity: usize,
    table: *mut oap_frame_table,
) -> oap_status {
    let (source, target) = (Source { bytes, len }, Target { rows, capacity, table });
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(decoder, |decoder| {
            target.decode(source, Extent::NONE, |bytes, rows| {
                Ok(decoder.decode_table(bytes, rows)?.into())
            })
        })
    }
}

/// Reports that the input has ended.
///
/// @param rest  what no call has consumed; (NULL, 0) where nothing is left
/// @param len   bytes there
/// @return OAP_STATUS_OK, OAP_STATUS_TRUNCATED where `rest` is part of a frame, the reject given before,
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_decoder_finish(
    decoder: *mut oap_decoder,
    rest: *const u8,
    len: usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(decoder, |decoder| Ok(decoder.finish(pointer::items(rest, len)?)?)) }
}

/// The details of the reject that the decoder gave was about.
///
/// @param reject  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where none was given, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_decoder_reject(
    decoder: *const oap_decoder,
    reject: *mut oap_reject,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(decoder, reject, |decoder| found(decoder.verdict())) }
}

/// Decodes the one frame at the front of `bytes` without a handle: no position, no verdict kept.
///
/// @param config  NULL means the defaults
/// @param bytes   (NULL, 0) is empty
/// @param len     bytes there
/// @param row     where the frame goes, where there is a whole one
/// @param table   `rows` is 0 or 1
/// @return as oap_decoder_decode
#[no_mangle]
pub unsafe extern "C" fn oap_decode(
    config: *const oap_config,
    bytes: *const u8,
    len: usize,
    row: *mut oap_row,
    table: *mut oap_frame_table,
) -> oap_status {
    let (source, target) = (Source { bytes, len }, Target { rows: row, capacity: 1, table });
    // SAFETY: the caller keeps the header's promises.
    handle::guard(|| unsafe {
        let mut decoder = Decoder::new(config_of(config)?);
        target.decode(source, Extent::NONE, |bytes, rows| {
            Ok(decoder.decode_table(bytes, rows)?.into())
        })
    })
}

/// Panics inside a call, as a bug would. For the test of the panic boundary only: not in `oap.h`.
#[cfg(feature = "test-hooks")]
#[no_mangle]
pub unsafe extern "C" fn oap_test_panic(decoder: *mut oap_decoder) -> oap_status {
    // SAFETY: as of every call with a handle.
    unsafe { handle::with(decoder, |_| panic!("the panic that the test asked for")) }
}
