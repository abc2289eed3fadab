//! `host ADDRESS`: /readyz and /metrics of a process that is no longer ready once its standard input ends.
use oap::{Monitor, TEXT_CONTENT_TYPE};
use std::io::{stdin, BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::{env, sync::Arc, thread, time::Duration, time::Instant};

fn answer(mut client: TcpStream, monitor: &Monitor, now: u64) -> Result<()> {
    let mut request = String::new();
    BufReader::new((&client).take(4_096)).read_line(&mut request)?;
    let (status, kind, retry, body) = match request.split(' ').nth(1) {
        Some("/metrics") => (200, TEXT_CONTENT_TYPE, "".to_owned(), monitor.snapshot().text()),
        Some("/readyz") => readyz(monitor, now),
        _ => (404, "text/plain", "".to_owned(), "".to_owned()),
    };
    let head = format!("HTTP/1.0 {status}\r\n{retry}Content-Type: {kind}\r\n\r\n");
    write!(client, "{head}{body}")
}

fn readyz(monitor: &Monitor, now: u64) -> (u16, &'static str, String, String) {
    let readiness = monitor.readiness(now);
    let retry = format!("Retry-After: {}\r\n", readiness.retry_after());
    let retry = if readiness.is_ready() { "".to_owned() } else { retry };
    (readiness.http_status(), "application/json", retry, readiness.json())
}

fn main() -> Result<()> {
    let (monitor, start) = (Arc::new(Monitor::default()), Instant::now());
    let now = move || start.elapsed().as_nanos() as u64;
    let (ticking, ending) = (Arc::clone(&monitor), Arc::clone(&monitor));
    thread::spawn(move || loop {
        ticking.tick(now());
        thread::sleep(Duration::from_secs(1));
    });
    thread::spawn(move || ending.set_parser_ready(stdin().read_to_end(&mut vec![]).is_err()));
    let listener = TcpListener::bind(env::args().nth(1).expect("an address"))?;
    println!("listening on {}", listener.local_addr()?);
    listener.incoming().try_for_each(|client| answer(client?, &monitor, now()))
}
