//! A GET, and no more of HTTP than that takes.

use super::PATIENCE;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header; `name` in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.find(|(key, _)| key.to_ascii_lowercase() == name).map(|(_, value)| value)
    }

    /// The value of a sample on a page of metrics.
    #[track_caller]
    pub fn sample(&self, series: &str) -> f64 {
        let mut samples = self.body.lines().filter_map(|line| line.rsplit_once(' '));
        let (_, value) = samples.find(|(key, _)| *key == series).expect(series);
        value.parse().unwrap()
    }
}

pub fn get(at: SocketAddr, path: &str) -> Answer {
    let mut socket = TcpStream::connect(at).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
