//! A server: accepts, limits, lists, shuts down (S.1 to S.5).

use crate::connection::Connection;
use crate::error::{BoxError, Error};
use crate::options::Options;
use crate::shared::{Shared, State};
use futures_util::FutureExt;
use oap::{ConnectionOptions, Flow};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout, timeout_at, Duration, Instant};

/// The pauses after accepts that failed: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long a server's connection may be idle, where its host says nothing else (S.2).
const IDLE_TIMEOUT_NS: u64 = 300_000_000_000;

/// Something that a server met and that ends neither it nor another connection (S.1).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// An accept failed. The next one follows after a pause.
    Accept(io::Error),
    /// A stream could not be made ready: its TLS handshake failed, or took longer than the handshake timeout.
    Upgrade(io::Error),
    /// A handler returned an error.
    Handler(BoxError),
    /// A handler panicked; this is what it panicked with.
    Panic(Box<dyn Any + Send>),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Accept(error) => write!(f, "an accept failed: {error}"),
            Event::Upgrade(error) => write!(f, "a stream could not be made ready: {error}"),
            Event::Handler(error) => write!(f, "a handler failed: {error}"),
            Event::Panic(_) => f.write_str("a handler panicked"),
        }
    }
}

type Hook = Arc<dyn Fn(Event) + Send + Sync>;

/// The choices of a host for its server.
#[derive(Clone)]
pub struct ServerOptions {
    connection: Options,
    max_connections: usize,
    hook: Hook,
}

impl Default for ServerOptions {
    /// 1,024 connections, idle for 5 minutes at most; events are logged by `tracing`.
    fn default() -> Self {
        let limits = ConnectionOptions::default().with_idle_timeout_ns(IDLE_TIMEOUT_NS);
        let limits = limits.expect("the default is in its range");
        ServerOptions {
            connection: Options::default().with_limits(limits),
            max_connections: 1_024,
            hook: Arc::new(|event| log(&event)),
        }
    }
}

impl ServerOptions {
    /// Sets the options of each connection, its idle timeout too.
    pub fn with_connection(self, connection: Options) -> Self {
        ServerOptions { connection, ..self }
    }

    /// Sets how many connections there may be at once; 0 counts as 1. Others wait to be accepted.
    pub fn with_max_connections(self, max_connections: usize) -> Self {
        let max_connections = max_connections.clamp(1, Semaphore::MAX_PERMITS);
        ServerOptions { max_connections, ..self }
    }

    /// Sets what is called at each event, in place of the log. It must not block.
    pub fn with_hook(self, hook: impl Fn(Event) + Send + Sync + 'static) -> Self {
        ServerOptions { hook: Arc::new(hook), ..self }
    }

    /// The options of each connection.
    pub const fn connection(&self) -> &Options {
        &self.connection
    }

    /// Serves: each connection goes to a call of `handler`, in a task of its own. It counts until its handler has
    /// returned and the connection has ended.
    ///
    /// # Errors
    /// Where the listener has no address.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn serve<H, F, E>(self, listener: TcpListener, handler: H) -> io::Result<Server>
    where
        H: Fn(Connection) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        self.serve_over(listener, |stream| async { Ok(stream) }, handler)
    }

    /// [`serve`](Self::serve) over what `upgrade` makes of each accepted stream, a TLS stream for example. It may take
    /// as long as the handshake timeout.
    ///
    /// # Errors
    /// Where the listener has no address.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn serve_over<U, UF, S, H, F, E>(
        self,
        listener: TcpListener,
        upgrade: U,
        handler: H,
    ) -> io::Result<Server>
    where
        U: Fn(TcpStream) -> UF + Send + Sync + 'static,
        UF: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        H: Fn(Connection) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let local_addr = listener.local_addr()?;
        let inner = Arc::new(Inner {
            slots: Arc::new(Semaphore::new(self.max_connections)),
            options: self,
            room: Mutex::new(Room::default()),
        });
        let service = Arc::new(Service { upgrade, handler });
        let accepting = tokio::spawn(service.accept_all(Arc::clone(&inner), listener));
        Ok(Server { inner, local_addr, accepting: accepting.abort_handle() })
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("connection", &self.connection)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// Serves with default options: see [`ServerOptions::serve`].
///
/// # Errors
/// Where the listener has no address.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn serve<H, F, E>(listener: TcpListener, handler: H) -> io::Result<Server>
where
    H: Fn(Connection) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    ServerOptions::default().serve(listener, handler)
}

/// A server that accepts connections until it is shut down or dropped. Dropped, it leaves those that it has to their
/// handlers.
#[derive(Debug)]
pub struct Server {
    inner: Arc<Inner>,
    local_addr: SocketAddr,
    accepting: AbortHandle,
}

impl Server {
    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The connections that are open now (S.5).
    pub fn connections(&self) -> Vec<ServerConnection> {
        let room = self.inner.room();
        room.connections.values().cloned().collect()
    }

    /// Accepts no more and closes what is idle; open streams may finish (S.4). What is open half of `within` before
    /// its end, or its `close_timeout` where that is shorter, is closed (C.11), and what is left at the end aborted,
    /// with its handler. Returns when nothing is left, at the latest after `within`.
    pub async fn shutdown(&self, within: Duration) {
        let end = Instant::now() + within;
        self.accepting.abort();
        self.inner.room().begin_closing();
        let close_timeout =
            Duration::from_nanos(self.inner.options.connection.limits().close_timeout_ns());
        let closing = close_timeout.min(within / 2);
        if timeout_at(end - closing, self.inner.empty()).await.is_err() {
            self.each(|connection| connection.shared.close(Some(closing)));
            let _ = timeout_at(end, self.inner.empty()).await;
        }
        self.each(|connection| connection.shared.abort());
        self.inner.room().abort_tasks();
    }

    fn each(&self, act: impl Fn(&ServerConnection)) {
        self.connections().iter().for_each(act);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Tells the connections of a server apart; never used again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConnectionId(u64);

/// A connection of a server, to look at and to close.
#[derive(Clone)]
pub struct ServerConnection {
    id: ConnectionId,
    peer: SocketAddr,
    shared: Arc<Shared>,
}

impl ServerConnection {
    /// Its number.
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// The address of the other end.
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// How long it has been open.
    pub fn age(&self) -> Duration {
        self.shared.opened.elapsed()
    }

    /// The frames that it has sent.
    pub fn outbound(&self) -> Flow {
        self.shared.lock().engine.outbound()
    }

    /// The frames that the peer has sent.
    pub fn inbound(&self) -> Flow {
        self.shared.lock().engine.inbound()
    }

    /// Closes it, as [`Sender::close`](crate::Sender::close) does, without waiting for the end.
    pub fn close(&self, within: Option<Duration>) {
        self.shared.close(within);
    }

    /// Ends it at once.
    pub fn abort(&self) {
        self.shared.abort();
    }
}

impl fmt::Debug for ServerConnection {
    /// All but the peer's address, which belongs in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConnection")
            .field("id", &self.id)
            .field("age", &self.age())
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Inner {
    slots: Arc<Semaphore>,
    options: ServerOptions,
    room: Mutex<Room>,
}

/// The connections, and the tasks that serve them, which begin before there is a connection.
#[derive(Debug, Default)]
struct Room {
    connections: HashMap<ConnectionId, ServerConnection>,
    tasks: HashMap<ConnectionId, AbortHandle>,
    last_id: u64,
    closing: bool,
}

impl Room {
    /// Those without a connection are not waited for.
    fn begin_closing(&mut self) {
        self.closing = true;
        self.connections.values().for_each(|connection| connection.shared.close_when_idle());
        let early = self.tasks.iter().filter(|(id, _)| !self.connections.contains_key(id));
        early.for_each(|(_, task)| task.abort());
    }

    fn abort_tasks(&self) {
        self.tasks.values().for_each(AbortHandle::abort);
    }
}

impl Inner {
    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is no connection.
    async fn empty(&self) {
        let all = u32::try_from(self.options.max_connections).unwrap_or(u32::MAX);
        let _ = self.slots.acquire_many(all).await;
    }

    fn tell(&self, event: Event) {
        // A hook that panics is no reason to stop accepting.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.options.hook)(event)));
    }

    /// Serves an accepted stream in a task of its own.
    fn admit<T, F>(self: &Arc<Self>, slot: OwnedSemaphorePermit, serve: T)
    where
        T: FnOnce(Seat) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut room = self.room();
        room.last_id += 1;
        let id = ConnectionId(room.last_id);
        if !room.closing {
            let seat = Seat { inner: Arc::clone(self), id, _slot: slot };
            room.tasks.insert(id, tokio::spawn(serve(seat)).abort_handle());
        }
    }
}

/// A connection's place among those that there may be at once.
struct Seat {
    inner: Arc<Inner>,
    id: ConnectionId,
    _slot: OwnedSemaphorePermit,
}

impl Seat {
    fn list(&self, peer: SocketAddr, shared: &Arc<Shared>) {
        let mut room = self.inner.room();
        let (id, shared) = (self.id, Arc::clone(shared));
        if room.closing {
            shared.close_when_idle();
        }
        room.connections.insert(id, ServerConnection { id, peer, shared });
    }

    fn tell_outcome(&self, outcome: Result<Result<(), Event>, Box<dyn Any + Send>>) {
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(event)) => self.inner.tell(event),
            Err(panic) => self.inner.tell(Event::Panic(panic)),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut room = self.inner.room();
        room.tasks.remove(&self.id);
        room.connections.remove(&self.id);
    }
}

/// The step for each accepted stream.
struct Service<U, H> {
    upgrade: U,
    handler: H,
}

impl<U, UF, S, H, F, E> Service<U, H>
where
    U: Fn(TcpStream) -> UF + Send + Sync + 'static,
    UF: Future<Output = io::Result<S>> + Send + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(Connection) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    async fn accept_all(self: Arc<Self>, inner: Arc<Inner>, listener: TcpListener) {
        let mut pause = FIRST_PAUSE;
        // The semaphore is never closed.
        while let Ok(slot) = Arc::clone(&inner.slots).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    pause = FIRST_PAUSE;
                    let service = Arc::clone(&self);
                    inner.admit(slot, |seat| service.serve(seat, stream, peer));
                }
                Err(error) => {
                    inner.tell(Event::Accept(error));
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn serve(self: Arc<Self>, seat: Seat, stream: TcpStream, peer: SocketAddr) {
        let attended = AssertUnwindSafe(self.attend(&seat, stream, peer)).catch_unwind().await;
        seat.tell_outcome(attended);
        let connection = seat.inner.room().connections.get(&seat.id).cloned();
        if let Some(connection) = connection {
            let done = |state: &mut State, _: u64| state.driver.done.then_some(());
            connection.shared.wait_until(done).await;
        }
    }

    async fn attend(&self, seat: &Seat, stream: TcpStream, peer: SocketAddr) -> Result<(), Event> {
        // A socket that is no longer good is told by what is done with it.
        let _ = stream.set_nodelay(true);
        let options = &seat.inner.options.connection;
        let limit = Duration::from_nanos(options.limits().handshake_timeout_ns());
        let upgraded = timeout(limit, (self.upgrade)(stream)).await;
        let stream = upgraded.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let connection = Connection::new(stream.map_err(Event::Upgrade)?, options);
        seat.list(peer, connection.sender().shared());
        match (self.handler)(connection).await.map_err(Into::into) {
            Err(error) if !is_closed(&error) => Err(Event::Handler(error)),
            _ => Ok(()),
        }
    }
}

/// That a connection was closed while its handler was at work is no failure.
fn is_closed(error: &BoxError) -> bool {
    matches!(error.downcast_ref(), Some(Error::Closed))
}

/// Logs an event; what a peer did is no warning.
fn log(event: &Event) {
    match event {
        Event::Handler(error) if error.is::<Error>() => tracing::debug!("{event}"),
        Event::Upgrade(_) => tracing::debug!("{event}"),
        _ => tracing::warn!("{event}"),
    }
}
