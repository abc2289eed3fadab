//! The client's side of a scenario, whatever it sends by.

use crate::scenario::{cpu, Kind, Report, Scenario};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::{spawn_local, LocalSet};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What came back on a connection: the sum of all bytes, and how long each round trip took.
pub struct Answer {
    pub sum: u64,
    pub round_trips: Vec<Duration>,
}

/// What a client sends by.
pub trait Client: Sized + 'static {
    /// Connects. What is not `fresh` waits until messages can go.
    async fn connect(address: &str, fresh: bool) -> Result<Self>;
    /// Sends all messages of a connection, and waits for the sum that the server makes of them, as decimal digits.
    async fn stream(&mut self, scenario: &Scenario) -> Result<u64>;
    /// Sends a message when the one before has come back.
    async fn ping(&mut self, scenario: &Scenario) -> Result<Answer>;
    async fn close(self) -> Result<()>;
}

async fn exchange<C: Client>(client: &mut C, scenario: &Scenario) -> Result<Answer> {
    if scenario.kind == Kind::Ping {
        return client.ping(scenario).await;
    }
    Ok(Answer { sum: client.stream(scenario).await?, round_trips: Vec::new() })
}

pub async fn run<C: Client>(address: &str, scenario: Scenario) -> Result<()> {
    let scenario = Rc::new(scenario);
    let mut report = Report::default();
    let clients = LocalSet::new().run_until(measure::<C>(address, &scenario, &mut report)).await?;
    for client in clients {
        client.close().await?;
    }
    Ok(())
}

async fn measure<C: Client>(
    address: &str,
    scenario: &Rc<Scenario>,
    report: &mut Report,
) -> Result<Vec<C>> {
    let (since, clients) = if scenario.kind == Kind::Fresh {
        (cpu(), one_after_the_other(address, scenario, report).await?)
    } else {
        all_at_once(address, scenario, report).await?
    };
    report.messages = scenario.count * scenario.connections as u64;
    report.bytes = report.messages * scenario.size as u64;
    std::mem::take(report).print(since);
    Ok(clients)
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
    scenario: &Rc<Scenario>,
    report: &mut Report,
) -> Result<(Duration, Vec<C>)> {
    let mut clients = Vec::new();
    for _ in 0..scenario.connections {
        clients.push(C::connect(address, false).await?);
    }
    let (since, begin) = (cpu(), Instant::now());
    let mut running = Vec::new();
    for mut client in clients {
        let scenario = Rc::clone(scenario);
        running.push(spawn_local(async move {
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
