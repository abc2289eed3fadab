//! Where a command reads from: a file, or standard input.

use anyhow::Context;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The name by which standard input is called.
pub const STANDARD: &str = "-";

/// Opens a file, or standard input where it is called `-`.
///
/// # Errors
/// Where the file can't be opened.
pub fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    if path.as_os_str() == STANDARD {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    Ok(Box::new(file))
}
