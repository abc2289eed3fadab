//! What operators and Prometheus ask the gateway, over HTTP.

use crate::listener::ACCEPT_RETRY_DELAY;
use crate::peer::Network;
use crate::status::Status;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{yield_now, AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

const JSON: &str = "application/json";

/// Clients at a time.
pub const MAX_CLIENTS: usize = 256;

/// Of them, those of one peer.
const MAX_CLIENTS_OF_A_PEER: usize = 128;

/// How long a client may take from its coming to the last byte of its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of a request.
const MAX_REQUEST_BYTES: usize = 16_384;

/// Answers as long as the process lives.
pub async fn serve(listener: TcpListener, status: Arc<Status>) {
    let endpoints = Router::new()
        .route("/healthz", get("ok"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .with_state(status);
    let mut clients = Clients::default();
    loop {
        tokio::select! {
            Some(ended) = clients.tasks.join_next_with_id() => {
                clients.forget(ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
            accepted = listener.accept() => match accepted {
                Ok((socket, from)) => clients.take(from.ip(), answer(socket, endpoints.clone())),
                Err(_) => sleep(ACCEPT_RETRY_DELAY).await,
            }
        }
        // Those that came have their turn before more of a long queue take their places.
        yield_now().await;
    }
}

/// One request, one answer: who wants another comes again, and holds no place meanwhile.
async fn answer(socket: TcpStream, endpoints: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .keep_alive(false)
        .half_close(true)
        .max_buf_size(MAX_REQUEST_BYTES);
    let service = TowerToHyperService::new(endpoints);
    // How it broke off is the client's matter.
    let _ = timeout(ANSWER_TIMEOUT, http.serve_connection(TokioIo::new(socket), service)).await;
}

/// Those that are being answered. Who comes when there is no place more gets that of the oldest, so that clients who
/// ask nothing, or take no answer, keep nobody waiting.
#[derive(Default)]
struct Clients {
    /// In the order in which they came.
    open: VecDeque<(Network, AbortHandle)>,
    tasks: JoinSet<()>,
}

impl Clients {
    fn take(&mut self, from: IpAddr, answered: impl Future<Output = ()> + Send + 'static) {
        let network = Network::from(from);
        if self.count(network) >= MAX_CLIENTS_OF_A_PEER {
            self.evict(network);
        } else if self.open.len() >= MAX_CLIENTS {
            self.evict(self.largest());
        }
        self.open.push_back((network, self.tasks.spawn(answered)));
    }

    fn count(&self, network: Network) -> usize {
        self.open.iter().filter(|(of, _)| *of == network).count()
    }

    /// The peer that holds most, and of several the one that came first.
    fn largest(&self) -> Network {
        let mut counts = HashMap::new();
        self.open.iter().for_each(|&(network, _)| *counts.entry(network).or_insert(0) += 1);
        let most = counts.values().max();
        let of_most = self.open.iter().find(|(network, _)| counts.get(network) == most);
        of_most.expect("there is one").0
    }

    /// The oldest of that peer.
    fn evict(&mut self, network: Network) {
        if let Some(at) = self.open.iter().position(|&(of, _)| of == network) {
            self.open.remove(at).into_iter().for_each(|(_, task)| task.abort());
        }
    }

    fn forget(&mut self, id: tokio::task::Id) {
        self.open.retain(|(_, task)| task.id() != id);
    }
}

async fn readyz(State(status): State<Arc<Status>>) -> impl IntoResponse {
    let readiness = status.readiness();
    let code = StatusCode::from_u16(readiness.http_status());
    let retry = [(RETRY_AFTER, readiness.retry_after().to_string())];
    (
        code.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        [(CONTENT_TYPE, JSON)],
        (!readiness.is_ready()).then_some(retry),
        readiness.json(),
    )
}

async fn metrics(State(status): State<Arc<Status>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, oap::TEXT_CONTENT_TYPE)], status.page())
}

async fn version() -> impl IntoResponse {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let protocol = oap::VERSION;
    let json = format!(r#"{{"name":"{name}","version":"{version}","protocol":"OAP/{protocol}"}}"#);
    ([(CONTENT_TYPE, JSON)], json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    fn from(number: usize) -> IpAddr {
        IpAddr::from([127, 0, 0, number as u8])
    }

    fn address(number: usize) -> IpAddr {
        IpAddr::from([127, 1, (number >> 8) as u8, number as u8])
    }

    fn of(clients: &Clients, number: usize) -> usize {
        clients.count(from(number).into())
    }

    #[tokio::test]
    async fn a_peer_s_oldest_makes_room_for_its_newest() {
        let mut clients = Clients::default();
        clients.take(from(2), pending());
        (0..MAX_CLIENTS_OF_A_PEER + 5).for_each(|_| clients.take(from(1), pending()));
        assert_eq!([1, 2].map(|peer| of(&clients, peer)), [MAX_CLIENTS_OF_A_PEER, 1]);
        for _ in 0..5 {
            let ended = clients.tasks.join_next_with_id().await.unwrap();
            assert!(ended.unwrap_err().is_cancelled());
        }
    }

    #[tokio::test]
    async fn where_all_places_are_taken_the_peer_that_holds_most_gives_one() {
        let mut clients = Clients::default();
        (0..MAX_CLIENTS - 10).for_each(|peer| clients.take(from(peer), pending()));
        (0..10).for_each(|_| clients.take(from(7), pending()));
        (0..4).for_each(|_| clients.take(from(255), pending()));
        assert_eq!([7, 255, 0].map(|peer| of(&clients, peer)), [7, 4, 1]);
        assert_eq!(clients.open.len(), MAX_CLIENTS);
    }

    #[tokio::test]
    async fn among_peers_that_hold_as_much_the_newest_is_spared() {
        let mut clients = Clients::default();
        (0..MAX_CLIENTS + 4).for_each(|peer| clients.take(address(peer), pending()));
        let left = |peer| clients.count(address(peer).into());
        assert_eq!([0, 3, 4, MAX_CLIENTS + 3].map(left), [0, 0, 1, 1]);
    }

    #[tokio::test]
    async fn who_is_answered_gives_its_place_back() {
        let mut clients = Clients::default();
        clients.take(from(1), async {});
        let (id, ()) = clients.tasks.join_next_with_id().await.unwrap().unwrap();
        clients.forget(id);
        assert!(clients.open.is_empty());
    }
}
