//! The pages of a host over HTTP: `/metrics` in Prometheus' text, `/readyz`.

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{header, Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A page that is longer is none of a host.
const MAX_PAGE_BYTES: usize = 4 << 20;
/// Longer than an answer may take: a page that hangs is none.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a host answers for `/readyz`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Readyz {
    pub status: u16,
    /// The keys that are not met.
    pub missing: Vec<String>,
}

impl Readyz {
    pub const fn is_ready(&self) -> bool {
        self.status == 200
    }

    pub fn misses(&self, key: &str) -> bool {
        !self.is_ready() && self.missing.iter().any(|missing| missing == key)
    }
}

/// Gets `/readyz` of the host at `http://HOST:PORT`.
///
/// # Errors
/// Where no page comes in time, or it is too long.
pub async fn readyz(base: &str) -> io::Result<Readyz> {
    let (status, body) = get(base, "/readyz").await?;
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let keys = body["missing"].as_array().into_iter().flatten();
    let missing = keys.filter_map(|key| key.as_str().map(str::to_owned)).collect();
    Ok(Readyz { status, missing })
}

/// Gets `/metrics` of the host at `http://HOST:PORT`.
///
/// # Errors
/// Where no page comes in time, or it is too long, or another answer than the page.
pub async fn metrics(base: &str) -> io::Result<Samples> {
    match get(base, "/metrics").await? {
        (200, page) => Ok(Samples::read(&page)),
        (status, _) => {
            Err(io::Error::other(format!("{base}/metrics answers with status {status}")))
        }
    }
}

async fn get(base: &str, path: &str) -> io::Result<(u16, String)> {
    let url = format!("{}{path}", base.trim_end_matches('/'));
    let got = timeout(PATIENCE, try_get(&url)).await;
    let got = got.unwrap_or_else(|_| Err("no answer in time".into()));
    got.map_err(|why| io::Error::other(format!("{url} can't be read: {why}")))
}

async fn try_get(url: &str) -> Result<(u16, String), Box<dyn Error + Send + Sync>> {
    let uri: Uri = url.parse()?;
    if uri.scheme_str() != Some("http") {
        return Err("only http:// is known".into());
    }
    let authority = uri.authority().ok_or("the host is missing")?;
    let (host, port) = (authority.host(), authority.port_u16().unwrap_or(80));
    let host = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, port)).await?;
    let (mut requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(header::HOST, authority.as_str())
        .body(Empty::<Bytes>::new())?;
    let response = requests.send_request(request).await?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), MAX_PAGE_BYTES).collect().await;
    driving.abort();
    Ok((status, String::from_utf8_lossy(&body?.to_bytes()).into_owned()))
}

/// The samples of a page, by their names with labels as they stand there.
#[derive(Clone, Default)]
pub struct Samples(BTreeMap<String, f64>);

impl Samples {
    fn read(text: &str) -> Self {
        let sample = |line: &str| {
            let line = line.trim();
            // Label values may have blanks; the value stands behind the last brace.
            let end = line.rfind('}').map_or_else(|| line.find(' '), |brace| Some(brace + 1))?;
            let value = line[end..].split_whitespace().next()?.parse().ok()?;
            Some((line[..end].to_owned(), value))
        };
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Samples(lines.filter_map(sample).collect())
    }

    /// The value of one sample; 0 where it is not there.
    pub fn value(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// The sum of the samples of a metric, whatever its label.
    pub fn sum(&self, metric: &str) -> f64 {
        self.by_label(metric).into_iter().map(|(_, value)| value).sum()
    }

    /// The samples of a metric with one label: the label's value, and the sample's.
    pub fn by_label(&self, metric: &str) -> Vec<(String, f64)> {
        let label = |(name, value): (&String, &f64)| {
            let labels = name.strip_prefix(metric)?.strip_prefix('{')?;
            Some((labels.split('"').nth(1)?.to_owned(), *value))
        };
        self.0.iter().filter_map(label).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_and_without_labels() {
        let page = "# HELP a b\noap_frames_total{kind=\"DATA\"} 7\n\
                    oap_ack_window 32 1700000000\nodd{l=\"a } b\"} 1e3\nnonsense\n";
        let samples = Samples::read(page);
        assert_eq!(samples.value("oap_ack_window"), 32.0);
        assert_eq!(samples.value("odd{l=\"a } b\"}"), 1000.0);
        assert_eq!(samples.by_label("oap_frames_total"), [("DATA".to_owned(), 7.0)]);
    }
}
