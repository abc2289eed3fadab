//! One end of the end-to-end benchmark: `oap-e2e (oap | session) (server | client ADDRESS) SCENARIO`.

mod client;
mod connection;
mod scenario;
mod session;

use client::Result;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let scenario = arguments.last().ok_or("no scenario is given")?.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match arguments[..arguments.len() - 1] {
        ["oap", "server"] => runtime.block_on(connection::serve(scenario)),
        ["oap", "client", address] => {
            runtime.block_on(client::run::<connection::Oap>(address, scenario))
        }
        ["session", "server"] => session::serve(&scenario),
        ["session", "client", address] => session::client(address, &scenario),
        _ => Err("oap-e2e (oap | session) (server | client ADDRESS) SCENARIO".into()),
    }
}
