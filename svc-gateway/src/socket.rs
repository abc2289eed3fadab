//! What a connection reads from and writes to: TCP, a Unix socket, or TLS, of whose records the bounds are told.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

pub trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// Whether bytes have come that can't be read before more come.
    fn is_inside_a_record(&self) -> bool {
        false
    }
}

impl Socket for TcpStream {}

impl Socket for UnixStream {}

impl Socket for TlsStream<Records<TcpStream>> {
    fn is_inside_a_record(&self) -> bool {
        self.get_ref().0.bounds.is_inside()
    }
}

/// Bytes of a record before its content: type, version, length.
const HEAD_BYTES: usize = 5;

/// Where the bytes of TLS records end, as they pass.
#[derive(Default)]
struct Bounds {
    head: [u8; HEAD_BYTES],
    /// Bytes of the head that have passed; all while the content passes.
    head_len: usize,
    /// Bytes of the content that have not.
    missing: usize,
}

impl Bounds {
    const fn is_inside(&self) -> bool {
        self.head_len > 0
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = if self.head_len < HEAD_BYTES {
                self.pass_head(bytes)
            } else {
                let taken = self.missing.min(bytes.len());
                self.missing -= taken;
                taken
            };
            bytes = &bytes[taken..];
            if self.head_len == HEAD_BYTES && self.missing == 0 {
                self.head_len = 0;
            }
        }
    }

    fn pass_head(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(HEAD_BYTES - self.head_len);
        self.head[self.head_len..self.head_len + taken].copy_from_slice(&bytes[..taken]);
        self.head_len += taken;
        if self.head_len == HEAD_BYTES {
            self.missing = u16::from_be_bytes([self.head[3], self.head[4]]).into();
        }
        taken
    }
}

/// A socket under TLS.
pub struct Records<S> {
    socket: S,
    bounds: Bounds,
}

impl<S> Records<S> {
    pub fn new(socket: S) -> Self {
        Records { socket, bounds: Bounds::default() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Records<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        self.bounds.pass(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Records<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_of_the_bytes_has_the_same_bounds() {
        let records =
            [&[23, 3, 3, 0, 3, 1, 2, 3][..], &[21, 3, 3, 0, 0], &[22, 3, 1, 1, 0]].concat();
        let ends = [8, 13];
        for step in 1..records.len() {
            let mut bounds = Bounds::default();
            let mut passed = 0;
            for bytes in records.chunks(step) {
                bounds.pass(bytes);
                passed += bytes.len();
                assert_eq!(bounds.is_inside(), !ends.contains(&passed), "{step} {passed}");
            }
            assert_eq!(bounds.missing, 256);
        }
    }
}
