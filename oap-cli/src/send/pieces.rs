//! The bytes of a file or of standard input, in pieces.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use tokio::sync::mpsc::{channel, Receiver};
use tokio::task::spawn_blocking;

/// Pieces that a thread reads before they are wanted.
const AHEAD: usize = 4;

pub enum Pieces {
    /// Read when they are wanted. A file that is in memory comes sooner so than from another thread.
    Here(Reader<File>),
    Ahead(Receiver<io::Result<Bytes>>),
}

impl Pieces {
    /// Standard input, whose peer may let one wait.
    pub fn of_stdin(most: usize) -> Self {
        Reader::new(io::stdin(), most).ahead()
    }

    /// The next piece; an empty one is the end.
    ///
    /// # Errors
    /// Those of the file.
    pub async fn next(&mut self) -> io::Result<Bytes> {
        match self {
            Pieces::Here(reader) => reader.next(),
            Pieces::Ahead(pieces) => pieces.recv().await.unwrap_or_else(|| Ok(Bytes::new())),
        }
    }
}

pub struct Reader<R> {
    from: R,
    /// Bytes of a piece at most.
    most: usize,
    given: VecDeque<Bytes>,
}

impl Reader<File> {
    /// A file from that byte on.
    ///
    /// # Errors
    /// Those of the file.
    pub fn open(path: &Path, start: u64, most: usize) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        Ok(Reader::new(file, most))
    }
}

impl<R: Read + Send + 'static> Reader<R> {
    fn new(from: R, most: usize) -> Self {
        Reader { from, most, given: VecDeque::new() }
    }

    /// Reads in a thread of its own.
    pub fn ahead(mut self) -> Pieces {
        let (feed, pieces) = channel(AHEAD);
        spawn_blocking(move || loop {
            let piece = self.next();
            let last = piece.as_ref().map_or(true, Bytes::is_empty);
            if feed.blocking_send(piece).is_err() || last {
                return;
            }
        });
        Pieces::Ahead(pieces)
    }

    fn next(&mut self) -> io::Result<Bytes> {
        let mut piece = self.room();
        piece.resize(self.most, 0);
        let count = loop {
            match self.from.read(&mut piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        piece.truncate(count);
        let piece = piece.freeze();
        self.given.push_back(piece.clone());
        Ok(piece)
    }

    /// That of the oldest piece, once nobody else has it: fresh memory costs page faults.
    fn room(&mut self) -> BytesMut {
        match self.given.pop_front().map(Bytes::try_into_mut) {
            Some(Ok(free)) => free,
            Some(Err(used)) => {
                self.given.push_front(used);
                BytesMut::new()
            }
            None => BytesMut::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn the_memory_of_a_piece_is_used_again_once_nobody_has_it() {
        let mut reader = Reader::new(Cursor::new(b"abcdefg"), 3);
        let first = reader.next().unwrap();
        let second = reader.next().unwrap();
        assert_eq!((&first[..], &second[..]), (&b"abc"[..], &b"def"[..]));
        let place = first.as_ptr();
        drop(first);
        let third = reader.next().unwrap();
        assert_eq!((&second[..], &third[..], third.as_ptr()), (&b"def"[..], &b"g"[..], place));
        assert!(reader.next().unwrap().is_empty());
    }
}
