//! Where things stand in the memory and in the frames that both halves write: `scripts/generate.mjs` makes
//! `ts/generated.ts` of it.

use crate::chunk::{Ending, HeadWord};
use crate::connection_call::{Act, DeskPlace};
use crate::encode::{FrameWord, FRAME_WORDS};
use crate::engine::{Sent, SENT_BASE};
use napi_derive::napi;
use oap::{ConnectionState, Data, Frame, Kind, Row, PREFIX_BYTES};
use std::mem::offset_of;

/// A member of an enum of TypeScript.
#[napi(object, object_from_js = false)]
pub struct Place {
    pub group: &'static str,
    pub name: &'static str,
    pub value: u32,
}

/// All places, group by group.
#[napi(catch_unwind)]
pub fn layout() -> Vec<Place> {
    let groups: [(&str, Vec<(&str, usize)>); 10] = [
        ("Row", row()),
        ("Head", head()),
        ("Ending", endings()),
        ("FrameWord", frame_words()),
        ("Flag", flags()),
        ("Wire", wire()),
        ("Sent", sent()),
        ("Act", acts()),
        ("DeskPlace", desk_places()),
        ("State", states()),
    ];
    let places = groups.into_iter().flat_map(|(group, members)| {
        members.into_iter().map(move |(name, value)| Place { group, name, value: value as u32 })
    });
    places.collect()
}

const WORD: usize = size_of::<u32>();

fn row() -> Vec<(&'static str, usize)> {
    vec![
        ("SeqLow", offset_of!(Row, seq) / WORD),
        ("SeqHigh", offset_of!(Row, seq) / WORD + 1),
        ("Body", offset_of!(Row, body_offset) / WORD),
        ("BodyLen", offset_of!(Row, body_len) / WORD),
        ("Text", offset_of!(Row, text_offset) / WORD),
        ("Value", offset_of!(Row, value) / WORD),
        ("TextLen", offset_of!(Row, text_len) / WORD),
        ("AckWindow", offset_of!(Row, ack_window) / WORD),
        ("Kind", offset_of!(Row, kind) / WORD),
        ("Words", size_of::<Row>() / WORD),
    ]
}

// These share a word: text_len and ack_window are its low half, kind and flags the third and the fourth byte.
const _: () =
    assert!(offset_of!(Row, text_len) % WORD == 0 && offset_of!(Row, ack_window) % WORD == 0);
const _: () = assert!(
    offset_of!(Row, kind) % WORD == 2 && offset_of!(Row, flags) == offset_of!(Row, kind) + 1
);
const _: () = assert!(cfg!(target_endian = "little"));

fn head() -> Vec<(&'static str, usize)> {
    vec![
        ("Rows", HeadWord::Rows as usize),
        ("Consumed", HeadWord::Consumed as usize),
        ("Shift", HeadWord::Shift as usize),
        ("Partial", HeadWord::Partial as usize),
        ("Ending", HeadWord::Ending as usize),
        ("Slot", HeadWord::Slot as usize),
    ]
}

fn endings() -> Vec<(&'static str, usize)> {
    vec![
        ("Done", Ending::Done as usize),
        ("Full", Ending::Full as usize),
        ("Rejected", Ending::Rejected as usize),
        ("Unreadable", Ending::Unreadable as usize),
    ]
}

fn frame_words() -> Vec<(&'static str, usize)> {
    vec![
        ("Kind", FrameWord::Kind as usize),
        ("Flags", FrameWord::Flags as usize),
        ("Number", FrameWord::Number as usize),
        ("MaxFrame", FrameWord::MaxFrame as usize),
        ("Value", FrameWord::Value as usize),
        ("AckWindow", FrameWord::AckWindow as usize),
        ("Text", FrameWord::Text as usize),
        ("TextLen", FrameWord::TextLen as usize),
        ("Body", FrameWord::Body as usize),
        ("BodyLen", FrameWord::BodyLen as usize),
        ("Words", FRAME_WORDS),
    ]
}

fn flags() -> Vec<(&'static str, usize)> {
    vec![
        ("HasObj", Row::HAS_OBJ.into()),
        ("HasFeatures", Row::HAS_FEATURES.into()),
        ("HasAckWindow", Row::HAS_ACK_WINDOW.into()),
    ]
}

fn sent() -> Vec<(&'static str, usize)> {
    vec![
        ("Queued", Sent::Queued as usize),
        ("Handshake", Sent::Handshake as usize),
        ("Credit", Sent::Credit as usize),
        ("Room", Sent::Room as usize),
        ("Closed", Sent::Closed as usize),
        ("Refused", Sent::Refused as usize),
        ("Base", SENT_BASE as usize),
    ]
}

fn acts() -> Vec<(&'static str, usize)> {
    vec![
        ("Look", Act::Look as usize),
        ("Take", Act::Take as usize),
        ("Transmitted", Act::Transmitted as usize),
        ("Transmit", Act::Transmit as usize),
        ("Data", Act::Data as usize),
        ("DataHead", Act::DataHead as usize),
    ]
}

fn desk_places() -> Vec<(&'static str, usize)> {
    vec![
        ("Act", DeskPlace::Act as usize),
        ("Connection", DeskPlace::Connection as usize),
        ("First", DeskPlace::First as usize),
        ("Count", DeskPlace::Count as usize),
        ("At", DeskPlace::At as usize),
        ("Result", DeskPlace::Result as usize),
        ("State", DeskPlace::State as usize),
        ("WantsRead", DeskPlace::WantsRead as usize),
        ("WantsWrite", DeskPlace::WantsWrite as usize),
        ("Timeout", DeskPlace::Timeout as usize),
        ("Credit", DeskPlace::Credit as usize),
        ("InFlight", DeskPlace::InFlight as usize),
        ("Queued", DeskPlace::Queued as usize),
        ("Streams", DeskPlace::Streams as usize),
        ("Untaken", DeskPlace::Untaken as usize),
        ("Pieces", DeskPlace::Pieces as usize),
    ]
}

fn states() -> Vec<(&'static str, usize)> {
    vec![
        ("Handshake", ConnectionState::Handshake as usize),
        ("Open", ConnectionState::Open as usize),
        ("PeerClosed", ConnectionState::PeerClosed as usize),
        ("Closing", ConnectionState::Closing as usize),
        ("Shut", ConnectionState::Shut as usize),
        ("Ended", ConnectionState::Ended as usize),
    ]
}

/// The bytes around the numbers of DATA and ACK, as the core itself writes them.
fn wire() -> Vec<(&'static str, usize)> {
    let obj = format!("b3:{}", "0".repeat(64));
    let data = |seq, obj| Frame::Data(Data { seq, obj, body: &[] });
    let mut bytes = [0; oap::MAX_HEAD_BYTES];
    let written = oap::encode(&data(0, Some(&obj)), &mut bytes).unwrap_or_default();
    let bare = oap::encoded_len(&data(0, None)).unwrap_or_default();
    let longest = oap::encoded_len(&data(u64::MAX, Some(&obj))).unwrap_or(oap::MAX_HEAD_BYTES);
    vec![
        ("PrefixBytes", PREFIX_BYTES),
        ("Data", Kind::Data as usize),
        ("Ack", Kind::Ack as usize),
        ("NumberKey", bytes[PREFIX_BYTES].into()),
        ("ObjKey", bytes[bare].into()),
        ("ObjBytes", bytes[bare + 1].into()),
        ("ObjFieldBytes", written - bare),
        ("MinFrameBytes", bare),
        ("MaxDataHeadBytes", longest),
        ("MaxFrameBytes", oap::MAX_FRAME_BYTES),
    ]
}
