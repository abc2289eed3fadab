//! A connection in one piece.

use crate::driver::Driver;
use crate::error::Error;
use crate::options::Options;
use crate::receiver::{Batch, Receiver};
use crate::sender::{OutboundStream, Sender};
use crate::shared::Shared;
use bytes::Bytes;
use futures_core::Stream;
use oap::{BytesFrame, EndReason, Flow};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::Duration;

/// Connects over TCP, with default options. The handshake goes on while the first calls wait.
///
/// # Errors
/// [`Error::Connect`].
pub async fn connect(address: impl ToSocketAddrs) -> Result<Connection, Error> {
    connect_with(address, &Options::default()).await
}

/// Connects over TCP. Nagle's algorithm is off (C.6).
///
/// # Errors
/// [`Error::Connect`].
pub async fn connect_with(
    address: impl ToSocketAddrs,
    options: &Options,
) -> Result<Connection, Error> {
    let stream = TcpStream::connect(address).await.map_err(Error::Connect)?;
    stream.set_nodelay(true).map_err(Error::Connect)?;
    Ok(Connection::new(stream, options))
}

/// One connection. Once it and its halves are all dropped, it closes as [`close`](Self::close) does.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    receiver: Receiver,
}

impl Connection {
    /// A connection over a stream that has just been opened, from a TLS handshake for example. A task of the current
    /// runtime moves its bytes.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new<S>(stream: S, options: &Options) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::new(Shared::new(options.engine(), options.monitor().cloned()));
        tokio::spawn(Driver::new(Arc::clone(&shared), stream));
        let sender = Sender::new(shared, options.chunk());
        let receiver = Receiver::new(sender.clone());
        Connection { sender, receiver }
    }

    /// Its halves, each for a task of its own.
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    /// The half that sends; clones of it may be used by any task.
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The half that takes.
    pub const fn receiver(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    /// See [`Receiver::next`].
    ///
    /// # Errors
    /// As there.
    pub async fn next(&mut self) -> Result<Option<BytesFrame>, Error> {
        self.receiver.next().await
    }

    /// See [`Receiver::next_batch`].
    ///
    /// # Errors
    /// As there.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>, Error> {
        self.receiver.next_batch().await
    }

    /// See [`Sender::start`].
    ///
    /// # Errors
    /// As there.
    pub async fn start(&self, stream: &str) -> Result<OutboundStream, Error> {
        self.sender.start(stream).await
    }

    /// See [`Sender::send_stream`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_stream<B, E>(
        &self,
        stream: &str,
        source: impl Stream<Item = Result<B, E>>,
    ) -> Result<(), Error>
    where
        B: Into<Bytes>,
        E: Into<crate::BoxError>,
    {
        self.sender.send_stream(stream, source).await
    }

    /// See [`Sender::send_iter`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_iter<B: Into<Bytes>>(
        &self,
        stream: &str,
        source: impl IntoIterator<Item = B>,
    ) -> Result<(), Error> {
        self.sender.send_iter(stream, source).await
    }

    /// See [`Sender::send_reader`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_reader(&self, stream: &str, source: impl AsyncRead) -> Result<(), Error> {
        self.sender.send_reader(stream, source).await
    }

    /// See [`Sender::delivered`].
    ///
    /// # Errors
    /// As there.
    pub async fn delivered(&self) -> Result<(), Error> {
        self.sender.delivered().await
    }

    /// See [`Sender::close`].
    ///
    /// # Errors
    /// As there.
    pub async fn close(&self, within: Option<Duration>) -> Result<(), Error> {
        self.sender.close(within).await
    }

    /// See [`Sender::abort`].
    pub fn abort(&self) {
        self.sender.abort();
    }

    /// See [`Sender::ended`].
    pub async fn ended(&self) -> EndReason {
        self.sender.ended().await
    }

    /// See [`Sender::outbound`].
    pub fn outbound(&self) -> Flow {
        self.sender.outbound()
    }

    /// See [`Sender::inbound`].
    pub fn inbound(&self) -> Flow {
        self.sender.inbound()
    }
}
