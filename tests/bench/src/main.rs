//! `oap-bench`: what a frame, a call and a byte cost beside a hand-written floor and what one would otherwise pick.
//! `--json` gives one object a line. `--once WORK WHAT` runs one case once, for instruction counts under callgrind;
//! `--once` alone runs none, and so counts the start.

mod calls;
mod connections;
mod decoders;
mod encoders;
mod floor;
mod hostile;
mod measure;
mod peers;
mod sessions;
mod work;

use measure::Case;
use std::process::ExitCode;
use work::Works;

const IDLE: usize = 10_000;

/// The first of a group is what the others are compared with.
fn groups(works: &Works) -> Vec<Vec<Case<'_>>> {
    let tiny = &works.kinds[0];
    let mut groups: Vec<_> = works.kinds.iter().map(decoders::cases).collect();
    groups[0].push(sessions::recv(tiny));
    groups.extend([
        decoders::sizes(&works.sizes),
        decoders::split(tiny),
        encoders::cases(tiny),
        calls::cases(tiny),
        connections::one_way(tiny),
        sessions::features(tiny),
        hostile::decoded(tiny),
        hostile::trickled(tiny),
        hostile::received(tiny),
        sessions::threads(tiny),
    ]);
    groups
}

fn print_table(cases: &[Case<'_>], medians: &[f64]) {
    for (case, ns) in cases.iter().zip(medians) {
        let Case { work, what, role, unit, .. } = case;
        let ratio = ns / medians[0];
        println!("{work:<10} {role:<5} {what:<36} {ns:>9.2} ns a {unit:<5} {ratio:>8.2} ×");
    }
    println!();
}

fn print_json(cases: &[Case<'_>], medians: &[f64]) {
    for (case, ns) in cases.iter().zip(medians) {
        let Case { work, what, role, unit, .. } = case;
        println!(
            r#"{{"language":"rust","work":"{work}","what":"{what}","role":"{role}","unit":"{unit}","ns":{ns:.3}}}"#
        );
    }
}

fn measure_all(works: &Works, json: bool) {
    let idle = sessions::idle_bytes(IDLE);
    for cases in &mut groups(works) {
        let medians = measure::medians(cases);
        let print = if json { print_json } else { print_table };
        print(cases, &medians);
    }
    match idle {
        Some(bytes) if json => println!(
            r#"{{"language":"rust","work":"idle","what":"{IDLE} sessions with decoders","role":"oap","unit":"all","bytes":{bytes}}}"#
        ),
        Some(bytes) => {
            println!("{IDLE} idle sessions with decoders: {:.2} MiB", bytes as f64 / 1_048_576.0)
        }
        None => {}
    }
}

fn run_once(works: &Works, work: &str, what: &str) -> ExitCode {
    let mut groups = groups(works);
    match groups.iter_mut().flatten().find(|case| case.work == work && case.what == what) {
        Some(case) => {
            case.run();
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

fn main() -> ExitCode {
    let works = work::all();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => measure_all(&works, false),
        ["--json"] => measure_all(&works, true),
        ["--once"] => drop(groups(&works)),
        ["--once", work, what] => return run_once(&works, work, what),
        _ => {
            eprintln!("usage: oap-bench [--json | --once [WORK WHAT]]");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
