//! One end of the end-to-end benchmark, by a peer: `oap-e2e-peers PEER (server | client ADDRESS) SCENARIO`.

#[path = "../../src/client.rs"]
mod client;
mod grpc;
mod hand;
#[path = "../../src/scenario.rs"]
mod scenario;
mod server;
mod websocket;

use client::{run, Result};
use grpc::Grpc;
use hand::ByHand;
use server::serve;
use websocket::WebSocket;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let scenario = arguments.last().ok_or("no scenario is given")?.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match arguments[..arguments.len() - 1] {
        ["tungstenite", "server"] => runtime.block_on(serve::<WebSocket>(scenario)),
        ["tungstenite", "client", address] => runtime.block_on(run::<WebSocket>(address, scenario)),
        ["tonic", "server"] => runtime.block_on(grpc::serve(scenario)),
        ["tonic", "client", address] => runtime.block_on(run::<Grpc>(address, scenario)),
        ["hand", "server"] => runtime.block_on(serve::<ByHand>(scenario)),
        ["hand", "client", address] => runtime.block_on(run::<ByHand>(address, scenario)),
        _ => Err("oap-e2e-peers (tungstenite | tonic | hand) (server | client ADDRESS) SCENARIO".into()),
    }
}
