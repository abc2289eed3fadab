//! What one would otherwise pick for the same frames, judged as strictly: every field is checked and summed.

use crate::floor::address;
use crate::work::{Item, Work};
use bytes::{Bytes, BytesMut};
use prost::Message as _;
use std::io::Cursor;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameSocket};

const DATA: u32 = 3;
const ACK: u32 = 4;

/// The envelope in protobuf, as one would write it behind a length.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    #[prost(uint32, tag = "1")]
    kind: u32,
    #[prost(uint64, tag = "2")]
    number: u64,
    #[prost(string, optional, tag = "3")]
    obj: Option<String>,
    #[prost(bytes = "bytes", tag = "4")]
    body: Bytes,
}

impl Message {
    fn of(item: &Item) -> Self {
        Message {
            kind: if item.body.is_some() { DATA } else { ACK },
            number: item.number,
            obj: item.obj.map(str::to_owned),
            body: item.body.clone().unwrap_or_default().into(),
        }
    }

    fn is_good(&self) -> bool {
        match (self.kind, &self.obj) {
            (DATA, None) => true,
            (DATA, Some(obj)) => address(obj.as_bytes()),
            (ACK, None) => self.body.is_empty(),
            _ => false,
        }
    }
}

/// What a reader of the frames adds up.
pub fn sum(work: &Work) -> u64 {
    work.items.iter().map(|i| i.number + i.body.as_ref().map_or(0, Vec::len) as u64).sum()
}

pub fn messages(work: &Work) -> Vec<Message> {
    work.items.iter().map(Message::of).collect()
}

/// Appends the messages, each behind its length.
pub fn write_messages(messages: &[Message], out: &mut BytesMut) {
    let (mut codec, mut bytes) = (LengthDelimitedCodec::new(), Vec::new());
    for message in messages {
        bytes.clear();
        message.encode(&mut bytes).expect("memory takes it");
        codec.encode(&bytes[..], out).expect("a short message");
    }
}

/// Sums the messages; `None` where one is bad.
pub fn read_messages(mut wire: BytesMut) -> Option<u64> {
    let mut codec = LengthDelimitedCodec::builder().max_frame_length(1 << 20).new_codec();
    let mut sum = 0;
    while let Some(message) = codec.decode(&mut wire).ok()? {
        let message = Message::decode(message.freeze()).ok()?;
        if !message.is_good() {
            return None;
        }
        sum += message.number + message.body.len() as u64;
    }
    Some(sum)
}

const OBJ_END: usize = 9 + 67;

/// Binary frames of a WebSocket server: kind and number as nine bytes, the obj, the body.
pub fn web_socket_wire(work: &Work) -> Vec<u8> {
    let mut wire = Vec::new();
    for item in &work.items {
        let mut payload = vec![if item.body.is_some() { DATA as u8 } else { ACK as u8 }];
        payload.extend(item.number.to_be_bytes());
        payload.extend(item.obj.unwrap_or_default().as_bytes());
        payload.extend_from_slice(item.body.as_deref().unwrap_or_default());
        let frame = Frame::message(payload, OpCode::Data(Data::Binary), true);
        frame.format(&mut wire).expect("memory takes it");
    }
    wire
}

/// Sums the frames; `None` where one is bad.
pub fn read_web_socket(wire: &[u8], with_obj: bool) -> Option<u64> {
    let mut socket = FrameSocket::new(Cursor::new(wire));
    let mut sum = 0;
    while let Some(frame) = socket.read(Some(1 << 20)).ok()? {
        if frame.header().opcode != OpCode::Data(Data::Binary) || !frame.header().is_final {
            return None;
        }
        sum += read_payload(frame.payload(), with_obj)?;
    }
    Some(sum)
}

fn read_payload(payload: &[u8], with_obj: bool) -> Option<u64> {
    let (&[kind, ref number @ ..], rest) = payload.split_first_chunk::<9>()?;
    let number = u64::from_be_bytes(*number);
    match u32::from(kind) {
        ACK if rest.is_empty() => Some(number),
        DATA if !with_obj => Some(number + rest.len() as u64),
        DATA if address(payload.get(9..OBJ_END)?) => {
            Some(number + (payload.len() - OBJ_END) as u64)
        }
        _ => None,
    }
}
