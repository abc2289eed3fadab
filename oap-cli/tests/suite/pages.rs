//! Version, completions, manual pages and help: all from one source.

use crate::program::oap;
use serde_json::Value;
use std::fs;

#[test]
fn version_tells_the_numbers_of_the_protocol() {
    let plain = oap(&["version"]);
    assert_eq!(plain.text(), format!("oap {}, OAP/1\n", env!("CARGO_PKG_VERSION")));
    let json: Value = serde_json::from_slice(&oap(&["version", "--json"]).out).unwrap();
    assert_eq!(json["max_frame_bytes"], oap::MAX_FRAME_BYTES);
    assert_eq!(json["reject_labels"][7], "truncated");
}

/// The names of the commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = oap(&["--help"]);
    let listed = help.text().lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty());
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_a_page_a_completion_and_a_help() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(oap(&["man", directory.path().to_str().unwrap()]).status, 0);
    let bash = oap(&["completions", "bash"]);
    for name in commands() {
        let page = fs::read_to_string(directory.path().join(format!("oap-{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
        assert!(bash.text().contains(&format!("oap,{name})")), "{name}");
        assert_eq!(oap(&[&name, "--help"]).status, 0, "{name}");
    }
    let page = fs::read_to_string(directory.path().join("oap.1")).unwrap();
    assert!(page.contains("Exit status"));
}

#[test]
fn each_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(oap(&["completions", shell]).text().contains("explain"), "{shell}");
    }
}

#[test]
fn a_wrong_command_line_is_status_2_and_a_missing_file_3() {
    assert_eq!(oap(&["explain"]).status, 2);
    assert_eq!(oap(&["completions", "none"]).status, 2);
    let missing = oap(&["decode", "/nowhere/at/all"]);
    assert_eq!(missing.status, 3);
    assert!(missing.err.starts_with("oap: /nowhere/at/all can't be read: "), "{}", missing.err);
}
