//! The check: of the gateway, of the host programs in both roles, of small hosts each with a planted fault.

use crate::faulty::{Faulty, FAULTS};
use crate::program::{oap, Ran};
use crate::running::{root, Gateway, Running};
use std::fs;
use std::thread;

/// What is said of each rule that is not kept.
fn broken(ran: &Ran) -> Vec<&str> {
    ran.text().lines().filter(|line| line.contains(": BROKEN")).collect()
}

#[test]
fn the_gateway_keeps_every_rule_and_the_reports_say_so() {
    let gateway = Gateway::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (junit, html) = (file("junit.xml"), file("report.html"));
    let check = ["check", "connect", &gateway.address, "--patience", "30"];
    let ran = oap(&[&check[..], &["--junit", &junit, "--html", &html]].concat());
    assert_eq!((ran.status, broken(&ran)), (0, vec![]));
    let junit = fs::read_to_string(junit).unwrap();
    assert!(junit.contains("failures=\"0\"") && junit.contains("ack_of_no_data"));
    let html = fs::read_to_string(html).unwrap();
    assert!(html.contains("0 broken") && html.contains("OAP-1.md#411-ack"));
}

#[test]
fn only_the_rules_that_are_asked_for_are_checked() {
    let gateway = Gateway::start(&[]);
    let ran = oap(&["check", "connect", &gateway.address, "--only", "4.11", "--level", "must"]);
    let findings = ran.text().lines().filter(|line| line.starts_with("4.11"));
    assert_eq!(findings.count(), ran.text().lines().count() - 1);
    assert_eq!(oap(&["check", "connect", &gateway.address, "--only", "9.9"]).status, 3);
}

/// The host programs that are built here.
fn hosts() -> Vec<&'static str> {
    let built = |name: &&str| match *name {
        "node" => root().join("sdk-node/dist").exists(),
        "python" => root().join(".venv/current").exists(),
        "rust" => root().join("target/release/oap-host").exists(),
        name => root().join("build/conformance").join(format!("{name}-host")).exists(),
    };
    ["c", "cpp", "go", "node", "python", "rust"].into_iter().filter(built).collect()
}

#[test]
fn the_host_programs_keep_every_rule_that_is_a_must_in_both_roles() {
    let hosts = hosts();
    assert!(hosts.contains(&"rust"), "make build comes first");
    let checks = hosts.into_iter().flat_map(|name| [(name, true), (name, false)]);
    let checking = checks.map(|(name, serves)| thread::spawn(move || (name, check(name, serves))));
    for checked in checking.collect::<Vec<_>>() {
        let (name, ran) = checked.join().unwrap();
        assert_eq!((name, broken(&ran)), (name, vec![]), "{}", ran.err);
        let last = ran.text().lines().last().unwrap();
        let kept: usize = last.split(' ').rev().nth(6).unwrap().parse().unwrap();
        assert!(kept > 100, "{last}");
    }
}

fn check(name: &str, serves: bool) -> Ran {
    if serves {
        let host = Running::host(name, &[]);
        return oap(&["check", "connect", &host.address, "--level", "must", "--patience", "30"]);
    }
    let program = root().join("tests/conformance/hosts").join(name);
    let client = format!("{} send {{port}} s 300000 --echo", program.display());
    let listen = ["check", "listen", "127.0.0.1:0", "--run", &client, "--level", "must"];
    oap(&[&listen[..], &["--patience", "30", "--parallel", "2"]].concat())
}

#[test]
fn a_small_host_without_a_fault_keeps_every_rule() {
    let ran = oap(&["check", "connect", &Faulty::start("").address, "--patience", "30"]);
    assert_eq!((ran.status, broken(&ran)), (0, vec![]));
}

fn check_faulty(fault: &'static str) -> Ran {
    let host = Faulty::start(fault);
    let rule = fault.split(' ').next().unwrap();
    oap(&["check", "connect", &host.address, "--patience", "2", "--only", rule])
}

#[test]
fn each_planted_fault_is_found_by_the_case_of_its_rule() {
    assert!(FAULTS.len() >= 20);
    let checking = FAULTS.iter().map(|&fault| thread::spawn(move || (fault, check_faulty(fault))));
    for checked in checking.collect::<Vec<_>>() {
        let (fault, ran) = checked.join().unwrap();
        assert_eq!(ran.status, 1, "{fault} was not found");
        assert!(broken(&ran).iter().all(|line| line.starts_with(fault.split(' ').next().unwrap())));
        for part in ["sent", "expected", "got"] {
            assert!(ran.text().contains(&format!("        {part} ")), "{fault}");
        }
    }
}
