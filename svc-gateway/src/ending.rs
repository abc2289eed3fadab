//! The end of a connection: what is said of it, to the peer, in the log and in the numbers.

use crate::connection::{Arrival, Connection, Ending, Socket};
use crate::host::Host;
use crate::peer::Peer;
use crate::refusal::Refusal;
use crate::report;
use oap::{Error, Frame, Reject};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// How long a peer may take to read its ERROR and close.
const GRACE: Duration = Duration::from_secs(1);

/// Serves a connection to its end.
pub async fn serve<S: Socket>(socket: S, arrival: Arrival) {
    let mut connection = Connection::new(socket, arrival);
    match connection.converse().await {
        Ok(()) => {
            let _ = timeout(GRACE, connection.socket.shutdown()).await;
        }
        Err(Ending::Rejected(reject)) => connection.reject(&reject).await,
        Err(ending) => {
            if let Some(refusal) = account(&connection.host, &connection.peer, &ending) {
                connection.refuse(refusal).await;
            }
        }
    }
}

/// Says in log and numbers why the gateway ends a connection, or does not begin it.
pub fn account(host: &Host, peer: &Peer, ending: &Ending) -> Option<Refusal> {
    let refusal = match *ending {
        Ending::Refused(refusal) => {
            report::refused(peer, refusal);
            refusal
        }
        Ending::Foreign(protocol) => {
            report::foreign_protocol(peer, protocol);
            host.metrics.foreign(protocol);
            Refusal::ForeignProtocol
        }
        Ending::Rejected(_) | Ending::Broken => return None,
    };
    host.metrics.refused(refusal);
    if refusal.is_an_offence() {
        offence(host, peer);
    }
    Some(refusal)
}

fn offence(host: &Host, peer: &Peer) {
    let Some(network) = peer.network() else { return };
    if host.quarantine.offence(network, Instant::now()) {
        report::quarantined(peer, host.config.quarantine_seconds);
    }
}

impl<S: Socket> Connection<S> {
    async fn reject(&mut self, reject: &Reject) {
        report::reject(&self.peer, reject);
        offence(&self.host, &self.peer);
        let reason = reject.reason();
        self.say(reason.code(), reason.label()).await;
    }

    async fn refuse(&mut self, refusal: Refusal) {
        if refusal.is_said() {
            self.say(refusal.code(), refusal.label()).await;
        }
    }

    async fn say(&mut self, code: u32, reason: &str) {
        self.let_go();
        self.send(&Frame::Error(Error { code, reason }));
        let _ = timeout(GRACE, self.part()).await;
    }
}
