//! The decoder for hosts that only have chunks.

use crate::config::{config_of, oap_config};
use crate::handle::{self, opaque, Handle};
use crate::pointer::Extent;
use crate::reject::{found, oap_reject};
use crate::row::{oap_frame_table, oap_row};
use crate::status::oap_status;
use crate::table::{Source, Target};
use oap::StreamDecoder;

/// Decodes a byte stream that comes in chunks. Frames that lie whole in a chunk stay where they are; of the one frame
/// that a chunk cuts, the bytes that have come are staged, and never more than that frame.
///
/// Owner: the caller, from oap_stream_decoder_new to oap_stream_decoder_free. One thread at a time.
pub struct oap_stream_decoder(Handle<StreamDecoder>);

opaque!(oap_stream_decoder, StreamDecoder);

/// Makes a stream decoder at the start of a stream.
///
/// @param config   copied; NULL means the defaults
/// @param decoder  where its handle goes; free it with oap_stream_decoder_free
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED (the configuration)
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_new(
    config: *const oap_config,
    decoder: *mut *mut oap_stream_decoder,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::make(decoder, || config_of(config).map(StreamDecoder::new)) }
}

/// Frees a stream decoder and what it has staged. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_free(decoder: *mut oap_stream_decoder) {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::free(decoder) }
}

/// Back to the start of a new stream: nothing staged, no verdict.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_reset(decoder: *mut oap_stream_decoder) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::renew(decoder, StreamDecoder::reset) }
}

/// Takes a chunk and gives the next frames, as many as there are rows. Call again with what follows
/// `table->consumed` while `table->more` is true.
///
/// `table->bytes` is the chunk itself or, for a frame that an earlier chunk began, the staging buffer. The latter stays
/// until the next call with this handle other than oap_stream_decoder_staged and _reject.
///
/// @param chunk     the next bytes of the stream, in any split; (NULL, 0) is empty
/// @param len       bytes there
/// @param rows      an array that the rows go to; the caller's, and not overlapping the input
/// @param capacity  rows that it has room for: at least 1
/// @param table     what was found
/// @return OAP_STATUS_OK; a reject, 1..=8, and the same at every later call until oap_stream_decoder_reset;
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL,
///         OAP_STATUS_POISONED. Outputs are written on OAP_STATUS_OK only.
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_feed(
    decoder: *mut oap_stream_decoder,
    chunk: *const u8,
    len: usize,
    rows: *mut oap_row,
    capacity: usize,
    table: *mut oap_frame_table,
) -> oap_status {
    let (source, target) = (Source { bytes: chunk, len }, Target { rows, capacity, table });
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(decoder, |decoder| {
            let staged = Extent::of_slice(decoder.staged_bytes());
            target.decode(source, staged, |chunk, rows| Ok(decoder.feed(chunk, rows)?.into()))
        })
    }
}

/// Reports that the input has ended.
///
/// @return OAP_STATUS_OK, OAP_STATUS_TRUNCATED where it ended inside a frame, the reject given before,
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_finish(decoder: *mut oap_stream_decoder) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(decoder, |decoder| Ok(decoder.finish()?)) }
}

/// Bytes of a partial frame that are staged. 0 for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_staged(decoder: *const oap_stream_decoder) -> usize {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::value_of(decoder, StreamDecoder::staged) }
}

/// The details of the reject that the stream decoder gave was about.
///
/// @param reject  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where none was given, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_reject(
    decoder: *const oap_stream_decoder,
    reject: *mut oap_reject,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(decoder, reject, |decoder| found(decoder.verdict())) }
}
