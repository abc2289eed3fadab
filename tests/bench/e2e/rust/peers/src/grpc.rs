//! By tonic.

use crate::client::{Answer, Client, Result};
use crate::scenario::{cpu, Report, Scenario, Tally};
use bench::bench_client::BenchClient;
use bench::bench_server::{Bench, BenchServer};
use bench::{Message, Sum};
use std::pin::Pin;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{iter, Stream, StreamExt};
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status, Streaming};

#[allow(clippy::all)]
pub mod bench {
    tonic::include_proto!("bench");
}

pub struct Grpc(BenchClient<Channel>);

impl Client for Grpc {
    async fn connect(address: &str, _fresh: bool) -> Result<Self> {
        Ok(Grpc(BenchClient::connect(format!("http://{address}")).await?))
    }

    async fn stream(&mut self, scenario: &Scenario) -> Result<u64> {
        let messages = iter(scenario.bodies().map(|body| Message { body }));
        Ok(self.0.stream(messages).await?.into_inner().sum)
    }

    async fn ping(&mut self, scenario: &Scenario) -> Result<Answer> {
        let (mut tally, mut round_trips) = (scenario.tally(), Vec::new());
        let (sender, messages) = mpsc::channel(1);
        let mut answers = self.0.ping(ReceiverStream::new(messages)).await?.into_inner();
        for body in scenario.bodies() {
            let begin = Instant::now();
            sender.send(Message { body }).await?;
            let answer = answers.message().await?.ok_or("the server closed before its answer")?;
            tally.add(&answer.body);
            round_trips.push(begin.elapsed());
        }
        Ok(Answer { sum: tally.sum(), round_trips })
    }

    async fn close(self) -> Result<()> {
        Ok(())
    }
}

struct Service {
    scenario: Scenario,
    tell: mpsc::UnboundedSender<Tally>,
}

impl Service {
    fn told(&self, tally: Tally) -> std::result::Result<(), Status> {
        self.tell.send(tally).map_err(|_| Status::internal("the server is going"))
    }
}

#[tonic::async_trait]
impl Bench for Service {
    type PingStream = Pin<Box<dyn Stream<Item = std::result::Result<Message, Status>> + Send>>;

    async fn stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> std::result::Result<Response<Sum>, Status> {
        let (mut tally, mut messages) = (self.scenario.tally(), request.into_inner());
        while let Some(message) = messages.message().await? {
            tally.add(&message.body);
        }
        let sum = tally.sum();
        self.told(tally)?;
        Ok(Response::new(Sum { sum }))
    }

    async fn ping(
        &self,
        request: Request<Streaming<Message>>,
    ) -> std::result::Result<Response<Self::PingStream>, Status> {
        let (mut tally, tell, count) =
            (self.scenario.tally(), self.tell.clone(), self.scenario.count);
        let echo = request.into_inner().map(move |message| {
            let message = message?;
            tally.add(&message.body);
            if tally.messages == count {
                let _ = tell.send(tally.clone());
            }
            Ok(message)
        });
        Ok(Response::new(Box::pin(echo)))
    }
}

pub async fn serve(scenario: Scenario) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let since = cpu();
    let (tell, mut told) = mpsc::unbounded_channel();
    let connections = scenario.connections;
    let service = BenchServer::new(Service { scenario, tell });
    let incoming = TcpListenerStream::new(listener);
    let served = tokio::spawn(Server::builder().add_service(service).serve_with_incoming_shutdown(
        incoming,
        async move {
            let mut report = Report::default();
            for _ in 0..connections {
                report.add(&told.recv().await.expect("the service is there"));
            }
            report.print(since);
        },
    ));
    Ok(served.await??)
}
