//! The certificate by which the gateway is known, and which is read again when somebody has renewed it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// How often it is looked whether there is another certificate. They are renewed weeks before they end.
const LOOK_EVERY: Duration = Duration::from_secs(60);

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

/// What a server needs to speak TLS 1.2 and 1.3, from files in PEM: the certificate with those above it, and its key. Whoever
/// puts others in their place need not start it again: within a minute new connections have them.
///
/// # Errors
/// [`TlsError`].
pub fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let files = Files {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        provider: Arc::clone(&provider),
    };
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Renewed::open(files, Instant::now())?));
    Ok(Arc::new(config))
}

/// A certificate that follows its files.
#[derive(Debug)]
struct Renewed {
    files: Files,
    state: Mutex<State>,
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct State {
    current: Arc<CertifiedKey>,
    /// What the files were when it was read.
    marks: [Mark; 2],
    looked: Instant,
}

/// What changes with a file, whether it is written over or another one is put in its place: device, inode, size, and when it
/// was written. `None` if it is not there.
type Mark = Option<(u64, u64, u64, i64, i64)>;

impl Renewed {
    fn open(files: Files, now: Instant) -> Result<Self, TlsError> {
        // Before they are read: what is exchanged meanwhile is read again.
        let marks = files.marks();
        let state = State {
            current: files.read()?,
            marks,
            looked: now,
        };
        Ok(Self {
            files,
            state: Mutex::new(state),
        })
    }

    /// The certificate for a connection that begins now.
    fn at(&self, now: Instant) -> Arc<CertifiedKey> {
        let mut state = self.state.lock().expect("nothing panics while it holds this");
        if now.saturating_duration_since(state.looked) >= LOOK_EVERY {
            state.looked = now;
            // Two small files, once in a while: nobody waits for them noticeably.
            self.look(&mut state);
        }
        Arc::clone(&state.current)
    }

    fn look(&self, state: &mut State) {
        let marks = self.files.marks();
        if marks == state.marks {
            return;
        }
        match self.files.read() {
            Ok(current) => {
                (state.current, state.marks) = (current, marks);
                tracing::info!("the certificate for mail was read again");
            }
            // One of the two may be there already, and the other not yet.
            Err(error) => tracing::warn!(%error, "the certificate for mail was changed and cannot be used"),
        }
    }
}

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.at(Instant::now()))
    }
}

impl Files {
    fn read(&self) -> Result<Arc<CertifiedKey>, TlsError> {
        let of = |path: &Path| {
            let path = path.display().to_string();
            move |error| TlsError::File { path, error }
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate).map_err(of(&self.certificate))?;
        let chain = chain
            .collect::<Result<Vec<_>, _>>()
            .map_err(of(&self.certificate))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(of(&self.key))?;
        Ok(Arc::new(CertifiedKey::from_der(chain, key, &self.provider)?))
    }

    fn marks(&self) -> [Mark; 2] {
        [&self.certificate, &self.key].map(|path| mark(path).ok())
    }
}

/// Through links: some who renew certificates turn a link instead of writing a file.
fn mark(path: &Path) -> io::Result<(u64, u64, u64, i64, i64)> {
    let file = fs::metadata(path)?;
    Ok((
        file.dev(),
        file.ino(),
        file.size(),
        file.mtime(),
        file.mtime_nsec(),
    ))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey as Made, generate_simple_self_signed};
    use tempfile::TempDir;

    use super::*;

    /// What was written, as the other side sees it.
    fn write(folder: &TempDir, certificate: bool, key: bool) -> Vec<u8> {
        let Made { cert, signing_key } =
            generate_simple_self_signed(["mx.example.org".to_owned()]).expect("a certificate");
        for (name, text, wanted) in [
            ("cert.pem", cert.pem(), certificate),
            ("key.pem", signing_key.serialize_pem(), key),
        ] {
            let new = folder.path().join("new");
            if wanted {
                fs::write(&new, text).expect("written");
                fs::rename(&new, folder.path().join(name)).expect("in its place");
            }
        }
        cert.der().to_vec()
    }

    fn files(folder: &TempDir) -> Files {
        Files {
            certificate: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
            provider: Arc::new(ring::default_provider()),
        }
    }

    fn shown(renewed: &Renewed, now: Instant) -> Vec<u8> {
        renewed.at(now).cert[0].to_vec()
    }

    #[test]
    fn a_certificate_that_was_renewed_is_used_within_a_minute() {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, now) = (write(&folder, true, true), Instant::now());
        let renewed = Renewed::open(files(&folder), now).expect("it can be used");
        let second = write(&folder, true, true);
        assert_eq!(shown(&renewed, now + LOOK_EVERY / 2), first);
        assert_eq!(shown(&renewed, now + LOOK_EVERY), second);
    }

    #[test]
    fn half_a_renewal_is_waited_out_and_so_are_files_that_are_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, now) = (write(&folder, true, true), Instant::now());
        let renewed = Renewed::open(files(&folder), now).expect("it can be used");
        write(&folder, true, false);
        assert_eq!(
            shown(&renewed, now + LOOK_EVERY),
            first,
            "its key is not there yet"
        );
        fs::remove_file(folder.path().join("key.pem")).expect("it was there");
        assert_eq!(shown(&renewed, now + LOOK_EVERY * 2), first);
        let second = write(&folder, true, true);
        assert_eq!(shown(&renewed, now + LOOK_EVERY * 3), second);
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let opened = |folder: &TempDir| Renewed::open(files(folder), Instant::now());
        assert!(matches!(opened(&folder), Err(TlsError::File { .. })));
        write(&folder, true, true);
        write(&folder, false, true);
        assert!(matches!(opened(&folder), Err(TlsError::Unusable(_))));
    }
}
