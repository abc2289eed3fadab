//! The server's side of a scenario, over anything that carries messages.

use crate::client::Result;
use crate::scenario::{cpu, Kind, Report, Scenario, Tally};
use bytes::Bytes;
use std::future::Future;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

/// What carries messages.
pub trait Messages: Sized + Send + 'static {
    fn accept(stream: TcpStream) -> impl Future<Output = Result<Self>> + Send;
    /// Sends one, which may wait for others to be written with it.
    fn feed(&mut self, body: Bytes) -> impl Future<Output = Result<()>> + Send;
    fn flush(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// Waits for one; `None` is the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>>> + Send;
}

pub async fn serve<M: Messages>(scenario: Scenario) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let since = cpu();
    let report = tokio::spawn(attend_all::<M>(listener, Arc::new(scenario))).await??;
    report.print(since);
    Ok(())
}

async fn attend_all<M: Messages>(listener: TcpListener, scenario: Arc<Scenario>) -> Result<Report> {
    let mut running = Vec::new();
    for _ in 0..scenario.connections {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        running.push(tokio::spawn(attend::<M>(stream, Arc::clone(&scenario))));
    }
    let mut report = Report::default();
    for connection in running {
        report.add(&connection.await??);
    }
    Ok(report)
}

async fn attend<M: Messages>(stream: TcpStream, scenario: Arc<Scenario>) -> Result<Tally> {
    let mut messages = M::accept(stream).await?;
    let mut tally = scenario.tally();
    while tally.messages < scenario.count {
        let body = messages.next().await?.ok_or("the client closed before its last message")?;
        tally.add(&body);
        if scenario.kind == Kind::Ping {
            messages.feed(body).await?;
            messages.flush().await?;
        }
    }
    if scenario.kind != Kind::Ping {
        messages.feed(tally.sum().to_string().into()).await?;
        messages.flush().await?;
    }
    while messages.next().await.is_ok_and(|message| message.is_some()) {}
    Ok(tally)
}
