//! One function an operation.

use crate::connection;
use crate::envelope::{Envelope, Hex, Settings};
use crate::monitor;
use bytes::Bytes;
use oap::{
    encode_to, BytesFrame, Config, Decoder, Frame, Kind, Reason, Reject, Row, Session,
    StreamDecoder,
};
use serde::Deserialize;
use serde_json::{json, Map, Value};

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Request {
    Decode {
        #[serde(default)]
        config: Settings,
        chunks: Vec<Hex>,
        #[serde(default)]
        finish: bool,
    },
    Table {
        #[serde(default)]
        config: Settings,
        bytes: Hex,
        rows: usize,
    },
    Encode {
        frames: Vec<Envelope>,
    },
    Session {
        #[serde(default)]
        config: Settings,
        steps: Vec<Step>,
    },
    Monitor {
        #[serde(default)]
        config: Settings,
        events: Vec<monitor::Event>,
    },
    Connection {
        #[serde(default)]
        config: Settings,
        #[serde(default)]
        options: Map<String, Value>,
        steps: Vec<connection::Step>,
    },
    Constants,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Recv(Hex),
    Send(Envelope),
    Finish(serde::de::IgnoredAny),
}

pub fn usage(why: String) -> Value {
    json!({ "usage": why })
}

pub fn answer(request: Request) -> Result<Value, String> {
    match request {
        Request::Decode { config, chunks, finish } => Ok(decode(config.config()?, chunks, finish)),
        Request::Table { config, bytes, rows } => table(config.config()?, &bytes.0, rows),
        Request::Encode { frames } => encode(&frames),
        Request::Session { config, steps } => session(config.config()?, steps),
        Request::Monitor { config, events } => monitor::monitor(&config, events),
        Request::Connection { config, options, steps } => {
            connection::connection(&config, &options, steps)
        }
        Request::Constants => Ok(constants()),
    }
}

pub fn envelope(frame: &Frame<'_>) -> Value {
    serde_json::to_value(Envelope::from(*frame)).unwrap_or(Value::Null)
}

/// The frames of a chunk, and the reject that ended it.
fn drain(
    mut next: impl FnMut() -> Result<Option<BytesFrame>, Reject>,
    frames: &mut Vec<Value>,
) -> Option<Reject> {
    loop {
        match next() {
            Ok(Some(frame)) => frames.push(envelope(&frame.frame())),
            Ok(None) => return None,
            Err(reject) => return Some(reject),
        }
    }
}

fn decode(config: Config, chunks: Vec<Hex>, finish: bool) -> Value {
    let mut decoder = StreamDecoder::new(config);
    let mut frames = Vec::new();
    let mut rejected = None;
    let mut pushed = 0;
    for chunk in chunks {
        pushed += chunk.0.len();
        let mut chunk = Bytes::from(chunk.0);
        let reject = drain(|| decoder.next_frame(&mut chunk), &mut frames);
        rejected = rejected.or(reject.map(|reject| (reject, pushed)));
    }
    if finish {
        rejected = rejected.or(decoder.finish().err().map(|reject| (reject, pushed)));
    }
    verdict(frames, rejected)
}

fn verdict(frames: Vec<Value>, rejected: Option<(Reject, usize)>) -> Value {
    let reject = rejected.map(|(reject, at)| json!({ "label": reject.reason().label(), "at": at }));
    json!({ "frames": frames, "reject": reject })
}

fn table(config: Config, bytes: &[u8], rows: usize) -> Result<Value, String> {
    if rows == 0 {
        return Err("rows = 0 is not at least 1".to_owned());
    }
    let mut rows = vec![Row::default(); rows];
    let mut decoder = Decoder::new(config);
    let mut frames = Vec::new();
    let mut rest = bytes;
    loop {
        match decoder.decode_table(rest, &mut rows) {
            Ok(table) => {
                frames.extend(table.iter().map(|frame| envelope(&frame)));
                rest = &rest[table.consumed()..];
                if table.need() > 0 {
                    return Ok(verdict(frames, None));
                }
            }
            Err(reject) => return Ok(verdict(frames, Some((reject, bytes.len())))),
        }
    }
}

fn encode(frames: &[Envelope]) -> Result<Value, String> {
    let mut bytes = Vec::new();
    for frame in frames {
        if let Err(error) = encode_to(&frame.frame(), &mut bytes) {
            let reason = error.reason().ok_or_else(|| error.to_string())?;
            return Ok(json!({ "error": reason.label() }));
        }
    }
    Ok(json!({ "bytes": Hex(bytes) }))
}

fn session(config: Config, steps: Vec<Step>) -> Result<Value, String> {
    let mut session = Session::new(config);
    let outcomes: Result<Vec<Value>, String> =
        steps.into_iter().map(|step| outcome(&mut session, step)).collect();
    Ok(json!({ "outcomes": outcomes? }))
}

fn outcome(session: &mut Session, step: Step) -> Result<Value, String> {
    match step {
        Step::Recv(chunk) => {
            let mut frames = Vec::new();
            let mut chunk = Bytes::from(chunk.0);
            let reject = drain(|| session.next_frame(&mut chunk), &mut frames);
            Ok(received(frames, reject))
        }
        Step::Finish(_) => Ok(received(Vec::new(), session.finish().err())),
        Step::Send(envelope) => send(session, &envelope.frame()),
    }
}

fn received(frames: Vec<Value>, reject: Option<Reject>) -> Value {
    match reject {
        None => json!({ "frames": frames }),
        Some(reject) => json!({ "frames": frames, "reject": reject.reason().label() }),
    }
}

fn send(session: &mut Session, frame: &Frame<'_>) -> Result<Value, String> {
    let mut bytes = Vec::new();
    match session.send_to(frame, &mut bytes) {
        Ok(_) => Ok(json!({ "bytes": Hex(bytes) })),
        Err(error) => {
            let reason = error.reason().ok_or_else(|| error.to_string())?;
            Ok(json!({ "refused": reason.label() }))
        }
    }
}

fn constants() -> Value {
    json!({
        "max_frame_bytes": oap::MAX_FRAME_BYTES,
        "max_header_bytes": oap::MAX_HEADER_BYTES,
        "stream_chunk_bytes": oap::STREAM_CHUNK_BYTES,
        "version": oap::VERSION,
        "kinds": Kind::ALL.map(Kind::name),
        "reject_labels": Reason::ALL.map(Reason::label),
        "metrics": oap::METRICS,
        "readiness_keys": oap::READINESS_KEYS,
    })
}
