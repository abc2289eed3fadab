//! Honest load: clients that send objects, one request after the other, and keep account of each.

use crate::client::{Client, Failure, Object};
use crate::latency::Served;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Before a client that was not let in tries again.
const RETRY: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct Plan {
    pub clients: u8,
    pub object: Arc<Object>,
    /// Between the receipt of one request and the next request.
    pub pause: Duration,
    /// After so many requests a client closes and connects anew.
    pub requests_a_connection: u64,
}

/// What became of the requests.
#[derive(Clone, Default)]
pub struct Tally {
    pub served: Vec<Served>,
    /// Requests that were begun and not served, by why.
    pub lost: BTreeMap<String, u64>,
    /// Connections on which HELLOs were exchanged.
    pub connections: u64,
    /// Connections that were not let in, by why: no request was begun.
    pub turned_away: BTreeMap<String, u64>,
}

impl Tally {
    pub fn lost(&self) -> u64 {
        self.lost.values().sum()
    }

    /// For a verdict: the number, and why.
    pub fn why_lost(&self) -> String {
        words(&self.lost)
    }
}

pub fn words(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "0".to_owned();
    }
    let each = counts.iter().map(|(why, count)| format!("{count} × {why}"));
    each.collect::<Vec<_>>().join(", ")
}

pub struct Load {
    began: Instant,
    shared: Arc<Shared>,
    clients: JoinSet<()>,
}

struct Shared {
    plan: Plan,
    to: SocketAddr,
    stop: AtomicBool,
    tally: Mutex<Tally>,
}

impl Load {
    pub fn start(plan: Plan, to: SocketAddr) -> Self {
        let began = Instant::now();
        let (stop, tally) = (AtomicBool::new(false), Mutex::default());
        let shared = Arc::new(Shared { plan, to, stop, tally });
        let mut clients = JoinSet::new();
        for number in 1..=shared.plan.clients {
            let from = Ipv4Addr::new(127, 0, 2, number);
            clients.spawn(Arc::clone(&shared).serve(from, began));
        }
        Load { began, shared, clients }
    }

    /// Since it began.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Lets each client finish its request.
    pub async fn stop(mut self) -> Tally {
        self.shared.stop.store(true, Relaxed);
        while self.clients.join_next().await.is_some() {}
        self.shared.with_tally(std::mem::take)
    }
}

impl Shared {
    fn with_tally<T>(&self, look: impl FnOnce(&mut Tally) -> T) -> T {
        look(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Relaxed)
    }

    async fn serve(self: Arc<Self>, from: Ipv4Addr, began: Instant) {
        while self.goes_on() {
            match Client::greeted(from, self.to).await {
                Ok(client) => self.converse(client, began).await,
                Err(failure) => {
                    self.with_tally(|tally| note(&mut tally.turned_away, &failure));
                    sleep(RETRY).await;
                }
            }
        }
    }

    async fn converse(&self, mut client: Client, began: Instant) {
        self.with_tally(|tally| tally.connections += 1);
        for _ in 0..self.plan.requests_a_connection {
            if !self.goes_on() {
                return;
            }
            let start = Instant::now();
            if let Err(failure) = client.request(&self.plan.object).await {
                self.with_tally(|tally| note(&mut tally.lost, &failure));
                return;
            }
            let served = Served { ended: began.elapsed(), took: start.elapsed() };
            self.with_tally(|tally| tally.served.push(served));
            sleep(self.plan.pause).await;
        }
    }
}

fn note(counts: &mut BTreeMap<String, u64>, failure: &Failure) {
    *counts.entry(failure.to_string()).or_default() += 1;
}
