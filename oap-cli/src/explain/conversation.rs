//! The two directions of a session, or one of them alone: each frame is shown in its turn, up to the first reject of
//! its direction.

use crate::explain::reading::{Looked, Reading};
use crate::explain::show::Show;
use crate::observer::{Observer, Side};
use oap::{Config, Kind};
use std::io::Read;

pub struct Conversation {
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
        Conversation { readings, observer: None, names: Default::default(), rejected: [false; 2] }
    }

    /// Both directions, with the names of their senders.
    pub fn both_ways(config: Config, names: [String; 2]) -> Self {
        let observer = Some(Observer::new(config));
        Conversation { observer, names, ..Conversation::one_way(config) }
    }

    /// Whether anything was rejected.
    pub fn was_rejected(&self) -> bool {
        self.rejected.contains(&true)
    }

    /// Takes bytes of one direction, and shows what they complete.
    ///
    /// # Errors
    /// Those of the output.
    pub fn push(&mut self, side: Side, bytes: &[u8], show: &mut Show) -> anyhow::Result<()> {
        self.readings[side as usize].push(bytes);
        self.show_all(side, show)
    }

    /// The direction has ended.
    ///
    /// # Errors
    /// Those of the output.
    pub fn end(&mut self, side: Side, show: &mut Show) -> anyhow::Result<()> {
        self.readings[side as usize].end();
        self.show_all(side, show)
    }

    fn show_all(&mut self, side: Side, show: &mut Show) -> anyhow::Result<()> {
        while self.step(side, show)? {}
        Ok(())
    }

    /// Shows what stands at the front of a direction. False: there is nothing now.
    fn step(&mut self, side: Side, show: &mut Show) -> anyhow::Result<bool> {
        if self.rejected[side as usize] {
            self.readings[side as usize] = Reading::new(Config::default());
            return Ok(false);
        }
        let at = self.readings[side as usize].position();
        match self.readings[side as usize].look() {
            Looked::NeedsMore | Looked::End => Ok(false),
            Looked::Frame(length) => {
                let name = &self.names[side as usize];
                let (frame, wire) = self.readings[side as usize].pass().expect("a whole frame");
                show.frame(name, at, &frame, wire)?;
                if let Some(observer) = &mut self.observer {
                    if let Err(reject) = observer.pass(side, &frame, wire) {
                        show.reject(name, &reject, at, length)?;
                        self.rejected[side as usize] = true;
                    }
                }
                Ok(true)
            }
            Looked::Reject(reject) => {
                let rest = self.readings[side as usize].rest();
                let known = usize::try_from(reject.at() - reject.offset()).unwrap_or(usize::MAX);
                let name = &self.names[side as usize];
                show.cut(name, at, &rest[..known.min(rest.len())])?;
                show.reject(name, &reject, at, known)?;
                self.rejected[side as usize] = true;
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
        show: &mut Show,
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
    pub fn read_both(&mut self, mut from: [impl Read; 2], show: &mut Show) -> anyhow::Result<bool> {
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
