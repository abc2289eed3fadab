//! What Linux says of a process, from `/proc`.

use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Clock ticks a second in `/proc/PID/stat`: Linux's USER_HZ on every architecture we run on.
const USER_HZ: u64 = 100;

pub struct Process {
    proc: PathBuf,
}

impl Process {
    pub fn new(pid: u32) -> Self {
        Process { proc: Path::new("/proc").join(pid.to_string()) }
    }

    /// Resident bytes now.
    pub fn resident(&self) -> io::Result<u64> {
        self.kib("status", "VmRSS:")
    }

    /// The most that were ever resident.
    pub fn resident_peak(&self) -> io::Result<u64> {
        self.kib("status", "VmHWM:")
    }

    fn kib(&self, file: &str, key: &str) -> io::Result<u64> {
        Ok(self.number(file, key)? << 10)
    }

    /// Bytes that it caused to be sent to the storage layer.
    pub fn written_to_disk(&self) -> io::Result<u64> {
        self.number("io", "write_bytes:")
    }

    fn number(&self, file: &str, key: &str) -> io::Result<u64> {
        let text = fs::read_to_string(self.proc.join(file))?;
        let words = text.lines().find_map(|line| line.strip_prefix(key));
        let number = words.and_then(|words| words.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| io::Error::other(format!("no {key} in {file}")))
    }

    /// Processor time, user's and system's.
    pub fn cpu(&self) -> io::Result<Duration> {
        let stat = fs::read_to_string(self.proc.join("stat"))?;
        // The name of the program, in parentheses, may hold anything.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let numbers = after_name.split_whitespace().skip(11).take(2);
        let ticks: u64 = numbers.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 1000 / USER_HZ))
    }

    /// The files with a name on a disk that it holds open: no socket, pipe, epoll, device.
    pub fn open_files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.proc.join("fd"))? {
            // It may be closed by now.
            let Ok(target) = fs::read_link(entry?.path()) else { continue };
            if target.is_absolute() && !target.starts_with("/dev") {
                files.push(target);
            }
        }
        Ok(files)
    }

    /// Descriptors that it holds open.
    pub fn descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(self.proc.join("fd"))?.count())
    }

    /// What has to be added to an offset in the file of its program for the address that its line tables know.
    pub fn text_shift(&self, program: &Path) -> io::Result<u64> {
        let maps = fs::read_to_string(self.proc.join("maps"))?;
        let program = program.to_string_lossy();
        let of_program = maps.lines().filter(|line| line.ends_with(&*program));
        let mappings: Vec<Mapping> = of_program.filter_map(Mapping::parse).collect();
        let text = mappings.iter().find(|mapping| mapping.executable);
        match (mappings.first(), text) {
            (Some(first), Some(text)) => Ok((text.start - first.start).wrapping_sub(text.offset)),
            _ => Err(io::Error::other("the program is not mapped")),
        }
    }
}

/// A line of `/proc/PID/maps`: `start-end rwxp offset …`.
struct Mapping {
    start: u64,
    executable: bool,
    offset: u64,
}

impl Mapping {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let start = hex(words.next()?.split('-').next()?)?;
        let executable = words.next()?.contains('x');
        Some(Mapping { start, executable, offset: hex(words.next()?)? })
    }
}

/// Lets this process, and the gateway that it starts, open as many descriptors as the system allows. Says how many.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    Ok(maximum.unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_time_and_descriptors() {
        let own = Process::new(std::process::id());
        // Before the peak: other tests allocate meanwhile.
        let resident = own.resident().unwrap();
        assert!(resident > 100 << 10);
        assert!(own.resident_peak().unwrap() >= resident);
        assert!(own.descriptors().unwrap() >= 3);
        own.cpu().unwrap();
        own.written_to_disk().unwrap();
    }

    #[test]
    fn a_file_that_is_open_is_seen() {
        let file = std::env::current_exe().unwrap();
        let own = Process::new(std::process::id());
        let _open = fs::File::open(&file).unwrap();
        assert!(own.open_files().unwrap().contains(&file));
    }

    #[test]
    fn the_shift_of_the_text_is_whole_pages() {
        let own = Process::new(std::process::id());
        let program = fs::canonicalize(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(own.text_shift(&program).unwrap() % 4096, 0);
    }
}
