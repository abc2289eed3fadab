//! The client: one stream, then a close that says how much of it was taken.

use crate::arguments::Arguments;
use bytes::Bytes;
use oap_tokio::oap::{EndReason, Frame};
use oap_tokio::{connect_with, BoxError, Connection, Error, Options};
use std::net::Ipv4Addr;
use std::process::ExitCode;

/// Byte *i* of a stream is `i mod PERIOD`.
const PERIOD: usize = 251;
/// Bytes by which a late seq is longer on the wire than the first.
const LONGEST_SEQ: usize = 9;

pub async fn run(
    arguments: &Arguments,
    port: u16,
    stream: &str,
    bytes: usize,
) -> Result<ExitCode, BoxError> {
    let options = arguments.options(&Options::default())?;
    let mut connection = match connect_with((Ipv4Addr::LOCALHOST, port), &options).await {
        Ok(connection) => connection,
        Err(_) => return Ok(failed("refused", 0)),
    };
    // Without a greeting there is no message to cut, and the first send says why.
    let _ = connection.sender().ready().await;
    let largest = connection.sender().max_body().unwrap_or(LONGEST_SEQ + 1) - LONGEST_SEQ;
    let messages = Messages::new(bytes, options.chunk().min(largest));
    let sent = send(arguments, &mut connection, stream, &messages).await;
    let closed = connection.close(None).await;
    match sent.and(closed) {
        Ok(()) => {
            println!("delivered {bytes} {:08x}", messages.crc());
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Refused(fault)) => Err(fault.into()),
        Err(_) => {
            let reason = match connection.ended().await {
                // In good order, but before it took this stream.
                EndReason::Clean => EndReason::Unacknowledged,
                reason => reason,
            };
            Ok(failed(&reason.word(), messages.acknowledged(&connection)))
        }
    }
}

fn failed(reason: &str, acknowledged: usize) -> ExitCode {
    println!("failed {reason} acknowledged {acknowledged}");
    ExitCode::FAILURE
}

async fn send(
    arguments: &Arguments,
    connection: &mut Connection,
    stream: &str,
    messages: &Messages,
) -> Result<(), Error> {
    connection.send_iter(stream, messages.iter()).await?;
    if !arguments.has("nowait") {
        connection.delivered().await?;
    }
    if arguments.has("echo") {
        println!("{}", receipt(connection).await?);
    }
    Ok(())
}

/// The text of the peer's receipt.
async fn receipt(connection: &mut Connection) -> Result<String, Error> {
    let mut text = String::new();
    while let Some(frame) = connection.next().await? {
        match frame.frame() {
            Frame::Data(data) => text.push_str(&String::from_utf8_lossy(data.body)),
            Frame::End(_) => return Ok(text),
            _ => {}
        }
    }
    Err(Error::Closed)
}

/// The bodies of the stream.
struct Messages {
    pattern: Bytes,
    bytes: usize,
    chunk: usize,
}

impl Messages {
    fn new(bytes: usize, chunk: usize) -> Self {
        let pattern = (0..chunk + PERIOD).map(|place| (place % PERIOD) as u8).collect();
        Messages { pattern, bytes, chunk }
    }

    fn iter(&self) -> impl Iterator<Item = Bytes> + '_ {
        (0..self.bytes).step_by(self.chunk).map(|start| {
            let phase = start % PERIOD;
            self.pattern.slice(phase..phase + self.chunk.min(self.bytes - start))
        })
    }

    /// Body bytes of the DATA that were acknowledged. Each but the last is `chunk` long.
    fn acknowledged(&self, connection: &Connection) -> usize {
        let flow = connection.outbound();
        let frames = flow.last_seq.unwrap_or(0) - u64::from(flow.in_flight);
        self.bytes.min(frames as usize * self.chunk)
    }

    fn crc(&self) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        self.iter().for_each(|body| crc.update(&body));
        crc.finalize()
    }
}
