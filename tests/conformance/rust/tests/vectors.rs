//! The vectors against a build with overflow checks and debug assertions, and against mutants of the core: `make
//! test-conformance` runs them against the release build.

use std::path::Path;
use std::process::Command;

#[test]
fn every_vector_is_answered_as_it_says() {
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("run.py");
    let testee = env!("CARGO_BIN_EXE_oap-testee");
    for vectors in ["oap1", "connection"] {
        let vectors = runner.with_file_name("../vectors").join(vectors);
        let mut command = Command::new("python3");
        command.arg(&runner).args(["--testee", testee, "--vectors"]).arg(vectors);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    }
}
