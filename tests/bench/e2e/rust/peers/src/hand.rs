//! By hand: tokio-util's LengthDelimitedCodec, and prost for the messages.

use crate::client::{Answer, Client, Result};
use crate::grpc::bench::Message;
use crate::scenario::Scenario;
use crate::server::Messages;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::time::Instant;
use tokio::net::TcpStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

pub struct ByHand(Framed<TcpStream, LengthDelimitedCodec>);

impl Messages for ByHand {
    async fn accept(stream: TcpStream) -> Result<Self> {
        Ok(ByHand(Framed::new(stream, LengthDelimitedCodec::new())))
    }

    async fn feed(&mut self, body: Bytes) -> Result<()> {
        let message = Bytes::from(Message { body }.encode_to_vec());
        Ok(self.0.feed(message).await?)
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(SinkExt::<Bytes>::flush(&mut self.0).await?)
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        let Some(frame) = self.0.next().await else { return Ok(None) };
        Ok(Some(Message::decode(frame?.freeze())?.body))
    }
}

impl Client for ByHand {
    async fn connect(address: &str, _fresh: bool) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        ByHand::accept(stream).await
    }

    async fn stream(&mut self, scenario: &Scenario) -> Result<u64> {
        stream(self, scenario).await
    }

    async fn ping(&mut self, scenario: &Scenario) -> Result<Answer> {
        ping(self, scenario).await
    }

    async fn close(self) -> Result<()> {
        Ok(())
    }
}

pub async fn stream(messages: &mut impl Messages, scenario: &Scenario) -> Result<u64> {
    for body in scenario.bodies() {
        messages.feed(body).await?;
    }
    messages.flush().await?;
    let answer = messages.next().await?.ok_or("the server closed before its answer")?;
    Ok(std::str::from_utf8(&answer)?.parse()?)
}

pub async fn ping(messages: &mut impl Messages, scenario: &Scenario) -> Result<Answer> {
    let (mut tally, mut round_trips) = (scenario.tally(), Vec::new());
    for body in scenario.bodies() {
        let begin = Instant::now();
        messages.feed(body).await?;
        messages.flush().await?;
        tally.add(&messages.next().await?.ok_or("the server closed before its answer")?);
        round_trips.push(begin.elapsed());
    }
    Ok(Answer { sum: tally.sum(), round_trips })
}
