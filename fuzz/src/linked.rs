//! A connection of the C ABI beside the core's: the same statuses, tables, pieces and answers for any calls.

use crate::foreign::{assert_flow, status_of, told, Status, Table, Twin};
use crate::frames::Owned;
use arbitrary::Arbitrary;
use oap::{Connection, ConnectionOptions, End, EndReason, Hello, Piece, Row, SendError, Wait};
use oap_ffi::connection::*;
use oap_ffi::connection_options::*;
use oap_ffi::row::{oap_frame_table, oap_row};
use oap_ffi::status::*;
use std::mem::{offset_of, MaybeUninit};
use std::ptr::null;

#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Limits {
    /// The structure is so many bytes over 240 too small.
    missing: u8,
    send_buffer: u16,
    receive_buffer: u16,
    idle_ns: u32,
    auto_ack: u8,
}

#[derive(Arbitrary, Debug)]
pub enum Step<'a> {
    PeerHello(u8),
    PeerStart,
    PeerData(u8, u8),
    PeerAck(u8),
    PeerEnd(u8),
    Noise(&'a [u8]),
    /// So many of the bytes on the way arrive, with so many rows.
    Receive(u16, u8),
    ReceiveEnd,
    Take(u8),
    Acknowledge(u8),
    Start,
    Data(u8),
    /// Bodies of these lengths, and so many bytes too few for them.
    DataAll([u8; 3], u8),
    DataHead(u8),
    End(u32),
    /// So much room for pieces, and so many bytes of them are written.
    Transmit(u8, u16),
    Pass(u32),
    CancelSend,
    Close(u32),
    Abort,
}

struct Link {
    twin: Twin<oap_connection, Connection>,
    now: u64,
    /// Bytes of the peer on their way.
    pipe: Vec<u8>,
}

/// Makes both with these options and takes the steps with each.
pub fn compare(limits: Limits, steps: &[Step<'_>]) {
    let Some((options, core)) = options_of(limits) else { return };
    let mut link = Link { twin: Twin::none(oap_connection_free), now: 0, pipe: Vec::new() };
    let core = Connection::new(ConnectionOptions::default_config(), core, 0);
    link.twin.make(|out| unsafe { oap_connection_new(null(), &options, 0, out) }, core);
    for step in steps {
        link.act(step);
        link.check();
    }
}

/// None where they are refused, as the core refuses them.
fn options_of(limits: Limits) -> Option<(oap_connection_options, ConnectionOptions)> {
    let mut options = told(|out| unsafe { oap_connection_options_init(out) }).expect("a place");
    options.send_buffer = limits.send_buffer.into();
    options.receive_buffer = limits.receive_buffer.into();
    options.idle_timeout_ns = limits.idle_ns.into();
    options.auto_ack = limits.auto_ack;
    options.struct_size -= usize::from(limits.missing.saturating_sub(240));
    let core = ConnectionOptions::default()
        .with_auto_ack(limits.auto_ack != 0)
        .with_idle_timeout_ns(options.idle_timeout_ns)
        .and_then(|core| core.with_receive_buffer(options.receive_buffer))
        .and_then(|core| core.with_send_buffer(options.send_buffer));
    let mut error = MaybeUninit::uninit();
    let status = unsafe { oap_connection_options_check(&options, error.as_mut_ptr()) };
    let known = options.struct_size > offset_of!(oap_connection_options, auto_ack);
    let good = known && core.is_ok();
    assert_eq!(status, if good { OAP_STATUS_OK } else { OAP_STATUS_OUT_OF_RANGE });
    if !good {
        let value = unsafe { error.assume_init() }.value;
        let size = options.struct_size as u64;
        assert_eq!(value, if known { core.err().expect("an error").value() } else { size });
        return None;
    }
    core.ok().map(|core| (options, core))
}

fn sent<T>(result: Result<T, SendError>) -> oap_status {
    match result {
        Ok(_) => OAP_STATUS_OK,
        Err(SendError::Waits(Wait::Handshake)) => OAP_STATUS_WAITS_HANDSHAKE,
        Err(SendError::Waits(Wait::Credit)) => OAP_STATUS_WAITS_CREDIT,
        Err(SendError::Waits(Wait::Room)) => OAP_STATUS_WAITS_ROOM,
        Err(SendError::Refused(fault)) => fault.reason().code() as oap_status,
        Err(_) => OAP_STATUS_CLOSED,
    }
}

/// What the core's receive cannot do.
enum Never {}

impl Status for Never {
    fn status(&self) -> oap_status {
        match *self {}
    }
}

// SAFETY, of every unsafe block here: the handle is live, outputs and inputs are whole objects of ours.
impl Link {
    fn act(&mut self, step: &Step<'_>) {
        let (now, handle) = (self.now, self.twin.handle);
        let core = self.twin.core.as_mut().expect("made");
        let statuses = unsafe {
            match *step {
                Step::PeerHello(window) => {
                    let ack_window = Some(u32::from(window) + 1);
                    return self.arrive(&Owned::Hello(Hello { ack_window, ..Hello::new(4_096) }));
                }
                Step::PeerStart => return self.arrive(&Owned::Start("s".to_owned())),
                Step::PeerData(seq, len) => {
                    let body = vec![5; len.into()];
                    return self.arrive(&Owned::Data { seq: seq.into(), obj: None, body });
                }
                Step::PeerAck(seq) => return self.arrive(&Owned::Ack(seq.into())),
                Step::PeerEnd(seq) => {
                    return self.arrive(&Owned::End(End { seq: seq.into(), status: 0 }));
                }
                Step::Noise(bytes) => return self.pipe.extend_from_slice(bytes),
                Step::Receive(len, rows) => return self.receive(len.into(), (rows % 4).into()),
                Step::DataAll(lens, missing) => return self.data_all(lens, missing.into()),
                Step::Transmit(room, bytes) => {
                    return self.transmit((room % 4).into(), bytes.into())
                }
                Step::ReceiveEnd => {
                    core.receive_end(now);
                    (oap_connection_receive_end(handle, now), OAP_STATUS_OK)
                }
                Step::Take(frames) => {
                    core.take(now, frames.into());
                    (oap_connection_take(handle, now, frames.into()), OAP_STATUS_OK)
                }
                Step::Acknowledge(seq) => (
                    oap_connection_acknowledge(handle, now, seq.into()),
                    sent(core.acknowledge(now, seq.into())),
                ),
                Step::Start => (
                    oap_connection_start(handle, now, b"notes".as_ptr().cast(), 5),
                    sent(core.start(now, "notes")),
                ),
                Step::Data(len) => {
                    let (body, mut seq) = (vec![3; len.into()], u64::MAX);
                    let expected = core.data(now, None, &body);
                    let status = oap_connection_data(
                        handle,
                        now,
                        null(),
                        0,
                        body.as_ptr(),
                        body.len(),
                        &mut seq,
                    );
                    assert_eq!(seq, *expected.as_ref().unwrap_or(&u64::MAX));
                    (status, sent(expected))
                }
                Step::DataHead(len) => {
                    let (len, mut seq) = (len.into(), u64::MAX);
                    let expected = core.data_head(now, None, len);
                    let status = oap_connection_data_head(handle, now, null(), 0, len, &mut seq);
                    assert_eq!(seq, *expected.as_ref().unwrap_or(&u64::MAX));
                    (status, sent(expected))
                }
                Step::End(status) => (
                    oap_connection_end_stream(handle, now, status),
                    sent(core.end_stream(now, status)),
                ),
                Step::Pass(ns) => {
                    self.now += u64::from(ns);
                    core.handle_timeout(self.now);
                    (oap_connection_handle_timeout(handle, self.now), OAP_STATUS_OK)
                }
                Step::CancelSend => {
                    core.cancel_send();
                    (oap_connection_cancel_send(handle), OAP_STATUS_OK)
                }
                Step::Close(within) => {
                    core.close(now, Some(within.into()));
                    (oap_connection_close(handle, now, within.into()), OAP_STATUS_OK)
                }
                Step::Abort => {
                    core.abort();
                    (oap_connection_abort(handle), OAP_STATUS_OK)
                }
            }
        };
        assert_eq!(statuses.0, statuses.1, "{step:?}");
    }

    fn arrive(&mut self, frame: &Owned) {
        self.pipe.extend(frame.wire());
    }

    fn receive(&mut self, len: usize, room: usize) {
        let (now, handle) = (self.now, self.twin.handle);
        let chunk: Vec<u8> = self.pipe.drain(..len.min(self.pipe.len())).collect();
        let mut table = Table::new(room);
        let status = table.call(|rows: *mut oap_row, room, out: *mut oap_frame_table| unsafe {
            oap_connection_receive(handle, now, chunk.as_ptr(), chunk.len(), rows, room, out)
        });
        let mut rows = vec![Row::default(); room];
        let core = self.twin.core.as_mut().expect("made");
        let expected = Ok::<_, Never>(core.receive(now, &chunk, &mut rows));
        assert_eq!(status, status_of(Some(&expected)));
        let consumed = table.assert_is(status, Some(&expected));
        self.pipe.splice(..0, chunk[consumed..].iter().copied());
    }

    fn data_all(&mut self, lens: [u8; 3], missing: usize) {
        let total: usize = lens.iter().map(|&len| usize::from(len)).sum();
        let bytes = vec![4; total.saturating_sub(missing)];
        let (lens, mut queued) = (lens.map(u32::from), usize::MAX);
        let status = unsafe {
            let (start, count) = (lens.as_ptr(), lens.len());
            let (handle, len) = (self.twin.handle, bytes.len());
            oap_connection_data_all(
                handle,
                self.now,
                bytes.as_ptr(),
                len,
                start,
                count,
                &mut queued,
            )
        };
        let core = self.twin.core.as_mut().expect("made");
        let (mut rest, mut expected) = (&bytes[..], (0, OAP_STATUS_OK));
        for len in lens {
            let Some((body, behind)) = rest.split_at_checked(len as usize) else {
                expected.1 = OAP_STATUS_OUT_OF_RANGE;
                break;
            };
            expected.1 = sent(core.data(self.now, None, body));
            if expected.1 != OAP_STATUS_OK {
                break;
            }
            (rest, expected.0) = (behind, expected.0 + 1);
        }
        assert_eq!((queued, status), expected);
    }

    fn transmit(&mut self, room: usize, written: usize) {
        const UNTOUCHED: oap_piece = oap_piece { bytes: null(), len: usize::MAX };
        let (now, handle) = (self.now, self.twin.handle);
        let (mut pieces, mut count) = (vec![UNTOUCHED; room + 1], usize::MAX);
        let status =
            unsafe { oap_connection_transmit(handle, now, pieces.as_mut_ptr(), room, &mut count) };
        assert_eq!(status, OAP_STATUS_OK);
        let core = self.twin.core.as_mut().expect("made");
        let expected: Vec<_> = core.transmit(now).take(room).collect();
        assert_eq!(count, expected.len());
        let mut there = 0;
        for (piece, expected) in pieces.iter().zip(&expected) {
            there += piece.len;
            match expected {
                Piece::Bytes(bytes) => {
                    let found = unsafe { std::slice::from_raw_parts(piece.bytes, piece.len) };
                    assert_eq!(found, *bytes);
                }
                Piece::Body(len) => assert_eq!((piece.bytes, piece.len), (null(), *len)),
            }
        }
        assert!(pieces[count..].iter().all(|piece| piece.len == usize::MAX));
        let written = written.min(there);
        core.transmitted(now, written);
        let status = unsafe { oap_connection_transmitted(handle, now, written) };
        assert_eq!(status, OAP_STATUS_OK);
    }

    fn check(&self) {
        let core = self.twin.core.as_ref().expect("made");
        let info = told(|out| unsafe { oap_connection_inspect(self.twin.handle, out) });
        let info = info.expect("a live connection");
        assert_eq!(info.state, core.state() as u8);
        assert_eq!(info.end_reason, core.end_reason().map_or(OAP_END_NONE, EndReason::code));
        assert_eq!(info.has_timeout.then_some(info.timeout_ns), core.next_timeout());
        assert_eq!((info.queued, info.untaken), (core.queued() as u64, core.untaken()));
        assert_eq!(info.max_body, core.max_body(false).unwrap_or(0) as u64);
        let wants = (info.wants_read, info.wants_write, info.wants_shutdown);
        assert_eq!(wants, (core.wants_read(), core.wants_write(), core.wants_shutdown()));
        assert_flow(Ok(info.outbound), Some(core.outbound()));
        assert_flow(Ok(info.inbound), Some(core.inbound()));
    }
}
