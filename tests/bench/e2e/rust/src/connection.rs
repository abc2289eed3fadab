//! By oap-tokio.

use crate::client::{Answer, Client, Result};
use crate::scenario::{cpu, Kind, Report, Scenario, Tally};
use oap_tokio::oap::{ConnectionOptions, Frame};
use oap_tokio::{BoxError, Connection, Options, ServerOptions};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};

const SHUTDOWN: Duration = Duration::from_secs(10);

/// A window other than the default: for the sweep of windows, as `OAP_E2E_HOST` is, where a server listens.
fn window() -> Option<Options> {
    let window = std::env::var("OAP_E2E_WINDOW").ok()?;
    let window = window.parse().expect("OAP_E2E_WINDOW is a number");
    let config = ConnectionOptions::default_config().with_ack_window_frames(window);
    Some(Options::default().with_config(config.expect("OAP_E2E_WINDOW is in range")))
}

pub struct Oap(Connection);

impl Client for Oap {
    async fn connect(address: &str, fresh: bool) -> Result<Self> {
        let options = window().unwrap_or_default();
        let connection = oap_tokio::connect_with(address, &options).await?;
        if !fresh {
            connection.sender().ready().await?;
        }
        Ok(Oap(connection))
    }

    async fn stream(&mut self, scenario: &Scenario) -> Result<u64> {
        self.0.send_iter("bench", scenario.bodies()).await?;
        let mut sum = 0;
        while let Some(frame) = self.0.next().await? {
            match frame.frame() {
                Frame::Data(data) => sum = std::str::from_utf8(data.body)?.parse()?,
                Frame::End(_) => return Ok(sum),
                _ => {}
            }
        }
        Err("the server closed before its answer".into())
    }

    async fn ping(&mut self, scenario: &Scenario) -> Result<Answer> {
        let mut tally = scenario.tally();
        let mut round_trips = Vec::new();
        let mut stream = self.0.start("ping").await?;
        for body in scenario.bodies() {
            let begin = Instant::now();
            stream.data(body).await?;
            tally.add(&next_body(&mut self.0).await?);
            round_trips.push(begin.elapsed());
        }
        stream.end(0).await?;
        while let Some(frame) = self.0.next().await? {
            if let Frame::End(_) = frame.frame() {
                break;
            }
        }
        Ok(Answer { sum: tally.sum(), round_trips })
    }

    async fn close(self) -> Result<()> {
        Ok(self.0.close(None).await?)
    }
}

async fn next_body(connection: &mut Connection) -> Result<bytes::Bytes> {
    while let Some(frame) = connection.next().await? {
        if let Frame::Data(_) = frame.frame() {
            return Ok(frame.body());
        }
    }
    Err("the peer closed before its answer".into())
}

pub async fn serve(scenario: Scenario) -> Result<()> {
    let (tell, mut told) = unbounded_channel();
    let (scenario, connections) = (Arc::new(scenario.clone()), scenario.connections);
    let options = match window() {
        Some(window) => ServerOptions::default().with_connection(window),
        None => ServerOptions::default(),
    };
    let host = std::env::var("OAP_E2E_HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let listener = TcpListener::bind((host, 0)).await?;
    let attend = move |connection| attend(connection, Arc::clone(&scenario), tell.clone());
    let server = options.serve(listener, attend)?;
    println!("{}", server.local_addr());
    let since = cpu();
    let mut report = Report::default();
    for _ in 0..connections {
        report.add(&told.recv().await.ok_or("no more connections")??);
    }
    server.shutdown(SHUTDOWN).await;
    report.print(since);
    Ok(())
}

async fn attend(
    mut connection: Connection,
    scenario: Arc<Scenario>,
    tell: UnboundedSender<Result<Tally>>,
) -> std::result::Result<(), BoxError> {
    let taken = match scenario.kind {
        Kind::Ping => echo(&mut connection, &scenario).await,
        _ => take(&mut connection, &scenario).await,
    };
    Ok(tell.send(taken)?)
}

async fn take(connection: &mut Connection, scenario: &Scenario) -> Result<Tally> {
    let mut tally = scenario.tally();
    while let Some(batch) = connection.next_batch().await? {
        let mut ended = false;
        for frame in batch.iter() {
            match frame {
                Frame::Data(data) => tally.add(data.body),
                Frame::End(_) => ended = true,
                _ => {}
            }
        }
        if ended {
            connection.send_iter("sum", [tally.sum().to_string()]).await?;
        }
    }
    Ok(tally)
}

async fn echo(connection: &mut Connection, scenario: &Scenario) -> Result<Tally> {
    let mut tally = scenario.tally();
    let mut stream = connection.start("pong").await?;
    while let Some(frame) = connection.next().await? {
        match frame.frame() {
            Frame::Data(data) => {
                tally.add(data.body);
                stream.data(frame.body()).await?;
            }
            Frame::End(_) => break,
            _ => {}
        }
    }
    stream.end(0).await?;
    while connection.next().await?.is_some() {}
    Ok(tally)
}
