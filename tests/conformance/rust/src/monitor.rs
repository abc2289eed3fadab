//! The operation `monitor`: sessions that report to one monitor.

use crate::envelope::{Envelope, Hex, Settings};
use bytes::Bytes;
use oap::{Config, Kind, Monitor, Readiness, Reason, Session, Snapshot};
use serde::Deserialize;
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Event {
    Tick { tick: u64 },
    Recv { recv: Hex, session: u64 },
    Send { send: Envelope, session: u64 },
    Close { close: u64 },
}

pub fn monitor(settings: &Settings, events: Vec<Event>) -> Result<Value, String> {
    let mut host = Host {
        config: settings.config()?,
        monitor: Arc::new(Monitor::new(settings.limits())),
        sessions: HashMap::new(),
    };
    let readiness: Vec<Value> = events.into_iter().filter_map(|event| host.take(event)).collect();
    Ok(json!({ "readiness": readiness, "metrics": metrics(&host.monitor.snapshot()) }))
}

struct Host {
    config: Config,
    monitor: Arc<Monitor>,
    sessions: HashMap<u64, Session>,
}

impl Host {
    fn take(&mut self, event: Event) -> Option<Value> {
        match event {
            Event::Tick { tick } => return Some(told(self.monitor.readiness(tick))),
            Event::Recv { recv, session } => {
                let mut chunk = Bytes::from(recv.0);
                let session = self.session(session);
                while let Ok(Some(_)) = session.next_frame(&mut chunk) {}
            }
            Event::Send { send, session } => {
                // A refusal counts nothing, and is no answer of this operation.
                let _ = self.session(session).send_to(&send.frame(), &mut Vec::new());
            }
            Event::Close { close } => drop(self.sessions.remove(&close)),
        }
        None
    }

    fn session(&mut self, number: u64) -> &mut Session {
        let (config, monitor) = (self.config, &self.monitor);
        self.sessions.entry(number).or_insert_with(|| Session::new(config).with_monitor(monitor))
    }
}

fn told(readiness: Readiness) -> Value {
    let missing: Vec<_> = readiness.missing().collect();
    json!({ "ready": readiness.is_ready(), "missing": missing })
}

fn metrics(snapshot: &Snapshot) -> Value {
    let frames: Map<_, _> = Kind::ALL
        .iter()
        .map(|&kind| (kind.name().to_owned(), snapshot.frames(kind).into()))
        .collect();
    let rejects: Map<_, _> = Reason::ALL
        .iter()
        .map(|&reason| (reason.label().to_owned(), snapshot.rejects(reason).into()))
        .collect();
    json!({
        "oap_frames_total": frames,
        "oap_rejects_total": rejects,
        "oap_frame_bytes_total": snapshot.frame_bytes(),
        "oap_ack_window": snapshot.ack_window(),
        "oap_inflight_frames": snapshot.inflight_frames(),
    })
}
