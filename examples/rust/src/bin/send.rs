//! `send HOST PORT FILE`: sends a file as one stream, and waits until all of it is acknowledged.

use oap_tokio::{connect, BoxError};
use std::{env, path::Path};
use tokio::fs::File;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [host, port, path] = &arguments[..] else { return Err("HOST PORT FILE".into()) };
    let name = Path::new(path).file_name().and_then(|name| name.to_str()).ok_or("a file's name")?;
    let connection = connect((host.as_str(), port.parse()?)).await?;
    let sent = connection.send_reader(name, File::open(path).await?).await;
    connection.close(None).await?; // an error unless all of it was taken
    sent?;
    println!("{name}: delivered");
    Ok(())
}
