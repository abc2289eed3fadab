//! The Unix socket, and what amnesia keeps off the disk.

mod support;

use oap::{End, Frame, Start};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{assert_serving, command, encoded, Gateway, Peer, BINARY, PATIENCE};

/// A directory that goes with the test, on a tmpfs.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(format!("/dev/shm/svc-gateway-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Directory(path)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn connect(path: &str) -> Peer<UnixStream> {
    let socket = UnixStream::connect(path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    Peer::over(socket).greet()
}

/// What a gateway says that does not start.
fn refusal(path: &str, flags: &[&str]) -> String {
    let output = command(&[&["--unix-socket", path], flags].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap().trim_end().to_owned()
}

#[test]
fn streams_come_over_a_socket_for_its_owner_alone_that_goes_with_the_process() {
    let directory = Directory::new("serve");
    let path = directory.path("own/oap.sock");
    let gateway = Gateway::with_endpoints(&["--unix-socket", &path]);
    assert_eq!((mode(directory.path("own")), mode(&path)), (0o700, 0o600));
    let mut peer = connect(&path);
    peer.start("objects/near");
    peer.object(b"near", 4);
    assert_eq!(peer.end(), 0);
    assert_eq!(gateway.event("stream")["peer_addr"], serde_json::Value::Null);
    drop(peer);
    assert!(gateway.stop("TERM").0.success());
    assert!(!Path::new(&path).exists());
}

/// Over this socket, which holds less on the way than TCP does.
#[test]
fn who_takes_no_answer_is_given_up() {
    let directory = Directory::new("mute");
    let path = directory.path("own/oap.sock");
    let flags = ["--write-seconds", "0.1", "--streams-per-second", "1000000"];
    let gateway = Gateway::with_endpoints(&[&["--unix-socket", &path], &flags[..]].concat());
    let mut mute = connect(&path);
    let whole = [Frame::Start(Start { stream: "s" }), Frame::End(End { seq: 0, status: 0 })];
    let many = encoded(&whole.repeat(1_000));
    while mute.socket.write_all(&many).is_ok() {}
    assert_eq!(gateway.event("refused")["reason"], "write_timeout");
    let refused = "svc_gateway_refused_total{cause=\"write_timeout\"}";
    assert_eq!(gateway.get("/metrics").sample(refused), 1.0);
    assert_serving(&gateway);
}

#[test]
fn a_stale_socket_is_replaced_and_one_in_use_is_not() {
    let directory = Directory::new("stale");
    let path = directory.path("own/oap.sock");
    fs::DirBuilder::new().mode(0o700).create(directory.path("own")).unwrap();
    drop(UnixListener::bind(&path).unwrap());
    let _gateway = Gateway::start(&["--unix-socket", &path]);
    connect(&path);
    assert_eq!(refusal(&path, &[]), format!("svc-gateway: {path}: somebody listens there"));
    connect(&path);
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let directory = Directory::new("file");
    fs::DirBuilder::new().mode(0o700).create(directory.path("own")).unwrap();
    let path = directory.path("own/file");
    fs::write(&path, "precious").unwrap();
    assert_eq!(refusal(&path, &[]), format!("svc-gateway: {path}: is there and is no socket"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_directory_that_is_open_to_others_is_refused() {
    let directory = Directory::new("open");
    let path = directory.path("oap.sock"); // 0755
    let reason = "is in a directory whose mode is not 0700";
    assert_eq!(refusal(&path, &[]), format!("svc-gateway: {path}: {reason}"));
}

#[test]
fn with_amnesia_a_socket_on_a_disk_is_refused_and_one_on_a_tmpfs_is_not() {
    let on_disk = concat!(env!("CARGO_TARGET_TMPDIR"), "/own/oap.sock");
    let reason = "is not on a tmpfs, and amnesia is on";
    let refused = refusal(on_disk, &["--amnesia", "on"]);
    assert_eq!(refused, format!("svc-gateway: {on_disk}: {reason}"));
    let directory = Directory::new("amnesia");
    let path = directory.path("own/oap.sock");
    let _gateway = Gateway::start(&["--unix-socket", &path, "--amnesia", "on"]);
    connect(&path);
}

#[test]
fn with_amnesia_no_core_dump_may_be_left() {
    for (amnesia, most) in [("on", "0"), ("off", "")] {
        let gateway = Gateway::start(&["--amnesia", amnesia]);
        let limits = fs::read_to_string(format!("/proc/{}/limits", gateway.pid())).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let soft = core.split_whitespace().nth(4).unwrap();
        assert!(most.is_empty() || soft == most, "{amnesia}: {core}");
    }
}

/// Calls that change a file system, or open a file to write in it.
fn is_a_write(call: &str) -> bool {
    const CHANGES: [&str; 14] = [
        "creat(",
        "mkdir(",
        "mkdirat(",
        "mknod(",
        "mknodat(",
        "link(",
        "linkat(",
        "symlink(",
        "symlinkat(",
        "rename(",
        "renameat(",
        "renameat2(",
        "truncate(",
        "ftruncate(",
    ];
    let opens = ["open(", "openat(", "openat2("].iter().any(|open| call.starts_with(open));
    let to_write = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"];
    CHANGES.iter().any(|change| call.starts_with(change))
        || (opens && to_write.iter().any(|flag| call.contains(flag)))
}

#[test]
fn with_amnesia_no_file_is_opened_to_be_written() {
    let need = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/need");
    assert!(Command::new(need).arg("strace:strace").status().unwrap().success());
    let directory = Directory::new("strace");
    let trace = directory.path("trace");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o", &trace, "-e", "trace=%file,%desc"]).arg(BINARY);
    traced.args(["--listen", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--amnesia", "on"]);
    let mut gateway = Gateway::run(traced);
    gateway.expect_endpoints();
    let object = vec![7; 10_000_000];
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/large");
    peer.object(&object, 500_000);
    assert_eq!(peer.end(), 0);
    peer.send_bytes(&[0xff; 4]);
    peer.error();
    assert_eq!(gateway.get("/metrics").status, 200);
    let tracee = fs::read_to_string(&trace).unwrap();
    let (pid, _) = tracee.split_once(' ').unwrap();
    assert!(Command::new("kill").args(["-s", "TERM", pid]).status().unwrap().success());
    assert!(gateway.end().0.success());

    let calls = fs::read_to_string(&trace).unwrap();
    let calls: Vec<_> = calls.lines().filter_map(|line| line.split_once(' ')).collect();
    assert!(calls.len() > 100, "only {} calls", calls.len());
    let writes: Vec<_> = calls.iter().filter(|(_, call)| is_a_write(call.trim_start())).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn a_write_is_known_as_one() {
    assert!(is_a_write("openat(AT_FDCWD, \"/tmp/x\", O_WRONLY|O_CREAT, 0666) = 3"));
    assert!(is_a_write("mkdir(\"/tmp/x\", 0700) = 0"));
    assert!(!is_a_write("openat(AT_FDCWD, \"/etc/x\", O_RDONLY|O_CLOEXEC) = 3"));
    assert!(!is_a_write("write(1, \"{}\", 2) = 2"));
}
