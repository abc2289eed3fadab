//! All frames of what was given, each in little memory: its bytes are kept once, and looked at again when it is shown.

use oap::{Config, Flow, Frame, Kind, Reject};
use oap_explain::{told, Origin, Show, Side};
use serde_json::Value;

pub struct Gathered {
    config: Config,
    pub connections: Vec<Connection>,
    /// Whether both directions are there, so that section 4 holds.
    pub both: bool,
    /// Why the rest can't be read.
    pub error: Option<String>,
}

#[derive(Default)]
pub struct Connection {
    pub names: [String; 2],
    /// The bytes of each direction, as far as they are explained.
    bytes: [Vec<u8>; 2],
    pub steps: Vec<Step>,
    pub rejects: Vec<Rejected>,
    pub notes: Vec<String>,
}

/// A frame in its turn, or what is there of one that is rejected.
pub struct Step {
    pub side: Side,
    pub at: u64,
    pub length: u32,
    /// `None`: no whole frame.
    pub kind: Option<Kind>,
    /// What each side may send behind it.
    pub glances: [Glance; 2],
}

/// What one side may send.
#[derive(Clone, Copy, Default)]
pub struct Glance {
    pub last_seq: u64,
    pub in_flight: u16,
    pub window: u16,
}

pub struct Rejected {
    pub step: usize,
    pub told: Value,
}

impl From<Flow> for Glance {
    fn from(flow: Flow) -> Self {
        let small = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        let (in_flight, window) = (small(flow.in_flight), small(flow.window));
        Glance { last_seq: flow.last_seq.unwrap_or_default(), in_flight, window }
    }
}

impl Glance {
    pub fn credit(self) -> u16 {
        self.window.saturating_sub(self.in_flight)
    }
}

impl Gathered {
    pub fn new(config: Config) -> Self {
        Gathered { config, connections: Vec::new(), both: false, error: None }
    }

    pub fn config(&self) -> Config {
        self.config
    }

    fn connection(&mut self, from: Origin<'_>) -> &mut Connection {
        if self.connections.len() <= from.connection {
            self.connections.resize_with(from.connection + 1, Connection::default);
        }
        let connection = &mut self.connections[from.connection];
        let name = &mut connection.names[from.side as usize];
        if name.is_empty() {
            from.name.clone_into(name);
        }
        connection
    }
}

impl Connection {
    fn push(&mut self, side: Side, at: u64, wire: &[u8], kind: Option<Kind>) {
        self.bytes[side as usize].extend_from_slice(wire);
        let glances = self.steps.last().map(|step| step.glances).unwrap_or_default();
        let length = u32::try_from(wire.len()).expect("a frame has 1 MiB at most");
        self.steps.push(Step { side, at, length, kind, glances });
    }

    /// The bytes of a step.
    pub fn wire(&self, step: &Step) -> &[u8] {
        let start = step.at as usize;
        &self.bytes[step.side as usize][start..start + step.length as usize]
    }

    pub fn count(&self, side: Side) -> usize {
        self.bytes[side as usize].len()
    }

    pub fn reject_of(&self, step: usize) -> Option<&Value> {
        self.rejects.iter().find(|rejected| rejected.step == step).map(|rejected| &rejected.told)
    }
}

impl Show for Gathered {
    fn frame(
        &mut self,
        from: Origin<'_>,
        at: u64,
        frame: &Frame<'_>,
        wire: &[u8],
    ) -> anyhow::Result<()> {
        self.connection(from).push(from.side, at, wire, Some(frame.kind()));
        Ok(())
    }

    fn flows(&mut self, from: Origin<'_>, flows: [Flow; 2]) -> anyhow::Result<()> {
        if let Some(step) = self.connection(from).steps.last_mut() {
            step.glances = flows.map(Glance::from);
        }
        Ok(())
    }

    fn cut(&mut self, from: Origin<'_>, at: u64, wire: &[u8]) -> anyhow::Result<()> {
        self.connection(from).push(from.side, at, wire, None);
        Ok(())
    }

    fn reject(
        &mut self,
        from: Origin<'_>,
        reject: &Reject,
        at: u64,
        known: usize,
    ) -> anyhow::Result<()> {
        let connection = self.connection(from);
        let step = connection.steps.len() - 1;
        connection.rejects.push(Rejected { step, told: told(reject, at, known) });
        Ok(())
    }

    fn note(&mut self, from: Origin<'_>, note: &str) -> anyhow::Result<()> {
        self.connection(from).notes.push(format!("{}: {note}", from.name));
        Ok(())
    }
}
