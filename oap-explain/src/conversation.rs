//! The two directions of a session, or one of them alone: each frame is shown in its turn, up to the first reject of
//! its direction.

use crate::observer::{Observer, Side};
use crate::reading::{Looked, Reading};
use crate::show::{Origin, Show};
use oap::{Config, Kind};
use std::io::Read;

pub struct Conversation {
    /// Its number, from 0 on.
    connection: usize,
    readings: [Reading; 2],
    /// None where only one direction is there.
    observer: Option<Observer>,
    names: [String; 2],
    rejected: [bool; 2],
}

impl Conversation {
    /// One direction, without the rules of a session.
    pub fn one_way(config: Config) -> Self {
        let readings = [Reading::new(config), Reading::new(config)];
        let names = Default::default();
        Conversation { connection: 0, readings, observer: None, names, rejected: [false; 2] }
    }

    /// Both directions, with the names of their senders. `connection` is a number from 0 on.
    pub fn both_ways(config: Config, connection: usize, names: [String; 2]) -> Self {
        let observer = Some(Observer::new(config));
        Conversation { connection, observer, names, ..Conversation::one_way(config) }
    }

    /// Whether anything was rejected.
    pub fn was_rejected(&self) -> bool {
        self.rejected.contains(&true)
    }

    /// Takes bytes of one direction, and shows what they complete.
    ///
    /// # Errors
    /// Those of the output.
    pub fn push(&mut self, side: Side, bytes: &[u8], show: &mut impl Show) -> anyhow::Result<()> {
        self.readings[side as usize].push(bytes);
        self.show_all(side, show)
    }

    /// The direction has ended.
    ///
    /// # Errors
    /// Those of the output.
    pub fn end(&mut self, side: Side, show: &mut impl Show) -> anyhow::Result<()> {
        self.readings[side as usize].end();
        self.show_all(side, show)
    }

    fn show_all(&mut self, side: Side, show: &mut impl Show) -> anyhow::Result<()> {
        while self.step(side, show)? {}
        Ok(())
    }

    /// Shows what stands at the front of a direction. False: there is nothing now.
    fn step(&mut self, side: Side, show: &mut impl Show) -> anyhow::Result<bool> {
        if self.rejected[side as usize] {
            self.readings[side as usize] = Reading::new(Config::default());
            return Ok(false);
        }
        let (place, connection) = (side as usize, self.connection);
        let at = self.readings[place].position();
        let from = Origin { connection, side, name: &self.names[place] };
        match self.readings[place].look() {
            Looked::NeedsMore | Looked::End => Ok(false),
            Looked::Frame(length) => {
                let (frame, wire) = self.readings[place].pass().expect("a whole frame");
                show.frame(from, at, &frame, wire)?;
                let Some(observer) = &mut self.observer else { return Ok(true) };
                match observer.pass(side, &frame, wire) {
                    Ok(()) => show.flows(from, Side::BOTH.map(|side| observer.flow(side)))?,
                    Err(reject) => {
                        show.reject(from, &reject, at, length)?;
                        self.rejected[place] = true;
                    }
                }
                Ok(true)
            }
            Looked::Reject(reject) => {
                let rest = self.readings[place].rest();
                let known = usize::try_from(reject.at() - reject.offset()).unwrap_or(usize::MAX);
                show.cut(from, at, &rest[..known.min(rest.len())])?;
                show.reject(from, &reject, at, known)?;
                self.rejected[place] = true;
                Ok(true)
            }
        }
    }

    /// Reads one direction to its end. Gives whether anything was rejected.
    ///
    /// # Errors
    /// Those of source and output.
    pub fn read(
        &mut self,
        side: Side,
        from: &mut impl Read,
        show: &mut impl Show,
    ) -> anyhow::Result<bool> {
        while !self.rejected[side as usize] {
            match self.readings[side as usize].look() {
                Looked::End => break,
                Looked::NeedsMore => self.readings[side as usize].fill(from)?,
                Looked::Frame(_) | Looked::Reject(_) => {
                    self.step(side, show)?;
                }
            }
        }
        Ok(self.was_rejected())
    }

    /// Reads both directions, in an order in which the frames are good where there is one: files tell no times.
    ///
    /// # Errors
    /// Those of source and output.
    pub fn read_both(
        &mut self,
        mut from: [impl Read; 2],
        show: &mut impl Show,
    ) -> anyhow::Result<bool> {
        loop {
            for side in Side::BOTH {
                self.fill(side, &mut from[side as usize])?;
            }
            let Some(side) = self.next_side() else { return Ok(self.was_rejected()) };
            self.step(side, show)?;
        }
    }

    fn fill(&mut self, side: Side, from: &mut impl Read) -> anyhow::Result<()> {
        let reading = &mut self.readings[side as usize];
        while !self.rejected[side as usize] && matches!(reading.look(), Looked::NeedsMore) {
            reading.fill(from)?;
        }
        Ok(())
    }

    /// Whose turn it is: who can go on without a breach, else who can go on at all. An ERROR waits, since it ends all.
    fn next_side(&mut self) -> Option<Side> {
        let good = Side::BOTH.into_iter().find(|&side| self.may_pass(side));
        good.or_else(|| {
            Side::BOTH.into_iter().find(|&side| {
                let looked = self.readings[side as usize].look();
                !self.rejected[side as usize] && !matches!(looked, Looked::End)
            })
        })
    }

    fn may_pass(&mut self, side: Side) -> bool {
        let reading = &mut self.readings[side as usize];
        let (Looked::Frame(length), Some(observer)) = (reading.look(), &self.observer) else {
            return false;
        };
        let wire = &reading.rest()[..length];
        let is_error = wire[KIND_AT] == Kind::Error as u8;
        !is_error && observer.would_pass(side, wire)
    }
}

/// Where the byte of the kind stands (rule 1.1).
const KIND_AT: usize = 4;
