//! TLS 1.3 and nothing below; the files are read again at SIGHUP, and bad ones leave what there was in place.

use crate::config::Config;
use crate::config_sources::Problem;
use crate::values::FilePath;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{Error, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::{DateTime, Decode};

/// How long before its end a certificate is complained of.
const NOTICE: Duration = Duration::from_secs(14 * 86_400);

/// What connections are made with from now on.
pub struct Tls {
    current: RwLock<Arc<Identity>>,
}

impl Tls {
    pub fn new(identity: Identity) -> Self {
        Tls { current: RwLock::new(Arc::new(identity)) }
    }

    /// For connections that come from now on.
    pub fn replace(&self, identity: Identity) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }

    pub fn current(&self) -> Arc<Identity> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current().server).into()
    }
}

/// What the files hold.
pub struct Identity {
    server: Arc<ServerConfig>,
    pub dates: Dates,
}

impl Identity {
    /// `None` where no certificate is configured.
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    pub fn read(config: &Config) -> Result<Option<Self>, Problem> {
        let (Some(FilePath(certificate)), Some(FilePath(key))) =
            (config.tls_certificate.value(), config.tls_key.value())
        else {
            return Ok(None);
        };
        let chain = certificates("tls_certificate", certificate)?;
        let dates =
            Dates::of(&chain).map_err(|reason| of("tls_certificate", certificate, &reason))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|e| of("tls_key", key, &e))?;
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| of("tls_certificate", certificate, &error))?;
        let builder = match config.tls_client_ca.value() {
            Some(FilePath(ca)) => builder.with_client_cert_verifier(verifier(ca)?),
            None => builder.with_no_client_auth(),
        };
        let server = builder.with_single_cert(chain, private).map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                of("tls_key", key, &format!("is not the key of the certificate in {certificate}"))
            }
            error => of("tls_certificate", certificate, &error),
        })?;
        Ok(Some(Identity { server: Arc::new(server), dates }))
    }
}

fn of(key: &'static str, file: &str, reason: &dyn fmt::Display) -> Problem {
    Problem::new(&[key], format!("{file}: {reason}"))
}

fn certificates(key: &'static str, file: &str) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(chain) if chain.is_empty() => Err(of(key, file, &"holds no certificate")),
        read => read.map_err(|error| of(key, file, &error)),
    }
}

/// Of clients whose certificates one of these has issued.
fn verifier(file: &str) -> Result<Arc<dyn ClientCertVerifier>, Problem> {
    let wrong = |reason: &dyn fmt::Display| of("tls_client_ca", file, reason);
    let mut roots = RootCertStore::empty();
    for root in certificates("tls_client_ca", file)? {
        roots.add(root).map_err(|error| wrong(&error))?;
    }
    let provider = Arc::new(default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    builder.build().map(|verifier| verifier as _).map_err(|error| wrong(&error))
}

/// When a chain is valid, in time since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dates {
    from: Duration,
    until: Duration,
}

/// How a chain stands to its dates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Age {
    NotYetValid,
    Valid,
    ExpiresSoon,
    Expired,
}

impl Dates {
    /// When all of them are valid.
    fn of(chain: &[CertificateDer<'_>]) -> Result<Self, String> {
        let mut all = Dates { from: Duration::ZERO, until: Duration::MAX };
        for certificate in chain {
            let read = CertificateInner::<Raw>::from_der(certificate).map_err(|e| e.to_string())?;
            let own = read.tbs_certificate.validity;
            all.from = all.from.max(own.not_before.to_unix_duration());
            all.until = all.until.min(own.not_after.to_unix_duration());
        }
        Ok(all)
    }

    pub fn age(&self, now: SystemTime) -> Age {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if now < self.from {
            Age::NotYetValid
        } else if now > self.until {
            Age::Expired
        } else if now + NOTICE > self.until {
            Age::ExpiresSoon
        } else {
            Age::Valid
        }
    }

    /// What is wrong with them now, and the day of it.
    pub fn fault(&self, now: SystemTime) -> Option<String> {
        match self.age(now) {
            Age::NotYetValid => {
                Some(format!("the certificate is valid from {} on", day(self.from)))
            }
            Age::Expired => Some(format!("the certificate expired on {}", self.last_day())),
            Age::Valid | Age::ExpiresSoon => None,
        }
    }

    pub fn last_day(&self) -> String {
        day(self.until)
    }

    /// In seconds since 1970.
    pub const fn expiry(&self) -> u64 {
        self.until.as_secs()
    }
}

fn day(time: Duration) -> String {
    let date = DateTime::from_unix_duration(time).map(|date| date.to_string());
    date.map_or_else(|_| "an unknown day".to_owned(), |date| date[..10].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn age(now: u64) -> Age {
        let [from, until] = [10, 100].map(|days| Duration::from_secs(days * DAY));
        Dates { from, until }.age(SystemTime::UNIX_EPOCH + Duration::from_secs(now))
    }

    #[test]
    fn a_certificate_grows_old() {
        let ages = [9, 10, 85, 87, 101].map(|days| age(days * DAY));
        let stages = [Age::NotYetValid, Age::Valid, Age::Valid, Age::ExpiresSoon, Age::Expired];
        assert_eq!(ages, stages);
        assert_eq!((age(100 * DAY), age(100 * DAY + 1)), (Age::ExpiresSoon, Age::Expired));
    }

    #[test]
    fn a_fault_tells_the_day() {
        let dates = Dates { from: Duration::from_secs(DAY), until: Duration::from_secs(2 * DAY) };
        let fault = |days| dates.fault(SystemTime::UNIX_EPOCH + Duration::from_secs(days * DAY));
        assert_eq!(fault(0).unwrap(), "the certificate is valid from 1970-01-02 on");
        assert_eq!(fault(3).unwrap(), "the certificate expired on 1970-01-03");
        assert_eq!(fault(2), None);
    }
}
