//! A server without descriptors: it waits, and goes on (S.3).

use crate::peers::{take, within};
use crate::server::{count, listener};
use oap_tokio::{connect, Event, ServerOptions};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{stdin, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::sleep;

/// That this process is the server.
const CHILD: &str = "OAP_TOKIO_SERVES_WITH_FEW_DESCRIPTORS";
const NAME: &str =
    "descriptors::a_server_without_descriptors_waits_with_growing_pauses_and_goes_on";

#[tokio::test]
async fn a_server_without_descriptors_waits_with_growing_pauses_and_goes_on() {
    if std::env::var_os(CHILD).is_some() {
        return serve_until_stdin_ends().await;
    }
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(program)
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address: SocketAddr = said(&mut lines, "listening ").await.parse().unwrap();
    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    said(&mut lines, "failed to accept").await;
    sleep(Duration::from_millis(300)).await;
    drop(crowd);
    let mut client = within(connect(address)).await.unwrap();
    within(client.send_iter("one", ["abc"])).await.unwrap();
    assert_eq!(take(&mut client, 3).await[1], "data 1 1");
    drop(client);
    drop(child.stdin.take());
    let failures: u32 = said(&mut lines, "failures ").await.parse().unwrap();
    // 5, 10, 20 … ms: some in the time above, thousands without pauses.
    assert!((1..100).contains(&failures), "{failures}");
    assert!(within(child.wait()).await.unwrap().success());
}

/// The child prints its answer behind these words.
async fn said<R: tokio::io::AsyncBufRead + Unpin>(
    lines: &mut tokio::io::Lines<R>,
    words: &str,
) -> String {
    loop {
        let line = within(lines.next_line()).await.unwrap().expect("the child goes on");
        if let Some((_, rest)) = line.split_once(words) {
            return rest.to_owned();
        }
    }
}

async fn serve_until_stdin_ends() {
    let failures = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&failures);
    let options = ServerOptions::default().with_hook(move |event| {
        if matches!(event, Event::Accept(_)) && counted.fetch_add(1, Ordering::Relaxed) == 0 {
            println!("failed to accept");
        }
    });
    let server = options.serve(listener().await, count).unwrap();
    println!("listening {}", server.local_addr());
    stdin().read_to_end(&mut Vec::new()).await.unwrap();
    server.shutdown(Duration::from_secs(5)).await;
    println!("failures {}", failures.load(Ordering::Relaxed));
    tokio::io::stdout().flush().await.unwrap();
}
