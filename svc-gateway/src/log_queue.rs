//! The way of the log's lines to stdout: a bounded queue, and a thread that writes. Nobody waits for it, and each line
//! that is lost on it is counted, whatever the cause.

use rustix::io::{write, Errno};
use rustix::stdio::stdout;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender, TrySendError};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Lines that may wait to be written.
const WAITING_LINES: usize = 8_192;

/// How long a stdout that never blocks is left alone when it is full.
const FULL: Duration = Duration::from_millis(10);

enum Message {
    Line(Vec<u8>),
    /// All lines before it have been dealt with.
    Mark(SyncSender<()>),
}

#[derive(Clone)]
pub struct LogQueue {
    messages: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

impl LogQueue {
    /// # Errors
    /// Where the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (messages, waiting) = sync_channel(WAITING_LINES);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer { lost: Arc::clone(&lost), is_torn: false };
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.write_all(&waiting))?;
        Ok(LogQueue { messages, lost })
    }

    /// A line with its end.
    pub fn push(&self, line: Vec<u8>) {
        if self.messages.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    /// Lines that were lost: the queue was full, or stdout took them not.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Waits until what is here is written, but no longer than `limit`.
    pub fn flush(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        let (mark, passed) = sync_channel(1);
        let mut message = Message::Mark(mark);
        while let Err(TrySendError::Full(again)) = self.messages.try_send(message) {
            if Instant::now() >= deadline {
                return;
            }
            message = again;
            thread::sleep(FULL);
        }
        let _ = passed.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

struct Writer {
    lost: Arc<AtomicU64>,
    /// Whether stdout ends within a line.
    is_torn: bool,
}

impl Writer {
    fn write_all(mut self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Line(line) => self.write(&line),
                Message::Mark(mark) => {
                    let _ = mark.try_send(());
                }
            }
        }
    }

    fn write(&mut self, line: &[u8]) {
        if self.is_torn && write_out(b"\n").is_ok() {
            self.is_torn = false;
        }
        if let Err(written) = write_out(line) {
            self.is_torn |= written > 0;
            self.lost.fetch_add(1, Relaxed);
        }
    }
}

/// Past `std::io::stdout`, whose lock whoever prints would wait for.
///
/// # Errors
/// How many bytes were written.
fn write_out(bytes: &[u8]) -> Result<(), usize> {
    let mut written = 0;
    while written < bytes.len() {
        match write(stdout(), &bytes[written..]) {
            Ok(len) => written += len,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => thread::sleep(FULL),
            Err(_) => return Err(written),
        }
    }
    Ok(())
}
