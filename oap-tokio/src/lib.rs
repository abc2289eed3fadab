//! OAP/1 connections on tokio: connect, serve, send whole streams, take frames, close without losing a byte.
//!
//! A [`Connection`] runs over any stream of bytes that tokio can read and write, so TLS is the caller's. Its rules are
//! those of `docs/connection.md`: when it acknowledges, waits, stops and closes is decided in [`oap::Connection`], and
//! is the same in every language.
//!
//! A server that says how many bytes each stream had, and its client:
//!
//! ```
//! use oap_tokio::{connect, oap::Frame, serve, BoxError, Connection};
//! use tokio::net::TcpListener;
//!
//! async fn count(mut connection: Connection) -> Result<(), BoxError> {
//!     let mut bytes = 0;
//!     while let Some(frame) = connection.next().await? {
//!         match frame.frame() {
//!             Frame::Data(data) => bytes += data.body.len(),
//!             Frame::End(_) => connection.send_iter("count", [bytes.to_string()]).await?,
//!             _ => bytes = 0,
//!         }
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let server = serve(TcpListener::bind("127.0.0.1:0").await?, count)?;
//!
//! let mut connection = connect(server.local_addr()).await?;
//! connection.send_iter("notes", ["hello, ", "world"]).await?;
//! while let Some(frame) = connection.next().await? {
//!     if let Frame::Data(data) = frame.frame() {
//!         assert_eq!(data.body, b"12");
//!         break;
//!     }
//! }
//! connection.close(None).await?; // all that was sent is acknowledged
//! server.shutdown(std::time::Duration::from_secs(5)).await;
//! # Ok(())
//! # }
//! ```
//!
//! [`Connection::split`] gives a [`Sender`] and a [`Receiver`] for two tasks. A peer is sent to faster than it takes
//! only as far as its window and `send_buffer` go: whoever sends and never takes what comes back may end as
//! `stalled`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod connection;
mod driver;
mod error;
mod options;
mod receiver;
mod sender;
mod server;
mod shared;
mod source;

pub use connection::{connect, connect_with, Connection};
pub use error::{BoxError, Ended, Error};
/// The core, whose types stand in this crate's.
pub use oap;
pub use options::Options;
pub use receiver::{Batch, Receiver};
pub use sender::{OutboundStream, Sender};
pub use server::{serve, ConnectionId, Event, Server, ServerConnection, ServerOptions};
