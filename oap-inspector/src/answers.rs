//! What a page asks of what was gathered, as JSON.

use crate::gathered::{Connection, Gathered, Glance, Step};
use oap::{Ack, Data, Decoded, Decoder, End, Error, Frame, Hello, Kind, Start};
use oap_explain::anatomy::{self, Part};
use oap_explain::{rules, Side};
use serde_json::{json, Value};
use std::collections::BTreeSet;

/// Connections that are listed, and parts of a frame that are told: a page shows no more at once.
const CONNECTIONS: usize = 500;
const PARTS: usize = 2_000;

/// What there is.
pub fn overview(gathered: &Gathered) -> Value {
    let all = gathered.connections.iter().enumerate();
    let used =
        all.filter(|(_, connection)| !connection.steps.is_empty() || !connection.notes.is_empty());
    let connections: Vec<_> =
        used.take(CONNECTIONS).map(|(number, it)| connection(number, it)).collect();
    let left_out = gathered.connections.len().saturating_sub(connections.len());
    json!({
        "both": gathered.both, "error": gathered.error,
        "connections": connections, "left_out": left_out,
    })
}

fn connection(number: usize, it: &Connection) -> Value {
    let rejects: Vec<_> = it
        .rejects
        .iter()
        .map(|rejected| json!({ "step": rejected.step, "reject": rejected.told }))
        .collect();
    json!({
        "number": number, "names": it.names, "steps": it.steps.len(), "notes": it.notes,
        "bytes": Side::BOTH.map(|side| it.count(side)), "rejects": rejects,
    })
}

/// `count` steps from `from` on, a line each.
pub fn steps(gathered: &Gathered, connection: usize, from: usize, count: usize) -> Value {
    let Some(it) = gathered.connections.get(connection) else { return json!([]) };
    let shown = it.steps.iter().enumerate().skip(from).take(count);
    shown.map(|(number, step)| line(gathered, it, number, step)).collect()
}

fn line(gathered: &Gathered, it: &Connection, number: usize, step: &Step) -> Value {
    json!({
        "step": number, "side": step.side as u8, "at": step.at, "length": step.length,
        "kind": step.kind.map(Kind::name), "says": says(gathered, it.wire(step)),
        "label": it.reject_of(number).map(|reject| &reject["label"]),
    })
}

/// A frame in a few words.
fn says(gathered: &Gathered, wire: &[u8]) -> String {
    let mut decoder = Decoder::new(gathered.config());
    let Ok(Decoded::Frame(frame, _)) = decoder.decode(wire) else { return String::new() };
    match frame {
        Frame::Hello(Hello { max_frame, ack_window, .. }) => {
            let window = ack_window.map_or(String::new(), |window| format!(", window {window}"));
            format!("max_frame {max_frame}{window}")
        }
        Frame::Start(Start { stream }) => format!("{stream:?}"),
        Frame::Data(Data { seq, body, .. }) => format!("seq {seq}, {} bytes", body.len()),
        Frame::Ack(Ack { up_to }) => format!("up to {up_to}"),
        Frame::End(End { seq, status }) => format!("seq {seq}, status {status}"),
        Frame::Error(Error { code, reason }) => format!("code {code}, {reason:?}"),
    }
}

/// One step with each of its parts, the rules of those, and what both sides may send behind it.
pub fn step(gathered: &Gathered, connection: usize, number: usize) -> Value {
    let Some(it) = gathered.connections.get(connection) else { return Value::Null };
    let Some(step) = it.steps.get(number) else { return Value::Null };
    let parts = anatomy::parts(it.wire(step));
    let reject = it.reject_of(number);
    let told: Vec<_> = parts.iter().take(PARTS).map(part).collect();
    let mut answer = line(gathered, it, number, step);
    answer["reject"] = json!(reject);
    answer["rules"] = rules_of(&parts[..told.len()], reject);
    answer["parts_left"] = json!(parts.len() - told.len());
    answer["parts"] = told.into();
    answer["windows"] = step.glances.iter().map(window).collect();
    answer
}

fn part(part: &Part<'_>) -> Value {
    let Part { bytes, field, value, rule } = part;
    let value = value.to_string();
    json!({ "start": bytes.start, "end": bytes.end, "field": field, "value": value, "rule": rule })
}

/// The titles and anchors of the rules that parts and reject name.
fn rules_of(parts: &[Part<'_>], reject: Option<&Value>) -> Value {
    let of_reject = reject.and_then(|reject| reject["rule"].as_str());
    let named: BTreeSet<_> = parts
        .iter()
        .map(|part| part.rule)
        .chain(of_reject)
        .flat_map(|rules| rules.split(", "))
        .collect();
    let told = named.into_iter().map(|rule| {
        (
            rule.to_owned(),
            json!({ "title": rules::title_of(rule), "anchor": rules::anchor_of(rule) }),
        )
    });
    Value::Object(told.collect())
}

fn window(glance: &Glance) -> Value {
    // A number of 64 bits is a text: JavaScript's numbers would round it.
    json!({
        "last_seq": glance.last_seq.to_string(), "in_flight": glance.in_flight,
        "window": glance.window, "credit": glance.credit(),
    })
}

/// The credit of both sides over all steps, in so many points: the least and the most of each, and the largest window.
pub fn curve(gathered: &Gathered, connection: usize, points: usize) -> Value {
    let Some(it) = gathered.connections.get(connection) else { return Value::Null };
    let size = it.steps.len().div_ceil(points.max(1)).max(1);
    let sides = Side::BOTH.map(|side| {
        let credits = |step: &Step| step.glances[side as usize].credit();
        let points = it.steps.chunks(size).map(|chunk| {
            let credits = chunk.iter().map(credits);
            json!([credits.clone().min(), credits.max()])
        });
        points.collect::<Value>()
    });
    let windows =
        Side::BOTH.map(|side| it.steps.iter().map(|step| step.glances[side as usize].window).max());
    json!({ "steps_a_point": size, "sides": sides, "windows": windows })
}
