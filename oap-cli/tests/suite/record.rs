//! Record: what passes is what the peers sent, without what nobody asked for, and the peers do not wait.

use crate::program::{oap, oap_with, Ran};
use crate::running::{Gateway, Running};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

struct Recorded {
    folder: TempDir,
    status: i32,
}

impl Recorded {
    fn file(&self) -> String {
        path(self.folder.path(), "session.pcapng")
    }

    fn explained(&self) -> Ran {
        oap(&["explain", "--json", "--bodies", &self.file()])
    }
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

fn stop(recorder: Running) -> i32 {
    let pid = recorder.pid().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    recorder.end().code().unwrap()
}

/// Records a stream with a body and a HELLO with feature bits.
fn recorded(options: &[&str]) -> Recorded {
    let (host, folder) = (Running::host("rust", &[]), tempfile::tempdir().unwrap());
    let file = path(folder.path(), "session.pcapng");
    let record = ["record", "127.0.0.1:0", &host.address, &file];
    let recorder = Running::oap(&[&record[..], options].concat());
    let send = ["send", &recorder.address, "--name", "said", "-"];
    assert_eq!(oap_with(&send, b"a secret body").status, 0);
    let featured = ["check", "connect", &recorder.address, "--only", "2.13", "--patience", "30"];
    assert_eq!(oap(&featured).status, 0);
    let status = stop(recorder);
    Recorded { folder, status }
}

#[test]
fn a_recording_is_explained_as_a_session_without_bodies_and_features() {
    let recorded = recorded(&[]);
    let told = recorded.explained();
    assert_eq!((recorded.status, told.status), (0, 0));
    let bytes = fs::read(recorded.file()).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"secret"));
    let lines = told.json_lines();
    let frames: Vec<_> = lines.iter().map(|line| &line["frame"]).collect();
    let said = |name: &str| frames.iter().filter(|frame| frame["kind"] == name).count();
    assert!(said("HELLO") >= 6 && said("ACK") >= 3, "{frames:?}");
    let bodies = frames.iter().filter(|frame| frame["kind"] == "DATA" && frame["len"] == 13);
    assert_eq!(bodies.map(|frame| &frame["body"]).collect::<Vec<_>>(), ["00".repeat(13).as_str()]);
    assert!(frames.iter().all(|frame| frame.get("features").is_none()));
}

#[test]
fn bodies_and_features_are_written_where_they_are_asked_for() {
    let told = recorded(&["--bodies", "--features"]).explained();
    assert!(told.text().contains(&hex(b"a secret body")));
    assert!(told.text().contains("\"features\":\"18446744073709551615\""));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn wireshark_finds_the_frames_with_the_dissector() {
    let script = crate::running::root().join("ops/wireshark/oap.lua");
    let script = format!("lua_script:{}", script.display());
    let file = recorded(&[]);
    let mut tshark = Command::new("tshark");
    tshark.args([
        "-X",
        &script,
        "-r",
        &file.file(),
        "-Y",
        "oap",
        "-T",
        "fields",
        "-e",
        "_ws.col.Info",
    ]);
    let shown = tshark.output().expect("tshark");
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("HELLO") && shown.contains("DATA"), "{shown}");
}

/// The disk is full from the first byte on.
#[test]
fn a_disk_that_fails_costs_the_recording_and_not_the_peers() {
    let (gateway, folder) = (Gateway::start(&[]), tempfile::tempdir().unwrap());
    let file = path(folder.path(), "full.pcapng");
    symlink("/dev/full", &file).unwrap();
    let recorder = Running::oap(&["record", "127.0.0.1:0", &gateway.address, &file]);
    let large = path(folder.path(), "large");
    fs::write(&large, vec![0x5a; 3_000_000]).unwrap();
    for _ in 0..2 {
        assert_eq!(oap(&["send", &recorder.address, &large]).status, 0);
    }
    assert_eq!(stop(recorder), 3);
}

#[test]
fn what_is_no_oap_is_passed_on_and_left_out() {
    let (gateway, folder) = (Gateway::start(&[]), tempfile::tempdir().unwrap());
    let file = path(folder.path(), "odd.pcapng");
    let recorder = Running::oap(&["record", "127.0.0.1:0", &gateway.address, &file]);
    let load = ["load", &recorder.address, "-d", "0.2", "--hostile", "garbage", "--json"];
    let ran = oap(&load);
    assert!(ran.json_lines()[0]["hostile"].to_string().contains("garbage"), "{}", ran.text());
    assert_eq!(stop(recorder), 0);
    assert!(!fs::read(&file).unwrap().windows(4).any(|part| part == b"HTTP"));
}
