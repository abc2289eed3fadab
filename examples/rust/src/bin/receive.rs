//! `receive HOST PORT DIRECTORY`: keeps each stream that ends well as a file of its name.

use oap_tokio::{oap::Frame, serve, BoxError, Connection};
use std::{env, future::pending, io::Write, path::Path};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

async fn receive(mut connection: Connection, directory: String) -> Result<(), BoxError> {
    let mut part = None; // dropped, a file that is not kept goes
    while let Some(frame) = connection.next().await? {
        match (frame.frame(), &mut part) {
            (Frame::Start(start), _) => {
                let name = Path::new(start.stream).file_name().ok_or("no file name")?;
                part = Some((NamedTempFile::new_in(&directory)?, name.to_owned()));
            }
            (Frame::Data(data), Some((file, _))) => file.write_all(data.body)?,
            (Frame::End(end), _) => {
                let Some((file, name)) = part.take().filter(|_| end.status == 0) else { continue };
                file.persist(Path::new(&directory).join(&name))?;
                println!("{}: received", name.display());
            }
            _ => {}
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [host, port, directory] = arguments.try_into().map_err(|_| "HOST PORT DIRECTORY")?;
    let listener = TcpListener::bind((host, port.parse()?)).await?;
    let server = serve(listener, move |connection| receive(connection, directory.clone()))?;
    println!("listening on {}", server.local_addr());
    pending().await
}
