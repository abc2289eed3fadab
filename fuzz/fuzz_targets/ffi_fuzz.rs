//! Any legal sequence of calls through the C ABI, beside the core called directly: the same statuses, tables, bytes,
//! flows and counts; outputs are written on success only and never beyond their capacity; NULL is a status.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use oap::{
    Config, Decoder, EncodeError, Monitor, Reason, Row, SeqRolloverPolicy, Session, StreamDecoder,
};
use oap_ffi::config::*;
use oap_ffi::decoder::*;
use oap_ffi::encode::*;
use oap_ffi::monitor::*;
use oap_ffi::session::*;
use oap_ffi::status::*;
use oap_ffi::stream_decoder::*;
use oap_fuzz::foreign::{assert_flow, assert_reject, frame_of, status_of, told, with_frame};
use oap_fuzz::foreign::{Output, Table, Twin};
use oap_fuzz::frames::Owned;
use oap_fuzz::game::Game;
use oap_fuzz::linked::{self, Limits};
use oap_fuzz::made::{AnyFrame, AnyPlay};
use oap_fuzz::misplaced::Misplaced;
use std::ptr::null;
use std::sync::Arc;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Which {
    Config,
    Decoder,
    Stream,
    Session,
    Monitor,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Setting {
    Strict(bool),
    EnforceObj(bool),
    AllowPq(bool),
    Policy(i32),
    Window(u16),
    MaxFrame(u32),
    Features(u64),
    NoFeatures,
}

#[derive(Arbitrary, Debug)]
enum Call<'a> {
    Make(Which),
    Free(Which),
    Reset(Which),
    /// Gives it the monitor.
    Watch(Which),
    Set(Setting),
    /// So many rows.
    Decode(&'a [u8], u8),
    DecodeOne(&'a [u8]),
    FinishDecoder(&'a [u8]),
    Feed(&'a [u8], u8),
    FinishStream,
    Recv(&'a [u8], u8),
    /// What a peer says that minds the rules, so many bytes of it.
    Peer(AnyPlay, u16, u8),
    FinishSession,
    /// The session sends; so much room is left over, or is missing.
    Send(AnyPlay, i8),
    SendAny(AnyFrame, i8),
    /// Encodes apart from the session.
    Encode(AnyFrame, i8),
    EncodeRows(&'a [u8], u16),
    /// Encodes a body out of the output's own memory.
    Overlap(u8, u8, u8, u8),
    CountFrame(u8, u32),
    CountReject(u8),
    Observe(bool, u64),
    ParserReady(bool),
    Readiness(u64),
    Text(u16),
}

/// What needs nothing of the world.
#[derive(Arbitrary, Debug)]
enum Apart<'a> {
    Misplaced(Misplaced),
    Connection(Limits, Vec<linked::Step<'a>>),
}

#[derive(Debug)]
enum Act<'a> {
    Call(Call<'a>),
    Apart(Apart<'a>),
}

/// Comes before what stands apart, so that inputs found earlier mean what they meant.
const APART: u8 = 0xa5;

impl<'a> Arbitrary<'a> for Act<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        if u.peek_bytes(1) != Some(&[APART]) {
            return u.arbitrary().map(Act::Call);
        }
        u.bytes(1)?;
        u.arbitrary().map(Act::Apart)
    }
}

fuzz_target!(|acts: Vec<Act<'_>>| {
    let mut world = World::new();
    for act in &acts {
        match act {
            Act::Apart(Apart::Misplaced(misplaced)) => misplaced.check(),
            Act::Apart(Apart::Connection(limits, steps)) => linked::compare(*limits, steps),
            Act::Call(call) => {
                world.call(call);
                world.compare();
            }
        }
    }
});

struct World {
    config: Twin<oap_config, Config>,
    decoder: Twin<oap_decoder, Decoder>,
    stream: Twin<oap_stream_decoder, StreamDecoder>,
    session: Twin<oap_session, Session>,
    monitor: Twin<oap_monitor, Arc<Monitor>>,
    game: Game,
}

// SAFETY, of every unsafe block here: handles are NULL or live, outputs and inputs are whole objects of ours.
impl World {
    fn new() -> Self {
        let mut world = World {
            config: Twin::none(oap_config_free),
            decoder: Twin::none(oap_decoder_free),
            stream: Twin::none(oap_stream_decoder_free),
            session: Twin::none(oap_session_free),
            monitor: Twin::none(oap_monitor_free),
            game: Game::default(),
        };
        for which in [Which::Decoder, Which::Stream, Which::Session, Which::Monitor] {
            world.make(which);
        }
        world
    }

    fn call(&mut self, call: &Call<'_>) {
        match call {
            Call::Make(which) => self.make(*which),
            Call::Free(which) => self.free(*which),
            Call::Reset(which) => self.reset(*which),
            Call::Watch(which) => self.watch(*which),
            Call::Set(setting) => self.set(*setting),
            Call::Decode(bytes, rows) => self.decode(bytes, usize::from(rows % 5)),
            Call::DecodeOne(bytes) => self.decode_one(bytes),
            Call::FinishDecoder(rest) => self.finish_decoder(rest),
            Call::Feed(bytes, rows) => self.feed(bytes, usize::from(rows % 5)),
            Call::FinishStream => self.finish_stream(),
            Call::Recv(bytes, rows) => self.recv(bytes, usize::from(rows % 5)),
            Call::Peer(play, len, rows) => self.peer(play, (*len).into(), usize::from(rows % 5)),
            Call::FinishSession => self.finish_session(),
            Call::Send(play, room) => {
                if let Some(frame) = self.game.frame(0, &play.0) {
                    self.send(&frame, *room);
                }
            }
            Call::SendAny(frame, room) => self.send(&frame.0, *room),
            Call::Encode(frame, room) => encode(&frame.0, *room),
            Call::EncodeRows(bytes, room) => encode_rows(bytes, (*room).into()),
            Call::Overlap(a, b, c, d) => overlap([a, b, c, d].map(|n| usize::from(*n))),
            counted => self.count(counted),
        }
    }

    fn config(&self) -> Config {
        self.config.core.unwrap_or_default()
    }

    fn make(&mut self, which: Which) {
        let (config, core) = (self.config.handle, self.config());
        unsafe {
            match which {
                Which::Config => self.config.make(|out| oap_config_new(out), Config::default()),
                Which::Decoder => {
                    self.decoder.make(|out| oap_decoder_new(config, out), Decoder::new(core))
                }
                Which::Stream => self
                    .stream
                    .make(|out| oap_stream_decoder_new(config, out), StreamDecoder::new(core)),
                Which::Session => {
                    self.game = Game::default();
                    self.session.make(|out| oap_session_new(config, out), Session::new(core));
                }
                Which::Monitor => {
                    self.monitor.make(|out| oap_monitor_new(null(), out), Arc::default())
                }
            }
        }
    }

    fn free(&mut self, which: Which) {
        match which {
            Which::Config => self.config.free(),
            Which::Decoder => self.decoder.free(),
            Which::Stream => self.stream.free(),
            Which::Session => self.session.free(),
            Which::Monitor => self.monitor.free(),
        }
    }

    fn reset(&mut self, which: Which) {
        match which {
            Which::Decoder => self.decoder.reset(oap_decoder_reset, Decoder::reset),
            Which::Stream => self.stream.reset(oap_stream_decoder_reset, StreamDecoder::reset),
            Which::Session => {
                self.game = Game::default();
                self.session.reset(oap_session_reset, Session::reset);
            }
            Which::Config | Which::Monitor => {}
        }
    }

    fn watch(&mut self, which: Which) {
        let (monitor, core) = (self.monitor.handle, self.monitor.core.as_ref());
        unsafe {
            match which {
                Which::Decoder => {
                    self.decoder.watch(oap_decoder_set_monitor, monitor, core, Decoder::set_monitor)
                }
                Which::Stream => {
                    self.stream.watch(
                        oap_stream_decoder_set_monitor,
                        monitor,
                        core,
                        StreamDecoder::set_monitor,
                    );
                }
                Which::Session => {
                    self.session.watch(oap_session_set_monitor, monitor, core, Session::set_monitor)
                }
                Which::Config | Which::Monitor => {}
            }
        }
    }

    fn set(&mut self, setting: Setting) {
        let config = self.config.handle;
        let old = self.config();
        let (status, new) = unsafe {
            match setting {
                Setting::Strict(on) => (
                    oap_config_set_strict_headers(config, c_bool(on)),
                    Ok(old.with_strict_headers(on)),
                ),
                Setting::EnforceObj(on) => (
                    oap_config_set_enforce_obj_header_on_objects(config, c_bool(on)),
                    Ok(old.with_enforce_obj_header_on_objects(on)),
                ),
                Setting::AllowPq(on) => (
                    oap_config_set_allow_pq_hello_flags(config, c_bool(on)),
                    Ok(old.with_allow_pq_hello_flags(on)),
                ),
                Setting::Policy(policy) => {
                    (oap_config_set_seq_rollover_policy(config, policy), with_policy(old, policy))
                }
                Setting::Window(window) => (
                    oap_config_set_ack_window_frames(config, window.into()),
                    old.with_ack_window_frames(window.into()).map_err(drop),
                ),
                Setting::MaxFrame(bytes) => (
                    oap_config_set_max_frame(config, bytes.into()),
                    old.with_max_frame(bytes.into()).map_err(drop),
                ),
                Setting::Features(bits) => {
                    (oap_config_set_features(config, bits), Ok(old.with_features(Some(bits))))
                }
                Setting::NoFeatures => {
                    (oap_config_unset_features(config), Ok(old.with_features(None)))
                }
            }
        };
        let Some(core) = self.config.core.as_mut() else {
            return assert_eq!(status, OAP_STATUS_NULL_POINTER);
        };
        assert_eq!(status, new.map_or(OAP_STATUS_OUT_OF_RANGE, |_| OAP_STATUS_OK));
        let error = told(|out| unsafe { oap_config_get_error(config, out) });
        assert_eq!(error.err(), new.map_or(None, |_| Some(OAP_STATUS_ABSENT)));
        *core = new.unwrap_or(old);
    }

    fn decode(&mut self, bytes: &[u8], room: usize) {
        let mut table = Table::new(room);
        let status = table.call(|rows, capacity, out| unsafe {
            oap_decoder_decode(
                self.decoder.handle,
                bytes.as_ptr(),
                bytes.len(),
                rows,
                capacity,
                out,
            )
        });
        let mut rows = vec![Row::default(); room];
        let expected =
            self.decoder.core.as_mut().map(|decoder| decoder.decode_table(bytes, &mut rows));
        table.assert_is(status, expected.as_ref());
    }

    fn decode_one(&self, bytes: &[u8]) {
        let mut table = Table::new(1);
        let status = table.call(|row, _, out| unsafe {
            oap_decode(self.config.handle, bytes.as_ptr(), bytes.len(), row, out)
        });
        let mut rows = [Row::default()];
        table.assert_is(status, Some(&Decoder::new(self.config()).decode_table(bytes, &mut rows)));
    }

    fn finish_decoder(&mut self, rest: &[u8]) {
        let status = unsafe { oap_decoder_finish(self.decoder.handle, rest.as_ptr(), rest.len()) };
        let expected = self.decoder.core.as_mut().map(|decoder| decoder.finish(rest));
        assert_eq!(status, status_of(expected.as_ref()));
    }

    fn feed(&mut self, bytes: &[u8], room: usize) {
        let mut table = Table::new(room);
        let status = table.call(|rows, capacity, out| unsafe {
            oap_stream_decoder_feed(
                self.stream.handle,
                bytes.as_ptr(),
                bytes.len(),
                rows,
                capacity,
                out,
            )
        });
        let mut rows = vec![Row::default(); room];
        let expected = self.stream.core.as_mut().map(|decoder| decoder.feed(bytes, &mut rows));
        table.assert_is(status, expected.as_ref());
    }

    fn finish_stream(&mut self) {
        let status = unsafe { oap_stream_decoder_finish(self.stream.handle) };
        let expected = self.stream.core.as_mut().map(StreamDecoder::finish);
        assert_eq!(status, status_of(expected.as_ref()));
    }

    fn recv(&mut self, bytes: &[u8], room: usize) {
        let mut table = Table::new(room);
        let status = table.call(|rows, capacity, out| unsafe {
            oap_session_recv(self.session.handle, bytes.as_ptr(), bytes.len(), rows, capacity, out)
        });
        let mut rows = vec![Row::default(); room];
        let expected = self.session.core.as_mut().map(|session| session.recv(bytes, &mut rows));
        table.assert_is(status, expected.as_ref());
    }

    fn peer(&mut self, play: &AnyPlay, len: usize, room: usize) {
        if let Some(frame) = self.game.frame(1, &play.0) {
            self.game.passed(1, &frame);
            let wire = frame.wire();
            let (first, rest) = wire.split_at(len.min(wire.len()));
            self.recv(first, room);
            self.recv(rest, room);
        }
    }

    fn finish_session(&mut self) {
        let status = unsafe { oap_session_finish(self.session.handle) };
        let expected = self.session.core.as_mut().map(Session::finish);
        assert_eq!(status, status_of(expected.as_ref()));
    }

    fn send(&mut self, owned: &Owned, room: i8) {
        let mut out = Output::new(room_for(owned, room));
        let session = self.session.handle;
        let status = out.call(|start, capacity, size| {
            with_frame(owned, |frame| unsafe {
                oap_session_send(session, frame, start, capacity, size)
            })
        });
        let mut expected = vec![0; room_for(owned, room)];
        let sent =
            self.session.core.as_mut().map(|session| session.send(&owned.frame(), &mut expected));
        out.assert_is(status, sent.map(|sent| sent.map(|len| &expected[..len])));
        if sent.is_some_and(|sent| sent.is_ok()) {
            self.game.passed(0, owned);
        }
        self.assert_refusal(sent.and_then(Result::err));
    }

    fn assert_refusal(&self, error: Option<EncodeError>) {
        let found = told(|out| unsafe { oap_session_refusal(self.session.handle, out) });
        let found = found.map(|refusal| (refusal.code, refusal.has_limit.then_some(refusal.limit)));
        let expected = match error {
            _ if self.session.core.is_none() => Err(OAP_STATUS_NULL_POINTER),
            Some(EncodeError::Refused(fault)) => Ok((fault.reason().code(), fault.limit_value())),
            _ => Err(OAP_STATUS_ABSENT),
        };
        assert_eq!(found, expected);
    }

    fn count(&self, call: &Call<'_>) {
        let (handle, core) = (self.monitor.handle, self.monitor.core.as_deref());
        let expect = |status, good: bool| match core {
            None => assert_eq!(status, OAP_STATUS_NULL_POINTER),
            Some(_) => {
                assert_eq!(status, if good { OAP_STATUS_OK } else { OAP_STATUS_OUT_OF_RANGE })
            }
        };
        let each = |count: &dyn Fn(&Monitor)| core.map_or((), count);
        unsafe {
            match *call {
                Call::CountFrame(byte, bytes) => {
                    let kind = oap::Kind::from_byte(byte % 9);
                    each(&|m| kind.map_or((), |kind| m.count_frame(kind, bytes as usize)));
                    expect(
                        oap_monitor_count_frame(handle, byte % 9, bytes as usize),
                        kind.is_some(),
                    );
                }
                Call::CountReject(code) => {
                    let reason = Reason::ALL
                        .into_iter()
                        .find(|reason| reason.code() == u32::from(code % 10));
                    each(&|m| reason.map_or((), |reason| m.count_reject(reason)));
                    expect(oap_monitor_count_reject(handle, (code % 10).into()), reason.is_some());
                }
                Call::Observe(true, ns) => {
                    each(&|m| m.observe_read(ns >> 8));
                    expect(oap_monitor_observe_read(handle, ns >> 8), true);
                }
                Call::Observe(false, ns) => {
                    each(&|m| m.observe_write(ns >> 8));
                    expect(oap_monitor_observe_write(handle, ns >> 8), true);
                }
                Call::ParserReady(ready) => {
                    each(&|m| m.set_parser_ready(ready));
                    expect(oap_monitor_set_parser_ready(handle, c_bool(ready)), true);
                }
                Call::Readiness(now) => self.readiness(now),
                Call::Text(room) => self.text(room.into()),
                _ => {}
            }
        }
    }

    fn readiness(&self, now: u64) {
        let found = told(|out| unsafe { oap_monitor_readiness(self.monitor.handle, now, out) });
        let Some(core) = &self.monitor.core else {
            return assert_eq!(found.err(), Some(OAP_STATUS_NULL_POINTER));
        };
        let (found, expected) = (found.expect("a live monitor"), core.readiness(now));
        let json = found.json[..found.json_len].iter().map(|&c| c as u8 as char);
        assert!(json.eq(expected.json().chars()));
        assert_eq!(found.ready, expected.is_ready());
        assert_eq!(
            (found.http_status, found.retry_after),
            (expected.http_status().into(), expected.retry_after())
        );
    }

    fn text(&self, room: usize) {
        let mut out = Output::new(room);
        let status = out.call(|start, capacity, size| unsafe {
            oap_monitor_text(self.monitor.handle, start.cast(), capacity, size)
        });
        let page = self.monitor.core.as_ref().map(|core| core.snapshot().text());
        let expected = page.as_ref().map(|page| match page.len() {
            needed if needed > room => Err(EncodeError::BufferTooSmall { needed }),
            _ => Ok(page.as_bytes()),
        });
        out.assert_is(status, expected);
    }

    fn compare(&self) {
        let (decoder, stream, session) =
            (self.decoder.handle, self.stream.handle, self.session.handle);
        let core = &self.session.core;
        unsafe {
            assert_reject(
                told(|out| oap_decoder_reject(decoder, out)),
                self.decoder.core.as_ref().map(Decoder::verdict),
            );
            assert_reject(
                told(|out| oap_stream_decoder_reject(stream, out)),
                self.stream.core.as_ref().map(StreamDecoder::verdict),
            );
            assert_reject(
                told(|out| oap_session_reject(session, out)),
                core.as_ref().map(Session::verdict),
            );
            assert_flow(
                told(|out| oap_session_outbound(session, out)),
                core.as_ref().map(Session::outbound),
            );
            assert_flow(
                told(|out| oap_session_inbound(session, out)),
                core.as_ref().map(Session::inbound),
            );
            assert_eq!(
                oap_stream_decoder_staged(stream),
                self.stream.core.as_ref().map_or(0, StreamDecoder::staged)
            );
            assert_eq!(oap_session_staged(session), core.as_ref().map_or(0, Session::staged));
            assert_eq!(
                oap_session_has_ended(session),
                core.as_ref().is_some_and(Session::has_ended)
            );
            assert_eq!(
                oap_session_is_established(session),
                core.as_ref().is_some_and(Session::is_established)
            );
            let peer_max_frame = core.as_ref().and_then(Session::peer_max_frame);
            assert_eq!(oap_session_peer_max_frame(session), peer_max_frame.unwrap_or(0));
        }
        self.compare_counts();
    }

    fn compare_counts(&self) {
        let found = told(|out| unsafe { oap_monitor_snapshot(self.monitor.handle, out) });
        let Some(core) = &self.monitor.core else {
            return assert_eq!(found.err(), Some(OAP_STATUS_NULL_POINTER));
        };
        let (found, expected) =
            (found.expect("a live monitor"), oap_snapshot::from(&core.snapshot()));
        assert_eq!((found.frames, found.rejects), (expected.frames, expected.rejects));
        let gauges = |s: &oap_snapshot| (s.frame_bytes, s.ack_window, s.inflight_frames);
        assert_eq!(gauges(&found), gauges(&expected));
        let timing = |t: &oap_timing| (t.counts, t.sum_ns);
        assert_eq!(
            (timing(&found.read), timing(&found.write)),
            (timing(&expected.read), timing(&expected.write))
        );
    }
}

/// A C `bool`, of which every value but 0 is true.
fn c_bool(value: bool) -> u8 {
    u8::from(value) * 2
}

fn with_policy(config: Config, policy: i32) -> Result<Config, ()> {
    Ok(config.with_seq_rollover_policy(match policy {
        OAP_SEQ_ROLLOVER_ERROR => SeqRolloverPolicy::Error,
        OAP_SEQ_ROLLOVER_WRAP => SeqRolloverPolicy::Wrap,
        _ => return Err(()),
    }))
}

fn room_for(owned: &Owned, room: i8) -> usize {
    owned.wire().len().saturating_add_signed(room.into())
}

fn encode(owned: &Owned, room: i8) {
    let mut out = Output::new(room_for(owned, room));
    let status = out.call(|start, capacity, size| {
        with_frame(owned, |frame| unsafe { oap_encode(frame, start, capacity, size) })
    });
    let mut expected = vec![0; room_for(owned, room)];
    let encoded = oap::encode(&owned.frame(), &mut expected);
    out.assert_is(status, Some(encoded.map(|len| &expected[..len])));
}

/// Decodes what there is and encodes its rows again.
fn encode_rows(bytes: &[u8], room: usize) {
    let mut rows = [Row::default(); 8];
    let mut decoder = Decoder::new(Config::default().with_strict_headers(false));
    let Ok(table) = decoder.decode_table(bytes, &mut rows) else { return };
    let mut expected = vec![0; room];
    let done = oap::encode_rows(table.rows(), bytes, &mut expected);
    let mut out = Output::new(room);
    let mut encoded = oap_encoded { rows: usize::MAX, written: usize::MAX };
    let status = out.call(|start, capacity, size| unsafe {
        let (rows, count) = (table.rows().as_ptr().cast(), table.len());
        let status = oap_encode_rows(
            rows,
            count,
            bytes.as_ptr(),
            bytes.len(),
            start,
            capacity,
            &mut encoded,
        );
        if status == OAP_STATUS_OK {
            *size = encoded.written;
        }
        status
    });
    assert_eq!(status, status_of(Some(&done)));
    match done {
        Ok(done) => {
            assert_eq!((encoded.rows, encoded.written), (done.rows, done.written));
            out.assert_is(status, Some(Ok(&expected[..done.written])));
        }
        Err(_) => assert_eq!((encoded.rows, encoded.written), (usize::MAX, usize::MAX)),
    }
}

/// Body and output in one allocation: refused where they touch, and done where they do not.
fn overlap([body_at, body_len, out_at, out_len]: [usize; 4]) {
    let mut memory = vec![7u8; 512];
    let start = memory.as_mut_ptr();
    let mut size = usize::MAX;
    let status = unsafe {
        let (mut frame, _) = frame_of(&Owned::Data { seq: 1, obj: None, body: Vec::new() });
        (frame.body, frame.body_len) = (start.add(body_at), body_len);
        oap_encode(&frame, start.add(out_at), out_len, &mut size)
    };
    let touch =
        body_len > 0 && out_len > 0 && body_at < out_at + out_len && out_at < body_at + body_len;
    let needed = 8 + 2 + body_len;
    let expected = match () {
        () if touch => OAP_STATUS_OVERLAP,
        () if needed > out_len => OAP_STATUS_BUFFER_TOO_SMALL,
        () => OAP_STATUS_OK,
    };
    assert_eq!(status, expected);
    assert_eq!(size, if touch { usize::MAX } else { needed });
    let body = &memory[body_at..body_at + body_len];
    assert!(body.iter().all(|&byte| byte == 7));
}
