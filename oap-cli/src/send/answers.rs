//! What the peer sends back: a receipt for each stream, and what it has of objects already.

use oap::Frame;
use oap_tokio::Receiver;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The peer's stream for each of ours.
pub const RECEIPT: &str = "receipt";
/// A stream without DATA asks for what the peer has; a stream of that name tells it, a line an object.
pub const HAVE: &str = "have";

/// A longer list of what the peer has is not kept.
const MAX_HAVE_BYTES: usize = 16 << 20;

#[derive(Clone, Default)]
pub struct Answers {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    /// The names of the streams that were sent, and the statuses of their receipts.
    expected: Vec<String>,
    receipts: Vec<u32>,
    /// Bytes that the peer has of an address, once it has told.
    held: Option<HashMap<String, u64>>,
    ended: bool,
}

impl Answers {
    /// Takes what comes until the connection ends.
    pub fn follow(mut receiver: Receiver) -> Self {
        let answers = Answers::default();
        let taking = answers.clone();
        tokio::spawn(async move {
            taking.take(&mut receiver).await;
            taking.change(|state| state.ended = true);
        });
        answers
    }

    async fn take(&self, receiver: &mut Receiver) {
        let (mut stream, mut text) = (String::new(), Vec::new());
        while let Ok(Some(frame)) = receiver.next().await {
            match frame.frame() {
                Frame::Start(start) => (stream, text) = (start.stream.to_owned(), Vec::new()),
                Frame::Data(data) if text.len() + data.body.len() <= MAX_HAVE_BYTES => {
                    text.extend_from_slice(data.body);
                }
                Frame::End(end) if stream == RECEIPT => {
                    self.change(|state| state.receipts.push(end.status));
                }
                Frame::End(_) if stream == HAVE => self.change(|state| {
                    state.held = Some(held(&String::from_utf8_lossy(&text)));
                }),
                _ => {}
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.shared.news.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self, until: impl Fn(&State) -> bool) {
        loop {
            let news = self.shared.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            {
                let state = self.lock();
                if state.ended || until(&state) {
                    return;
                }
            }
            news.await;
        }
    }

    /// A stream was sent.
    pub fn expect(&self, name: &str) {
        self.lock().expected.push(name.to_owned());
    }

    /// Waits until a receipt has come for each stream that was sent. False: the connection has ended without.
    pub async fn receipts(&self) -> bool {
        let all = |state: &State| state.receipts.len() >= state.expected.len();
        self.wait(all).await;
        all(&self.lock())
    }

    /// Waits until the peer has told what it has. False: the connection has ended without.
    pub async fn what_it_has(&self) -> bool {
        self.wait(|state| state.held.is_some()).await;
        self.lock().held.is_some()
    }

    /// Bytes that the peer has of that object.
    pub fn held(&self, address: &str) -> Option<u64> {
        self.lock().held.as_ref()?.get(address).copied()
    }

    /// The streams whose receipt has another status than 0, and that status.
    pub fn refused(&self) -> Vec<(String, u32)> {
        let state = self.lock();
        let answered = state.expected.iter().cloned().zip(state.receipts.iter().copied());
        answered.filter(|(_, status)| *status != 0).collect()
    }
}

/// Lines of an address and a number of bytes.
fn held(text: &str) -> HashMap<String, u64> {
    let pair = |line: &str| {
        let (address, bytes) = line.split_once(' ')?;
        Some((address.to_owned(), bytes.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}
