//! The name by which programs ask for the shared library moves only on an incompatible change of the ABI. cargo-c sets it
//! by itself; on Windows it is that of the file.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CAPI").is_some() || env::var_os("CARGO_CFG_UNIX").is_none() {
        return;
    }
    let name = match env::var("CARGO_CFG_TARGET_VENDOR").as_deref() {
        Ok("apple") => "-Wl,-install_name,@rpath/liboap.1.dylib",
        _ => "-Wl,-soname,liboap.so.1",
    };
    println!("cargo:rustc-cdylib-link-arg={name}");
}
