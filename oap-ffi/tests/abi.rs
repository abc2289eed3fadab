//! The C ABI called as C calls it, so that Miri sees it: outputs and rows are uninitialized, structures hold only what is
//! read, memory overlaps or is misaligned, and every handle is freed.

// Each call keeps the promises of oap.h, or breaks on purpose those that it checks: Miri says whether that is so.
#![allow(clippy::undocumented_unsafe_blocks)]
// The macros bring their own.
#![allow(unused_unsafe)]

use oap_ffi::config::*;
use oap_ffi::connection::*;
use oap_ffi::connection_options::*;
use oap_ffi::decoder::*;
use oap_ffi::encode::*;
use oap_ffi::frame::*;
use oap_ffi::monitor::*;
use oap_ffi::reject::*;
use oap_ffi::row::*;
use oap_ffi::session::*;
use oap_ffi::status::*;
use oap_ffi::stream_decoder::*;
use std::mem::{offset_of, MaybeUninit};
use std::ptr::{null, null_mut};
use std::{slice, thread};

const OBJ: &str = "b3:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const ROWS: usize = 8;

type Rows = [MaybeUninit<oap_row>; ROWS];
type Table = MaybeUninit<oap_frame_table>;

/// A frame of which only these fields are initialized.
struct Partial(MaybeUninit<oap_frame>);

macro_rules! frame {
    ($kind:expr $(, $field:ident = $value:expr)*) => {{
        let mut frame = MaybeUninit::<oap_frame>::uninit();
        let at = frame.as_mut_ptr();
        unsafe {
            (&raw mut (*at).struct_size).write(size_of::<oap_frame>());
            (&raw mut (*at).kind).write($kind);
            $((&raw mut (*at).$field).write($value);)*
        }
        Partial(frame)
    }};
}

fn hello(fields: &oap_hello) -> Partial {
    frame!(OAP_KIND_HELLO, hello = fields)
}

fn start(stream: &str) -> Partial {
    frame!(OAP_KIND_START, text = stream.as_ptr().cast(), text_len = stream.len())
}

fn data(seq: u64, obj: &str, body: &[u8]) -> Partial {
    let text = if obj.is_empty() { null() } else { obj.as_ptr() };
    let body_at = body.as_ptr();
    frame!(
        OAP_KIND_DATA,
        seq = seq,
        body = body_at,
        body_len = body.len(),
        text = text.cast(),
        text_len = obj.len()
    )
}

fn ack(up_to: u64) -> Partial {
    frame!(OAP_KIND_ACK, seq = up_to)
}

fn end(seq: u64) -> Partial {
    frame!(OAP_KIND_END, seq = seq, value = 0)
}

fn error(code: u32, reason: &str) -> Partial {
    let at = reason.as_ptr();
    frame!(OAP_KIND_ERROR, value = code, text = at.cast(), text_len = reason.len())
}

const HELLO: oap_hello = oap_hello {
    max_frame: 4_096,
    features: 7,
    version: 1,
    ack_window: 4,
    // What C may store in a bool by memcpy.
    has_features: 2,
    has_ack_window: 255,
};

/// Calls with uninitialized room and returns the bytes that were written.
fn written(call: impl FnOnce(*mut u8, usize, *mut usize) -> oap_status) -> Vec<u8> {
    let (mut out, mut size) = ([MaybeUninit::<u8>::uninit(); 512], MaybeUninit::uninit());
    let status = call(out.as_mut_ptr().cast(), out.len(), size.as_mut_ptr());
    assert_eq!(status, OAP_STATUS_OK);
    unsafe { slice::from_raw_parts(out.as_ptr().cast(), size.assume_init()).to_vec() }
}

fn encoded(frame: &Partial) -> Vec<u8> {
    written(|out, capacity, size| unsafe { oap_encode(frame.0.as_ptr(), out, capacity, size) })
}

/// One of each kind, as a session may send them.
fn every_kind() -> Vec<Vec<u8>> {
    [
        hello(&HELLO),
        start("objects"),
        data(9, OBJ, b"body"),
        data(10, "", b""),
        ack(3),
        end(10),
        error(7, "why"),
    ]
    .iter()
    .map(encoded)
    .collect()
}

/// The rows and the table of a call, read as far as they were written.
fn found(rows: &Rows, table: Table) -> (Vec<oap_row>, oap_frame_table) {
    let table = unsafe { table.assume_init() };
    (rows[..table.rows].iter().map(|row| unsafe { row.assume_init() }).collect(), table)
}

fn bytes_of(row: &oap_row, table: &oap_frame_table) -> (Vec<u8>, Vec<u8>) {
    unsafe {
        let at = |offset: u32, len: usize| {
            slice::from_raw_parts(table.bytes.add(offset as usize), len).to_vec()
        };
        (at(row.text_offset, row.text_len.into()), at(row.body_offset, row.body_len as usize))
    }
}

macro_rules! handle {
    ($new:ident $(, $argument:expr)*) => {{
        let mut handle = MaybeUninit::uninit();
        assert_eq!(unsafe { $new($($argument,)* handle.as_mut_ptr()) }, OAP_STATUS_OK);
        unsafe { handle.assume_init() }
    }};
}

/// What a value of the handle says.
macro_rules! value {
    ($function:ident, $handle:expr) => {{
        let mut value = MaybeUninit::uninit();
        match unsafe { $function($handle, value.as_mut_ptr()) } {
            OAP_STATUS_OK => Ok(unsafe { value.assume_init() }),
            status => Err(status),
        }
    }};
}

fn uninit_rows() -> Rows {
    [MaybeUninit::uninit(); ROWS]
}

fn recv(session: *mut oap_session, chunk: &[u8]) -> (oap_status, Vec<oap_row>) {
    let (mut rows, mut table) = (uninit_rows(), Table::uninit());
    let status = unsafe {
        let rows = rows.as_mut_ptr().cast();
        oap_session_recv(session, chunk.as_ptr(), chunk.len(), rows, ROWS, table.as_mut_ptr())
    };
    let rows = if status == OAP_STATUS_OK { found(&rows, table).0 } else { Vec::new() };
    (status, rows)
}

fn send(session: *mut oap_session, frame: &Partial) -> Vec<u8> {
    written(|out, capacity, size| unsafe {
        oap_session_send(session, frame.0.as_ptr(), out, capacity, size)
    })
}

#[test]
fn every_kind_goes_into_uninitialized_memory_and_comes_back() {
    for wire in every_kind() {
        let (mut rows, mut table) = (uninit_rows(), Table::uninit());
        let status = unsafe {
            let row = rows.as_mut_ptr().cast();
            oap_decode(null(), wire.as_ptr(), wire.len(), row, table.as_mut_ptr())
        };
        assert_eq!(status, OAP_STATUS_OK);
        let (rows, table) = found(&rows, table);
        assert_eq!((rows.len(), table.consumed, table.more), (1, wire.len(), false));
        let mut done = MaybeUninit::uninit();
        let mut out = [MaybeUninit::<u8>::uninit(); 128];
        let status = unsafe {
            let (at, room) = (out.as_mut_ptr().cast(), out.len());
            oap_encode_rows(rows.as_ptr(), 1, table.bytes, wire.len(), at, room, done.as_mut_ptr())
        };
        assert_eq!(status, OAP_STATUS_OK);
        let again = unsafe { slice::from_raw_parts(out.as_ptr().cast(), wire.len()) };
        assert_eq!((unsafe { done.assume_init() }.written, again), (wire.len(), &wire[..]));
    }
}

#[test]
fn a_decoder_and_a_stream_decoder_find_the_same_at_every_cut() {
    let wire = every_kind().concat();
    for cut in (0..=wire.len()).step_by(if cfg!(miri) { 29 } else { 1 }) {
        let decoder = handle!(oap_stream_decoder_new, null());
        let mut kinds = Vec::new();
        for mut chunk in [&wire[..cut], &wire[cut..]] {
            loop {
                let (mut rows, mut table) = (uninit_rows(), Table::uninit());
                let status = unsafe {
                    let (at, len, rows) = (chunk.as_ptr(), chunk.len(), rows.as_mut_ptr().cast());
                    oap_stream_decoder_feed(decoder, at, len, rows, ROWS, table.as_mut_ptr())
                };
                assert_eq!(status, OAP_STATUS_OK);
                let (rows, table) = found(&rows, table);
                for row in &rows {
                    kinds.push((row.kind, bytes_of(row, &table)));
                }
                chunk = &chunk[table.consumed..];
                if chunk.is_empty() && !table.more {
                    break;
                }
            }
        }
        assert_eq!(kinds.len(), 7);
        assert_eq!(kinds[2], (OAP_KIND_DATA, (OBJ.into(), b"body".to_vec())));
        unsafe {
            assert_eq!(oap_stream_decoder_staged(decoder), 0);
            assert_eq!(oap_stream_decoder_finish(decoder), OAP_STATUS_OK);
            oap_stream_decoder_free(decoder);
        }
    }
}

#[test]
fn two_sessions_talk_through_uninitialized_memory() {
    let (one, other) = (handle!(oap_session_new, null()), handle!(oap_session_new, null()));
    let own = frame!(OAP_KIND_HELLO, hello = null());
    assert_eq!(recv(other, &send(one, &own)).0, OAP_STATUS_OK);
    assert_eq!(recv(one, &send(other, &hello(&HELLO))).1[0].features(), Some(7));
    // Each with its struct_size, and nothing else that its kind does not have.
    let frames = [start("s"), data(1, "", b"abc"), data(2, "", b"")];
    let wire = written(|out, capacity, size| unsafe {
        oap_session_send_all(one, frames.as_ptr().cast(), frames.len(), out, capacity, size)
    });
    let kinds: Vec<u8> =
        wire.iter().flat_map(|byte| recv(other, &[*byte]).1).map(|r| r.kind).collect();
    assert_eq!(kinds, [OAP_KIND_START, OAP_KIND_DATA, OAP_KIND_DATA]);
    assert_eq!(recv(one, &send(other, &ack(2))).0, OAP_STATUS_OK);
    assert_eq!(value!(oap_session_outbound, one).map(|flow: oap_flow| flow.in_flight), Ok(0));
    // A refusal, then a reject: what was uninitialized stays so.
    let (mut out, mut size) = ([MaybeUninit::<u8>::uninit(); 64], MaybeUninit::<usize>::uninit());
    let status = unsafe {
        let out = out.as_mut_ptr().cast();
        oap_session_send(one, end(9).0.as_ptr(), out, 64, size.as_mut_ptr())
    };
    assert_eq!(status, OAP_STATUS_CREDIT_VIOLATION);
    assert_eq!(value!(oap_session_refusal, one).map(|fault: oap_reject| fault.limit), Ok(2));
    assert_eq!(recv(other, &encoded(&end(9))).0, OAP_STATUS_CREDIT_VIOLATION);
    assert_eq!(value!(oap_session_reject, other).map(|fault: oap_reject| fault.code), Ok(7));
    assert_eq!(recv(one, &send(other, &error(7, ""))).0, OAP_STATUS_OK);
    unsafe {
        assert!(oap_session_has_ended(one));
        assert_eq!(oap_session_reset(one), OAP_STATUS_OK);
        oap_session_free(one);
        oap_session_free(other);
    }
}

trait Features {
    fn features(&self) -> Option<u64>;
}

impl Features for oap_row {
    fn features(&self) -> Option<u64> {
        (self.flags & OAP_HAS_FEATURES != 0).then_some(self.seq)
    }
}

#[test]
fn a_rejected_frame_leaves_initialized_rows_as_they_were() {
    let session = handle!(oap_session_new, null());
    let wire = encoded(&ack(1));
    let mut rows = [oap_row { seq: 0x5a, ..oap_row::default() }; 2];
    let mut table = Table::uninit();
    let status = unsafe {
        let at = rows.as_mut_ptr();
        oap_session_recv(session, wire.as_ptr(), wire.len(), at, 2, table.as_mut_ptr())
    };
    assert_eq!((status, rows[0].seq, rows[1].seq), (OAP_STATUS_BAD_HELLO, 0x5a, 0x5a));
    unsafe { oap_session_free(session) }
}

#[test]
fn a_handle_refuses_its_own_memory_as_input() {
    let decoder = handle!(oap_stream_decoder_new, null());
    let wire = encoded(&start("stream"));
    let (mut rows, mut table) = (uninit_rows(), Table::uninit());
    let mut feed = |at: *const u8, len| unsafe {
        let rows = rows.as_mut_ptr().cast();
        let status = oap_stream_decoder_feed(decoder, at, len, rows, ROWS, table.as_mut_ptr());
        (status, table.as_ptr())
    };
    assert_eq!(feed(wire.as_ptr(), 9).0, OAP_STATUS_OK);
    let (status, table) = feed(wire[9..].as_ptr(), wire.len() - 9);
    assert_eq!(status, OAP_STATUS_OK);
    let staged = unsafe { (*table).bytes };
    for (at, len) in [(staged, wire.len()), (staged, 1), (staged.wrapping_add(wire.len() - 1), 1)] {
        assert_eq!(feed(at, len).0, OAP_STATUS_OVERLAP);
    }
    unsafe { oap_stream_decoder_free(decoder) }
}

/// Memory that the calls share with themselves.
#[repr(C, align(8))]
struct Shared([MaybeUninit<u8>; 256]);

#[test]
fn outputs_that_overlap_are_refused_and_nothing_is_written() {
    let mut shared = Shared([MaybeUninit::new(0x5a); 256]);
    let at = shared.0.as_mut_ptr().cast::<u8>();
    let frame = ack(1);
    unsafe {
        let size = at.add(8).cast();
        assert_eq!(oap_encode(frame.0.as_ptr(), at, 16, size), OAP_STATUS_OVERLAP);
        let body = data(1, "", slice::from_raw_parts(at, 16));
        assert_eq!(oap_encode(body.0.as_ptr(), at.add(15), 64, size), OAP_STATUS_OVERLAP);
        assert_eq!(oap_encode(body.0.as_ptr(), at.add(16), 64, size), OAP_STATUS_OVERLAP);
        for (rows, table) in [(8, 128), (0, 8), (64, 64), (64, 88)] {
            let (rows, table) = (at.add(rows).cast(), at.add(table).cast());
            assert_eq!(oap_decode(null(), at, 16, rows, table), OAP_STATUS_OVERLAP);
        }
    }
    assert!(shared.0.iter().all(|byte| unsafe { byte.assume_init() } == 0x5a));
}

#[test]
fn misaligned_rows_frames_and_options_have_a_status_of_their_own() {
    let mut shared = Shared([MaybeUninit::uninit(); 256]);
    let at = unsafe { shared.0.as_mut_ptr().cast::<u8>().add(1) };
    let wire = encoded(&ack(1));
    let (mut size, mut table) = (MaybeUninit::uninit(), Table::uninit());
    let mut out = [MaybeUninit::<u8>::uninit(); 32];
    let out = out.as_mut_ptr().cast();
    unsafe {
        let decoded = oap_decode(null(), wire.as_ptr(), wire.len(), at.cast(), table.as_mut_ptr());
        assert_eq!(decoded, OAP_STATUS_MISALIGNED);
        assert_eq!(oap_encode(at.cast(), out, 32, size.as_mut_ptr()), OAP_STATUS_MISALIGNED);
        let options = oap_connection_options_check(at.cast(), at.add(128).cast());
        assert_eq!(options, OAP_STATUS_MISALIGNED);
        // Outputs of numbers and structures may stand anywhere.
        assert_eq!(oap_encode(ack(1).0.as_ptr(), out, 32, at.cast()), OAP_STATUS_OK);
        assert_eq!(at.cast::<usize>().read_unaligned(), wire.len());
    }
}

#[test]
fn a_bool_may_be_any_byte() {
    let config = handle!(oap_config_new);
    unsafe {
        assert_eq!(oap_config_set_strict_headers(config, 2), OAP_STATUS_OK);
        assert_eq!(oap_config_set_allow_pq_hello_flags(config, 128), OAP_STATUS_OK);
        assert_eq!(oap_config_set_enforce_obj_header_on_objects(config, 255), OAP_STATUS_OK);
        assert_eq!(oap_config_set_max_frame(config, 0), OAP_STATUS_OUT_OF_RANGE);
    }
    assert!(value!(oap_config_get_error, config).is_ok());
    let mut options = value!(options_init, ()).unwrap();
    options.auto_ack = 2;
    let connection = handle!(oap_connection_new, config, &options, 0);
    unsafe {
        oap_connection_free(connection);
        oap_config_free(config);
    }
}

unsafe fn options_init((): (), options: *mut oap_connection_options) -> oap_status {
    unsafe { oap_connection_options_init(options) }
}

#[test]
fn nothing_is_freed_twice_and_null_is_nothing() {
    unsafe {
        oap_config_free(null_mut());
        oap_decoder_free(null_mut());
        oap_stream_decoder_free(null_mut());
        oap_session_free(null_mut());
        oap_connection_free(null_mut());
        oap_monitor_free(null_mut());
    }
    let (decoder, monitor) = (handle!(oap_decoder_new, null()), handle!(oap_monitor_new, null()));
    unsafe {
        assert_eq!(oap_decoder_set_monitor(decoder, monitor), OAP_STATUS_OK);
        // What counts in it keeps it.
        oap_monitor_free(monitor);
        assert_eq!(oap_decoder_finish(decoder, [0u8; 3].as_ptr(), 3), OAP_STATUS_TRUNCATED);
        oap_decoder_free(decoder);
    }
}

/// A handle that goes to another thread.
#[derive(Clone, Copy)]
struct Sent(*const oap_monitor);
// SAFETY: a monitor is for any thread.
unsafe impl Send for Sent {}

#[test]
fn threads_share_a_monitor() {
    let monitor = handle!(oap_monitor_new, null());
    let sent = Sent(monitor);
    let count = move || {
        let Sent(monitor) = { sent };
        for now in 0..20 {
            unsafe {
                assert_eq!(oap_monitor_count_frame(monitor, OAP_KIND_ACK, 11), OAP_STATUS_OK);
                assert_eq!(oap_monitor_set_parser_ready(monitor, 2), OAP_STATUS_OK);
                assert_eq!(oap_monitor_tick(monitor, now * 1_000_000_000), OAP_STATUS_OK);
            }
        }
    };
    let threads: Vec<_> = (0..3).map(|_| thread::spawn(count)).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let snapshot = value!(oap_monitor_snapshot, monitor);
    assert_eq!(snapshot.map(|snapshot: oap_snapshot| snapshot.frames[4 - 1]), Ok(60));
    let mut readiness = MaybeUninit::<oap_readiness>::uninit();
    let page = unsafe {
        assert_eq!(oap_monitor_readiness(monitor, 1, readiness.as_mut_ptr()), OAP_STATUS_OK);
        let mut size = MaybeUninit::uninit();
        let too_small = oap_monitor_text(monitor, null_mut(), 0, size.as_mut_ptr());
        assert_eq!(too_small, OAP_STATUS_BUFFER_TOO_SMALL);
        let mut page = vec![MaybeUninit::<u8>::uninit(); size.assume_init()];
        let (at, room) = (page.as_mut_ptr().cast(), page.len());
        assert_eq!(oap_monitor_text(monitor, at, room, size.as_mut_ptr()), OAP_STATUS_OK);
        oap_monitor_free(monitor);
        page.iter().map(|byte| byte.assume_init()).collect::<Vec<u8>>()
    };
    assert!(String::from_utf8(page).unwrap().starts_with("# HELP"));
}

/// Moves what `from` has to write to `to`, a body that lies with the host from `body`.
fn carry(from: *mut oap_connection, to: *mut oap_connection, body: &[u8]) -> Vec<oap_row> {
    let mut pieces = [MaybeUninit::<oap_piece>::uninit(); 4];
    let mut count = MaybeUninit::uninit();
    let status = unsafe {
        oap_connection_transmit(from, 1, pieces.as_mut_ptr().cast(), 4, count.as_mut_ptr())
    };
    assert_eq!(status, OAP_STATUS_OK);
    let mut wire = Vec::new();
    for piece in &pieces[..unsafe { count.assume_init() }] {
        let piece = unsafe { piece.assume_init() };
        match piece.bytes.is_null() {
            true => wire.extend_from_slice(&body[..piece.len]),
            false => {
                wire.extend_from_slice(unsafe { slice::from_raw_parts(piece.bytes, piece.len) })
            }
        }
    }
    assert_eq!(unsafe { oap_connection_transmitted(from, 1, wire.len()) }, OAP_STATUS_OK);
    let mut all = Vec::new();
    for mut chunk in wire.chunks(7) {
        loop {
            let (mut rows, mut table) = (uninit_rows(), Table::uninit());
            let status = unsafe {
                let (at, len, rows) = (chunk.as_ptr(), chunk.len(), rows.as_mut_ptr().cast());
                oap_connection_receive(to, 1, at, len, rows, ROWS, table.as_mut_ptr())
            };
            assert_eq!(status, OAP_STATUS_OK);
            let (rows, table) = found(&rows, table);
            all.extend(rows);
            chunk = &chunk[table.consumed..];
            if chunk.is_empty() && !table.more {
                break;
            }
        }
    }
    all
}

#[test]
fn two_connections_talk_and_close() {
    let connection = || handle!(oap_connection_new, null(), null(), 0);
    let (one, other) = (connection(), connection());
    let monitor = handle!(oap_monitor_new, null());
    let (mut seq, mut sent) = (MaybeUninit::<u64>::uninit(), MaybeUninit::<usize>::uninit());
    unsafe {
        assert_eq!(oap_connection_set_monitor(one, monitor), OAP_STATUS_OK);
        let early = oap_connection_start(one, 1, "s".as_ptr().cast(), 1);
        assert_eq!(early, OAP_STATUS_WAITS_HANDSHAKE);
        carry(one, other, &[]);
        carry(other, one, &[]);
        assert_eq!(oap_connection_start(one, 1, "s".as_ptr().cast(), 1), OAP_STATUS_OK);
        let lens = [2u32, 1];
        let many = oap_connection_data_all(
            one,
            1,
            b"abc".as_ptr(),
            3,
            lens.as_ptr(),
            2,
            sent.as_mut_ptr(),
        );
        assert_eq!((many, sent.assume_init()), (OAP_STATUS_OK, 2));
        let head = oap_connection_data_head(one, 1, null(), 0, 5, seq.as_mut_ptr());
        assert_eq!((head, seq.assume_init()), (OAP_STATUS_OK, 3));
        assert_eq!(oap_connection_data(one, 1, null(), 0, null(), 0, null_mut()), OAP_STATUS_OK);
        assert_eq!(oap_connection_end_stream(one, 1, 0), OAP_STATUS_OK);
        assert_eq!(carry(one, other, b"large").len(), 6);
        assert_eq!(oap_connection_take(other, 1, 6), OAP_STATUS_OK);
        carry(other, one, &[]);
        let info: oap_connection_info = value!(oap_connection_inspect, one).unwrap();
        assert_eq!((info.state, info.outbound.in_flight), (OAP_CONNECTION_OPEN, 0));
        assert_eq!(oap_connection_close(one, 1, OAP_CLOSE_TIMEOUT), OAP_STATUS_OK);
        assert_eq!(oap_connection_receive_end(other, 1), OAP_STATUS_OK);
        assert_eq!(oap_connection_handle_timeout(one, u64::MAX), OAP_STATUS_OK);
        assert_eq!(oap_connection_abort(other), OAP_STATUS_OK);
    }
    for connection in [one, other] {
        let info: oap_connection_info = value!(oap_connection_inspect, connection).unwrap();
        assert_eq!((info.state, info.end_reason), (OAP_CONNECTION_ENDED, OAP_END_CLEAN));
        unsafe { oap_connection_free(connection) }
    }
    unsafe { oap_monitor_free(monitor) }
}

#[test]
fn the_reason_of_a_peers_error_is_read_in_place() {
    let connection = handle!(oap_connection_new, null(), null(), 0);
    let wire = encoded(&error(9, "why"));
    let (mut rows, mut table) = (uninit_rows(), Table::uninit());
    let (mut code, mut text, mut len) =
        (MaybeUninit::uninit(), MaybeUninit::uninit(), MaybeUninit::uninit());
    unsafe {
        let rows = rows.as_mut_ptr().cast();
        let (at, table) = (wire.as_ptr(), table.as_mut_ptr());
        let status = oap_connection_receive(connection, 1, at, wire.len(), rows, ROWS, table);
        assert_eq!(status, OAP_STATUS_OK);
        let (code_at, text_at) = (code.as_mut_ptr(), text.as_mut_ptr());
        let status = oap_connection_peer_error(connection, code_at, text_at, len.as_mut_ptr());
        assert_eq!((status, code.assume_init()), (OAP_STATUS_OK, 9));
        let reason = slice::from_raw_parts(text.assume_init().cast::<u8>(), len.assume_init());
        assert_eq!(reason, b"why");
        oap_connection_free(connection);
    }
}

/// A body that is queued from the queue itself would be read after its buffer has moved.
#[test]
fn a_connection_refuses_what_it_shows_to_be_written_as_a_body() {
    let (one, other) = (
        handle!(oap_connection_new, null(), null(), 0),
        handle!(oap_connection_new, null(), null(), 0),
    );
    carry(one, other, &[]);
    carry(other, one, &[]);
    let mut piece = MaybeUninit::<oap_piece>::uninit();
    let (mut count, mut sent) = (MaybeUninit::<usize>::uninit(), MaybeUninit::<usize>::uninit());
    unsafe {
        assert_eq!(oap_connection_start(one, 1, "s".as_ptr().cast(), 1), OAP_STATUS_OK);
        let status = oap_connection_transmit(one, 1, piece.as_mut_ptr(), 1, count.as_mut_ptr());
        assert_eq!(status, OAP_STATUS_OK);
        let oap_piece { bytes, len } = piece.assume_init();
        for (at, len) in [(bytes, len), (bytes.add(len - 1), 1)] {
            let status = oap_connection_data(one, 1, null(), 0, at, len, null_mut());
            assert_eq!(status, OAP_STATUS_OVERLAP);
            let lens = [len as u32];
            let status =
                oap_connection_data_all(one, 1, at, len, lens.as_ptr(), 1, sent.as_mut_ptr());
            assert_eq!(status, OAP_STATUS_OVERLAP);
        }
        let text = oap_connection_start(one, 1, bytes.cast(), len);
        assert_eq!(text, OAP_STATUS_OVERLAP);
        oap_connection_free(one);
        oap_connection_free(other);
    }
}

#[test]
fn a_frame_of_another_size_is_read_by_its_size() {
    let mut out = [MaybeUninit::<u8>::uninit(); 32];
    let mut size = MaybeUninit::<usize>::uninit();
    let mut short = ack(1);
    let mut encode = |frame: &Partial| unsafe {
        oap_encode(frame.0.as_ptr(), out.as_mut_ptr().cast(), 32, size.as_mut_ptr())
    };
    unsafe { (*short.0.as_mut_ptr()).struct_size = offset_of!(oap_frame, body) };
    assert_eq!(encode(&short), OAP_STATUS_OK);
    unsafe { (*short.0.as_mut_ptr()).struct_size = offset_of!(oap_frame, seq) };
    assert_eq!(encode(&short), OAP_STATUS_OUT_OF_RANGE);
}
