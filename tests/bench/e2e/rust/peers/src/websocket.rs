//! By tokio-tungstenite.

use crate::client::{Answer, Client, Result};
use crate::scenario::Scenario;
use crate::server::Messages;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async, WebSocketStream};

pub struct WebSocket(WebSocketStream<TcpStream>);

impl Messages for WebSocket {
    async fn accept(stream: TcpStream) -> Result<Self> {
        Ok(WebSocket(accept_async(stream).await?))
    }

    async fn feed(&mut self, body: Bytes) -> Result<()> {
        Ok(self.0.feed(Message::Binary(body)).await?)
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(self.0.flush().await?)
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        while let Some(message) = self.0.next().await {
            if let Message::Binary(body) = message? {
                return Ok(Some(body));
            }
        }
        Ok(None)
    }
}

impl Client for WebSocket {
    async fn connect(address: &str, _fresh: bool) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = client_async(format!("ws://{address}/"), stream).await?;
        Ok(WebSocket(socket))
    }

    async fn stream(&mut self, scenario: &Scenario) -> Result<u64> {
        crate::hand::stream(self, scenario).await
    }

    async fn ping(&mut self, scenario: &Scenario) -> Result<Answer> {
        crate::hand::ping(self, scenario).await
    }

    async fn close(mut self) -> Result<()> {
        Ok(self.0.close(None).await?)
    }
}
