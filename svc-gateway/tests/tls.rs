//! OAP/1 over TLS 1.3, and a certificate that is read again at SIGHUP.

mod support;

use rcgen::{generate_simple_self_signed, CertifiedKey};
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use support::{command, socket_from, Gateway, Peer};

/// Certificate and key in a directory of the test's own.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("svc-gateway-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Files(directory)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }

    /// Writes a fresh pair and gives the certificate.
    fn renew(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(self.path("cert.pem"), cert.pem()).unwrap();
        std::fs::write(self.path("key.pem"), signing_key.serialize_pem()).unwrap();
        cert.der().clone()
    }

    fn gateway(&self) -> Gateway {
        let (certificate, key) = (self.path("cert.pem"), self.path("key.pem"));
        let flags = ["--listen", "off", "--tls-listen", "127.0.0.1:0"];
        let files = ["--tls-certificate", &certificate, "--tls-key", &key];
        Gateway::with_endpoints(&[&flags[..], &files].concat())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn stream(
    gateway: &Gateway,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> Stream {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, socket_from("127.0.0.1", gateway.address))
}

/// Whether the gateway has that certificate.
fn presents(gateway: &Gateway, certificate: &CertificateDer<'static>) -> bool {
    stream(gateway, certificate, &TLS13).flush().is_ok()
}

#[track_caller]
fn assert_serving(gateway: &Gateway, certificate: &CertificateDer<'static>) {
    let mut peer = Peer::over(stream(gateway, certificate, &TLS13)).greet();
    peer.start("objects/secret");
    peer.object(&[7; 300_000], 100_000);
    assert_eq!(peer.end(), 0);
}

#[test]
fn streams_come_over_tls_as_over_tcp() {
    let files = Files::new("tls");
    let certificate = files.renew();
    let gateway = files.gateway();
    assert_serving(&gateway, &certificate);
    let page = gateway.get("/metrics");
    assert_eq!(page.sample("svc_gateway_connections_total{transport=\"tls\"}"), 1.0);
}

#[test]
fn tls_1_2_is_refused() {
    let files = Files::new("old");
    let certificate = files.renew();
    let gateway = files.gateway();
    assert!(stream(&gateway, &certificate, &TLS12).flush().is_err());
    assert_eq!(gateway.event("refused")["reason"], "tls_handshake");
}

#[test]
fn a_client_without_tls_is_named_and_not_served() {
    let files = Files::new("plain");
    let certificate = files.renew();
    let gateway = files.gateway();
    let mut plain = socket_from("127.0.0.1", gateway.address);
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(gateway.event("foreign_protocol")["reason"], "http");
    let mut plain = socket_from("127.0.0.1", gateway.address);
    plain.write_all(&[0, 0, 0, 14]).unwrap();
    assert_eq!(gateway.event("foreign_protocol")["reason"], "other");
    assert_serving(&gateway, &certificate);
}

#[test]
fn who_does_not_finish_the_handshake_is_refused() {
    let files = Files::new("slow");
    files.renew();
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let gateway = Gateway::start(&[
        "--listen",
        "off",
        "--tls-listen",
        "127.0.0.1:0",
        "--handshake-seconds",
        "0.1",
        "--tls-certificate",
        &certificate,
        "--tls-key",
        &key,
    ]);
    let _silent = socket_from("127.0.0.1", gateway.address);
    assert_eq!(gateway.event("refused")["reason"], "handshake_timeout");
}

#[test]
fn sighup_reads_the_certificate_again_and_a_bad_one_leaves_the_old_one() {
    let files = Files::new("reload");
    let first = files.renew();
    let gateway = files.gateway();
    let mut open = Peer::over(stream(&gateway, &first, &TLS13)).greet();

    let second = files.renew();
    gateway.signal("HUP");
    gateway.event("certificate_reloaded");
    assert!(presents(&gateway, &second) && !presents(&gateway, &first));

    std::fs::write(files.path("cert.pem"), "no certificate").unwrap();
    gateway.signal("HUP");
    let event = gateway.event("certificate_kept");
    assert!(event["reason"].as_str().unwrap().contains("cert.pem"), "{event}");
    assert_serving(&gateway, &second);

    open.start("objects/still");
    open.object(b"open", 4);
    assert_eq!(open.end(), 0);
    let page = gateway.get("/metrics");
    for outcome in ["taken", "kept_old"] {
        let series = format!("svc_gateway_certificate_reloads_total{{outcome=\"{outcome}\"}}");
        assert_eq!(page.sample(&series), 1.0, "{outcome}");
    }
}

#[test]
fn a_bad_certificate_at_the_start_is_a_bad_configuration_and_names_the_file() {
    let files = Files::new("bad");
    files.renew();
    std::fs::write(files.path("key.pem"), "no key").unwrap();
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let output = command(&["--check-config", "--tls-certificate", &certificate, "--tls-key", &key]);
    let output = { output }.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("key.pem: "));
}

#[test]
fn an_idle_connection_over_tls_holds_little_more() {
    const PEERS: u64 = 200;
    const MOST_KIB: u64 = 32;
    let files = Files::new("idle");
    let certificate = files.renew();
    let gateway = files.gateway();
    let before = gateway.resident_kib();
    let peers: Vec<_> =
        (0..PEERS).map(|_| Peer::over(stream(&gateway, &certificate, &TLS13)).greet()).collect();
    let each = gateway.resident_kib().saturating_sub(before) / PEERS;
    assert!(each < MOST_KIB, "{each} KiB a connection");
    drop(peers);
}

#[test]
fn without_tls_sighup_changes_nothing() {
    let gateway = Gateway::with_endpoints(&[]);
    gateway.signal("HUP");
    assert_eq!(gateway.get("/healthz").status, 200);
}
