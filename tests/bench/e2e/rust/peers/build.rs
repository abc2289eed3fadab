fn main() {
    println!("cargo:rerun-if-changed=../../bench.proto");
    tonic_prost_build::configure()
        .bytes(".")
        .compile_protos(&["../../bench.proto"], &["../.."])
        .expect("bench.proto is good, and protoc is there");
}
