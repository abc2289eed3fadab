//! Send and receive: to each other, to the gateway, to a host program.

use crate::program::oap;
use crate::running::{Gateway, Running};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Bytes that repeat late.
fn pattern(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A folder `tree` with an empty file, a small one and a large one below.
fn tree() -> TempDir {
    let folder = folder();
    let tree = folder.path().join("tree");
    fs::create_dir_all(tree.join("below")).unwrap();
    fs::write(tree.join("empty"), b"").unwrap();
    fs::write(tree.join("small"), b"abc").unwrap();
    fs::write(tree.join("below/large"), pattern(3_000_001)).unwrap();
    folder
}

fn assert_same(one: &Path, other: &Path) {
    for name in ["empty", "small", "below/large"] {
        assert_eq!(
            fs::read(one.join(name)).unwrap(),
            fs::read(other.join(name)).unwrap(),
            "{name}"
        );
    }
}

/// The file of an object that is not whole.
fn part_of(folder: &Path, bytes: &[u8]) -> std::path::PathBuf {
    folder.join(".oap-parts").join(format!("b3-{}", blake3::hash(bytes).to_hex()))
}

#[test]
fn a_folder_arrives_as_it_was_over_tcp_and_unix_as_objects_and_plain() {
    let from = tree();
    let socket = format!("unix:{}", text(&from.path().join("socket")));
    for address in ["127.0.0.1:0", &socket] {
        for plain in [&[][..], &["--plain"]] {
            let to = folder();
            let receiver = Running::oap(&["receive", "--once", address, &text(to.path())]);
            let tree = text(&from.path().join("tree"));
            let sent = oap(&[&["send", &receiver.address, &tree], plain].concat());
            assert_eq!((sent.status, &sent.err[..]), (0, ""));
            assert!(receiver.line().starts_with("tree/below/large 3000001"));
            assert_eq!(receiver.end().code(), Some(0));
            assert_same(&from.path().join("tree"), &to.path().join("tree"));
        }
    }
}

#[test]
fn standard_input_is_a_plain_stream_with_a_name() {
    let to = folder();
    let receiver = Running::oap(&["receive", "127.0.0.1:0", &text(to.path())]);
    let send = ["send", &receiver.address, "-", "--name", "said.txt"];
    assert_eq!(crate::program::oap_with(&send, b"hello").status, 0);
    assert_eq!(fs::read(to.path().join("said.txt")).unwrap(), b"hello");
}

#[test]
fn the_gateway_verifies_what_is_sent_and_a_wrong_address_is_told() {
    let gateway = Gateway::start(&[]);
    let from = tree();
    let small = text(&from.path().join("tree/small"));
    assert_eq!(oap(&["send", &gateway.address, &small]).status, 0);
    assert_eq!(gateway.event("stream")["verified"], 1);
    let wrong = format!("b3:{}", "0".repeat(64));
    let sent = oap(&["send", &gateway.address, &small, "--object", &wrong]);
    assert_eq!((sent.status, &sent.err[..]), (1, "oap: small: the peer's receipt has status 1\n"));
}

#[test]
fn a_host_program_takes_it_too() {
    let host = Running::host("rust", &[]);
    let from = tree();
    let sent = oap(&["send", &host.address, &text(&from.path().join("tree")), "--plain"]);
    assert_eq!((sent.status, &sent.err[..]), (0, ""));
}

#[test]
fn a_file_that_is_there_stays_unless_it_may_be_replaced() {
    let (from, to) = (tree(), folder());
    let small = text(&from.path().join("tree/small"));
    fs::write(to.path().join("small"), b"mine").unwrap();
    let receiver = Running::oap(&["receive", "127.0.0.1:0", &text(to.path())]);
    assert_eq!(oap(&["send", &receiver.address, &small]).status, 1);
    assert_eq!(fs::read(to.path().join("small")).unwrap(), b"mine");
    let receiver = Running::oap(&["receive", "--overwrite", "127.0.0.1:0", &text(to.path())]);
    assert_eq!(oap(&["send", &receiver.address, &small]).status, 0);
    assert_eq!(fs::read(to.path().join("small")).unwrap(), b"abc");
}

#[test]
fn only_the_missing_rest_is_sent_again() {
    let (from, to) = (folder(), folder());
    let (bytes, file) = (pattern(2_000_000), from.path().join("large"));
    fs::write(&file, &bytes).unwrap();
    let receiver = Running::oap(&["receive", "127.0.0.1:0", &text(to.path())]);
    let part = part_of(to.path(), &bytes);
    fs::write(&part, &bytes[..1_500_000]).unwrap();
    let through = Counted::start(&receiver.address);
    let sent = oap(&["send", &through.address, &text(&file), "--resume"]);
    assert_eq!((sent.status, &sent.err[..]), (0, ""));
    assert_eq!(fs::read(to.path().join("large")).unwrap(), bytes);
    assert!(!part.exists());
    let passed = through.bytes();
    assert!((500_000..600_000).contains(&passed), "{passed} bytes were sent");
}

#[test]
fn a_part_with_a_wrong_byte_is_found_and_removed() {
    let (from, to) = (folder(), folder());
    let (bytes, file) = (pattern(200_000), from.path().join("large"));
    fs::write(&file, &bytes).unwrap();
    let receiver = Running::oap(&["receive", "127.0.0.1:0", &text(to.path())]);
    let part = part_of(to.path(), &bytes);
    fs::write(&part, vec![0; 100_000]).unwrap();
    let send = ["send", &receiver.address, &text(&file), "--resume"];
    assert_eq!(oap(&send).status, 1);
    assert!(!part.exists() && !to.path().join("large").exists());
    assert_eq!(oap(&send).status, 0);
}

#[test]
fn a_peer_that_breaks_off_leaves_a_part_and_the_sender_says_what_is_missing() {
    let (from, to) = (folder(), folder());
    let (bytes, file) = (pattern(8_000_000), from.path().join("large"));
    fs::write(&file, &bytes).unwrap();
    let receiver = Running::oap(&["receive", "127.0.0.1:0", &text(to.path())]);
    let through = Counted::cut_after(&receiver.address, 4_000_000);
    let sent = oap(&["send", &through.address, &text(&file)]);
    assert_eq!(sent.status, 1);
    let missing = sent.err.lines().last().unwrap();
    assert!(
        missing.starts_with("oap: large: ") && missing.ends_with(" of 8000000 bytes acknowledged"),
        "{missing}"
    );
    let resumed = oap(&["send", &receiver.address, &text(&file), "--resume"]);
    assert_eq!((resumed.status, &resumed.err[..]), (0, ""));
    assert_eq!(fs::read(to.path().join("large")).unwrap(), bytes);
}

#[test]
fn names_that_lead_out_are_refused_and_the_next_stream_is_taken() {
    let to = folder();
    let inside = to.path().join("inside");
    let receiver = Running::oap(&["receive", "127.0.0.1:0", &text(&inside)]);
    let send = ["send", &receiver.address, "-", "--name", "../out"];
    let sent = crate::program::oap_with(&send, b"x");
    assert_eq!((sent.status, &sent.err[..]), (1, "oap: ../out: the peer's receipt has status 3\n"));
    assert!(!to.path().join("out").exists());
    let send = ["send", &receiver.address, "-", "--name", "in"];
    assert_eq!(crate::program::oap_with(&send, b"x").status, 0);
}

#[test]
fn who_can_not_be_reached_is_named() {
    let sent = oap(&["send", "127.0.0.1:1", "/etc/hostname"]);
    assert_eq!(sent.status, 3);
    assert!(sent.err.starts_with("oap: no connection to 127.0.0.1:1: "), "{}", sent.err);
    let no_resume = Gateway::start(&[]);
    let send = ["send", &no_resume.address, "/etc/hostname", "--resume", "--patience", "1"];
    assert!(oap(&send).err.contains("leave --resume out"));
}

#[test]
fn tls_takes_the_authority_that_is_named_and_no_other() {
    let (keys, to) = (folder(), folder());
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (keys.path().join("cert.pem"), keys.path().join("key.pem"));
    fs::write(&cert, signed.cert.pem()).unwrap();
    fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (text(&cert), text(&key));
    let receive = ["receive", "tls://127.0.0.1:0", &text(to.path()), "--certificate", &cert];
    let receiver = Running::oap(&[&receive[..], &["--key", &key]].concat());
    let send = ["send", &receiver.address, "/etc/hostname", "--server-name", "localhost"];
    assert_eq!(oap(&[&send[..], &["--ca", &cert]].concat()).status, 0);
    assert_eq!(oap(&send).status, 3);
    assert!(to.path().join("hostname").exists());
}

/// A proxy that counts the bytes of clients, and may cut a connection.
struct Counted {
    address: String,
    counted: std::sync::mpsc::Receiver<usize>,
}

impl Counted {
    fn start(target: &str) -> Self {
        Counted::cut_after(target, usize::MAX)
    }

    fn cut_after(target: &str, most: usize) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, counted) = std::sync::mpsc::channel();
        let target = target.to_owned();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut server = TcpStream::connect(target).unwrap();
            let (mut back_from, mut back_to) =
                (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut back_from, &mut back_to);
                let _ = back_to.shutdown(std::net::Shutdown::Both);
            });
            let (mut buffer, mut total) = ([0; 65_536], 0);
            while total < most {
                let count = client.read(&mut buffer).unwrap_or(0);
                if count == 0 || server.write_all(&buffer[..count]).is_err() {
                    break;
                }
                total += count;
            }
            let _ = server.shutdown(std::net::Shutdown::Write);
            if total >= most {
                let _ = client.shutdown(std::net::Shutdown::Both);
            }
            let _ = tell.send(total);
        });
        Counted { address, counted }
    }

    fn bytes(&self) -> usize {
        self.counted.recv_timeout(crate::running::PATIENCE).unwrap()
    }
}
