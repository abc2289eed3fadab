//! What a host of `oap.wasm` needs beside the C ABI: memory, and the words that other faces have from the core. No part
//! of `oap.h`.

use crate::connection::oap_connection;
use crate::encode::Output;
use crate::handle;
use crate::status::{oap_status, Failure, OAP_STATUS_ABSENT};
use oap::EncodeError;
use std::alloc::{alloc, dealloc, Layout};
use std::ptr::null_mut;

/// As malloc aligns.
const ALIGN: usize = 16;

/// So many bytes, at least one; NULL where there is no memory.
#[no_mangle]
pub extern "C" fn oap_wasm_alloc(bytes: usize) -> *mut u8 {
    Layout::from_size_align(bytes.max(1), ALIGN).map_or(null_mut(), |layout| {
        // SAFETY: of one byte at least.
        unsafe { alloc(layout) }
    })
}

/// Frees what `oap_wasm_alloc` gave for so many bytes. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_wasm_free(start: *mut u8, bytes: usize) {
    if let (false, Ok(layout)) = (start.is_null(), Layout::from_size_align(bytes.max(1), ALIGN)) {
        // SAFETY: the caller's promise.
        unsafe { dealloc(start, layout) }
    }
}

/// The sentence that says why a connection ended: as `oap_monitor_text`.
#[no_mangle]
pub unsafe extern "C" fn oap_wasm_end_message(
    connection: *const oap_connection,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let output = Output { out, capacity, size };
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::inspect(connection, |engine| {
            let message = engine.end_message().ok_or(Failure(OAP_STATUS_ABSENT))?;
            output.check([])?;
            let needed = message.len();
            output.finish(match output.bytes().get_mut(..needed) {
                Some(bytes) => {
                    bytes.copy_from_slice(message.as_bytes());
                    Ok(needed)
                }
                None => Err(EncodeError::BufferTooSmall { needed }),
            })
        })
    }
}
