//! The state that the tasks of a connection share: the engine, what waits on either side of it, and who waits for it.

use crate::error::{Ended, Error};
use bytes::Bytes;
use oap::{ConnectionState, EndReason, Monitor, Row, SendError, Wait, ABORTED};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

/// One connection, as all of its tasks see it.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Told when bytes are written, DATA is acknowledged, or the connection moves on.
    pub progress: Notify,
    /// The engine's time 0.
    pub opened: Instant,
}

#[derive(Debug)]
pub(crate) struct State {
    pub engine: oap::Connection,
    /// Told how long calls take; the engine itself has no clock.
    monitor: Option<Arc<Monitor>>,
    /// Bodies that the engine announced and that are not all written.
    pub bodies: VecDeque<Bytes>,
    /// Frames that wait to be handed out.
    pub received: VecDeque<ReceivedRows>,
    /// How many frames the application has taken.
    pub taken: u64,
    /// Bytes written since the beginning.
    pub written: u64,
    /// DATA queued since all was written, or the sender let the driver have its turn.
    pub unwritten_data: usize,
    /// The application has been given an END and has not asked for what follows.
    pub busy: bool,
    pub driver: DriverState,
    pub sender: Option<(Waker, SendWait)>,
    pub receiver: Option<Waker>,
    /// The open stream was dropped, and its END waits for room.
    pub abandoned: bool,
    /// This side has closed it.
    pub closed: bool,
    pub close_when_idle: bool,
    pub failure: Option<Arc<io::Error>>,
}

/// The task that moves the bytes.
#[derive(Debug)]
pub(crate) struct DriverState {
    pub waker: Option<Waker>,
    /// It will look at the state before it sleeps, so nobody has to wake it.
    pub awake: bool,
    /// The transport takes no more bytes now, and will wake it.
    pub blocked: bool,
    /// It does not read, since the engine did not want it to.
    pub paused: bool,
    pub shut: bool,
    /// When it wakes by itself.
    pub alarm: Option<u64>,
    /// The transport is closed.
    pub done: bool,
}

impl DriverState {
    const fn new() -> Self {
        DriverState {
            waker: None,
            awake: true,
            blocked: false,
            paused: false,
            shut: false,
            alarm: None,
            done: false,
        }
    }
}

/// The event that a sender waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SendWait {
    /// The answer of the engine.
    For(Wait),
    /// Its own source, which the end of the connection cuts short.
    Source,
    /// That so many bytes are written since the beginning.
    Written(u64),
}

/// Frames of one read, over the bytes that hold them.
#[derive(Debug, Default)]
pub(crate) struct ReceivedRows {
    pub bytes: Bytes,
    pub rows: Vec<Row>,
}

impl Shared {
    pub fn new(engine: oap::Connection, monitor: Option<Arc<Monitor>>) -> Shared {
        let state = State {
            engine,
            monitor,
            bodies: VecDeque::new(),
            received: VecDeque::new(),
            taken: 0,
            written: 0,
            unwritten_data: 0,
            busy: false,
            driver: DriverState::new(),
            sender: None,
            receiver: None,
            abandoned: false,
            closed: false,
            close_when_idle: false,
            failure: None,
        };
        Shared { state: Mutex::new(state), progress: Notify::new(), opened: Instant::now() }
    }

    pub fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// A stream's code that panics in a call of the driver leaves the state as it was.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, then wakes who can go on because of it.
    pub fn change<T>(&self, change: impl FnOnce(&mut State, u64) -> T) -> T {
        let now = self.now();
        let mut state = self.lock();
        let result = change(&mut state, now);
        state.close_if_idle(now);
        let wakers = state.wakers();
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
        result
    }

    pub fn close(&self, within: Option<Duration>) {
        let within = within.map(|within| u64::try_from(within.as_nanos()).unwrap_or(u64::MAX));
        self.change(|state, now| state.close(now, within));
        self.progress.notify_waiters();
    }

    pub fn close_when_idle(&self) {
        self.change(|state, _| state.close_when_idle = true);
        self.progress.notify_waiters();
    }

    pub fn abort(&self) {
        self.change(|state, _| {
            state.closed = true;
            state.received.clear();
            state.engine.abort();
        });
        self.progress.notify_waiters();
    }

    /// Waits until `what` has an answer; it is asked again at each progress.
    pub async fn wait_until<T>(&self, mut what: impl FnMut(&mut State, u64) -> Option<T>) -> T {
        loop {
            let progress = self.progress.notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            if let Some(answer) = self.change(&mut what) {
                return answer;
            }
            progress.await;
        }
    }
}

impl State {
    /// Has the engine look at what one read brought.
    pub fn time_read<T>(&mut self, receive: impl FnOnce(&mut State) -> T) -> T {
        let began = self.start_watch();
        let result = receive(self);
        self.stop_watch(began, Monitor::observe_read);
        result
    }

    /// Has the engine encode; a call that has to wait is made again, and the last one counts.
    pub fn time_write<T>(
        &mut self,
        encode: impl FnOnce(&mut State) -> Result<T, SendError>,
    ) -> Result<T, SendError> {
        let began = self.start_watch();
        let result = encode(self);
        if !matches!(result, Err(SendError::Waits(_))) {
            self.stop_watch(began, Monitor::observe_write);
        }
        result
    }

    /// Without a monitor no clock is read.
    fn start_watch(&self) -> Option<Instant> {
        self.monitor.as_ref().map(|_| Instant::now())
    }

    fn stop_watch(&self, began: Option<Instant>, observe: fn(&Monitor, u64)) {
        if let (Some(monitor), Some(began)) = (&self.monitor, began) {
            observe(monitor, u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
    }

    pub fn close(&mut self, now: u64, within: Option<u64>) {
        self.closed = true;
        self.received.clear();
        self.engine.close(now, within);
    }

    /// The application asks for what follows the frame of that number.
    pub fn take_to(&mut self, now: u64, frame: u64) {
        let frames = frame.saturating_sub(self.taken);
        if frames > 0 {
            self.taken = frame;
            self.engine.take(now, usize::try_from(frames).unwrap_or(usize::MAX));
        }
    }

    /// Ends the stream of a sender that is gone, as soon as there is room.
    pub fn give_up_stream(&mut self, now: u64) {
        let ended = self.engine.end_stream(now, ABORTED);
        self.abandoned = matches!(ended, Err(SendError::Waits(_)));
    }

    pub fn is_over(&self) -> bool {
        self.engine.state() == ConnectionState::Ended
    }

    pub fn may_send(&self) -> bool {
        matches!(self.engine.state(), ConnectionState::Handshake | ConnectionState::Open)
    }

    /// No stream is open and nothing waits: a good moment to close.
    fn close_if_idle(&mut self, now: u64) {
        let between_streams = !self.engine.inbound().open && !self.engine.outbound().open;
        let nothing_waits = !self.busy && self.received.is_empty() && self.engine.untaken() == 0;
        if self.close_when_idle && !self.closed && between_streams && nothing_waits {
            self.close(now, None);
        }
    }

    /// The error of a call that comes too late.
    pub fn error(&self) -> Error {
        match self.engine.end_reason() {
            None | Some(EndReason::Clean) => Error::Closed,
            Some(reason) => {
                Error::Ended(Ended { reason: reason.clone(), failure: self.failure.clone() })
            }
        }
    }

    /// The tasks that can go on now: the driver, the sender, the receiver.
    pub fn wakers(&mut self) -> [Option<Waker>; 3] {
        let driver = if !self.driver.awake && self.driver_has_work() {
            self.driver.awake = true;
            self.driver.waker.take()
        } else {
            None
        };
        let sender = if self.sender_may_go_on() { self.sender.take() } else { None };
        let receiver = if self.receiver_may_go_on() { self.receiver.take() } else { None };
        [driver, sender.map(|(waker, _)| waker), receiver]
    }

    pub fn driver_has_work(&self) -> bool {
        let (engine, driver) = (&self.engine, &self.driver);
        let wants_out = engine.wants_write() || (engine.wants_shutdown() && !driver.shut);
        (wants_out && !driver.blocked)
            || self.is_over()
            || (driver.paused && engine.wants_read())
            || engine.next_timeout().is_some_and(|at| driver.alarm.is_none_or(|alarm| at < alarm))
    }

    fn sender_may_go_on(&self) -> bool {
        let engine = &self.engine;
        let Some((_, wait)) = self.sender else { return false };
        if let SendWait::Written(until) = wait {
            return self.written >= until || self.is_over();
        }
        !self.may_send()
            || match wait {
                SendWait::For(Wait::Handshake) => engine.state() != ConnectionState::Handshake,
                SendWait::For(Wait::Credit) => engine.outbound().credit() > 0,
                // Half of the buffer, so that many messages go at once.
                SendWait::For(Wait::Room) => {
                    engine.queued() as u64 * 2 <= engine.options().send_buffer()
                }
                SendWait::Source | SendWait::Written(_) => false,
            }
    }

    fn receiver_may_go_on(&self) -> bool {
        self.receiver.is_some() && (!self.received.is_empty() || self.has_no_more_to_give())
    }

    /// All that will come is here for the application to take.
    pub fn has_no_more_to_give(&self) -> bool {
        let giving =
            matches!(self.engine.state(), ConnectionState::Handshake | ConnectionState::Open);
        self.received.is_empty() && !giving
    }
}
