//! TLS 1.3 and nothing below; the certificate is read again at SIGHUP, and a bad one leaves the old one in place.

use crate::config::Config;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

pub struct Tls {
    certificate: String,
    key: String,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// `None` where no address for TLS is configured.
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    pub fn new(config: &Config) -> Result<Option<Self>, String> {
        let (Some(certificate), Some(key)) =
            (config.tls_certificate.value(), config.tls_key.value())
        else {
            return Ok(None);
        };
        let current = RwLock::new(Arc::new(read(certificate, key)?));
        Ok(Some(Tls { certificate: certificate.clone(), key: key.clone(), current }))
    }

    /// Reads both files again, for connections that come from now on.
    ///
    /// # Errors
    /// As [`Tls::new`]; what it had stays.
    pub fn reload(&self) -> Result<(), String> {
        let fresh = Arc::new(read(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn read(certificate: &str, key: &str) -> Result<ServerConfig, String> {
    let named = |file: &str, error: &dyn std::fmt::Display| format!("{file}: {error}");
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| named(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| named(key, &error))?;
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| named(certificate, &error))
}
