//! What two sides may say to each other: moves that go by where the directions stand, and a few that do not.

use crate::frames::Owned;
use oap::{End, Hello};

/// A frame as seen from where its direction stands.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    Hello(u64, Option<u32>),
    Start(&'static str),
    /// First seq of a direction, how far from the next one, with obj, bytes of body.
    Data(u64, u64, bool, usize),
    /// How far behind the last.
    Ack(u64),
    /// How far from the right seq, status.
    End(u64, u32),
    Error(u32),
}

/// A move, and whether it is made without regard to the rules.
pub type Play = (Move, bool);

/// Where a direction stands, as far as the moves go by it.
#[derive(Clone, Copy, Default)]
struct Standing {
    greeted: bool,
    /// What this side's HELLO advertised.
    window: u64,
    /// Whether the open stream is one of objects.
    open: Option<bool>,
    last: Option<u64>,
    last_of_stream: Option<u64>,
    in_flight: u64,
}

/// Both directions.
#[derive(Default)]
pub struct Game([Standing; 2]);

impl Game {
    /// The frame of a move; none where the rules forbid every such move and are minded.
    pub fn frame(&self, from: usize, &(step, wild): &Play) -> Option<Owned> {
        let step = if wild { step } else { self.tamed(from, step)? };
        let side = &self.0[from];
        Some(match step {
            Move::Hello(max_frame, ack_window) => {
                Owned::Hello(Hello { ack_window, ..Hello::new(max_frame) })
            }
            Move::Start(name) => Owned::Start(name.to_owned()),
            Move::Data(first, off, obj, len) => Owned::Data {
                seq: side.last.map_or(first, |last| last.wrapping_add(1).wrapping_add(off)),
                obj: obj.then(|| format!("b3:{}", "0a".repeat(32))),
                body: vec![0xbb; len],
            },
            Move::Ack(behind) => {
                Owned::Ack(self.0[1 - from].last.unwrap_or(0).wrapping_sub(behind))
            }
            Move::End(off, status) => {
                let seq = side.last_of_stream.unwrap_or(0).wrapping_add(off);
                Owned::End(End { seq, status })
            }
            Move::Error(code) => Owned::Error { code, reason: String::new() },
        })
    }

    /// The move as the rules have it. The rollover policy is not minded.
    fn tamed(&self, from: usize, step: Move) -> Option<Move> {
        let (side, other) = (&self.0[from], &self.0[1 - from]);
        if !side.greeted || !other.greeted {
            return matches!(step, Move::Hello(4_096.., _) if !side.greeted).then_some(step);
        }
        match (step, side.open) {
            (Move::Start(name), None) if !name.is_empty() => Some(step),
            (Move::Data(first, _, obj, len), Some(objects)) if side.in_flight < other.window => {
                Some(Move::Data(first, 0, obj || objects, len))
            }
            (Move::Ack(behind), _) if other.in_flight > 0 => {
                Some(Move::Ack(behind % other.in_flight))
            }
            (Move::End(_, status), Some(_)) => Some(Move::End(0, status.min(65_535))),
            _ => None,
        }
    }

    pub fn passed(&mut self, from: usize, frame: &Owned) {
        let last_of_other = self.0[1 - from].last.unwrap_or(0);
        let side = &mut self.0[from];
        match frame {
            Owned::Hello(hello) => {
                side.greeted = true;
                side.window = hello.ack_window.unwrap_or(32).into();
            }
            Owned::Start(name) => {
                side.open = Some(name.starts_with("objects"));
                side.last_of_stream = None;
            }
            Owned::Data { seq, .. } => {
                side.last = Some(*seq);
                side.last_of_stream = Some(*seq);
                side.in_flight += 1;
            }
            Owned::Ack(up_to) => {
                let in_flight = &mut self.0[1 - from].in_flight;
                *in_flight = last_of_other.wrapping_sub(*up_to).min(*in_flight);
            }
            Owned::End(_) => side.open = None,
            Owned::Error { .. } => {}
        }
    }
}
