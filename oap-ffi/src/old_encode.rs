//! A function a kind: until Go calls `oap_encode` and `oap_session_send`.

use crate::encode::oap_encode;
use crate::frame::{oap_frame, oap_hello};
use crate::row::*;
use crate::session::{oap_session, oap_session_send};
use crate::status::oap_status;
use std::ffi::c_char;
use std::ptr;

const EMPTY: oap_frame = oap_frame {
    struct_size: size_of::<oap_frame>(),
    kind: 0,
    value: 0,
    seq: 0,
    body: ptr::null(),
    body_len: 0,
    text: ptr::null(),
    text_len: 0,
    hello: ptr::null(),
};

/// As oap_encode of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_encode_hello(
    hello: *const oap_hello,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_HELLO, hello, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_encode(&frame, out, capacity, size) }
}

/// As oap_session_send of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_hello(
    session: *mut oap_session,
    hello: *const oap_hello,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_HELLO, hello, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_session_send(session, &frame, out, capacity, size) }
}

/// As oap_encode of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_encode_start(
    stream: *const c_char,
    stream_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_START, text: stream, text_len: stream_len, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_encode(&frame, out, capacity, size) }
}

/// As oap_session_send of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_start(
    session: *mut oap_session,
    stream: *const c_char,
    stream_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_START, text: stream, text_len: stream_len, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_session_send(session, &frame, out, capacity, size) }
}

/// As oap_encode of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_encode_data(
    seq: u64,
    obj: *const c_char,
    obj_len: usize,
    body: *const u8,
    body_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame {
        kind: OAP_KIND_DATA,
        seq,
        text: obj,
        text_len: obj_len,
        body,
        body_len,
        ..EMPTY
    };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_encode(&frame, out, capacity, size) }
}

/// As oap_session_send of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_data(
    session: *mut oap_session,
    seq: u64,
    obj: *const c_char,
    obj_len: usize,
    body: *const u8,
    body_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame {
        kind: OAP_KIND_DATA,
        seq,
        text: obj,
        text_len: obj_len,
        body,
        body_len,
        ..EMPTY
    };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_session_send(session, &frame, out, capacity, size) }
}

/// As oap_encode of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_encode_ack(
    up_to: u64,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_ACK, seq: up_to, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_encode(&frame, out, capacity, size) }
}

/// As oap_session_send of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_ack(
    session: *mut oap_session,
    up_to: u64,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_ACK, seq: up_to, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_session_send(session, &frame, out, capacity, size) }
}

/// As oap_encode of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_encode_end(
    seq: u64,
    status: u32,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_END, seq, value: status, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_encode(&frame, out, capacity, size) }
}

/// As oap_session_send of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_end(
    session: *mut oap_session,
    seq: u64,
    status: u32,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame { kind: OAP_KIND_END, seq, value: status, ..EMPTY };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_session_send(session, &frame, out, capacity, size) }
}

/// As oap_encode of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_encode_error(
    code: u32,
    reason: *const c_char,
    reason_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame {
        kind: OAP_KIND_ERROR,
        value: code,
        text: reason,
        text_len: reason_len,
        ..EMPTY
    };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_encode(&frame, out, capacity, size) }
}

/// As oap_session_send of such a frame.
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_error(
    session: *mut oap_session,
    code: u32,
    reason: *const c_char,
    reason_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let frame = oap_frame {
        kind: OAP_KIND_ERROR,
        value: code,
        text: reason,
        text_len: reason_len,
        ..EMPTY
    };
    // SAFETY: the caller keeps the header's promises.
    unsafe { oap_session_send(session, &frame, out, capacity, size) }
}
