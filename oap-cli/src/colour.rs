//! Colours, on terminals only; `NO_COLOR` turns them off.

use std::env;
use std::io::{self, IsTerminal};

/// The codes before what is strong or bad, and behind it.
#[derive(Clone, Copy)]
pub struct Colours {
    pub strong: &'static str,
    pub bad: &'static str,
    pub off: &'static str,
}

const NONE: Colours = Colours { strong: "", bad: "", off: "" };
const ANSI: Colours = Colours { strong: "\x1b[1m", bad: "\x1b[31m", off: "\x1b[0m" };

impl Colours {
    /// Those of standard output.
    pub fn of_output() -> Self {
        if io::stdout().is_terminal() && wanted() {
            ANSI
        } else {
            NONE
        }
    }
}

/// Whether the user has not turned colours off.
pub fn wanted() -> bool {
    env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
}
