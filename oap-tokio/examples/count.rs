//! `count`: a server that answers each stream with its length, until SIGINT. `count ADDRESS`: a client of it.
use oap_tokio::{connect, oap::Frame, serve, BoxError, Connection};
use std::time::Duration;
use tokio::{net::TcpListener, signal::ctrl_c};

async fn count(mut connection: Connection) -> Result<(), BoxError> {
    let mut bytes = 0;
    while let Some(frame) = connection.next().await? {
        match frame.frame() {
            Frame::Data(data) => bytes += data.body.len(),
            Frame::End(_) => connection.send_iter("count", [bytes.to_string()]).await?,
            _ => bytes = 0,
        }
    }
    Ok(())
}

async fn ask(address: String) -> Result<(), BoxError> {
    let mut connection = connect(address).await?;
    connection.send_iter("notes", ["hello, ", "world"]).await?;
    while let Some(frame) = connection.next().await? {
        match frame.frame() {
            Frame::Data(data) => println!("{}", String::from_utf8_lossy(data.body)),
            Frame::End(_) => break,
            _ => {}
        }
    }
    Ok(connection.close(None).await?) // clean: the server has taken all of it
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    if let Some(address) = std::env::args().nth(1) {
        return ask(address).await;
    }
    let server = serve(TcpListener::bind("127.0.0.1:0").await?, count)?;
    println!("listening on {}", server.local_addr());
    ctrl_c().await?;
    server.shutdown(Duration::from_secs(10)).await;
    Ok(())
}
