//! OAP/1 over TLS 1.3, and a certificate that is read again at SIGHUP.

mod support;

use oap::{Frame, Start};
use rcgen::{date_time_ymd, generate_simple_self_signed, CertificateParams, CertifiedKey, KeyPair};
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use support::{command, encoded, eventually, socket_from, Gateway, Peer};

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

    /// Writes a pair that is valid from the first day of the one year to that of the other.
    fn valid(&self, from: i32, until: i32) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        std::fs::write(self.path("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(self.path("key.pem"), key.serialize_pem()).unwrap();
    }

    fn gateway(&self) -> Gateway {
        self.gateway_with(&[])
    }

    fn gateway_with(&self, more: &[&str]) -> Gateway {
        let (certificate, key) = (self.path("cert.pem"), self.path("key.pem"));
        let flags = ["--listen", "off", "--tls-listen", "127.0.0.1:0"];
        let files = ["--tls-certificate", &certificate, "--tls-key", &key];
        Gateway::with_endpoints(&[&flags[..], &files, more].concat())
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
    let config = client(trusted, version).with_no_client_auth();
    over(gateway, config)
}

/// From a client who shows the certificate of these files, if any.
fn stream_as(
    gateway: &Gateway,
    trusted: &CertificateDer<'static>,
    files: Option<(String, String)>,
) -> Stream {
    let builder = client(trusted, &TLS13);
    let config = match files {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
            let key = PrivateKeyDer::from_pem_file(key).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    over(gateway, config)
}

fn client(
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
}

fn over(gateway: &Gateway, config: ClientConfig) -> Stream {
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
    gateway.event("reloaded");
    assert!(presents(&gateway, &second) && !presents(&gateway, &first));

    std::fs::write(files.path("cert.pem"), "no certificate").unwrap();
    gateway.signal("HUP");
    let event = gateway.event("reload_refused");
    assert!(event["reason"].as_str().unwrap().contains("cert.pem"), "{event}");
    assert_serving(&gateway, &second);

    open.start("objects/still");
    open.object(b"open", 4);
    assert_eq!(open.end(), 0);
    let page = gateway.get("/metrics");
    for (what, outcome) in [
        ("reloads", "taken"),
        ("reloads", "kept_old"),
        ("certificate_reloads", "taken"),
        ("certificate_reloads", "kept_old"),
    ] {
        let series = format!("svc_gateway_{what}_total{{outcome=\"{outcome}\"}}");
        assert_eq!(page.sample(&series), 1.0, "{series}");
    }
}

/// What `--check-config` says of the files, and of others beside them.
fn checked(files: &Files, more: &[&str]) -> String {
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let flags = ["--check-config", "--tls-certificate", &certificate, "--tls-key", &key];
    let output = command(&[&flags[..], more].concat()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(if said.is_empty() { 0 } else { 2 }), "{said}");
    said.trim_end().to_owned()
}

#[test]
fn a_bad_pair_is_a_bad_configuration_and_names_flag_and_file() {
    let files = Files::new("bad");
    files.renew();
    assert_eq!(checked(&files, &[]), "");
    let other = Files::new("other");
    other.renew();
    std::fs::copy(other.path("key.pem"), files.path("key.pem")).unwrap();
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let mismatched = format!("{key}: is not the key of the certificate in {certificate}");
    assert_eq!(checked(&files, &[]), format!("svc-gateway: --tls-key: {mismatched}"));
    std::fs::write(&key, "no key").unwrap();
    assert!(checked(&files, &[]).starts_with(&format!("svc-gateway: --tls-key: {key}: ")));
    std::fs::write(&certificate, "").unwrap();
    let empty = format!("svc-gateway: --tls-certificate: {certificate}: holds no certificate");
    assert_eq!(checked(&files, &[]), empty);
    let missing = files.path("none.pem");
    files.renew();
    let said = checked(&files, &["--tls-client-ca", &missing]);
    assert!(said.starts_with(&format!("svc-gateway: --tls-client-ca: {missing}: ")), "{said}");
}

#[test]
fn a_certificate_out_of_date_is_found_and_told_with_its_day() {
    let files = Files::new("dates");
    let path = files.path("cert.pem");
    let said = |reason| format!("svc-gateway: --tls-certificate: {path}: the certificate {reason}");
    files.valid(2001, 2002);
    assert_eq!(checked(&files, &[]), said("expired on 2002-01-01"));
    files.valid(2101, 2102);
    assert_eq!(checked(&files, &[]), said("is valid from 2101-01-01 on"));
}

const EXPIRY: &str = "svc_gateway_certificate_expiry_timestamp_seconds";

/// 2002-01-01 and 2102-01-01 in seconds since 1970.
const YEAR_2002: f64 = 1_009_843_200.0;
const YEAR_2102: f64 = 4_165_516_800.0;

#[test]
fn an_expired_certificate_is_loud_and_not_taken_in_place_of_a_good_one() {
    let files = Files::new("expired");
    files.valid(2001, 2002);
    let gateway = files.gateway();
    let event = gateway.event("certificate_invalid");
    assert_eq!(
        (&event["level"], &event["reason"]),
        (&"error".into(), &"the certificate expired on 2002-01-01".into())
    );
    assert_eq!(gateway.get("/metrics").sample(EXPIRY), YEAR_2002);

    files.valid(2001, 2102);
    gateway.signal("HUP");
    assert_eq!(gateway.event("certificate")["last_day"], "2102-01-01");
    files.valid(2001, 2002);
    gateway.signal("HUP");
    let event = gateway.event("reload_refused");
    assert!(event["reason"].as_str().unwrap().contains("expired on 2002-01-01"), "{event}");
    assert_eq!(gateway.get("/metrics").sample(EXPIRY), YEAR_2102);
}

#[test]
fn with_a_ca_only_clients_that_it_knows_are_served() {
    let files = Files::new("mutual");
    let server = files.renew();
    let client = Files::new("client");
    client.renew();
    let (ca, key) = (client.path("cert.pem"), client.path("key.pem"));
    let gateway = files.gateway_with(&["--tls-client-ca", &ca]);
    let stranger = Files::new("stranger");
    stranger.renew();
    for other in [None, Some((stranger.path("cert.pem"), stranger.path("key.pem")))] {
        let mut refused = stream_as(&gateway, &server, other);
        // In TLS 1.3 the client has finished before it is judged.
        let _ = refused.flush();
        assert!(refused.read(&mut [0; 64]).is_err());
        assert_eq!(gateway.event("refused")["reason"], "tls_handshake");
    }
    let mut peer = Peer::over(stream_as(&gateway, &server, Some((ca, key)))).greet();
    peer.start("objects/known");
    peer.object(b"known", 5);
    assert_eq!(peer.end(), 0);
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

#[test]
fn a_record_that_lacks_its_last_byte_has_the_time_of_a_frame() {
    let files = Files::new("record");
    let certificate = files.renew();
    let gateway = files.gateway_with(&["--frame-seconds", "0.2"]);
    let mut peer = Peer::over(stream(&gateway, &certificate, &TLS13)).greet();
    let mut wire = Vec::new();
    peer.socket.conn.writer().write_all(&encoded(&[Frame::Start(Start { stream: "s" })])).unwrap();
    peer.socket.conn.write_tls(&mut wire).unwrap();
    peer.socket.sock.write_all(&wire[..wire.len() - 1]).unwrap();
    assert_eq!(gateway.event("refused")["reason"], "frame_timeout");
    assert_serving(&gateway, &certificate);
}

/// A ClientHello of the largest size that rustls waits for, but for its last byte.
fn unfinished_client_hello() -> Vec<u8> {
    const RECORD_BYTES: usize = 16_384;
    let mut message = vec![0; 60_000];
    let length = (message.len() - 4) as u32;
    message[..4].copy_from_slice(&(1 << 24 | length).to_be_bytes());
    let mut wire = Vec::new();
    for content in message.chunks(RECORD_BYTES) {
        wire.extend([22, 3, 1]);
        wire.extend((content.len() as u16).to_be_bytes());
        wire.extend(content);
    }
    wire.pop();
    wire
}

#[test]
fn unfinished_client_hellos_have_a_bound_and_keep_nobody_waiting() {
    const PEERS: usize = 600;
    let files = Files::new("hellos");
    let certificate = files.renew();
    let gateway = files.gateway_with(&["--handshake-seconds", "60"]);
    let before = gateway.resident_kib();
    let hello = unfinished_client_hello();
    let hostile: Vec<_> = (0..PEERS)
        .map(|_| {
            let mut socket = socket_from("127.0.0.66", gateway.address);
            socket.set_nonblocking(true).unwrap();
            // As much as is taken.
            let _ = socket.write(&hello);
            socket
        })
        .collect();
    let handshakes = || {
        let page = gateway.get("/metrics");
        page.sample("svc_gateway_room_bytes{use=\"handshakes\"}")
    };
    eventually("handshakes", || (handshakes() > 5e6).then_some(()));
    assert!(presents(&gateway, &certificate));
    assert!(handshakes() < 10e6, "a peer leaves half of the room");
    let grown = gateway.resident_kib().saturating_sub(before);
    assert!(grown < 30_000, "{grown} KiB for {PEERS} connections of 60 kB");
    drop(hostile);
}
