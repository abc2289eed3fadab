//! What a user gives: hex digits, bytes, or a capture, of one direction or of both.

use crate::gathered::Gathered;
use anyhow::{ensure, Context};
use oap::{Config, SeqRolloverPolicy, MAX_ACK_WINDOW};
use oap_explain::{capture, hex, Conversation, Side};
use std::io::Cursor;

/// One direction, or a capture of both.
#[derive(Clone, Copy)]
pub enum Given<'b> {
    Hex(&'b [u8]),
    Bytes(&'b [u8]),
}

/// How to judge, as the options of `oap explain` say it.
#[derive(Clone, Copy, Default)]
pub struct Options {
    pub relaxed: bool,
    pub wrap: bool,
    pub no_obj: bool,
}

impl Options {
    /// The mildest receiver: what a HELLO may say is for the other side to judge.
    fn config(self) -> Config {
        let policy = if self.wrap { SeqRolloverPolicy::Wrap } else { SeqRolloverPolicy::Error };
        Config::default()
            .with_strict_headers(!self.relaxed)
            .with_enforce_obj_header_on_objects(!self.no_obj)
            .with_seq_rollover_policy(policy)
            .with_ack_window_frames(MAX_ACK_WINDOW.into())
            .expect("the largest window is in its range")
    }
}

impl Given<'_> {
    fn bytes(self) -> anyhow::Result<Vec<u8>> {
        match self {
            Given::Bytes(bytes) => Ok(bytes.to_vec()),
            Given::Hex(text) => {
                let bytes = std::str::from_utf8(text).ok().and_then(hex::pasted);
                bytes.context(
                    "that is no hex: two digits a byte, with blanks, colons and 0x between",
                )
            }
        }
    }
}

/// All that is found in what was given, up to where it can't be read.
pub fn inspected(first: Given<'_>, second: Given<'_>, options: Options) -> Gathered {
    let mut gathered = Gathered::new(options.config());
    if let Err(error) = gather(first, second, &mut gathered) {
        gathered.error = Some(format!("{error:#}"));
    }
    gathered
}

fn gather(first: Given<'_>, second: Given<'_>, gathered: &mut Gathered) -> anyhow::Result<()> {
    let [first, second] = [first.bytes()?, second.bytes()?];
    let config = gathered.config();
    if capture::is_one(&first) || capture::is_one(&second) {
        ensure!(
            first.is_empty() || second.is_empty(),
            "a capture has both directions: give it alone"
        );
        gathered.both = true;
        let first = if first.is_empty() { second } else { first };
        return capture::explain(&first, Cursor::new(&first), config, None, gathered).map(drop);
    }
    if second.is_empty() {
        let mut conversation = Conversation::one_way(config);
        return conversation.read(Side::First, &mut Cursor::new(first), gathered).map(drop);
    }
    gathered.both = true;
    let mut conversation = Conversation::both_ways(config, 0, ["A > B".into(), "B > A".into()]);
    conversation.read_both([Cursor::new(first), Cursor::new(second)], gathered).map(drop)
}
