//! One side of a session.

use crate::config::{config_of, oap_config};
use crate::encode::{oap_hello, Output, Wanted};
use crate::handle::{self, opaque, Handle};
use crate::reject::{give, oap_reject};
use crate::row::{oap_frame_table, oap_row};
use crate::status::{oap_status, Failure};
use oap::{EncodeError, Fault, Flow, Row, Session};
use std::ffi::c_char;

/// One side of a session: decodes and judges what the peer sends, and refuses to encode what the peer would have to
/// reject. No clock, no I/O.
///
/// Owner: the caller, from oap_session_new to oap_session_free. One thread at a time.
pub struct oap_session(Handle<Side>);

opaque!(oap_session, Side);

pub(crate) struct Side {
    pub session: Session,
    refusal: Option<Fault>,
}

impl Side {
    fn new(session: Session) -> Self {
        Side { session, refusal: None }
    }

    unsafe fn send(&mut self, wanted: &Wanted, output: Output) -> Result<(), Failure> {
        let Side { session, refusal } = self;
        *refusal = None;
        unsafe {
            let (frame, out) = wanted.check(&output)?;
            output.tell(session.send(&frame, out).inspect_err(|error| {
                if let EncodeError::Refused(fault) = error {
                    *refusal = Some(*fault);
                }
            }))
        }
    }
}

unsafe fn send(session: *mut oap_session, wanted: Wanted, output: Output) -> oap_status {
    unsafe { handle::with(session, |side| side.send(&wanted, output)) }
}

/// One direction of a session at a glance.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_flow {
    /// The seq of the direction's last DATA, if `has_last_seq`.
    pub last_seq: u64,
    /// DATA frames sent and not yet acknowledged.
    pub in_flight: u32,
    /// DATA frames that may be in flight: the receiver's `ack_window`; 0 before its HELLO.
    pub window: u32,
    /// DATA frames that may be sent now: `window - in_flight`.
    pub credit: u32,
    /// Whether the direction has carried DATA.
    pub has_last_seq: bool,
    /// Whether a stream is open.
    pub open: bool,
    /// Whether the open stream is an object stream.
    pub objects: bool,
}

impl From<Flow> for oap_flow {
    fn from(flow: Flow) -> Self {
        oap_flow {
            last_seq: flow.last_seq.unwrap_or(0),
            in_flight: flow.in_flight,
            window: flow.window,
            credit: flow.credit(),
            has_last_seq: flow.last_seq.is_some(),
            open: flow.open,
            objects: flow.objects,
        }
    }
}

/// Makes a session in which neither side has spoken.
///
/// @param config   copied; NULL means the defaults
/// @param session  where its handle goes; free it with oap_session_free
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED (the configuration)
#[no_mangle]
pub unsafe extern "C" fn oap_session_new(
    config: *const oap_config,
    session: *mut *mut oap_session,
) -> oap_status {
    unsafe { handle::make(session, || config_of(config).map(|c| Side::new(Session::new(c)))) }
}

/// Frees a session and what it has staged. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_session_free(session: *mut oap_session) {
    unsafe { handle::free(session) }
}

/// Back to a session in which neither side has spoken.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_session_reset(session: *mut oap_session) -> oap_status {
    unsafe {
        handle::renew(session, |side| {
            side.session.reset();
            side.refusal = None;
        })
    }
}

/// Takes received bytes and gives the next frames, as many as there are rows. A reject stands from the call that gives
/// the frames before it: from then on only an ERROR may go. Call again with what follows `table->consumed`, until all of the chunk is consumed and `table->need` is not 0.
///
/// `table->bytes` is the chunk itself or, for a frame that an earlier chunk began, the staging buffer. The latter
/// stays until the next oap_session_recv, _finish, _send_error, _reset or _free.
///
/// @param chunk     the peer's next bytes, in any split; (NULL, 0) is empty
/// @param len       bytes there
/// @param rows      an array that the rows go to; the caller's, and not overlapping the input
/// @param capacity  rows that it has room for: at least 1
/// @param table     what was found
/// @return OAP_STATUS_OK; a reject, 1..=8, and the same at every later call until an ERROR is sent (after that, what
///         still arrives is discarded); OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
///         OAP_STATUS_INTERNAL, OAP_STATUS_POISONED. Outputs are written on OAP_STATUS_OK only.
#[no_mangle]
pub unsafe extern "C" fn oap_session_recv(
    session: *mut oap_session,
    chunk: *const u8,
    len: usize,
    rows: *mut oap_row,
    capacity: usize,
    table: *mut oap_frame_table,
) -> oap_status {
    unsafe {
        handle::with(session, |side| {
            let chunk = handle::items(chunk, len)?;
            let rows = handle::rows_mut(rows, capacity, chunk)?;
            // A frame that the decoder takes and the session does not has been in the first row.
            let first = rows.first().copied();
            let recv = |rows: &mut [Row]| Ok(side.session.recv(chunk, rows)?.into());
            handle::fill(rows, table, recv).inspect_err(|_| {
                rows.iter_mut().zip(first).for_each(|(row, first)| *row = first);
            })
        })
    }
}

/// Says that the peer's bytes have ended. Whether they ended at a good place is the host's to judge.
///
/// @return OAP_STATUS_OK, OAP_STATUS_TRUNCATED where they ended inside a frame, the reject given before,
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_finish(session: *mut oap_session) -> oap_status {
    unsafe { handle::with(session, |side| Ok(side.session.finish()?)) }
}

/// The HELLO that the configuration makes. It is not sent: pass it to oap_session_send_hello.
///
/// @param hello  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_hello(
    session: *const oap_session,
    hello: *mut oap_hello,
) -> oap_status {
    unsafe {
        handle::look(session, |side| {
            *handle::out(hello)? = side.session.hello().into();
            Ok(())
        })
    }
}

/// Encodes the own HELLO, the first frame of a side. From OAP_STATUS_OK on it counts as sent: the host must send all
/// that was encoded, in the order of the calls. On any other status the session stays as it was.
///
/// @param hello     what to advertise: no more than the configuration does; NULL means just that
/// @param out       where the frame goes; the caller's, and not overlapping an input
/// @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES plus those of the body are always enough
/// @param size      the frame's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
/// @return OAP_STATUS_OK; a reject's code, 1..=7, where the peer would have to reject the frame (oap_session_refusal
///         says more); OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE,
///         OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_hello(
    session: *mut oap_session,
    hello: *const oap_hello,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    unsafe {
        handle::with(session, |side| {
            let own = side.session.hello().into();
            let hello = if hello.is_null() { &own } else { hello };
            side.send(&Wanted::Hello(hello), Output { out, capacity, size })
        })
    }
}

/// Encodes a START: opens this side's stream.
///
/// @param stream      1..=1024 bytes of UTF-8, no control characters; `objects` and `objects/…` are object streams
/// @param stream_len  bytes there
/// @param out, capacity, size  as in oap_session_send_hello
/// @return as oap_session_send_hello
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_start(
    session: *mut oap_session,
    stream: *const c_char,
    stream_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let wanted = Wanted::Start((stream, stream_len));
    unsafe { send(session, wanted, Output { out, capacity, size }) }
}

/// Encodes a DATA on the open stream. It takes one credit until the peer acknowledges it.
///
/// @param seq       any number for the direction's first DATA, then the next one each
/// @param obj       "b3:" and 64 lowercase hex digits; (NULL, 0) for none (an empty one is malformed)
/// @param obj_len   bytes there: 67 or 0
/// @param body      the bytes carried; (NULL, 0) is empty
/// @param body_len  bytes there
/// @param out, capacity, size  as in oap_session_send_hello
/// @return as oap_session_send_hello
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
    let wanted = Wanted::Data { seq, obj: (obj, obj_len), body: (body, body_len) };
    unsafe { send(session, wanted, Output { out, capacity, size }) }
}

/// Encodes an ACK: gives the peer credit back.
///
/// @param up_to  the seq of a received DATA not yet acknowledged; all before it are acknowledged too
/// @param out, capacity, size  as in oap_session_send_hello
/// @return as oap_session_send_hello
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_ack(
    session: *mut oap_session,
    up_to: u64,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    unsafe { send(session, Wanted::Ack(up_to), Output { out, capacity, size }) }
}

/// Encodes an END: closes this side's stream.
///
/// @param seq     the seq of the stream's last DATA, or 0 where it carried none
/// @param status  the host's: 0..=65535
/// @param out, capacity, size  as in oap_session_send_hello
/// @return as oap_session_send_hello
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_end(
    session: *mut oap_session,
    seq: u64,
    status: u32,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    unsafe { send(session, Wanted::End { seq, status }, Output { out, capacity, size }) }
}

/// Encodes an ERROR: ends the session both ways. What still arrives is discarded.
///
/// @param code        1..=8 for a reject, others the host's: 0..=65535
/// @param reason      0..=1024 bytes of UTF-8, no control characters; (NULL, 0) is empty
/// @param reason_len  bytes there
/// @param out, capacity, size  as in oap_session_send_hello
/// @return as oap_session_send_hello
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
    let wanted = Wanted::Error { code, reason: (reason, reason_len) };
    unsafe { send(session, wanted, Output { out, capacity, size }) }
}

/// What this side has sent: its credit, what is in flight, whether a stream is open.
///
/// @param flow  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_outbound(
    session: *const oap_session,
    flow: *mut oap_flow,
) -> oap_status {
    unsafe {
        handle::look(session, |side| {
            *handle::out(flow)? = side.session.outbound().into();
            Ok(())
        })
    }
}

/// What the peer has sent.
///
/// @param flow  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_inbound(
    session: *const oap_session,
    flow: *mut oap_flow,
) -> oap_status {
    unsafe {
        handle::look(session, |side| {
            *handle::out(flow)? = side.session.inbound().into();
            Ok(())
        })
    }
}

/// Whether both HELLOs have passed. False for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_is_established(session: *const oap_session) -> bool {
    unsafe { handle::tell(session, |side| side.session.is_established()) }
}

/// Whether an ERROR has passed, either way: nothing more may be sent. False for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_has_ended(session: *const oap_session) -> bool {
    unsafe { handle::tell(session, |side| side.session.has_ended()) }
}

/// Bytes of the largest frame that the peer takes; 0 before its HELLO, for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_peer_max_frame(session: *const oap_session) -> usize {
    unsafe { handle::tell(session, |side| side.session.peer_max_frame().unwrap_or(0)) }
}

/// Bytes of a partial frame that are staged. 0 for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_staged(session: *const oap_session) -> usize {
    unsafe { handle::tell(session, |side| side.session.staged()) }
}

/// What the reject that the session gave was about.
///
/// @param reject  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where none was given, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_reject(
    session: *const oap_session,
    reject: *mut oap_reject,
) -> oap_status {
    unsafe { handle::look(session, |side| give(side.session.verdict(), reject)) }
}

/// Why the last send was refused with a code of 1..=7: the field and the limit.
///
/// @param refusal  where it goes; its `offset` and `at` are 0
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the last send was not refused so, OAP_STATUS_NULL_POINTER,
///         OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_refusal(
    session: *const oap_session,
    refusal: *mut oap_reject,
) -> oap_status {
    unsafe { handle::look(session, |side| give(side.refusal.as_ref(), refusal)) }
}
