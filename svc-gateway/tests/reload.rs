//! SIGHUP: the file is read again, and taken as a whole or not at all.

mod support;

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use support::{assert_serving, command, Gateway, Peer, PATIENCE};

/// A file of keys that goes with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("svc-gateway-{}-{name}", std::process::id());
        let file = File(std::env::temp_dir().join(name));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_new_limit_holds_from_now_on_and_is_told_with_the_old_one() {
    let file = File::new("limits", "idle_seconds = 3600\n");
    let gateway = Gateway::start(&["--config", file.path()]);
    let mut before = Peer::greeted(&gateway);
    file.write("idle_seconds = \"100ms\"\nio_threads = 1\ntenant = \"other\"\n");
    gateway.signal("HUP");
    let event = gateway.event("key_changed");
    let [key, old, new] = ["key", "old", "new"].map(|name| event[name].as_str().unwrap());
    assert_eq!((key, old, new), ("idle_seconds", "3600", "0.1"));
    let event = gateway.event("reloaded");
    assert_eq!(event["changed"], "idle_seconds");
    assert_eq!(event["need_restart"], "tenant,io_threads");
    // Its own limit was made before.
    before.start("objects/before");
    assert_eq!(before.end(), 0);
    let _idle = Peer::greeted(&gateway);
    let refused = gateway.event("refused");
    assert_eq!(
        (&refused["reason"], &refused["tenant"]),
        (&"idle_timeout".into(), &"default".into())
    );
}

#[test]
fn a_larger_number_of_connections_lets_more_in_and_a_smaller_one_ends_none() {
    let file = File::new("places", "max_connections = 1\n");
    let gateway = Gateway::start(&["--config", file.path()]);
    let reload = |text| {
        file.write(text);
        gateway.signal("HUP");
        assert_eq!(gateway.event("reloaded")["changed"], "max_connections");
    };
    let mut first = Peer::greeted(&gateway);
    assert!(Peer::connect(&gateway).next().is_none());
    reload("max_connections = 2\n");
    let mut second = Peer::greeted(&gateway);
    reload("max_connections = 1\n");
    for peer in [&mut first, &mut second] {
        peer.start("objects/stays");
        assert_eq!(peer.end(), 0);
    }
    drop(first);
    assert!(Peer::connect(&gateway).next().is_none());
}

#[test]
fn a_new_window_is_that_of_new_connections() {
    let file = File::new("window", "ack_window_frames = 7\nmax_frame = 8192\n");
    let gateway = Gateway::start(&["--config", file.path()]);
    let hello = || {
        let session = Peer::greeted(&gateway).session;
        (session.outbound().window, session.peer_max_frame())
    };
    assert_eq!(hello(), (7, Some(8_192)));
    file.write("ack_window_frames = 9\nmax_frame = \"16KiB\"\n");
    gateway.signal("HUP");
    assert_eq!(gateway.event("reloaded")["changed"], "ack_window_frames,max_frame");
    assert_eq!(hello(), (9, Some(16_384)));
}

#[test]
fn one_bad_value_leaves_all_as_it_was() {
    let file = File::new("bad", "idle_seconds = 3600\n");
    let gateway = Gateway::start(&["--config", file.path()]);
    for (text, reason) in [
        ("idle_seconds = 0.1\nread_seconds = 0\n", ":2: read_seconds: 0 seconds is not in "),
        ("idle_seconds = 0.1\nno_such_key = 1\n", ":2: no_such_key: there is no such key"),
        ("idle_seconds = 0.1\ntls_listen = \"127.0.0.1:0\"\n", "needs tls_certificate and tls_key"),
        ("idle_seconds = ", ":1: "),
    ] {
        file.write(text);
        gateway.signal("HUP");
        let event = gateway.event("reload_refused");
        let said = event["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{said}");
    }
    std::fs::remove_file(file.path()).unwrap();
    gateway.signal("HUP");
    gateway.event("reload_refused");
    let mut idle = Peer::greeted(&gateway);
    std::thread::sleep(Duration::from_millis(300));
    idle.start("objects/still");
    assert_eq!(idle.end(), 0);
}

#[test]
fn flags_stay_over_the_file() {
    let file = File::new("flags", "idle_seconds = 3600\n");
    let gateway = Gateway::start(&["--config", file.path(), "--idle-seconds", "1800"]);
    file.write("idle_seconds = 0.1\nwrite_seconds = 7\n");
    gateway.signal("HUP");
    assert_eq!(gateway.event("reloaded")["changed"], "write_seconds");
}

#[test]
fn what_came_from_a_pipe_is_not_read_again() {
    let mut piped = command(&["--config", "/dev/stdin"]);
    let gateway = Gateway::run({
        piped.stdin(Stdio::null());
        piped
    });
    gateway.signal("HUP");
    let reason = gateway.event("reload_refused")["reason"].take();
    assert!(reason.as_str().unwrap().contains("no regular file"), "{reason}");
    assert_serving(&gateway);
}

/// The next thing that the manager is told.
fn told(manager: &UnixDatagram) -> String {
    let mut bytes = [0; 256];
    let len = manager.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..len].to_vec()).unwrap()
}

#[test]
fn the_service_manager_is_told_of_each_turn() {
    let path = std::env::temp_dir().join(format!("svc-gateway-{}-notify", std::process::id()));
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut managed = command(&[]);
    managed.env("NOTIFY_SOCKET", &path);
    let gateway = Gateway::run(managed);
    let mut said = Vec::new();
    let mut until = |end: &str| loop {
        said.push(told(&manager));
        if said.last().unwrap().starts_with(end) {
            break;
        }
    };
    until("READY=1");
    until("WATCHDOG=1");
    gateway.signal("HUP");
    until("RELOADING=1\nMONOTONIC_USEC=");
    until("READY=1");
    gateway.signal("TERM");
    until("STOPPING=1");
    assert!(gateway.end().0.success());
    let _ = std::fs::remove_file(&path);
}

#[test]
fn the_service_manager_may_have_no_path() {
    let name = format!("svc-gateway-{}-abstract", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let manager = UnixDatagram::bind_addr(&address).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut managed = command(&[]);
    managed.env("NOTIFY_SOCKET", format!("@{name}"));
    let _gateway = Gateway::run(managed);
    assert_eq!(told(&manager), "READY=1");
}

/// A manager that hears nothing any more keeps nobody from stopping.
#[test]
fn a_deaf_service_manager_delays_nothing() {
    let path = std::env::temp_dir().join(format!("svc-gateway-{}-deaf", std::process::id()));
    let deaf = UnixDatagram::bind(&path).unwrap();
    let full = UnixDatagram::unbound().unwrap();
    full.set_nonblocking(true).unwrap();
    while full.send_to(b"x", &path).is_ok() {}
    let mut managed = command(&[]);
    managed.env("NOTIFY_SOCKET", &path);
    let gateway = Gateway::run(managed);
    assert_serving(&gateway);
    assert!(gateway.stop("TERM").0.success());
    let _ = std::fs::remove_file(&path);
    drop(deaf);
}
