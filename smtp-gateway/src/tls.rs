//! The certificate by which the gateway is known.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file is not there, or holds something else.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// What is wrong with it.
        error: pem::Error,
    },
    /// The two do not belong together, or are of no kind that is used here.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What a server needs to speak TLS 1.2 and 1.3, from files in PEM: the certificate with those above it, and its key.
///
/// # Errors
/// [`TlsError`].
pub fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let of = |path: &Path| {
        let path = path.display().to_string();
        move |error| TlsError::File { path, error }
    };
    let chain = CertificateDer::pem_file_iter(certificate).map_err(of(certificate))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(of(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(of(key))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}
