//! `oap explain`: every byte with its field, its value and the number of its rule.

mod lines;
mod show;

use crate::answer::Answer;
use crate::{input, summary};
use anyhow::{ensure, Context};
use clap::Args;
use oap::{Config, SeqRolloverPolicy, MAX_ACK_WINDOW};
use oap_explain::{capture, hex, Conversation, Side};
use show::Shown;
use std::io::{Cursor, Read};
use std::path::Path;

/// Explains every byte: its field, its value and the number of its rule.
///
/// A reject is told with its byte, its label and its limit. One input is judged by sections 1 to 3 of the spec. Two
/// files, or a capture that Wireshark reads (pcap or pcapng), are the two directions of a session, and section 4
/// holds too.
#[derive(Args)]
#[command(after_help = "Examples:
  oap explain 0000000b020000030a0161
  oap explain client.bin server.bin
  oap explain --port 9900 session.pcapng
  tail -c +1 stream.bin | oap explain --json -")]
pub struct Explain {
    /// Hex digits, a file, a capture, or - for standard input; a second file is the other direction.
    #[arg(value_name = "HEX | FILE | -", required = true, num_args = 1..=2)]
    inputs: Vec<String>,
    /// One JSON object a frame.
    #[arg(long)]
    json: bool,
    /// Judge by the relaxed mode of rule 2.12.
    #[arg(long)]
    relaxed: bool,
    /// Show all bytes of each body.
    #[arg(long, conflicts_with = "summary")]
    bodies: bool,
    /// Show only how many frames of each kind there are, and the reject.
    #[arg(long)]
    summary: bool,
    /// Of a capture, only the connections with that TCP port.
    #[arg(long)]
    port: Option<u16>,
    /// seq goes on with 0 after 2^64 - 1 (rule 4.9).
    #[arg(long)]
    wrap: bool,
    /// DATA on an object stream needs no obj (rule 4.13).
    #[arg(long)]
    no_obj: bool,
}

impl Explain {
    pub fn run(self) -> anyhow::Result<Answer> {
        let mut show = Shown::new(self.json, self.bodies);
        let rejected = match self.inputs.as_slice() {
            [from, to] => self.pair(from, to, &mut show)?,
            [only] => self.single(only, &mut show)?,
            _ => unreachable!("clap has counted them"),
        };
        show.finish()?;
        Ok(if rejected { Answer::No } else { Answer::Yes })
    }

    /// The mildest receiver: what a HELLO may say is for the other side to judge.
    fn config(&self) -> Config {
        let policy = if self.wrap { SeqRolloverPolicy::Wrap } else { SeqRolloverPolicy::Error };
        Config::default()
            .with_strict_headers(!self.relaxed)
            .with_enforce_obj_header_on_objects(!self.no_obj)
            .with_seq_rollover_policy(policy)
            .with_ack_window_frames(MAX_ACK_WINDOW.into())
            .expect("the largest window is in its range")
    }

    fn single(&self, name: &str, show: &mut Shown) -> anyhow::Result<bool> {
        let (start, mut from) = opened(name)?;
        if capture::is_one(&start) {
            ensure!(!self.summary, "--summary is for a stream, not for a capture");
            return capture::explain(&start, from, self.config(), self.port, show)
                .with_context(|| format!("{name} is a capture that can't be read"));
        }
        if self.summary {
            return summary::write(&mut from, self.config(), self.json);
        }
        let mut conversation = Conversation::one_way(self.config());
        conversation.read(Side::First, &mut from, show)
    }

    fn pair(&self, first: &str, second: &str, show: &mut Shown) -> anyhow::Result<bool> {
        ensure!(!self.summary, "--summary is for one input: give it each of the two files");
        let names = [first.to_owned(), second.to_owned()];
        let sources = [opened(first)?.1, opened(second)?.1];
        Conversation::both_ways(self.config(), 0, names).read_both(sources, show)
    }
}

type Source = Box<dyn Read>;

/// The first bytes of an input, and all of it.
fn opened(name: &str) -> anyhow::Result<(Vec<u8>, Source)> {
    let mut from = source(name)?;
    let mut start = Vec::new();
    from.by_ref().take(capture::MAGIC_BYTES).read_to_end(&mut start)?;
    let all = Cursor::new(start.clone()).chain(from);
    Ok((start, Box::new(all)))
}

fn source(name: &str) -> anyhow::Result<Source> {
    match hex::pasted(name) {
        Some(bytes) if !bytes.is_empty() && !Path::new(name).exists() => {
            Ok(Box::new(Cursor::new(bytes)))
        }
        _ => input::open(Path::new(name)),
    }
}
