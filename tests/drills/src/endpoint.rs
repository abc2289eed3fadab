//! What an operator asks the gateway over HTTP: `/readyz` and `/metrics`.

use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than an answer may take: an endpoint that hangs has failed.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub struct Endpoint(pub SocketAddr);

/// An answer of `/readyz`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Readyz {
    pub status: u16,
    pub missing: Vec<String>,
}

impl Readyz {
    pub fn is_ready(&self) -> bool {
        self.status == 200
    }

    pub fn misses(&self, key: &str) -> bool {
        self.status == 503 && self.missing.iter().any(|missing| missing == key)
    }
}

/// A page of metrics.
pub struct Page(String);

impl Page {
    /// The value of a series; 0 where the page has none.
    pub fn value(&self, series: &str) -> f64 {
        let mut samples = self.0.lines().filter_map(|line| line.rsplit_once(' '));
        let sample = samples.find(|(key, _)| *key == series);
        sample.and_then(|(_, value)| value.parse().ok()).unwrap_or_default()
    }

    /// The series of a family that are not 0, with their values.
    pub fn counted(&self, family: &str) -> String {
        let of_it = self.0.lines().filter(|line| line.split('{').next() == Some(family));
        let counted = of_it.filter(|line| !line.ends_with(" 0"));
        counted
            .filter_map(|line| line.split_once('{'))
            .map(|(_, rest)| rest)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The sum of all series of a family.
    pub fn sum(&self, family: &str) -> f64 {
        let samples = self.0.lines().filter_map(|line| line.rsplit_once(' '));
        let of_it = samples.filter(|(key, _)| key.split('{').next() == Some(family));
        of_it.filter_map(|(_, value)| value.parse::<f64>().ok()).sum()
    }
}

impl Endpoint {
    pub async fn readyz(self) -> io::Result<Readyz> {
        let (status, body) = self.get("/readyz").await?;
        let json: Value = serde_json::from_str(&body)?;
        let missing = json["missing"].as_array().into_iter().flatten();
        let missing = missing.filter_map(|key| key.as_str().map(str::to_owned)).collect();
        Ok(Readyz { status, missing })
    }

    pub async fn metrics(self) -> io::Result<Page> {
        self.get("/metrics").await.map(|(_, body)| Page(body))
    }

    async fn get(self, path: &str) -> io::Result<(u16, String)> {
        timeout(PATIENCE, self.ask(path)).await?
    }

    async fn ask(self, path: &str) -> io::Result<(u16, String)> {
        let mut socket = TcpStream::connect(self.0).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.0);
        socket.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or(io::ErrorKind::InvalidData)?, body.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_one_series_or_the_sum_of_a_family() {
        let page =
            Page("a_total{reason=\"x\"} 2\na_total{reason=\"y\"} 3\na_total_more 7\n".into());
        assert_eq!(page.value("a_total{reason=\"y\"}"), 3.0);
        assert_eq!(page.value("absent"), 0.0);
        assert_eq!(page.sum("a_total"), 5.0);
    }
}
