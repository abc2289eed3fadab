//! The soname moves only on an incompatible change of the ABI; cargo-c sets it by itself.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_CAPI").is_none() {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,liboap.so.1");
    }
}
