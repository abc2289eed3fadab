//! The commands of `docs/oap.md`, each with its output.

use crate::program::BINARY;
use crate::running::Gateway;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

const ADDRESS: &str = "127.0.0.1:9900";
const ENDPOINTS: &str = "http://127.0.0.1:9909";

struct Example {
    command: String,
    output: String,
    shape: bool,
}

/// The text with each number and each gap as one sign.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if shape.ends_with('0') => {}
            ' ' if shape.ends_with(' ') => {}
            '0'..='9' => shape.push('0'),
            c => shape.push(c),
        }
    }
    shape
}

/// The blocks of the page: a line behind `$ ` is a command, what follows is its output. Of a `shape` the numbers are
/// those of one run.
fn examples() -> Vec<Example> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/oap.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = page.split("```console").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    let example = |block: &str| {
        let (kind, block) = block.split_once("\n$ ").unwrap();
        let (command, output) = block.split_once('\n').unwrap();
        let (command, output) = (command.to_owned(), output.to_owned());
        Example { command, output, shape: kind == " shape" }
    };
    blocks.map(example).collect()
}

/// Standard output and then standard error, as a terminal shows them.
/// The addresses of the page are the defaults of the gateway; here it has free ports.
fn run(command: &str, folder: &Path, gateway: &Gateway) -> String {
    let path = format!(
        "{}:{}",
        Path::new(BINARY).parent().unwrap().display(),
        env::var("PATH").unwrap_or_default()
    );
    let mut shell = Command::new("sh");
    let command = command.replace(ADDRESS, &gateway.address);
    let command = command.replace(ENDPOINTS, &gateway.endpoints);
    let ran = shell.args(["-c", &command]).env("PATH", path).current_dir(folder).output().unwrap();
    let told = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    told.replace(&gateway.address, ADDRESS).replace(&gateway.endpoints, ENDPOINTS)
}

#[test]
fn each_command_of_the_page_gives_the_output_that_stands_there() {
    let examples = examples();
    assert!(examples.len() >= 5);
    let gateway = Gateway::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    for Example { command, output, shape: only_shape } in examples {
        let told = run(&command, folder.path(), &gateway);
        match only_shape {
            true => assert_eq!(shape(&told), shape(&output), "{command}"),
            false => assert_eq!(told, output, "{command}"),
        }
    }
}
