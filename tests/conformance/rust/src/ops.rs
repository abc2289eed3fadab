//! One function an operation.

use crate::connection;
use crate::envelope::{shown, Envelope};
use crate::fields::{hex, Fields, FromJson, Hex, Read, True};
use crate::monitor;
use crate::settings::{MonitorSettings, Settings};
use bytes::Bytes;
use oap::{
    encode_to, BytesFrame, Config, ConnectionOptions, Decoder, Frame, Kind, Reason, Reject, Row,
    Session, StreamDecoder,
};
use serde_json::{json, Value};

/// A request, understood as a whole.
enum Request {
    Decode { config: Config, chunks: Vec<Hex>, finish: bool },
    Table { config: Config, bytes: Vec<u8>, rows: usize },
    Encode { frames: Vec<Envelope> },
    Session { config: Config, steps: Vec<Step> },
    Monitor { settings: MonitorSettings, events: Vec<monitor::Event> },
    Connection { config: Config, options: ConnectionOptions, steps: Vec<connection::Step> },
    Constants,
}

impl FromJson for Request {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let op: String = fields.take("op")?;
        let read = request(&op, &mut fields)?;
        fields.end(read)
    }
}

fn request(op: &str, fields: &mut Fields) -> Read<Request> {
    let config = |fields: &mut Fields| fields.take::<Settings>("config").map(|settings| settings.0);
    Ok(match op {
        "decode" => Request::Decode {
            config: config(fields)?,
            chunks: fields.take("chunks")?,
            finish: fields.take("finish")?,
        },
        "table" => Request::Table {
            config: config(fields)?,
            bytes: fields.take::<Hex>("bytes")?.0,
            rows: rows(fields.take("rows")?)?,
        },
        "encode" => Request::Encode { frames: fields.take("frames")? },
        "session" => Request::Session { config: config(fields)?, steps: fields.take("steps")? },
        "monitor" => {
            Request::Monitor { settings: fields.take("config")?, events: fields.take("events")? }
        }
        "connection" => Request::Connection {
            config: config(fields)?,
            options: fields.take("options")?,
            steps: fields.take("steps")?,
        },
        "constants" => Request::Constants,
        _ => return Err("op is none of the known ones".to_owned()),
    })
}

fn rows(rows: u32) -> Read<usize> {
    match rows {
        0 => Err("rows = 0 is not at least 1".to_owned()),
        _ => usize::try_from(rows).map_err(|error| error.to_string()),
    }
}

enum Step {
    Recv(Bytes),
    Send(Envelope),
    Finish,
}

impl FromJson for Step {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let read = if fields.has("recv") {
            Step::Recv(fields.take::<Hex>("recv")?.0.into())
        } else if fields.has("send") {
            Step::Send(fields.take("send")?)
        } else {
            let True = fields.take("finish")?;
            Step::Finish
        };
        fields.end(read)
    }
}

pub fn usage(why: String) -> Value {
    json!({ "usage": why })
}

pub fn answer(request: Value) -> Result<Value, String> {
    match Request::from_json(request)? {
        Request::Decode { config, chunks, finish } => Ok(decode(config, chunks, finish)),
        Request::Table { config, bytes, rows } => Ok(table(config, &bytes, rows)),
        Request::Encode { frames } => encode(&frames),
        Request::Session { config, steps } => session(config, steps),
        Request::Monitor { settings, events } => Ok(monitor::monitor(settings, events)),
        Request::Connection { config, options, steps } => {
            Ok(connection::connection(config, options, steps))
        }
        Request::Constants => Ok(constants()),
    }
}

/// The frames of a chunk, and the reject that ended it.
fn drain(
    mut next: impl FnMut() -> Result<Option<BytesFrame>, Reject>,
    frames: &mut Vec<Value>,
) -> Option<Reject> {
    loop {
        match next() {
            Ok(Some(frame)) => frames.push(shown(&frame.frame())),
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

fn table(config: Config, bytes: &[u8], rows: usize) -> Value {
    let mut rows = vec![Row::default(); rows];
    let mut decoder = Decoder::new(config);
    let mut frames = Vec::new();
    let mut rest = bytes;
    loop {
        match decoder.decode_table(rest, &mut rows) {
            Ok(table) => {
                frames.extend(table.iter().map(|frame| shown(&frame)));
                rest = &rest[table.consumed()..];
                if !table.more() {
                    return verdict(frames, None);
                }
            }
            Err(reject) => return verdict(frames, Some((reject, bytes.len()))),
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
    Ok(json!({ "bytes": hex(&bytes) }))
}

fn session(config: Config, steps: Vec<Step>) -> Result<Value, String> {
    let mut session = Session::new(config);
    let outcomes: Result<Vec<Value>, String> =
        steps.into_iter().map(|step| outcome(&mut session, step)).collect();
    Ok(json!({ "outcomes": outcomes? }))
}

fn outcome(session: &mut Session, step: Step) -> Result<Value, String> {
    match step {
        Step::Recv(mut chunk) => {
            let mut frames = Vec::new();
            let reject = drain(|| session.next_frame(&mut chunk), &mut frames);
            Ok(received(frames, reject))
        }
        Step::Finish => Ok(received(Vec::new(), session.finish().err())),
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
        Ok(_) => Ok(json!({ "bytes": hex(&bytes) })),
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
