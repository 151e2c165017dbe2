//! `[tls]`: the certificate by which the host is spoken with over TLS.

use api::TlsFiles;
use serde::Deserialize;
use std::path::PathBuf;

/// `[tls]`. Without it the host speaks in the clear, which only one on loopback or behind a proxy may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSection {
    /// The file of the host's certificate in PEM, with those between it and who is trusted after it.
    pub certificate: PathBuf,
    /// The file of its key in PEM, without a passphrase; nobody but the host and its group may read it.
    pub key: PathBuf,
    /// The file of who issues the certificates that clients must show; they need show none when left out.
    pub client_ca: Option<PathBuf>,
}

impl TlsSection {
    /// The files, as the API reads them.
    #[must_use]
    pub fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            client_ca: self.client_ca.clone(),
        }
    }
}
