//! The client's side of a scenario, whatever it sends by.

use crate::scenario::{cpu, Kind, Report, Scenario};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What came back on a connection: the sum of all bytes, and how long each round trip took.
pub struct Answer {
    pub sum: u64,
    pub round_trips: Vec<Duration>,
}

/// What a client sends by.
pub trait Client: Sized + Send + 'static {
    /// Connects. What is not `fresh` waits until messages can go.
    fn connect(address: &str, fresh: bool) -> impl Future<Output = Result<Self>> + Send;
    /// Sends all messages of a connection, and waits for the sum that the server makes of them, as decimal digits.
    fn stream(&mut self, scenario: &Scenario) -> impl Future<Output = Result<u64>> + Send;
    /// Sends a message when the one before has come back.
    fn ping(&mut self, scenario: &Scenario) -> impl Future<Output = Result<Answer>> + Send;
    fn close(self) -> impl Future<Output = Result<()>> + Send;
}

async fn exchange<C: Client>(client: &mut C, scenario: &Scenario) -> Result<Answer> {
    if scenario.kind == Kind::Ping {
        return client.ping(scenario).await;
    }
    Ok(Answer { sum: client.stream(scenario).await?, round_trips: Vec::new() })
}

/// In a task of its own: to wake what `block_on` waits for costs a system call more.
pub async fn run<C: Client>(address: &str, scenario: Scenario) -> Result<()> {
    tokio::spawn(measure::<C>(address.to_owned(), Arc::new(scenario))).await?
}

async fn measure<C: Client>(address: String, scenario: Arc<Scenario>) -> Result<()> {
    let mut report = Report::default();
    let (since, clients) = if scenario.kind == Kind::Fresh {
        (cpu(), one_after_the_other::<C>(&address, &scenario, &mut report).await?)
    } else {
        all_at_once(&address, &scenario, &mut report).await?
    };
    report.messages = scenario.count * scenario.connections as u64;
    report.bytes = report.messages * scenario.size as u64;
    report.print(since);
    for client in clients {
        client.close().await?;
    }
    Ok(())
}

async fn one_after_the_other<C: Client>(
    address: &str,
    scenario: &Scenario,
    report: &mut Report,
) -> Result<Vec<C>> {
    let mut clients = Vec::new();
    for _ in 0..scenario.connections {
        let begin = Instant::now();
        let mut client = C::connect(address, true).await?;
        report.sum += exchange(&mut client, scenario).await?.sum;
        report.wall += begin.elapsed();
        clients.push(client);
    }
    Ok(clients)
}

async fn all_at_once<C: Client>(
    address: &str,
    scenario: &Arc<Scenario>,
    report: &mut Report,
) -> Result<(Duration, Vec<C>)> {
    let mut clients = Vec::new();
    for _ in 0..scenario.connections {
        clients.push(C::connect(address, false).await?);
    }
    let (since, begin) = (cpu(), Instant::now());
    let mut running = Vec::new();
    for mut client in clients {
        let scenario = Arc::clone(scenario);
        running.push(tokio::spawn(async move {
            let answer = exchange(&mut client, &scenario).await;
            answer.map(|answer| (client, answer))
        }));
    }
    let mut clients = Vec::new();
    for exchange in running {
        let (client, mut answer) = exchange.await??;
        report.sum += answer.sum;
        report.round_trips.append(&mut answer.round_trips);
        clients.push(client);
    }
    report.wall = begin.elapsed();
    Ok((since, clients))
}
