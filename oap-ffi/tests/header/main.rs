//! `include/oap.h` is what cbindgen makes of these sources, in a reader's order. `make header` writes it.

#![cfg(not(miri))]

mod order;

use order::in_a_readers_order;
use std::path::Path;
use std::{env, fs};

#[test]
fn the_header_is_current() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut made = Vec::new();
    cbindgen::generate(here).expect("cbindgen reads the crate").write(&mut made);
    let made = in_a_readers_order(std::str::from_utf8(&made).expect("a header is UTF-8"));
    let path = here.join("../include/oap.h");
    if env::var_os("OAP_WRITE_HEADER").is_some() {
        fs::write(&path, &made).expect("include/oap.h can be written");
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    assert!(held == made, "include/oap.h is not current: run `make header`");
}
