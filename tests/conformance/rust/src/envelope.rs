//! The JSON shape of envelopes.

use crate::fields::{hex, Fields, FromJson, Hex, Read, U64};
use oap::{Ack, Data, End, Error, Frame, Hello, Start};
use serde_json::{json, Value};

/// A frame to be encoded, with its texts and its body.
pub enum Envelope {
    Hello(Hello),
    Start { stream: String },
    Data { seq: u64, obj: Option<String>, body: Vec<u8> },
    Ack(Ack),
    End(End),
    Error { code: u32, reason: String },
}

impl FromJson for Envelope {
    fn from_json(value: Value) -> Read<Self> {
        let mut fields = Fields::from_json(value)?;
        let read = match fields.take::<String>("kind")?.as_str() {
            "HELLO" => Envelope::Hello(hello(&mut fields)?),
            "START" => Envelope::Start { stream: fields.take("stream")? },
            "DATA" => data(&mut fields)?,
            "ACK" => Envelope::Ack(Ack { up_to: fields.take::<U64>("up_to")?.0 }),
            "END" => Envelope::End(End {
                seq: fields.take::<U64>("seq")?.0,
                status: fields.take("status")?,
            }),
            "ERROR" => {
                Envelope::Error { code: fields.take("code")?, reason: fields.take("reason")? }
            }
            _ => return Err("kind is none of the six".to_owned()),
        };
        fields.end(read)
    }
}

fn hello(fields: &mut Fields) -> Read<Hello> {
    Ok(Hello {
        version: fields.take("version")?,
        max_frame: fields.take::<U64>("max_frame")?.0,
        features: fields.maybe::<U64>("features")?.map(|features| features.0),
        ack_window: fields.maybe("ack_window")?,
    })
}

fn data(fields: &mut Fields) -> Read<Envelope> {
    let (len, body) = (fields.take::<u64>("len")?, fields.take::<Hex>("body")?.0);
    if len != body.len() as u64 {
        return Err("len is not the length of body".to_owned());
    }
    Ok(Envelope::Data { seq: fields.take::<U64>("seq")?.0, obj: fields.maybe("obj")?, body })
}

impl Envelope {
    pub fn frame(&self) -> Frame<'_> {
        match self {
            Envelope::Hello(hello) => Frame::Hello(*hello),
            Envelope::Start { stream } => Frame::Start(Start { stream }),
            Envelope::Data { seq, obj, body } => {
                Frame::Data(Data { seq: *seq, obj: obj.as_deref(), body })
            }
            Envelope::Ack(ack) => Frame::Ack(*ack),
            Envelope::End(end) => Frame::End(*end),
            Envelope::Error { code, reason } => Frame::Error(Error { code: *code, reason }),
        }
    }
}

pub fn shown(frame: &Frame<'_>) -> Value {
    let kind = frame.kind().name();
    match *frame {
        Frame::Hello(hello) => shown_hello(hello),
        Frame::Start(Start { stream }) => json!({ "kind": kind, "stream": stream }),
        Frame::Data(data) => shown_data(data),
        Frame::Ack(Ack { up_to }) => json!({ "kind": kind, "up_to": up_to.to_string() }),
        Frame::End(End { seq, status }) => {
            json!({ "kind": kind, "seq": seq.to_string(), "status": status })
        }
        Frame::Error(Error { code, reason }) => {
            json!({ "kind": kind, "code": code, "reason": reason })
        }
    }
}

fn shown_hello(hello: Hello) -> Value {
    let max_frame = hello.max_frame.to_string();
    let mut shown = json!({ "kind": "HELLO", "version": hello.version, "max_frame": max_frame });
    if let Some(features) = hello.features {
        shown["features"] = features.to_string().into();
    }
    if let Some(ack_window) = hello.ack_window {
        shown["ack_window"] = ack_window.into();
    }
    shown
}

fn shown_data(Data { seq, obj, body }: Data<'_>) -> Value {
    let (seq, body, len) = (seq.to_string(), hex(body), body.len());
    let mut shown = json!({ "kind": "DATA", "seq": seq, "len": len, "body": body });
    if let Some(obj) = obj {
        shown["obj"] = obj.into();
    }
    shown
}
