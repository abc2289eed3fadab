//! Who is told what bytes are, and how a reject is said in JSON.

use crate::observer::Side;
use crate::rules;
use oap::{Flow, Frame, Reject};
use serde_json::{json, Value};

/// A direction of a session, or the one direction that there is.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'n> {
    /// The number of its connection, from 0 on: only captures have many.
    pub connection: usize,
    pub side: Side,
    /// Empty where there is one direction alone.
    pub name: &'n str,
}

/// Is told each frame in its turn, up to the first reject of its direction.
pub trait Show {
    /// A frame that starts at byte `at` of its direction.
    ///
    /// # Errors
    /// Those of the output.
    fn frame(
        &mut self,
        from: Origin<'_>,
        at: u64,
        frame: &Frame<'_>,
        wire: &[u8],
    ) -> anyhow::Result<()>;

    /// What both sides may send behind a frame that section 4 allows.
    ///
    /// # Errors
    /// Those of the output.
    fn flows(&mut self, _from: Origin<'_>, _flows: [Flow; 2]) -> anyhow::Result<()> {
        Ok(())
    }

    /// The bytes of a frame that is no whole one, up to where it was rejected.
    ///
    /// # Errors
    /// Those of the output.
    fn cut(&mut self, from: Origin<'_>, at: u64, wire: &[u8]) -> anyhow::Result<()>;

    /// The reject of the frame that starts at byte `at`, known with its first `known` bytes.
    ///
    /// # Errors
    /// Those of the output.
    fn reject(
        &mut self,
        from: Origin<'_>,
        reject: &Reject,
        at: u64,
        known: usize,
    ) -> anyhow::Result<()>;

    /// Something about a direction that no frame says.
    ///
    /// # Errors
    /// Those of the output.
    fn note(&mut self, from: Origin<'_>, note: &str) -> anyhow::Result<()>;
}

/// A reject of the frame that starts at byte `at`, known with its first `known` bytes.
pub fn told(reject: &Reject, at: u64, known: usize) -> Value {
    let fault = reject.fault();
    json!({
        "label": fault.reason().label(), "code": fault.reason().code(), "at": at + known as u64,
        "frame_at": at, "field": fault.field(), "detail": fault.detail(),
        "limit": fault.limit_value(), "rule": rules::of_fault(fault),
    })
}
