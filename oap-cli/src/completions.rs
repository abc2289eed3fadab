//! `oap completions`: a shell's completions, made from the help.

use crate::answer::Answer;
use clap::{Args, Command};
use clap_complete::Shell;
use std::io::{self, Write};

/// Writes the completions for a shell to standard output.
#[derive(Args)]
#[command(after_help = "Example:
  oap completions bash > /usr/share/bash-completion/completions/oap")]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, oap: &mut Command) -> anyhow::Result<Answer> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, oap, "oap", &mut script);
        io::stdout().write_all(&script)?;
        Ok(Answer::Yes)
    }
}
