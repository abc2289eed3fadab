//! One side of a session.

use crate::config::{config_of, oap_config};
use crate::encode::Output;
use crate::frame::{self, oap_frame, oap_hello, Frames};
use crate::handle::{self, opaque, Handle};
use crate::pointer::Extent;
use crate::reject::{found, oap_reject};
use crate::row::{oap_frame_table, oap_row};
use crate::status::oap_status;
use crate::table::{Source, Target};
use oap::{EncodeError, Fault, Flow, Session};

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

    /// Runs a send, and keeps why it was refused.
    #[inline(always)]
    fn send(
        &mut self,
        send: impl FnOnce(&mut Session) -> Result<usize, EncodeError>,
    ) -> Result<usize, EncodeError> {
        let sent = send(&mut self.session);
        self.refusal = match sent {
            Err(EncodeError::Refused(fault)) => Some(fault),
            _ => None,
        };
        sent
    }
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
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::make(session, || config_of(config).map(|c| Side::new(Session::new(c)))) }
}

/// Frees a session and what it has staged. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_session_free(session: *mut oap_session) {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::free(session) }
}

/// Back to a session in which neither side has spoken.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_session_reset(session: *mut oap_session) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::renew(session, |side| {
            side.session.reset();
            side.refusal = None;
        })
    }
}

/// Takes received bytes and gives the next frames, as many as there are rows. A reject stands from the call that gives
/// the frames before it: from then on only an ERROR may go. Call again with what follows `table->consumed` while
/// `table->more` is true.
///
/// `table->bytes` is the chunk itself or, for a frame that an earlier chunk began, the staging buffer. The latter
/// stays until the next oap_session_recv, _finish, _reset or _free, or until an ERROR is sent.
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
    let (source, target) = (Source { bytes: chunk, len }, Target { rows, capacity, table });
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(session, |side| {
            let staged = Extent::of_slice(side.session.staged_bytes());
            target.decode_by_rules(source, staged, |chunk, rows| {
                Ok(side.session.recv(chunk, rows)?.into())
            })
        })
    }
}

/// Reports that the peer's bytes have ended. Whether they ended at a good place is the host's to judge.
///
/// @return OAP_STATUS_OK, OAP_STATUS_TRUNCATED where they ended inside a frame, the reject given before,
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_finish(session: *mut oap_session) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(session, |side| Ok(side.session.finish()?)) }
}

/// The HELLO that the configuration makes. It is not sent: a frame of OAP_KIND_HELLO without fields sends it.
///
/// @param hello  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_hello(
    session: *const oap_session,
    hello: *mut oap_hello,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(session, hello, |side| Ok(side.session.hello().into())) }
}

/// Encodes a frame and takes it as sent: from OAP_STATUS_OK on the host must send all that was encoded, in the order of
/// the calls. On any other status the session stays as it was.
///
/// The first frame of a side is its HELLO, which advertises no more than the configuration does. DATA takes one credit
/// until the peer acknowledges it; its `seq` is any number for the direction's first one, then the next one each. ACK
/// gives the peer credit back, ERROR ends the session both ways: what still arrives is discarded.
///
/// @param frame     it is only read, and so are its text and body
/// @param out       where the encoded frame goes; the caller's, and not overlapping an input
/// @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES plus those of the body are always enough
/// @param size      the frame's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
/// @return OAP_STATUS_OK; a reject's code, 1..=7, where the peer would have to reject the frame (oap_session_refusal
///         says more); OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED,
///         OAP_STATUS_OUT_OF_RANGE (no such kind, or another structure), OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL,
///         OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_send(
    session: *mut oap_session,
    frame: *const oap_frame,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let output = Output { out, capacity, size };
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(session, |side| {
            side.refusal = None;
            let (read, inputs) = frame::read(frame, Some(side.session.hello()))?;
            output.check(inputs)?;
            let sent = side.send(|session| session.send(&read, output.bytes()));
            output.finish(sent)
        })
    }
}

/// Encodes frames one behind the other and takes them as sent, all of them or none: many in one call.
///
/// @param frames    an array: each with the `struct_size` of the first
/// @param count     frames there; 0 sends nothing
/// @param out       where the encoded frames go; the caller's, and not overlapping an input
/// @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES for each, plus those of the bodies, are always enough
/// @param size      the bytes of all: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
/// @return as oap_session_send, for the first frame that can't be sent
#[no_mangle]
pub unsafe extern "C" fn oap_session_send_all(
    session: *mut oap_session,
    frames: *const oap_frame,
    count: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let output = Output { out, capacity, size };
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(session, |side| {
            side.refusal = None;
            let (own, frames) = (side.session.hello(), Frames::new(frames, count)?);
            output.check([frames.extent()])?;
            for read in frames.read(own) {
                output.check(read?.1)?;
            }
            let read = || frames.read(own).map_while(Result::ok).map(|(frame, _)| frame);
            let sent = side.send(|session| session.send_all(read(), output.bytes()));
            output.finish(sent.map_err(|error| match error {
                EncodeError::BufferTooSmall { .. } => EncodeError::BufferTooSmall {
                    needed: read().map(|frame| oap::encoded_len(&frame).unwrap_or(0)).sum(),
                },
                refused => refused,
            }))
        })
    }
}

/// The frames that this side has sent: its credit, what is in flight, whether a stream is open.
///
/// @param flow  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_outbound(
    session: *const oap_session,
    flow: *mut oap_flow,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(session, flow, |side| Ok(side.session.outbound().into())) }
}

/// The frames that the peer has sent.
///
/// @param flow  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_inbound(
    session: *const oap_session,
    flow: *mut oap_flow,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(session, flow, |side| Ok(side.session.inbound().into())) }
}

/// Whether both HELLOs have passed. False for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_is_established(session: *const oap_session) -> bool {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::value_of(session, |side| side.session.is_established()) }
}

/// Whether an ERROR has passed, either way: nothing more may be sent. False for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_has_ended(session: *const oap_session) -> bool {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::value_of(session, |side| side.session.has_ended()) }
}

/// Bytes of the largest frame that the peer takes; 0 before its HELLO, for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_peer_max_frame(session: *const oap_session) -> usize {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::value_of(session, |side| side.session.peer_max_frame().unwrap_or(0)) }
}

/// Bytes of a partial frame that are staged. 0 for NULL and for a poisoned handle.
#[no_mangle]
pub unsafe extern "C" fn oap_session_staged(session: *const oap_session) -> usize {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::value_of(session, |side| side.session.staged()) }
}

/// The details of the reject that the session gave was about.
///
/// @param reject  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where none was given, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_reject(
    session: *const oap_session,
    reject: *mut oap_reject,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(session, reject, |side| found(side.session.verdict())) }
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
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(session, refusal, |side| found(side.refusal.as_ref())) }
}
