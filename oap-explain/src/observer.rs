//! A session as somebody sees it who reads both directions.

use oap::{Config, Flow, Frame, Reject, Row, Session};

/// A direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    First = 0,
    Second = 1,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::First, Side::Second];

    pub const fn other(self) -> Side {
        match self {
            Side::First => Side::Second,
            Side::Second => Side::First,
        }
    }
}

/// What each side knows of the session.
pub struct Observer {
    sessions: [Session; 2],
}

impl Observer {
    pub fn new(config: Config) -> Self {
        Observer { sessions: [Session::new(config), Session::new(config)] }
    }

    /// A frame of that side has passed: the receiver judges it, and then the sender has sent it. What is good to
    /// receive is good to send, but for what a receiver discards behind its own ERROR.
    ///
    /// # Errors
    /// The reject by the rules of section 4.
    pub fn pass(&mut self, side: Side, frame: &Frame<'_>, wire: &[u8]) -> Result<(), Reject> {
        self.sessions[side.other() as usize].recv(wire, &mut [Row::default()])?;
        let _ = self.sessions[side as usize].send_to(frame, &mut Vec::new());
        Ok(())
    }

    /// Whether a frame of that side would be good now.
    pub fn would_pass(&self, side: Side, wire: &[u8]) -> bool {
        let mut judge = self.sessions[side.other() as usize].clone();
        judge.recv(wire, &mut [Row::default()]).is_ok()
    }

    /// The flow of what that side sends.
    pub fn flow(&self, side: Side) -> Flow {
        self.sessions[side.other() as usize].inbound()
    }
}
