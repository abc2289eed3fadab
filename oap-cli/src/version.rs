//! `oap version`: the version of the program and the numbers of the protocol.

use crate::answer::Answer;
use clap::Args;
use oap::{Kind, Reason};
use serde_json::json;
use std::io::{self, Write};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Shows the version of the program and of the protocol.
#[derive(Args)]
pub struct Version {
    /// Show the limits, kinds and labels of the protocol too, as JSON.
    #[arg(long)]
    json: bool,
}

impl Version {
    pub fn run(self) -> anyhow::Result<Answer> {
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{:#}", constants())?;
        } else {
            writeln!(out, "oap {VERSION}, OAP/{}", oap::VERSION)?;
        }
        Ok(Answer::Yes)
    }
}

fn constants() -> serde_json::Value {
    json!({
        "oap": VERSION,
        "protocol": oap::VERSION,
        "max_frame_bytes": oap::MAX_FRAME_BYTES,
        "max_header_bytes": oap::MAX_HEADER_BYTES,
        "max_ack_window": oap::MAX_ACK_WINDOW,
        "kinds": Kind::ALL.map(Kind::name),
        "reject_labels": Reason::ALL.map(Reason::label),
    })
}
