//! The engine: a [`Session`] with queues, a state and deadlines around it.

use super::options::ConnectionOptions;
use super::outgoing::Outgoing;
use super::reason::{EndReason, Wait};
use super::state::ConnectionState;
use super::untaken::Untaken;
#[cfg(feature = "std")]
use crate::codec::encode::encoded_len;
use crate::config::Config;
use crate::frame::Frame;
#[cfg(feature = "std")]
use crate::frame::Kind;
use crate::session::flow::Flow;
use crate::session::session::Session;
#[cfg(feature = "std")]
use crate::telemetry::monitor::Monitor;
use alloc::boxed::Box;
#[cfg(loom)]
use loom::sync::Arc;
#[cfg(all(feature = "std", not(loom)))]
use std::sync::Arc;

/// The status of an END that gives its stream up (C.7).
pub const ABORTED: u32 = 1;

/// One end of a connection, without its transport: the host moves bytes and says the time, in nanoseconds of a
/// monotonic clock.
///
/// The host reads while [`wants_read`](Self::wants_read) and passes what came to [`receive`](Self::receive), the end
/// of input to [`receive_end`](Self::receive_end). It writes what [`transmit`](Self::transmit) gives and says so by
/// [`transmitted`](Self::transmitted). It shuts its writing side while [`wants_shutdown`](Self::wants_shutdown), calls
/// [`handle_timeout`](Self::handle_timeout) at [`next_timeout`](Self::next_timeout), and closes its transport once the
/// state is [`ConnectionState::Ended`].
///
/// ```
/// use oap::{Connection, ConnectionOptions, EndReason, Frame, Piece, Row};
///
/// /// Carries what one end has to write to the other, at the time 0.
/// fn carry(from: &mut Connection, to: &mut Connection, taken: &mut Vec<u8>) {
///     let mut wire = Vec::new();
///     for piece in from.transmit(0) {
///         let Piece::Bytes(bytes) = piece else { continue };
///         wire.extend_from_slice(bytes);
///     }
///     from.transmitted(0, wire.len());
///     let mut rows = [Row::default(); 16];
///     let mut rest = &wire[..];
///     while !rest.is_empty() {
///         let table = to.receive(0, rest, &mut rows);
///         for frame in &table {
///             if let Frame::Data(data) = frame {
///                 taken.extend_from_slice(data.body);
///             }
///         }
///         let (consumed, frames) = (table.consumed(), table.len());
///         to.take(0, frames); // the application asks for more: what it has can be acknowledged
///         rest = &rest[consumed..];
///     }
/// }
///
/// let config = ConnectionOptions::default_config();
/// let mut a = Connection::new(config, ConnectionOptions::default(), 0);
/// let mut b = Connection::new(config, ConnectionOptions::default(), 0);
/// let mut taken = Vec::new();
/// carry(&mut a, &mut b, &mut taken);
/// carry(&mut b, &mut a, &mut taken); // both HELLOs have passed
///
/// a.start(0, "notes")?;
/// a.data(0, None, b"hello")?;
/// a.end_stream(0, 0)?;
/// carry(&mut a, &mut b, &mut taken);
/// carry(&mut b, &mut a, &mut taken); // the acknowledgement
/// assert_eq!(taken, b"hello");
/// assert_eq!(a.outbound().in_flight, 0);
///
/// a.close(0, None);
/// assert!(a.wants_shutdown());
/// b.receive_end(0); // what b sees when a has shut its writing side
/// a.receive_end(0);
/// assert_eq!(a.end_reason(), Some(&EndReason::Clean));
/// # Ok::<(), oap::SendError>(())
/// ```
///
/// A clone goes on by itself from where the connection stands; a transport has room for one of the two.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) session: Session,
    pub(super) options: ConnectionOptions,
    pub(super) state: ConnectionState,
    pub(super) reason: Option<Box<EndReason>>,
    pub(super) untaken: Untaken,
    pub(super) outgoing: Outgoing,
    /// DATA taken and not yet acknowledged, and the seq of the last of them.
    pub(super) taken: u32,
    pub(super) taken_to: u64,
    /// The acknowledgement goes at once, not with the next bytes (C.3).
    pub(super) ack_is_due: bool,
    /// The peer's input has ended.
    pub(super) peer_closed: bool,
    /// The event that the application's last send waits for.
    pub(super) waits: Option<Wait>,
    pub(super) times: Times,
}

/// When something happened that a deadline counts from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) opened: u64,
    /// The last byte either way.
    pub(super) active: u64,
    /// The last byte of the peer.
    pub(super) heard: u64,
    /// Since when both sides wait for each other's credit.
    pub(super) stalled: Option<u64>,
    /// When a close is cut off.
    pub(super) close_at: u64,
    /// When the writing side was shut.
    pub(super) shut: u64,
}

impl Connection {
    /// A connection whose transport has just been opened, at `now`; its HELLO is queued (C.1).
    pub fn new(config: Config, options: ConnectionOptions, now: u64) -> Self {
        Connection::over(Session::new(config), options, now)
    }

    /// The same, counted in a monitor.
    #[cfg(feature = "std")]
    pub fn with_monitor(
        config: Config,
        options: ConnectionOptions,
        now: u64,
        monitor: &Arc<Monitor>,
    ) -> Self {
        Connection::over(Session::new(config).with_monitor(monitor), options, now)
    }

    /// Counts its frames and rejects in a monitor, from now on; its HELLO too, while none of it is written.
    #[cfg(feature = "std")]
    pub fn set_monitor(&mut self, monitor: &Arc<Monitor>) {
        let hello = encoded_len(&Frame::Hello(self.session.hello())).ok();
        if self.state == ConnectionState::Handshake && hello == Some(self.queued()) {
            monitor.count_frame(Kind::Hello, self.queued());
        }
        self.session.set_monitor(monitor);
    }

    fn over(session: Session, options: ConnectionOptions, now: u64) -> Self {
        let times =
            Times { opened: now, active: now, heard: now, stalled: None, close_at: 0, shut: 0 };
        let mut connection = Connection {
            session,
            options,
            state: ConnectionState::Handshake,
            reason: None,
            untaken: Untaken::default(),
            outgoing: Outgoing::default(),
            taken: 0,
            taken_to: 0,
            ack_is_due: false,
            peer_closed: false,
            waits: None,
            times,
        };
        let hello = connection.session.hello();
        connection.queue(&Frame::Hello(hello)).expect("a session's own HELLO is good");
        connection
    }

    /// Where the connection stands.
    pub const fn state(&self) -> ConnectionState {
        self.state
    }

    /// Why it ended or is about to end; `None` while it goes on. The first reason is kept (C.13).
    pub fn end_reason(&self) -> Option<&EndReason> {
        self.reason.as_deref()
    }

    /// Whether the host is to read now. False while too much waits to be taken (C.4).
    pub fn wants_read(&self) -> bool {
        if self.peer_closed || !self.state.allowed().reads {
            return false;
        }
        let limit = if self.waits_for_credit() {
            self.receive_limit()
        } else {
            self.options.receive_buffer()
        };
        self.untaken.bytes() < limit
    }

    /// Whether there is something to write now.
    pub fn wants_write(&self) -> bool {
        self.state.allowed().writes && (self.ack_is_due || !self.outgoing.is_empty())
    }

    /// Whether the host is to shut its writing side, if it has not: all is written (C.11).
    pub const fn wants_shutdown(&self) -> bool {
        matches!(self.state, ConnectionState::Shut)
    }

    /// Bytes that wait to be written, bodies of the host's among them.
    pub fn queued(&self) -> usize {
        self.outgoing.len()
    }

    /// The encoded bytes that it holds to be written: what `transmit` shows lies in them. For liboap, which can't borrow.
    #[doc(hidden)]
    pub fn queued_bytes(&self) -> &[u8] {
        self.outgoing.bytes()
    }

    /// Gives back the memory that it keeps for what comes next: for a host of many connections, when one falls idle.
    /// Nothing is lost; what is queued, staged or untaken stays.
    pub fn shrink(&mut self) {
        self.outgoing.shrink();
        self.untaken.shrink();
        self.session.shrink();
    }

    /// Bytes of the frames that were given and not taken.
    pub fn untaken(&self) -> u64 {
        self.untaken.bytes()
    }

    /// The flow of what this side has sent.
    pub fn outbound(&self) -> Flow {
        self.session.outbound()
    }

    /// The flow of what the peer has sent.
    pub fn inbound(&self) -> Flow {
        self.session.inbound()
    }

    /// The largest body that a DATA to this peer can have, in bytes; `None` before its HELLO.
    pub fn max_body(&self, with_obj: bool) -> Option<usize> {
        let head = crate::wire::header::data_head_len(self.session.next_seq(), with_obj);
        self.session.peer_max_frame().map(|max_frame| max_frame - head)
    }

    /// The session under the connection, to look at.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Its options.
    pub const fn options(&self) -> &ConnectionOptions {
        &self.options
    }
}
