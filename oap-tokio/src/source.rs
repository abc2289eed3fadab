//! Where the bodies of a whole stream come from.

use crate::error::BoxError;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use tokio::io::AsyncRead;
use tokio_util::io::poll_read_buf;

/// Pieces, and bytes of them, that are fetched before they are sent.
const FETCHED_PIECES: usize = 256;
const FETCHED_BYTES: usize = 64 << 10;

/// Where the bodies of a whole stream come from.
pub(crate) trait Source {
    /// The next body; `None` is the end.
    fn poll_piece(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>>;
}

impl<S, B, E> Source for S
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    fn poll_piece(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let item = ready!(self.poll_next(cx));
        Poll::Ready(item.map(|body| body.map(Into::into).map_err(Into::into)))
    }
}

/// A source that reads: pieces of at most that many bytes.
pub(crate) struct Reader<'r, R> {
    pub from: Pin<&'r mut R>,
    pub buffer: BytesMut,
    pub chunk: usize,
}

impl<R: AsyncRead> Stream for Reader<'_, R> {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let reader = self.get_mut();
        reader.buffer.reserve(reader.chunk);
        let count = ready!(poll_read_buf(reader.from.as_mut(), cx, &mut reader.buffer));
        Poll::Ready(match count {
            Ok(0) => None,
            Ok(_) => Some(Ok(reader.buffer.split().freeze())),
            Err(error) => Some(Err(error)),
        })
    }
}

/// Whether a source has more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetched {
    Some,
    All,
}

/// Fetches what the source has now, not more than goes well together.
pub(crate) fn poll_fetch(
    mut source: Pin<&mut impl Source>,
    cx: &mut Context<'_>,
    pieces: &mut VecDeque<Bytes>,
) -> Poll<Result<Fetched, BoxError>> {
    let mut bytes = 0;
    while pieces.len() < FETCHED_PIECES && bytes < FETCHED_BYTES {
        match source.as_mut().poll_piece(cx) {
            Poll::Ready(Some(piece)) => {
                let piece = piece?;
                bytes += piece.len();
                pieces.push_back(piece);
            }
            Poll::Ready(None) => return Poll::Ready(Ok(Fetched::All)),
            Poll::Pending if pieces.is_empty() => return Poll::Pending,
            Poll::Pending => break,
        }
    }
    Poll::Ready(Ok(Fetched::Some))
}
