//! A connection without its transport.

use crate::config::{config_of, oap_config};
use crate::connection_options::{oap_connection_options, options_of};
use crate::handle::{self, opaque, Handle};
use crate::monitor::{attach, oap_monitor};
use crate::pointer::{self, check_items, Extent, Place};
use crate::reject::{found, oap_reject};
use crate::row::{oap_frame_table, oap_row};
use crate::session::oap_flow;
use crate::status::{
    oap_status, Failure, Outcome, OAP_STATUS_ABSENT, OAP_STATUS_CLOSED, OAP_STATUS_INTERNAL,
    OAP_STATUS_WAITS_CREDIT, OAP_STATUS_WAITS_HANDSHAKE, OAP_STATUS_WAITS_ROOM,
};
use crate::table::{Source, Target};
use oap::{
    Config, Connection, ConnectionOptions, ConnectionState, EndReason, Fault, Piece, SendError,
    Wait,
};
use std::ffi::c_char;
use std::ptr;

/// One end of a connection, without its transport: it decides when to acknowledge, wait, stop and close
/// (docs/connection.md). The host moves bytes and says the time, in nanoseconds of a monotonic clock.
///
/// Owner: the caller, from oap_connection_new to oap_connection_free. One thread at a time.
pub struct oap_connection(Handle<Engine>);

opaque!(oap_connection, Engine);

pub(crate) struct Engine {
    connection: Connection,
    refusal: Option<Fault>,
}

impl Engine {
    /// That no input lies in what waits to be written: it would be read after the queue has moved.
    fn check_input(&self, input: Extent) -> Outcome {
        input.check_apart([Extent::of_slice(self.connection.queued_bytes())])
    }

    #[cfg(target_family = "wasm")]
    pub fn end_message(&self) -> Option<String> {
        self.connection.end_reason().map(EndReason::to_string)
    }

    fn send<T>(
        &mut self,
        send: impl FnOnce(&mut Connection) -> Result<T, SendError>,
    ) -> Result<T, Failure> {
        let sent = send(&mut self.connection);
        self.refusal = match sent {
            Err(SendError::Refused(fault)) => Some(fault),
            _ => None,
        };
        sent.map_err(|error| match error {
            SendError::Waits(Wait::Handshake) => Failure(OAP_STATUS_WAITS_HANDSHAKE),
            SendError::Waits(Wait::Credit) => Failure(OAP_STATUS_WAITS_CREDIT),
            SendError::Waits(Wait::Room) => Failure(OAP_STATUS_WAITS_ROOM),
            SendError::Refused(fault) => Failure::from(&fault),
            SendError::Closed => Failure(OAP_STATUS_CLOSED),
            _ => Failure(OAP_STATUS_INTERNAL),
        })
    }
}

/// oap_connection_info.state: the peer's HELLO has not come.
pub const OAP_CONNECTION_HANDSHAKE: u8 = 0;
/// oap_connection_info.state: both HELLOs have passed.
pub const OAP_CONNECTION_OPEN: u8 = 1;
/// oap_connection_info.state: the peer's input has ended between streams; what is here can still be taken.
pub const OAP_CONNECTION_PEER_CLOSED: u8 = 2;
/// oap_connection_info.state: this side closes; what is queued is being written.
pub const OAP_CONNECTION_CLOSING: u8 = 3;
/// oap_connection_info.state: all is written, the writing side is to be shut; acknowledgements are still read.
pub const OAP_CONNECTION_SHUT: u8 = 4;
/// oap_connection_info.state: it is over; close the transport.
pub const OAP_CONNECTION_ENDED: u8 = 5;

const _: () = assert!(
    OAP_CONNECTION_HANDSHAKE == ConnectionState::Handshake as u8
        && OAP_CONNECTION_OPEN == ConnectionState::Open as u8
        && OAP_CONNECTION_PEER_CLOSED == ConnectionState::PeerClosed as u8
        && OAP_CONNECTION_CLOSING == ConnectionState::Closing as u8
        && OAP_CONNECTION_SHUT == ConnectionState::Shut as u8
        && OAP_CONNECTION_ENDED == ConnectionState::Ended as u8
);

/// oap_connection_info.end_reason: none yet.
pub const OAP_END_NONE: u8 = 0;
/// Everything that was sent is acknowledged, and the peer's input ended between streams.
pub const OAP_END_CLEAN: u8 = 1;
/// The peer's input ended inside its stream.
pub const OAP_END_INCOMPLETE: u8 = 2;
/// The peer closed before it took all that was sent.
pub const OAP_END_UNACKNOWLEDGED: u8 = 3;
/// The peer broke a rule: oap_connection_reject.
pub const OAP_END_REJECT: u8 = 4;
/// The peer sent an ERROR: oap_connection_peer_error.
pub const OAP_END_PEER_ERROR: u8 = 5;
/// The peer sent no HELLO in time.
pub const OAP_END_HANDSHAKE_TIMEOUT: u8 = 6;
/// No byte passed for longer than the idle timeout.
pub const OAP_END_IDLE_TIMEOUT: u8 = 7;
/// Both sides waited for each other's credit. Take what is received while you send.
pub const OAP_END_STALLED: u8 = 8;
/// The close took longer than its timeout.
pub const OAP_END_CLOSE_TIMEOUT: u8 = 9;
/// The transport failed.
pub const OAP_END_RESET: u8 = 10;
/// This side aborted.
pub const OAP_END_ABORTED: u8 = 11;

const _: () = assert!(
    OAP_END_CLEAN == EndReason::Clean.code()
        && OAP_END_INCOMPLETE == EndReason::Incomplete.code()
        && OAP_END_UNACKNOWLEDGED == EndReason::Unacknowledged.code()
        && OAP_END_HANDSHAKE_TIMEOUT == EndReason::HandshakeTimeout.code()
        && OAP_END_IDLE_TIMEOUT == EndReason::IdleTimeout.code()
        && OAP_END_STALLED == EndReason::Stalled.code()
        && OAP_END_CLOSE_TIMEOUT == EndReason::CloseTimeout.code()
        && OAP_END_RESET == EndReason::Reset.code()
        && OAP_END_ABORTED == EndReason::Aborted.code()
);

/// The status of an END that gives its stream up.
pub const OAP_STREAM_ABORTED: u32 = 1;
/// The window of a connection whose caller gives no configuration, in DATA frames.
pub const OAP_CONNECTION_WINDOW: u32 = 1024;
/// oap_connection_close: as the options say.
pub const OAP_CLOSE_TIMEOUT: u64 = u64::MAX;

const _: () = assert!(OAP_STREAM_ABORTED == oap::ABORTED);
const _: () = assert!(OAP_CONNECTION_WINDOW == oap::CONNECTION_WINDOW);

/// A connection at a glance: all that its host asks between two calls.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_connection_info {
    /// When oap_connection_handle_timeout is due, in nanoseconds of the host's clock, if `has_timeout`.
    pub timeout_ns: u64,
    /// Bytes that wait to be written, bodies of the host's among them.
    pub queued: u64,
    /// Bytes of the frames that were given and not taken.
    pub untaken: u64,
    /// The largest body that the next DATA without `obj` can have, in bytes; 0 before the peer's HELLO.
    pub max_body: u64,
    /// The frames that this side has sent.
    pub outbound: oap_flow,
    /// The frames that the peer has sent.
    pub inbound: oap_flow,
    /// OAP_CONNECTION_…
    pub state: u8,
    /// OAP_END_…: why it ended or is about to end. The first reason is kept.
    pub end_reason: u8,
    /// Whether a deadline runs.
    pub has_timeout: bool,
    /// Whether the host is to read now.
    pub wants_read: bool,
    /// Whether there is something to write now.
    pub wants_write: bool,
    /// Whether the host is to shut its writing side, if it has not.
    pub wants_shutdown: bool,
}

impl From<&Connection> for oap_connection_info {
    fn from(connection: &Connection) -> Self {
        let timeout = connection.next_timeout();
        oap_connection_info {
            timeout_ns: timeout.unwrap_or(0),
            queued: connection.queued() as u64,
            untaken: connection.untaken(),
            max_body: connection.max_body(false).unwrap_or(0) as u64,
            outbound: connection.outbound().into(),
            inbound: connection.inbound().into(),
            state: connection.state() as u8,
            end_reason: connection.end_reason().map_or(OAP_END_NONE, EndReason::code),
            has_timeout: timeout.is_some(),
            wants_read: connection.wants_read(),
            wants_write: connection.wants_write(),
            wants_shutdown: connection.wants_shutdown(),
        }
    }
}

/// Something to write.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_piece {
    /// The bytes, which stay until the next call that may change the connection; NULL: the next `len` bytes of the
    /// oldest body that oap_connection_data_head announced and that is not written.
    pub bytes: *const u8,
    /// How many.
    pub len: usize,
}

/// Makes a connection whose transport has just been opened; its HELLO is queued.
///
/// @param config      copied; NULL means the defaults with a window of OAP_CONNECTION_WINDOW
/// @param options     copied; NULL means the defaults
/// @param now         the time, in nanoseconds of a monotonic clock, here and in every call
/// @param connection  where its handle goes; free it with oap_connection_free
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE (an option:
///         oap_connection_options_check says which), OAP_STATUS_NO_MEMORY, OAP_STATUS_POISONED (the configuration)
#[no_mangle]
pub unsafe extern "C" fn oap_connection_new(
    config: *const oap_config,
    options: *const oap_connection_options,
    now: u64,
    connection: *mut *mut oap_connection,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::make(connection, || {
            let config = own_config(config)?;
            let connection = Connection::new(config, options_of(options)?, now);
            Ok(Engine { connection, refusal: None })
        })
    }
}

/// # Safety
/// As in `config_of`.
unsafe fn own_config(config: *const oap_config) -> Result<Config, Failure> {
    if config.is_null() {
        return Ok(ConnectionOptions::default_config());
    }
    // SAFETY: the caller's promise.
    unsafe { config_of(config) }
}

/// Frees a connection and all that it holds. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_connection_free(connection: *mut oap_connection) {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::free(connection) }
}

/// Counts the connection's frames and rejects in a monitor from now on, which it keeps alive; its HELLO too, while none of
/// it is written.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_set_monitor(
    connection: *mut oap_connection,
    monitor: *const oap_monitor,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(connection, |engine| {
            attach(monitor, |monitor| engine.connection.set_monitor(monitor))
        })
    }
}

/// Writes all that a host asks between two calls.
///
/// @param info  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_inspect(
    connection: *const oap_connection,
    info: *mut oap_connection_info,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(connection, info, |engine| Ok((&engine.connection).into())) }
}

/// Takes received bytes, in any split, and gives the START, DATA and END that they complete, as many as there are rows.
/// Call again with what follows `table->consumed` while `table->more` is true. A host may stop while the connection does not
/// want to read, and go on with the rest later.
///
/// A reject or an ERROR of the peer behind these frames is told by oap_connection_info.end_reason. Once the connection
/// closes or has ended, the table is empty and the bytes are dealt with. `table->bytes` is as in oap_session_recv.
///
/// @param chunk     the peer's next bytes; (NULL, 0) is empty and changes nothing
/// @param len       bytes there
/// @param rows      an array that the rows go to; the caller's, and not overlapping the input
/// @param capacity  rows that it has room for: at least 1
/// @param table     what was found
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
///         OAP_STATUS_MISALIGNED, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_receive(
    connection: *mut oap_connection,
    now: u64,
    chunk: *const u8,
    len: usize,
    rows: *mut oap_row,
    capacity: usize,
    table: *mut oap_frame_table,
) -> oap_status {
    let (source, target) = (Source { bytes: chunk, len }, Target { rows, capacity, table });
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(connection, |engine| {
            let staged = Extent::of_slice(engine.connection.session().staged_bytes());
            target.decode(source, staged, |bytes, rows| {
                Ok(engine.connection.receive(now, bytes, rows).into())
            })
        })
    }
}

/// Reports that the peer's input has ended.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_receive_end(
    connection: *mut oap_connection,
    now: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, |connection| connection.receive_end(now)) }
}

/// Reports that the application has taken so many of the frames given, in their order: it asks for what follows. Their
/// DATA is acknowledged, unless `auto_ack` is off.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_take(
    connection: *mut oap_connection,
    now: u64,
    frames: usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, |connection| connection.take(now, frames)) }
}

/// Acknowledges the DATA of that seq and all before it: for hosts with `auto_ack` off.
///
/// @return OAP_STATUS_OK, OAP_STATUS_CREDIT_VIOLATION where `up_to` names no DATA in flight, OAP_STATUS_WAITS_ROOM,
///         OAP_STATUS_CLOSED, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_acknowledge(
    connection: *mut oap_connection,
    now: u64,
    up_to: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { send(connection, |connection| connection.acknowledge(now, up_to)) }
}

/// Queues a START: opens this side's stream.
///
/// @param stream      the stream's name: UTF-8 without control characters
/// @param stream_len  bytes of it, 1..=1024
/// @return OAP_STATUS_OK: queued. OAP_STATUS_WAITS_HANDSHAKE, OAP_STATUS_WAITS_CREDIT, OAP_STATUS_WAITS_ROOM: not now,
///         nothing was queued; try again when the connection has moved. OAP_STATUS_CLOSED: never. A reject's code:
///         the peer would have to reject it (oap_connection_refusal says more). OAP_STATUS_NULL_POINTER,
///         OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP (also for what oap_connection_transmit shows, as an input),
///         OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_start(
    connection: *mut oap_connection,
    now: u64,
    stream: *const c_char,
    stream_len: usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(connection, |engine| {
            engine.check_input(check_items(stream, stream_len)?)?;
            let stream = crate::frame::text(stream, stream_len)?;
            engine.send(|connection| connection.start(now, stream))
        })
    }
}

/// Queues a DATA of the open stream with a copy of its body.
///
/// @param obj       "b3:" and 64 lowercase hex digits; (NULL, 0) for none
/// @param obj_len   bytes of it
/// @param body      the bytes carried; (NULL, 0) is empty
/// @param body_len  how many
/// @param seq       where its seq goes; may be NULL
/// @return as oap_connection_start
#[no_mangle]
pub unsafe extern "C" fn oap_connection_data(
    connection: *mut oap_connection,
    now: u64,
    obj: *const c_char,
    obj_len: usize,
    body: *const u8,
    body_len: usize,
    seq: *mut u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(connection, |engine| {
            let inputs = [check_items(obj, obj_len)?, check_items(body, body_len)?];
            for input in inputs {
                engine.check_input(input)?;
            }
            check_seq(seq, inputs)?;
            let (obj, body) = (optional_text(obj, obj_len)?, pointer::items(body, body_len)?);
            let sent = engine.send(|connection| connection.data(now, obj, body))?;
            write_seq(seq, sent)
        })
    }
}

/// Queues many DATA of the open stream, without `obj`, whose bodies stand one behind the other: as many as can go now.
///
/// @param bytes      the bodies
/// @param bytes_len  bytes of all
/// @param lens       their lengths
/// @param count      how many bodies there are
/// @param sent       how many were queued, written on every status below but those of wrong pointers
/// @return OAP_STATUS_OK: all were queued; else what the first that was not queued would have got from
///         oap_connection_data. OAP_STATUS_OUT_OF_RANGE where the lengths are more than there are bytes;
///         OAP_STATUS_MISALIGNED where `lens` is.
#[no_mangle]
pub unsafe extern "C" fn oap_connection_data_all(
    connection: *mut oap_connection,
    now: u64,
    bytes: *const u8,
    bytes_len: usize,
    lens: *const u32,
    count: usize,
    sent: *mut usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(connection, |engine| {
            let (mut rest, lens) =
                (pointer::items(bytes, bytes_len)?, pointer::items(lens, count)?);
            let place = Place::new(sent)?;
            let bodies = Extent::of_slice(rest);
            place.extent().check_apart([bodies, Extent::of_slice(lens)])?;
            engine.check_input(bodies)?;
            let mut queued = 0;
            let mut outcome = Ok(());
            for &len in lens {
                let Some((body, after)) = rest.split_at_checked(len as usize) else {
                    outcome = Err(Failure(crate::status::OAP_STATUS_OUT_OF_RANGE));
                    break;
                };
                if let Err(failure) = engine.send(|connection| connection.data(now, None, body)) {
                    outcome = Err(failure);
                    break;
                }
                (rest, queued) = (after, queued + 1);
            }
            place.write(queued);
            outcome
        })
    }
}

/// Queues a DATA whose body lies with the host, unchanged until it is written: oap_connection_transmit shows where it
/// goes.
///
/// @param obj       as in oap_connection_data
/// @param obj_len   bytes of it
/// @param body_len  bytes of the body
/// @param seq       where its seq goes; may be NULL
/// @return as oap_connection_start
#[no_mangle]
pub unsafe extern "C" fn oap_connection_data_head(
    connection: *mut oap_connection,
    now: u64,
    obj: *const c_char,
    obj_len: usize,
    body_len: usize,
    seq: *mut u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(connection, |engine| {
            let text = check_items(obj, obj_len)?;
            engine.check_input(text)?;
            check_seq(seq, [text])?;
            let obj = optional_text(obj, obj_len)?;
            let sent = engine.send(|connection| connection.data_head(now, obj, body_len))?;
            write_seq(seq, sent)
        })
    }
}

/// Queues an END: closes this side's stream.
///
/// @param status  the host's: 0 for all went well, OAP_STREAM_ABORTED, others 2..=65535
/// @return as oap_connection_start
#[no_mangle]
pub unsafe extern "C" fn oap_connection_end_stream(
    connection: *mut oap_connection,
    now: u64,
    status: u32,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { send(connection, |connection| connection.end_stream(now, status)) }
}

/// Reports that the application no longer waits to send: its call was cancelled.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_cancel_send(connection: *mut oap_connection) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, Connection::cancel_send) }
}

/// Gives what is to be written now, in order; an acknowledgement that is due goes with it. The same bytes come again
/// until oap_connection_transmitted says that they are written.
///
/// @param pieces    where they go, as many as fit; the bytes stay until the next call with this connection but
///                  oap_connection_inspect
/// @param capacity  how many fit
/// @param count     how many there are; 0: nothing is to be written
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
///         OAP_STATUS_MISALIGNED, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_transmit(
    connection: *mut oap_connection,
    now: u64,
    pieces: *mut oap_piece,
    capacity: usize,
    count: *mut usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(connection, |engine| {
            let room = check_items(pieces, capacity)?;
            let count = Place::new(count)?;
            count.extent().check_apart([room])?;
            let mut found = 0;
            for piece in engine.connection.transmit(now).take(capacity) {
                let piece = match piece {
                    Piece::Bytes(bytes) => oap_piece { bytes: bytes.as_ptr(), len: bytes.len() },
                    Piece::Body(len) => oap_piece { bytes: ptr::null(), len },
                };
                pieces.add(found).write(piece);
                found += 1;
            }
            count.write(found);
            Ok(())
        })
    }
}

/// Reports that the transport has taken so many bytes of what oap_connection_transmit gave.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_transmitted(
    connection: *mut oap_connection,
    now: u64,
    bytes: usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, |connection| connection.transmitted(now, bytes)) }
}

/// Ends what has run out of time by `now`. Early calls do nothing.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_handle_timeout(
    connection: *mut oap_connection,
    now: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, |connection| connection.handle_timeout(now)) }
}

/// Closes in good order: no new sends, an open stream is given up, what is queued is written, acknowledgements are read
/// on. A second call can only bring the end forward.
///
/// @param within_ns  how long it may take; OAP_CLOSE_TIMEOUT: as the options say
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_close(
    connection: *mut oap_connection,
    now: u64,
    within_ns: u64,
) -> oap_status {
    let within = Some(within_ns).filter(|&within| within != OAP_CLOSE_TIMEOUT);
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, |connection| connection.close(now, within)) }
}

/// Ends at once: nothing more is written or read.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_abort(connection: *mut oap_connection) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, Connection::abort) }
}

/// Reports that the transport failed.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_INTERNAL, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_transport_failed(
    connection: *mut oap_connection,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { change(connection, Connection::transport_failed) }
}

/// Writes the reject that ended the connection.
///
/// @param reject  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the end reason is another, OAP_STATUS_NULL_POINTER,
///         OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_reject(
    connection: *const oap_connection,
    reject: *mut oap_reject,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::write_value(connection, reject, |engine| match engine.connection.end_reason() {
            Some(EndReason::Rejected(reject)) => found(Some(reject)),
            _ => Err(Failure(OAP_STATUS_ABSENT)),
        })
    }
}

/// Writes why the last send was refused with a code of 1..=7: the field and the limit.
///
/// @param refusal  where it goes; its `offset` and `at` are 0
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the last send was not refused so, OAP_STATUS_NULL_POINTER,
///         OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_refusal(
    connection: *const oap_connection,
    refusal: *mut oap_reject,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(connection, refusal, |engine| found(engine.refusal.as_ref())) }
}

/// Writes the ERROR of the peer that ended the connection. Its text is the peer's own: put it into no log.
///
/// @param code    where its code goes
/// @param reason  where the address of its text goes: UTF-8, not NUL-terminated, until oap_connection_free
/// @param len     where the bytes of the text go
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the end reason is another, OAP_STATUS_NULL_POINTER,
///         OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_connection_peer_error(
    connection: *const oap_connection,
    code: *mut u32,
    reason: *mut *const c_char,
    len: *mut usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::inspect(connection, |engine| {
            let (code, reason, len) = (Place::new(code)?, Place::new(reason)?, Place::new(len)?);
            code.extent().check_apart([reason.extent(), len.extent()])?;
            reason.extent().check_apart([len.extent()])?;
            let Some(EndReason::PeerError(error)) = engine.connection.end_reason() else {
                return Err(Failure(OAP_STATUS_ABSENT));
            };
            code.write(error.code());
            reason.write(error.reason().as_ptr().cast());
            len.write(error.reason().len());
            Ok(())
        })
    }
}

/// # Safety
/// As in `handle::with`.
unsafe fn change(
    connection: *mut oap_connection,
    change: impl FnOnce(&mut Connection),
) -> oap_status {
    // SAFETY: the caller's promise.
    unsafe {
        handle::with(connection, |engine| {
            change(&mut engine.connection);
            Ok(())
        })
    }
}

/// # Safety
/// As in `handle::with`.
unsafe fn send(
    connection: *mut oap_connection,
    send: impl FnOnce(&mut Connection) -> Result<(), SendError>,
) -> oap_status {
    // SAFETY: the caller's promise.
    unsafe { handle::with(connection, |engine| engine.send(send)) }
}

/// # Safety
/// As in `pointer::items`.
unsafe fn optional_text<'a>(text: *const c_char, len: usize) -> Result<Option<&'a str>, Failure> {
    if text.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { crate::frame::text(text, len) }.map(Some)
}

/// That a seq which is asked for goes nowhere where an input lies.
fn check_seq<const N: usize>(seq: *mut u64, inputs: [Extent; N]) -> Outcome {
    if seq.is_null() {
        return Ok(());
    }
    Extent::of(seq, 1).check_apart(inputs)
}

/// # Safety
/// `place` is NULL or valid for a write.
unsafe fn write_seq(place: *mut u64, seq: u64) -> Outcome {
    if !place.is_null() {
        // SAFETY: the caller's promise.
        unsafe { Place::new(place) }?.write(seq);
    }
    Ok(())
}
