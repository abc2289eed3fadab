//! The Unix socket, and what amnesia keeps off the disk.

mod support;

use oap::{End, Frame, Start};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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

/// Its queue is full, so that to connect would be to wait.
#[test]
fn a_listener_that_hangs_does_not_delay_the_start() {
    let directory = Directory::new("hang");
    let path = directory.path("own/oap.sock");
    fs::DirBuilder::new().mode(0o700).create(directory.path("own")).unwrap();
    let hung = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    hung.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    hung.listen(0).unwrap();
    let knock = || {
        let knock = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        knock.set_nonblocking(true).unwrap();
        knock.connect(&SockAddr::unix(&path).unwrap()).is_ok().then_some(knock)
    };
    let queue: Vec<_> = std::iter::from_fn(knock).collect();
    assert!(!queue.is_empty());
    assert_eq!(refusal(&path, &[]), format!("svc-gateway: {path}: somebody listens there"));
}

#[test]
fn a_socket_of_another_process_in_its_place_is_left_there() {
    let directory = Directory::new("taken");
    let path = directory.path("own/oap.sock");
    let gateway = Gateway::start(&["--unix-socket", &path]);
    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    assert!(gateway.stop("TERM").0.success());
    assert!(Path::new(&path).exists());
}

/// A group of this process: the superuser may give the socket to any.
fn group() -> u32 {
    let own = fs::metadata("/proc/self").unwrap();
    if own.uid() == 0 {
        54_321
    } else {
        own.gid()
    }
}

#[test]
fn a_group_may_use_the_socket_and_nobody_else() {
    let directory = Directory::new("group");
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o755)).unwrap();
    let path = directory.path("own/oap.sock");
    let number = group().to_string();
    let flags = ["--unix-socket-group", &number];
    let _gateway = Gateway::start(&[&["--unix-socket", &path], &flags[..]].concat());
    assert_eq!((mode(directory.path("own")), mode(&path)), (0o750, 0o660));
    for made in [directory.path("own"), path.clone()] {
        assert_eq!(fs::metadata(made).unwrap().gid(), group());
    }
    connect(&path);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        let as_other = |gid: u32| {
            let mut other = Command::new("perl");
            let connect = "use Socket; socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 2; \
                           exit !connect($s, sockaddr_un($ARGV[0]));";
            other.args(["-e", connect, &path]).uid(54_322).gid(gid).stderr(Stdio::null());
            other.status().unwrap().success()
        };
        assert_eq!([group(), 54_323].map(as_other), [true, false]);
    }
}

#[test]
fn a_group_that_does_not_exist_and_a_directory_of_another_are_refused() {
    let directory = Directory::new("no-group");
    let path = directory.path("own/oap.sock");
    let said = checked(&path, &["--unix-socket-group", "no-such-group"]);
    assert_eq!(said, "svc-gateway: --unix-socket-group: no-such-group: there is no such group");
    fs::DirBuilder::new().mode(0o700).create(directory.path("own")).unwrap();
    let number = group().to_string();
    let reason = format!("is in a directory that is not of the group {number} with the mode 0750");
    let said = checked(&path, &["--unix-socket-group", &number]);
    assert_eq!(said, format!("svc-gateway: --unix-socket: {path}: {reason}"));
    assert_eq!(
        refusal(&path, &["--unix-socket-group", &number]),
        format!("svc-gateway: {path}: {reason}")
    );
}

/// What `--check-config` says of a socket, and that it changes nothing.
fn checked(path: &str, flags: &[&str]) -> String {
    let args = [&["--check-config", "--unix-socket", path], flags].concat();
    let before = Path::new(path).parent().unwrap().exists();
    let output = command(&args).output().unwrap();
    assert_eq!(Path::new(path).parent().unwrap().exists(), before);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(if said.is_empty() { 0 } else { 2 }), "{said}");
    said.trim_end().to_owned()
}

#[test]
fn the_check_finds_what_the_start_would_find() {
    let directory = Directory::new("check");
    let path = directory.path("own/oap.sock");
    let on_disk = concat!(env!("CARGO_TARGET_TMPDIR"), "/checked/oap.sock");
    assert_eq!(checked(&path, &["--amnesia", "on"]), "");
    let long = directory.path(&format!("{}/oap.sock", "x".repeat(100)));
    let open = directory.path("oap.sock");
    let nowhere = directory.path("no/such/oap.sock");
    for (path, flags, reason) in [
        (on_disk, &["--amnesia", "on"][..], "is not on a tmpfs, and amnesia is on"),
        (&long, &[], "is no path of a socket: it has at most 107 bytes, none of them 0"),
        (&open, &[], "is in a directory whose mode is not 0700"),
        (&nowhere, &[], "No such file or directory (os error 2)"),
        ("/oap.sock", &[], "is in a directory whose mode is not 0700"),
        ("oap.sock", &[], "names no directory of its own"),
    ] {
        assert_eq!(checked(path, flags), format!("svc-gateway: --unix-socket: {path}: {reason}"));
        assert_eq!(refusal(path, flags), format!("svc-gateway: {path}: {reason}"));
    }
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
