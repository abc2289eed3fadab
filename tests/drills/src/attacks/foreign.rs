//! Clients of other protocols: the log names what they look like, and tells nothing of what they sent.

use super::{Scene, ATTACKER};
use crate::hostile::PATIENCE;
use crate::report::Report;
use oap_probe::{dial, ending};
use std::io;
use std::path::Path;
use tokio::io::AsyncWriteExt;

const NAME: &str = "foreign protocols";

/// In what each sends; it may not be in the log.
const SECRET: &str = "drill-secret";

const TLS_CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03drill-secret";
const PROXY_V2: &[u8] = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0cdrill-secret";

const CLIENTS: [(&str, &[u8]); 5] = [
    ("http", b"GET /drill-secret HTTP/1.1\r\nHost: drill-secret\r\n\r\n"),
    ("tls", TLS_CLIENT_HELLO),
    ("ssh", b"SSH-2.0-drill-secret\r\n"),
    ("proxy", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\ndrill-secret"),
    ("proxy", PROXY_V2),
];

pub async fn attack(program: &Path, report: &mut Report) -> io::Result<()> {
    let scene = Scene::start(program, "quarantine_offences = 0\n").await?;
    let mut rows = Vec::new();
    let mut named = 0;
    for (protocol, bytes) in CLIENTS {
        let before = scene.gateway.log().len();
        let mut socket = dial(Some(ATTACKER.into()), scene.gateway.address).await?;
        socket.write_all(bytes).await?;
        let ended = ending(socket, PATIENCE).await;
        let said = scene.gateway.said(before, r#""event":"foreign_protocol""#).await;
        let is_named = said.contains(protocol);
        named += usize::from(is_named);
        rows.push([
            protocol.to_owned(),
            if is_named { "yes" } else { "NO" }.to_owned(),
            format!("{ended:?}"),
        ]);
    }
    report.table("Clients of other protocols", ["protocol", "named in the log", "ended"], &rows);
    let all = CLIENTS.len();
    report.check(&format!("{NAME}: named in the log"), &all.to_string(), named, named == all);
    let told = scene.gateway.log().iter().filter(|line| line.contains(SECRET)).count();
    report.check(&format!("{NAME}: lines with their bytes"), "0", told, told == 0);
    scene.end(report, NAME).await;
    Ok(())
}
