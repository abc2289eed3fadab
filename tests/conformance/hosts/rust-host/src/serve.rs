//! The server: a receipt for each stream that ends.

use crate::arguments::Arguments;
use oap_tokio::oap::Frame;
use oap_tokio::{BoxError, Connection, Error};
use std::io::stdin;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// How long a shutdown may take: open streams may finish.
const SHUTDOWN: Duration = Duration::from_secs(20);

pub async fn run(arguments: &Arguments) -> Result<ExitCode, BoxError> {
    let mut terminated = signal(SignalKind::terminate())?;
    let port = u16::try_from(arguments.value("port").unwrap_or(0))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let options = arguments.server_options()?.with_hook(|event| eprintln!("{event}"));
    let shared = Arc::new(Arguments::of(std::env::args().skip(1))?);
    let server =
        options.serve(listener, move |connection| attend(Arc::clone(&shared), connection))?;
    println!("listening {}", server.local_addr().port());
    tokio::select! {
        _ = terminated.recv() => {}
        () = shutdown_is_asked_for() => {}
    }
    server.shutdown(SHUTDOWN).await;
    Ok(ExitCode::SUCCESS)
}

/// The end of standard input asks for nothing. A thread reads, since a read that waits would hold the runtime's end up.
async fn shutdown_is_asked_for() {
    let (tell, told) = oneshot::channel();
    thread::spawn(|| {
        let mut lines = stdin().lines().map_while(Result::ok);
        if lines.any(|line| line.trim() == "shutdown") {
            let _ = tell.send(());
        }
    });
    if told.await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn attend(arguments: Arc<Arguments>, mut connection: Connection) -> Result<(), Error> {
    let served = give_receipts(&arguments, &mut connection).await;
    // Dropped, it would end, too; but its reason has to be told.
    let sender = connection.sender().clone();
    drop(connection);
    let _ = sender.close(None).await;
    println!("ended {}", sender.ended().await.word());
    served
}

async fn give_receipts(arguments: &Arguments, connection: &mut Connection) -> Result<(), Error> {
    let (mut name, mut bytes, mut crc) = (String::new(), 0, crc32fast::Hasher::new());
    while let Some(frame) = connection.next().await? {
        match frame.frame() {
            Frame::Start(start) => {
                (name, bytes, crc) = (start.stream.to_owned(), 0, crc32fast::Hasher::new());
            }
            Frame::Data(data) => {
                bytes += data.body.len();
                crc.update(data.body);
                if let Some(pause) = arguments.pause(data.body.len()) {
                    sleep(pause).await;
                }
            }
            Frame::End(end) => {
                let crc = std::mem::take(&mut crc).finalize();
                let receipt = format!("{name} {bytes} {crc:08x} {}", end.status);
                connection.send_iter("receipt", [receipt]).await?;
            }
            _ => {}
        }
    }
    Ok(())
}
