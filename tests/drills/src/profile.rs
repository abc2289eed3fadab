//! Where the gateway's processor time goes: `perf` samples its stacks by the software clock, `addr2line` names what
//! stands at their addresses, inlined functions too.

use crate::process::Process;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Samples a second of each core: no divisor of the kernel's tick.
const FREQUENCY: &str = "497";

/// A function is the library's where its source is here.
const LIBRARY: &str = "/oap/src/";

/// Samples, by whether a function of the library stands in their stack.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Shares {
    pub all: u64,
    pub library: u64,
}

impl Shares {
    pub fn percent(&self) -> f64 {
        self.library as f64 * 100.0 / self.all.max(1) as f64
    }
}

pub struct Profile {
    data: PathBuf,
    program: PathBuf,
    text_shift: u64,
}

impl Profile {
    /// Samples a process for that time. The program needs line tables and frame pointers.
    pub async fn take(pid: u32, program: &Path, time: Duration) -> io::Result<Self> {
        let program = fs::canonicalize(program)?;
        let text_shift = Process::new(pid).text_shift(&program)?;
        let data = std::env::temp_dir().join(format!("oap-drill-{pid}.perf"));
        let mut perf = tokio::process::Command::new("perf");
        perf.args(["record", "-q", "-e", "cpu-clock", "-F", FREQUENCY, "--call-graph", "fp"]);
        perf.args(["-p", &pid.to_string(), "-o"]).arg(&data);
        perf.args(["sleep", &time.as_secs().to_string()]).stdout(Stdio::null());
        let taken = perf.status().await?;
        let profile = Profile { data, program, text_shift };
        taken.success().then_some(profile).ok_or_else(|| io::Error::other("perf record failed"))
    }

    pub fn shares(&self) -> io::Result<Shares> {
        let mut perf = Command::new("perf");
        perf.args(["script", "-F", "ip,dso", "--no-inline", "-i"]).arg(&self.data);
        let script = output(&mut perf)?;
        let samples = script.split("\n\n").filter(|sample| !sample.trim().is_empty());
        let stacks: Vec<Vec<u64>> = samples.map(|sample| self.offsets(sample)).collect();
        let library = self.of_the_library(stacks.iter().flatten().copied())?;
        let is_its = |stack: &&Vec<u64>| stack.iter().any(|at| library.get(at) == Some(&true));
        let of_library = stacks.iter().filter(is_its).count() as u64;
        Ok(Shares { all: stacks.len() as u64, library: of_library })
    }

    /// Those of a sample's addresses that are the program's: `OFFSET (FILE)`, a line each.
    fn offsets(&self, sample: &str) -> Vec<u64> {
        let program = format!("({})", self.program.display());
        let lines = sample.lines().filter_map(|line| line.trim().split_once(' '));
        let of_program = lines.filter(|(_, file)| *file == program);
        of_program.filter_map(|(offset, _)| u64::from_str_radix(offset, 16).ok()).collect()
    }

    /// Whether a function of the library, inlined or not, stands at each offset in the program's file.
    fn of_the_library(
        &self,
        offsets: impl Iterator<Item = u64>,
    ) -> io::Result<BTreeMap<u64, bool>> {
        let mut found: BTreeMap<u64, bool> = offsets.map(|at| (at, false)).collect();
        let asked = std::env::temp_dir().join(format!("oap-drill-{}.at", std::process::id()));
        let mut file = fs::File::create(&asked)?;
        for at in found.keys() {
            writeln!(file, "{:#x}", at.wrapping_add(self.text_shift))?;
        }
        let mut addr2line = Command::new("addr2line");
        addr2line.args(["-a", "-i", "-e"]).arg(&self.program).stdin(fs::File::open(&asked)?);
        let told = output(&mut addr2line)?;
        fs::remove_file(asked)?;
        for (library, lines) in found.values_mut().zip(told.split("0x").skip(1)) {
            *library = lines.contains(LIBRARY);
        }
        Ok(found)
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.data);
    }
}

fn output(command: &mut Command) -> io::Result<String> {
    let done = command.stderr(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
