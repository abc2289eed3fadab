//! The golden metrics and readiness of a process.

use crate::decoder::oap_decoder;
use crate::encode::Output;
use crate::handle::{self, opaque, Handle};
use crate::pointer::{self, c_bool, Place};
use crate::session::oap_session;
use crate::status::{oap_status, Failure, Outcome, OAP_STATUS_OUT_OF_RANGE};
use crate::stream_decoder::oap_stream_decoder;
use oap::{EncodeError, Kind, Monitor, MonitorLimits, Readiness, Reason, Snapshot, Timing};
use std::ffi::c_char;
use std::sync::Arc;

/// The metrics and the readiness of a process, over all decoders and sessions that were given it.
///
/// Owner: the caller, from oap_monitor_new to oap_monitor_free; decoders and sessions that have it may outlive the
/// handle. Any thread, at any time, but for oap_monitor_free.
///
/// No call waits for ever. A child of fork() makes a monitor of its own: one that it inherited still counts and answers,
/// but its window stands still where a thread of the parent was ticking at that moment.
pub struct oap_monitor(Handle<Arc<Monitor>>);

opaque!(oap_monitor, Arc<Monitor>);

/// When readiness keys turn false.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_monitor_limits {
    /// Rejects a thousand frames, over the window of 5 minutes, from which `oap_reject_rate_ok` is false. Default 10.
    pub reject_limit_permille: u64,
    /// Frames and rejects in the window below which `oap_reject_rate_ok` is always true. Default 100.
    pub reject_min_events: u64,
    /// Nanoseconds of starvation in the window above which `oap_ack_window_ok` is false. Default 5000000000.
    pub ack_starvation_limit_ns: u64,
    /// DATA frames in flight that are full load. Default 1024.
    pub inflight_capacity: u64,
    /// Percent of the capacity, or of the host's load, above which `oap_backpressure_ok` turns false. Default 80.
    pub backpressure_high_percent: u64,
    /// Percent of both at which it turns true again. Default 60.
    pub backpressure_low_percent: u64,
}

impl From<MonitorLimits> for oap_monitor_limits {
    fn from(limits: MonitorLimits) -> Self {
        oap_monitor_limits {
            reject_limit_permille: limits.reject_limit_permille,
            reject_min_events: limits.reject_min_events,
            ack_starvation_limit_ns: limits.ack_starvation_limit_ns,
            inflight_capacity: limits.inflight_capacity,
            backpressure_high_percent: limits.backpressure_high_percent,
            backpressure_low_percent: limits.backpressure_low_percent,
        }
    }
}

impl From<&oap_monitor_limits> for MonitorLimits {
    fn from(limits: &oap_monitor_limits) -> Self {
        let mut made = MonitorLimits::default();
        made.reject_limit_permille = limits.reject_limit_permille;
        made.reject_min_events = limits.reject_min_events;
        made.ack_starvation_limit_ns = limits.ack_starvation_limit_ns;
        made.inflight_capacity = limits.inflight_capacity;
        made.backpressure_high_percent = limits.backpressure_high_percent;
        made.backpressure_low_percent = limits.backpressure_low_percent;
        made
    }
}

/// Buckets of a histogram, the unbounded one included.
pub const OAP_HISTOGRAM_BUCKETS: usize = 13;

/// A histogram of call times.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct oap_timing {
    /// Calls by bucket, not cumulative; bounds are those of oap_histogram_bound_ns.
    pub counts: [u64; OAP_HISTOGRAM_BUCKETS],
    /// Their time, in nanoseconds.
    pub sum_ns: u64,
}

impl From<&Timing> for oap_timing {
    fn from(timing: &Timing) -> Self {
        oap_timing { counts: *timing.counts(), sum_ns: timing.sum_ns() }
    }
}

/// The numbers of a monitor at one time.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_snapshot {
    /// `oap_frames_total`, by kind: HELLO first, see oap_kind_name.
    pub frames: [u64; 6],
    /// `oap_rejects_total`, by code: 1 first, see oap_reject_label.
    pub rejects: [u64; 8],
    /// `oap_frame_bytes_total`.
    pub frame_bytes: u64,
    /// `oap_ack_window`, in frames.
    pub ack_window: u64,
    /// `oap_inflight_frames`.
    pub inflight_frames: u64,
    /// `oap_inflight_capacity`, in frames.
    pub inflight_capacity: u64,
    /// `oap_host_load_ratio`, in thousandths: 0..=1000.
    pub host_load_permille: u64,
    /// `oap_ack_starved_seconds_total`, in nanoseconds.
    pub ack_starved_ns: u64,
    /// `oap_read_frame_seconds`.
    pub read: oap_timing,
    /// `oap_write_frame_seconds`.
    pub write: oap_timing,
}

impl From<&Snapshot> for oap_snapshot {
    fn from(snapshot: &Snapshot) -> Self {
        oap_snapshot {
            frames: Kind::ALL.map(|kind| snapshot.frames(kind)),
            rejects: Reason::ALL.map(|reason| snapshot.rejects(reason)),
            frame_bytes: snapshot.frame_bytes(),
            ack_window: snapshot.ack_window(),
            inflight_frames: snapshot.inflight_frames(),
            inflight_capacity: snapshot.inflight_capacity(),
            host_load_permille: snapshot.host_load_permille().into(),
            ack_starved_ns: snapshot.ack_starved_ns(),
            read: snapshot.read().into(),
            write: snapshot.write().into(),
        }
    }
}

/// Bytes that the JSON of a readiness takes at most, its NUL included.
pub const OAP_READYZ_BYTES: usize = 192;

/// Whether a process is fit to serve, and the answer that a host gives on `/readyz`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_readiness {
    /// The body, `application/json`, NUL-terminated.
    pub json: [c_char; OAP_READYZ_BYTES],
    /// Bytes of the body without the NUL.
    pub json_len: usize,
    /// 200 or 503.
    pub http_status: u32,
    /// Seconds for the header `Retry-After` of a 503; 0: no such header.
    pub retry_after: u32,
    /// The keys, in the order of oap_readiness_key.
    pub keys: [bool; 4],
    /// All of them.
    pub ready: bool,
}

impl From<Readiness> for oap_readiness {
    fn from(readiness: Readiness) -> Self {
        let text = readiness.json();
        let mut json = [0; OAP_READYZ_BYTES];
        for (to, from) in json.iter_mut().zip(text.bytes()) {
            *to = from as c_char;
        }
        let mut keys = [false; 4];
        for (to, (_, ok)) in keys.iter_mut().zip(readiness.keys()) {
            *to = ok;
        }
        oap_readiness {
            json,
            json_len: text.len(),
            http_status: readiness.http_status().into(),
            retry_after: readiness.retry_after(),
            keys,
            ready: readiness.is_ready(),
        }
    }
}

/// The default limits.
///
/// @param limits  where they go
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_default_limits(limits: *mut oap_monitor_limits) -> oap_status {
    handle::guard(|| {
        // SAFETY: the caller keeps the header's promises.
        unsafe { Place::new(limits) }?.write(MonitorLimits::default().into());
        Ok(())
    })
}

/// Makes a monitor.
///
/// @param limits   copied; NULL means the defaults
/// @param monitor  where its handle goes; free it with oap_monitor_free
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_new(
    limits: *const oap_monitor_limits,
    monitor: *mut *mut oap_monitor,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::make(monitor, || {
            let limits = if limits.is_null() {
                MonitorLimits::default()
            } else {
                pointer::input(limits)?.into()
            };
            // `Arc::new` would end the process where there is no memory: this sees it first.
            drop(handle::room_for_one::<Monitor>()?);
            Ok(Arc::new(Monitor::new(limits)))
        })
    }
}

/// Frees the handle of a monitor, once no other thread uses it. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_free(monitor: *mut oap_monitor) {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::free(monitor) }
}

/// A call that can't fail once the handle is good.
unsafe fn call(monitor: *const oap_monitor, call: impl FnOnce(&Arc<Monitor>)) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::inspect(monitor, |monitor| {
            call(monitor);
            Ok(())
        })
    }
}

/// Gives the monitor of a handle to a decoder or session.
///
/// # Safety
/// `monitor` is NULL or live.
pub(crate) unsafe fn attach(
    monitor: *const oap_monitor,
    attach: impl FnOnce(&Arc<Monitor>),
) -> Outcome {
    // SAFETY: the caller's promise.
    attach(&unsafe { handle::copy_of(monitor, |monitor: &Arc<Monitor>| monitor) }?);
    Ok(())
}

/// Counts the decoder's frames and rejects in a monitor from now on.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_decoder_set_monitor(
    decoder: *mut oap_decoder,
    monitor: *const oap_monitor,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(decoder, |decoder| attach(monitor, |m| decoder.set_monitor(m))) }
}

/// Counts the stream decoder's frames and rejects in a monitor from now on.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_stream_decoder_set_monitor(
    decoder: *mut oap_stream_decoder,
    monitor: *const oap_monitor,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(decoder, |decoder| attach(monitor, |m| decoder.set_monitor(m))) }
}

/// Counts the session's frames and rejects in a monitor from now on, and gives its inbound stream to the gauges until
/// the session ends, rejects or is freed.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER, OAP_STATUS_POISONED
#[no_mangle]
pub unsafe extern "C" fn oap_session_set_monitor(
    session: *mut oap_session,
    monitor: *const oap_monitor,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(session, |side| attach(monitor, |m| side.session.set_monitor(m))) }
}

/// Sets the key `oap_parser_ready`: true from the start. A host that is draining, or whose new configuration is bad,
/// sets it false.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_set_parser_ready(
    monitor: *const oap_monitor,
    ready: c_bool,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { call(monitor, |monitor| monitor.set_parser_ready(ready != 0)) }
}

/// Sets the load of the fullest of the host's own queues and budgets. It is 0 until it is set; `oap_backpressure_ok` is
/// judged by it at the next tick.
///
/// @param permille  thousandths; over 1000 counts as 1000
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_set_load(
    monitor: *const oap_monitor,
    permille: u32,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { call(monitor, |monitor| monitor.set_load(permille)) }
}

/// Counts a frame that a host encoded or decoded without a handle that has the monitor.
///
/// @param kind   OAP_KIND_…
/// @param bytes  of the whole frame
/// @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE where there is no such kind, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_count_frame(
    monitor: *const oap_monitor,
    kind: u8,
    bytes: usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::inspect(monitor, |monitor| {
            let kind = Kind::from_byte(kind).ok_or(Failure(OAP_STATUS_OUT_OF_RANGE))?;
            monitor.count_frame(kind, bytes);
            Ok(())
        })
    }
}

/// Counts a reject that a host gave without a handle that has the monitor.
///
/// @param code  1..=8
/// @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE where there is no such reject, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_count_reject(
    monitor: *const oap_monitor,
    code: u32,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::inspect(monitor, |monitor| {
            let known = Reason::ALL.into_iter().find(|reason| reason.code() == code);
            monitor.count_reject(known.ok_or(Failure(OAP_STATUS_OUT_OF_RANGE))?);
            Ok(())
        })
    }
}

/// Observes one decode call: `oap_read_frame_seconds`.
///
/// @param ns  its time in nanoseconds, by the host's own monotonic clock
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_observe_read(
    monitor: *const oap_monitor,
    ns: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { call(monitor, |monitor| monitor.observe_read(ns)) }
}

/// Observes one encode call: `oap_write_frame_seconds`.
///
/// @param ns  its time in nanoseconds, by the host's own monotonic clock
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_observe_write(
    monitor: *const oap_monitor,
    ns: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { call(monitor, |monitor| monitor.observe_write(ns)) }
}

/// Samples the state. A host ticks at least once a second; oap_monitor_readiness ticks too.
///
/// @param now  nanoseconds of a monotonic clock; time that goes backwards is taken as standing still
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_tick(monitor: *const oap_monitor, now: u64) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { call(monitor, |monitor| monitor.tick(now)) }
}

/// Ticks, and says whether the process is fit to serve, with the answer for `/readyz`.
///
/// @param now        as in oap_monitor_tick
/// @param readiness  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_readiness(
    monitor: *const oap_monitor,
    now: u64,
    readiness: *mut oap_readiness,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(monitor, readiness, |monitor| Ok(monitor.readiness(now).into())) }
}

/// All numbers, as they are now.
///
/// @param snapshot  where they go
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_snapshot(
    monitor: *const oap_monitor,
    snapshot: *mut oap_snapshot,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::write_value(monitor, snapshot, |monitor| Ok((&monitor.snapshot()).into())) }
}

/// Writes the page that a Prometheus server scrapes, of the content type oap_text_content_type(). Not NUL-terminated.
///
/// @param out       where it goes; the caller's
/// @param capacity  bytes that fit there; about 4 KiB are enough for a long time
/// @param size      the page's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
/// @return OAP_STATUS_OK, OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE
#[no_mangle]
pub unsafe extern "C" fn oap_monitor_text(
    monitor: *const oap_monitor,
    out: *mut c_char,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::inspect(monitor, |monitor| {
            let output = Output { out: out.cast::<u8>(), capacity, size };
            output.check([])?;
            let page = monitor.snapshot().text();
            let needed = page.len();
            let written = match output.bytes().get_mut(..needed) {
                Some(bytes) => {
                    bytes.copy_from_slice(page.as_bytes());
                    Ok(needed)
                }
                None => Err(EncodeError::BufferTooSmall { needed }),
            };
            output.finish(written)
        })
    }
}
