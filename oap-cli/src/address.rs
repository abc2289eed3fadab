//! Addresses of hosts: `HOST:PORT`, `tls://HOST:PORT`, and on Unix systems `unix:PATH`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a host is, and how it is spoken to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    Tcp(HostPort),
    Tls(HostPort),
    Unix(PathBuf),
}

/// A name or a number, and a port; a number of IPv6 stands in brackets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPort {
    pub host: String,
    pub port: u16,
}

const TLS: &str = "tls://";
const UNIX: &str = "unix:";

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix(UNIX) {
            return match path {
                "" => Err("unix: needs the path of a socket".to_owned()),
                path => Ok(Address::Unix(path.into())),
            };
        }
        match text.strip_prefix(TLS) {
            Some(rest) => rest.parse().map(Address::Tls),
            None => text.parse().map(Address::Tcp),
        }
    }
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const SHAPE: &str = "an address is HOST:PORT, tls://HOST:PORT or unix:PATH";
        let (host, port) = text.rsplit_once(':').ok_or(SHAPE)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(SHAPE)?,
            None if host.contains(':') => return Err("put an IPv6 address in brackets".to_owned()),
            None => host,
        };
        if host.is_empty() || host.contains('/') {
            return Err(SHAPE.to_owned());
        }
        let port = port.parse().map_err(|_| format!("the port {port} is not in 0..=65535"))?;
        Ok(HostPort { host: host.to_owned(), port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(place) => place.fmt(f),
            Address::Tls(place) => write!(f, "{TLS}{place}"),
            Address::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_it_is_read() {
        for text in ["localhost:9900", "[::1]:0", "tls://example.org:443", "unix:/run/oap.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_told_why() {
        for (text, why) in [
            ("localhost", "HOST:PORT"),
            (":1", "HOST:PORT"),
            ("::1:9900", "brackets"),
            ("a:65536", "65536 is not in 0..=65535"),
            ("http://a:1", "brackets"),
            ("unix:", "path"),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
