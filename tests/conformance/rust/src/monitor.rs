//! The operation `monitor`: sessions that report to one monitor.

use crate::envelope::Envelope;
use crate::fields::{Fields, FromJson, Hex, Read};
use crate::settings::MonitorSettings;
use bytes::Bytes;
use oap::{Config, Kind, Monitor, Readiness, Reason, Session, Snapshot};
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

pub enum Event {
    Tick(u64),
    Recv(Bytes, u64),
    Send(Envelope, u64),
    Load(u64),
    Close(u64),
}

impl FromJson for Event {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let read = if fields.has("tick") {
            Event::Tick(fields.take("tick")?)
        } else if fields.has("load") {
            Event::Load(fields.take("load")?)
        } else if fields.has("close") {
            Event::Close(fields.take("close")?)
        } else if fields.has("recv") {
            Event::Recv(fields.take::<Hex>("recv")?.0.into(), fields.take("session")?)
        } else {
            Event::Send(fields.take("send")?, fields.take("session")?)
        };
        fields.end(read)
    }
}

pub fn monitor(settings: MonitorSettings, events: Vec<Event>) -> Value {
    let mut host = Host {
        config: settings.config,
        monitor: Arc::new(Monitor::new(settings.limits)),
        sessions: HashMap::new(),
    };
    let readiness: Vec<Value> = events.into_iter().filter_map(|event| host.take(event)).collect();
    let snapshot = host.monitor.snapshot();
    json!({
        "readiness": readiness,
        "metrics": metrics(&snapshot),
        "load_permille": snapshot.host_load_permille(),
        "starved_ns": snapshot.ack_starved_ns(),
    })
}

struct Host {
    config: Config,
    monitor: Arc<Monitor>,
    sessions: HashMap<u64, Session>,
}

impl Host {
    fn take(&mut self, event: Event) -> Option<Value> {
        match event {
            Event::Tick(tick) => return Some(told(self.monitor.readiness(tick))),
            Event::Recv(mut chunk, session) => {
                let session = self.session(session);
                while let Ok(Some(_)) = session.next_frame(&mut chunk) {}
            }
            Event::Send(send, session) => {
                // A refusal counts nothing, and is no answer of this operation.
                let _ = self.session(session).send_to(&send.frame(), &mut Vec::new());
            }
            Event::Load(load) => self.monitor.set_load(load.try_into().unwrap_or(u32::MAX)),
            Event::Close(close) => drop(self.sessions.remove(&close)),
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
        "oap_inflight_capacity": snapshot.inflight_capacity(),
    })
}
