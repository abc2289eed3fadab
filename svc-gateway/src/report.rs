//! What the gateway logs: an event a function, its fields by their names in the log. Never payload, feature bits or a
//! peer's address.

use crate::inbound::Ended;
use crate::objects::Tally;
use crate::peer::Peer;
use crate::refusal::Refusal;
use crate::threads::Threads;
use crate::values::Timeout;
use oap::{Kind, Readiness, Reject};
use std::fmt::Display;
use std::net::SocketAddr;
use std::panic::Location;
use std::time::Duration;
use tracing::{debug, error, info, warn};

/// An event of a connection, which has its names.
macro_rules! of_peer {
    ($level:ident, $peer:ident, $($field:tt)+) => {
        $level!(
            $($field)+,
            corr_id = $peer.corr_id(),
            peer_addr = $peer.pseudonym(),
            tenant = $peer.tenant(),
        )
    };
}

pub struct StreamLine<'a> {
    pub stream: &'a Ended,
    pub took: Duration,
}

/// The configuration is valid and sessions can be made.
pub fn initialized(config: &oap::Config, amnesia: &impl Display, threads: Threads) {
    info!(
        event = "initialized",
        message = "oap parser initialized",
        oap_parser_ready = true,
        strict_headers = config.strict_headers(),
        ack_window_frames = config.ack_window_frames(),
        max_frame = config.max_frame(),
        amnesia = %amnesia,
        io_threads = threads.io as u64,
        workers = threads.hashing as u64,
    );
}

pub fn listening(transport: &str, at: &impl Display) {
    info!(event = "listening", transport, addr = %at);
}

pub fn serving_metrics(at: SocketAddr) {
    info!(event = "serving_metrics", addr = %at);
}

macro_rules! stream_line {
    ($level:ident, $peer:ident, $line:ident) => {{
        let Ended { name, frames, bytes, tally, .. } = $line.stream;
        let Tally { objects, verified, status, address } = tally;
        of_peer!(
            $level,
            $peer,
            event = "stream",
            latency_ms = milliseconds($line.took),
            name = name.as_str(),
            frames,
            bytes,
            objects,
            verified,
            status = *status as u32,
            address = address.as_deref()
        );
    }};
}

pub fn stream(peer: &Peer, line: &StreamLine<'_>) {
    stream_line!(info, peer, line);
}

/// A peer may send as many as it likes: they are summed.
pub fn empty_stream(peer: &Peer, line: &StreamLine<'_>) {
    stream_line!(debug, peer, line);
}

/// Streams of the last second that were empty, and others beyond the lines that a second has.
pub fn streams_without_a_line(empty: u64, others: u64) {
    info!(event = "streams_without_a_line", empty, others);
}

/// A connection has ended; `is_cut`: inside a stream.
pub fn ended(peer: &Peer, reason: &str, is_cut: bool) {
    if is_cut {
        of_peer!(info, peer, event = "ended", reason, is_cut);
    } else {
        of_peer!(debug, peer, event = "ended", reason, is_cut);
    }
}

/// The first of a row of errors, and so many that were not logged before it.
pub fn accept_failed(error: &str, unlogged: u64) {
    warn!(event = "accept_failed", reason = error, unlogged);
}

pub fn reject(peer: &Peer, reject: &Reject) {
    let field = reject.fault().field();
    of_peer!(
        warn,
        peer,
        event = "reject",
        reason = reject.reason().label(),
        frame_kind = kind_of(field).map(Kind::name),
        field,
        offset = reject.offset(),
        at = reject.at()
    );
}

/// Before a session it is no news: a peer may connect as often as it likes, and the metrics count it.
pub fn refused(peer: &Peer, refusal: Refusal) {
    let reason = refusal.label();
    if refusal.is_before_the_session() {
        of_peer!(debug, peer, event = "refused", reason);
    } else {
        of_peer!(info, peer, event = "refused", reason);
    }
}

pub fn foreign_protocol(peer: &Peer, protocol: &str) {
    of_peer!(warn, peer, event = "foreign_protocol", reason = protocol);
}

pub fn quarantined(peer: &Peer, lasts: Timeout) {
    of_peer!(warn, peer, event = "quarantined", seconds = lasts.0);
}

/// The last day of the one that is shown from now on.
pub fn certificate(last_day: &str) {
    info!(event = "certificate", last_day);
}

pub fn certificate_expires_soon(last_day: &str) {
    warn!(event = "certificate_expires_soon", last_day);
}

/// Or it is not valid yet.
pub fn certificate_invalid(reason: &str) {
    error!(event = "certificate_invalid", reason);
}

/// At SIGHUP.
pub fn key_changed(key: &str, old: &str, new: &str) {
    info!(event = "key_changed", key, old, new);
}

/// Names of keys that have changed, and of those that wait for a restart.
pub fn reloaded(changed: &str, need_restart: &str) {
    info!(event = "reloaded", changed, need_restart);
}

/// All stays as it was.
pub fn reload_refused(reason: &str) {
    error!(event = "reload_refused", reason);
}

pub fn few_descriptors(have: u64, want: u64) {
    warn!(event = "few_descriptors", have, want);
}

/// Readiness has changed.
pub fn readiness(readiness: &Readiness) {
    let missing: Vec<&str> = readiness.missing().collect();
    if missing.is_empty() {
        info!(event = "ready");
    } else {
        warn!(event = "not_ready", missing = missing.join(","));
    }
}

pub fn draining() {
    info!(event = "draining");
}

/// With so many connections still open.
pub fn stopped(open: usize) {
    info!(event = "stopped", open);
}

/// Where, without what it says: that may quote a peer.
pub fn panicked(at: Option<&Location<'_>>) {
    error!(event = "panicked", at = at.map(ToString::to_string));
}

/// The kind of a frame whose field is named as the spec names it: `DATA.seq`.
fn kind_of(field: &str) -> Option<Kind> {
    let name = field.split('.').next()?;
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
