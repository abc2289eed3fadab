//! `oap man`: the manual pages, made from the help.

use crate::answer::Answer;
use anyhow::Context;
use clap::{Args, Command};
use clap_mangen::Man as Page;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Shows the manual page, or writes all pages into a directory.
#[derive(Args)]
#[command(after_help = "Examples:
  oap man | man -l -
  oap man /usr/share/man/man1")]
pub struct Man {
    /// Write oap.1 and one page for each command there.
    directory: Option<PathBuf>,
}

impl Man {
    pub fn run(self, mut oap: Command) -> anyhow::Result<Answer> {
        oap.build();
        match self.directory {
            None => io::stdout().write_all(&rendered(&oap)?)?,
            Some(directory) => write_pages(&oap, &directory)?,
        }
        Ok(Answer::Yes)
    }
}

fn rendered(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Page::new(command.clone()).render(&mut page)?;
    Ok(page)
}

/// A page for the command and for each below it, named as in `oap-check-connect.1`.
fn write_pages(command: &Command, directory: &Path) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let file = directory.join(format!("{name}.1"));
    let page = rendered(command)?;
    fs::write(&file, page).with_context(|| format!("{} can't be written", file.display()))?;
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    below.into_iter().try_for_each(|below| write_pages(below, directory))
}
