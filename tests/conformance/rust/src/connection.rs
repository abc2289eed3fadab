//! The operation `connection`: a connection engine step by step, as `docs/connection.md` shows it.

use crate::envelope::{Hex, Settings, U64};
use crate::ops::envelope;
use oap::{Connection, ConnectionOptions, Piece, Row, SendError};
use serde::Deserialize;
use serde_json::{json, Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Receive(Hex),
    ReceiveEnd(True),
    Start(String),
    Data(Hex),
    End(u32),
    Take(usize),
    Ack(U64),
    Cancel(True),
    Write(usize),
    Timeout(True),
    Close(Close),
    Abort(True),
    Fail(True),
}

/// The value of an action that has none.
#[derive(Deserialize)]
#[serde(try_from = "bool")]
struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        value.then_some(True).ok_or("false is no action")
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Close {
    Within(u64),
    AsConfigured(True),
}

/// A step: its time, and one action.
pub struct Step {
    at: u64,
    action: Action,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut step = Map::deserialize(deserializer)?;
        let at = step.remove("at").and_then(|at| at.as_u64());
        let at = at.ok_or_else(|| D::Error::custom("a step has no time"))?;
        let action = serde_json::from_value(Value::Object(step)).map_err(D::Error::custom)?;
        Ok(Step { at, action })
    }
}

pub fn connection(
    config: &Settings,
    options: &Map<String, Value>,
    steps: Vec<Step>,
) -> Result<Value, String> {
    let first = steps.first().map_or(0, |step| step.at);
    let mut connection = Connection::new(config.config()?, read_options(options)?, first);
    let outcomes: Vec<Value> = steps
        .into_iter()
        .map(|step| {
            let outcome = act(&mut connection, step.at, step.action);
            with_state(&connection, outcome)
        })
        .collect();
    Ok(json!({ "outcomes": outcomes }))
}

fn read_options(named: &Map<String, Value>) -> Result<ConnectionOptions, String> {
    let mut options = ConnectionOptions::default();
    for (name, value) in named {
        options = match (name.as_str(), value.as_bool(), value.as_u64()) {
            ("auto_ack", Some(auto_ack), _) => options.with_auto_ack(auto_ack),
            (_, _, Some(number)) => options
                .with_named(name, number)
                .ok_or_else(|| format!("{name} is no option"))?
                .map_err(|error| error.to_string())?,
            _ => return Err(format!("{name} has a value of the wrong type")),
        };
    }
    Ok(options)
}

fn act(connection: &mut Connection, at: u64, action: Action) -> Map<String, Value> {
    match action {
        Action::Receive(Hex(bytes)) => return outcome("frames", receive(connection, at, &bytes)),
        Action::Write(max) => return outcome("bytes", json!(Hex(write(connection, at, max)))),
        Action::Start(stream) => return sent(connection.start(at, &stream)),
        Action::Data(Hex(body)) => return sent(connection.data(at, None, &body).map(drop)),
        Action::End(status) => return sent(connection.end_stream(at, status)),
        Action::Ack(U64(up_to)) => return sent(connection.acknowledge(at, up_to)),
        Action::ReceiveEnd(True) => connection.receive_end(at),
        Action::Take(frames) => connection.take(at, frames),
        Action::Cancel(True) => connection.cancel_send(),
        Action::Timeout(True) => connection.handle_timeout(at),
        Action::Close(Close::Within(ns)) => connection.close(at, Some(ns)),
        Action::Close(Close::AsConfigured(True)) => connection.close(at, None),
        Action::Abort(True) => connection.abort(),
        Action::Fail(True) => connection.transport_failed(),
    }
    Map::new()
}

fn outcome(key: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value)])
}

fn sent(sent: Result<(), SendError>) -> Map<String, Value> {
    match sent {
        Ok(()) => Map::new(),
        Err(SendError::Waits(wait)) => outcome("waits", json!(wait.name())),
        Err(SendError::Refused(fault)) => outcome("refused", json!(fault.reason().label())),
        Err(_) => outcome("refused", json!("closed")),
    }
}

fn receive(connection: &mut Connection, at: u64, bytes: &[u8]) -> Value {
    let mut rows = [Row::default(); 16];
    let mut frames = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let table = connection.receive(at, rest, &mut rows);
        frames.extend(table.iter().map(|frame| envelope(&frame)));
        rest = &rest[table.consumed()..];
    }
    Value::Array(frames)
}

fn write(connection: &mut Connection, at: u64, max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in connection.transmit(at) {
        if let Piece::Bytes(piece) = piece {
            bytes.extend_from_slice(piece);
        }
    }
    bytes.truncate(max);
    connection.transmitted(at, bytes.len());
    bytes
}

fn with_state(connection: &Connection, mut outcome: Map<String, Value>) -> Value {
    outcome.insert("state".to_owned(), json!(connection.state().name()));
    outcome.insert("wants_read".to_owned(), json!(connection.wants_read()));
    outcome.insert("wants_write".to_owned(), json!(connection.wants_write()));
    if let Some(timeout) = connection.next_timeout() {
        outcome.insert("timeout".to_owned(), json!(timeout));
    }
    if let Some(reason) = connection.end_reason() {
        outcome.insert("ended".to_owned(), json!(reason.word()));
    }
    Value::Object(outcome)
}
