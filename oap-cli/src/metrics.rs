//! The pages of a host over HTTP: `/metrics` in Prometheus' text, `/readyz`.

use anyhow::{ensure, Context};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{header, Request, Uri};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A page that is longer is none of a host.
const MAX_PAGE_BYTES: usize = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(5);

/// What a host answered.
pub struct Answered {
    pub status: u16,
    pub text: String,
}

/// Gets a page of a host: `http://HOST:PORT` and the path.
///
/// # Errors
/// Where it does not come in time, or is too long.
pub async fn get(base: &str, path: &str) -> anyhow::Result<Answered> {
    let url = format!("{}{path}", base.trim_end_matches('/'));
    let got =
        timeout(PATIENCE, try_get(&url)).await.context("no answer in time").and_then(|got| got);
    got.with_context(|| format!("{url} can't be read"))
}

async fn try_get(url: &str) -> anyhow::Result<Answered> {
    let uri: Uri = url.parse()?;
    ensure!(uri.scheme_str() == Some("http"), "only http:// is known");
    let authority = uri.authority().context("the host is missing")?;
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
    let body = body.map_err(anyhow::Error::from_boxed)?.to_bytes();
    Ok(Answered { status, text: String::from_utf8_lossy(&body).into_owned() })
}

/// The samples of a page, by their names with labels as they stand there.
#[derive(Clone, Default)]
pub struct Samples(BTreeMap<String, f64>);

impl Samples {
    pub fn read(text: &str) -> Self {
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
