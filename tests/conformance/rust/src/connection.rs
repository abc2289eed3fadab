//! The operation `connection`: a connection engine step by step, as `docs/connection.md` shows it.

use crate::envelope::shown;
use crate::fields::{hex, Fields, FromJson, Hex, Read, True, U64};
use oap::{Config, Connection, ConnectionOptions, Piece, Row, SendError};
use serde_json::{json, Map, Value};

enum Action {
    Receive(Hex),
    ReceiveEnd,
    Start(String),
    Data(Hex),
    End(u32),
    Take(usize),
    Ack(U64),
    Cancel,
    Write(usize),
    Timeout,
    Close(Close),
    Abort,
    Fail,
}

enum Close {
    Within(u64),
    AsConfigured,
}

impl FromJson for Close {
    fn from_json(value: Value) -> Read<Self> {
        match value.as_u64() {
            Some(ns) => Ok(Close::Within(ns)),
            None => True::from_json(value).map(|True| Close::AsConfigured),
        }
    }
}

/// A step: its time, and one action.
pub struct Step {
    at: u64,
    action: Action,
}

impl FromJson for Step {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let at = fields.take("at")?;
        let name = fields.next_name().ok_or_else(|| "a step has no action".to_owned())?;
        let action = action(&name, &mut fields)?;
        fields.end(Step { at, action })
    }
}

fn action(name: &str, fields: &mut Fields) -> Read<Action> {
    Ok(match name {
        "receive" => Action::Receive(fields.take(name)?),
        "start" => Action::Start(fields.take(name)?),
        "data" => Action::Data(fields.take(name)?),
        "end" => Action::End(fields.take(name)?),
        "take" => Action::Take(fields.take(name)?),
        "ack" => Action::Ack(fields.take(name)?),
        "write" => Action::Write(fields.take(name)?),
        "close" => Action::Close(fields.take(name)?),
        _ => {
            let True = fields.take(name)?;
            plain(name)?
        }
    })
}

fn plain(name: &str) -> Read<Action> {
    Ok(match name {
        "receive_end" => Action::ReceiveEnd,
        "cancel" => Action::Cancel,
        "timeout" => Action::Timeout,
        "abort" => Action::Abort,
        "fail" => Action::Fail,
        _ => return Err(format!("{name} is no action")),
    })
}

pub fn connection(config: Config, options: ConnectionOptions, steps: Vec<Step>) -> Value {
    let mut connection = Connection::new(config, options, 0);
    let outcomes: Vec<Value> = steps
        .into_iter()
        .map(|step| {
            let outcome = act(&mut connection, step.at, step.action);
            with_state(&connection, outcome)
        })
        .collect();
    json!({ "outcomes": outcomes })
}

impl FromJson for ConnectionOptions {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let mut options = ConnectionOptions::default();
        if let Some(auto_ack) = fields.maybe("auto_ack")? {
            options = options.with_auto_ack(auto_ack);
        }
        while let Some(name) = fields.next_name() {
            let named = options.with_named(&name, fields.take(&name)?);
            options = named
                .ok_or_else(|| format!("{name} is no option"))?
                .map_err(|error| error.to_string())?;
        }
        Ok(options)
    }
}

fn act(connection: &mut Connection, at: u64, action: Action) -> Map<String, Value> {
    match action {
        Action::Receive(Hex(bytes)) => return outcome("frames", receive(connection, at, &bytes)),
        Action::Write(max) => return outcome("bytes", json!(hex(&write(connection, at, max)))),
        Action::Start(stream) => return sent(connection.start(at, &stream)),
        Action::Data(Hex(body)) => return sent(connection.data(at, None, &body).map(drop)),
        Action::End(status) => return sent(connection.end_stream(at, status)),
        Action::Ack(U64(up_to)) => return sent(connection.acknowledge(at, up_to)),
        Action::ReceiveEnd => connection.receive_end(at),
        Action::Take(frames) => connection.take(at, frames),
        Action::Cancel => connection.cancel_send(),
        Action::Timeout => connection.handle_timeout(at),
        Action::Close(Close::Within(ns)) => connection.close(at, Some(ns)),
        Action::Close(Close::AsConfigured) => connection.close(at, None),
        Action::Abort => connection.abort(),
        Action::Fail => connection.transport_failed(),
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
        frames.extend(table.iter().map(|frame| shown(&frame)));
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
