//! From files to what rustls takes: what is wrong with them is said by the key that names them.

use super::{TlsError, TlsFiles};
use model::Timestamp;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{ALL_VERSIONS, CertificateError, Error, RootCertStore, ServerConfig};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Largest file that is read, in bytes.
const LIMIT_BYTES: u64 = 1 << 20;
/// Who else than its owner may do what with the key: change it, or be neither owner nor group and read it.
const OTHERS: u32 = 0o027;
/// How long before its end a certificate is warned about.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What the files hold.
#[derive(Hash)]
pub(super) struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// Reads the files.
pub(super) fn read(files: &TlsFiles) -> Result<Texts, TlsError> {
    let client_ca = files.client_ca.as_ref();
    Ok(Texts {
        certificate: text("certificate", &files.certificate)?.1,
        key: key_text(&files.key)?,
        client_ca: match client_ca {
            Some(place) => Some(text("client_ca", place)?.1),
            None => None,
        },
    })
}

/// What is shown and asked for by these contents: TLS 1.2 and 1.3, HTTP/1.1 over it.
pub(super) fn config(files: &TlsFiles, texts: &Texts) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let chain = certificates("certificate", &files.certificate, &texts.certificate)?;
    for certificate in &chain {
        check_time(&files.certificate, certificate, &provider)?;
    }
    let key = key(&files.key, &texts.key)?;
    let verifier = match (&files.client_ca, &texts.client_ca) {
        (Some(place), Some(text)) => verifier(place, text, provider.clone())?,
        _ => WebPkiClientVerifier::no_client_auth(),
    };
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder
        .with_protocol_versions(ALL_VERSIONS)
        .map_err(|error| TlsError::new("certificate", error.to_string()))?;
    let config = builder
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.clone(), key);
    let mut config = config.map_err(|error| {
        let (key, certificate) = (files.key.display(), files.certificate.display());
        let reason = match error {
            Error::InconsistentKeys(_) => format!("{key} is not the key of {certificate}"),
            error => format!("{key} and {certificate} cannot be used: {error}"),
        };
        TlsError::new("key", reason)
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Only of what is shown: what is refused is tried again at every look.
    for certificate in &chain {
        warn_if_soon(&files.certificate, certificate, &provider);
    }
    Ok(config)
}

/// The file's mode and what it holds.
fn text(field: &'static str, place: &Path) -> Result<(u32, Vec<u8>), TlsError> {
    let failed = |error: std::io::Error| {
        let reason = format!("{} cannot be read: {error}", place.display());
        TlsError::new(field, reason)
    };
    let file = File::open(place).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    let mut text = Vec::new();
    let read = file.take(LIMIT_BYTES).read_to_end(&mut text);
    read.map_err(failed)?;
    Ok((mode, text))
}

fn key_text(place: &Path) -> Result<Vec<u8>, TlsError> {
    let (mode, text) = text("key", place)?;
    if mode & OTHERS != 0 {
        let reason = format!(
            "{0} may be read by everybody on this machine, or changed by others; `chmod 600 {0}`, and \
             take another key if somebody may have read it",
            place.display()
        );
        return Err(TlsError::new("key", reason));
    }
    Ok(text)
}

fn certificates(
    field: &'static str,
    place: &Path,
    text: &[u8],
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |why: &str| TlsError::new(field, format!("{} {why}", place.display()));
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(|error| wrong(&format!("is no PEM: {error}")))?;
    if found.is_empty() {
        return Err(wrong("holds no certificate in PEM"));
    }
    Ok(found)
}

fn key(place: &Path, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| {
        let place = place.display();
        let reason = format!(
            "{place} holds no key in PEM that can be read; one with a passphrase cannot: {error}"
        );
        TlsError::new("key", reason)
    })
}

/// Who lets clients in that show a certificate of one of these.
fn verifier(
    place: &Path,
    text: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let wrong = |why: String| {
        let reason = format!("{} cannot be used: {why}", place.display());
        TlsError::new("client_ca", reason)
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates("client_ca", place, text)? {
        let added = roots.add(certificate);
        added.map_err(|error| wrong(error.to_string()))?;
    }
    let built = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    built.map_err(|error| wrong(error.to_string()))
}

/// Whether a certificate is good now.
fn check_time(
    place: &Path,
    certificate: &CertificateDer<'static>,
    provider: &CryptoProvider,
) -> Result<(), TlsError> {
    let place = place.display();
    let wrong = |reason: String| Err(TlsError::new("certificate", reason));
    match fault_at(UnixTime::now(), certificate, provider) {
        Some(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            return wrong(format!("{place} has expired at {}", moment(not_after)));
        }
        Some(Error::InvalidCertificate(CertificateError::NotValidYetContext {
            not_before,
            ..
        })) => {
            return wrong(format!(
                "{place} is good from {} on only",
                moment(not_before)
            ));
        }
        Some(Error::InvalidCertificate(
            CertificateError::BadEncoding | CertificateError::Expired,
        )) => {
            return wrong(format!("{place} is no certificate of X.509"));
        }
        // Nobody is trusted here, so that this is what a good one gets.
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) | None => {}
        Some(error) => {
            tracing::debug!(%error, "a certificate of the chain is none of a server");
        }
    }
    Ok(())
}

/// Warns when a certificate is not good for long.
fn warn_if_soon(place: &Path, certificate: &CertificateDer<'static>, provider: &CryptoProvider) {
    let place = place.display();
    let soon = Duration::from_secs(UnixTime::now().as_secs()).saturating_add(SOON);
    let soon = UnixTime::since_unix_epoch(soon);
    if let Some(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) =
        fault_at(soon, certificate, provider)
    {
        let until = moment(not_after);
        tracing::warn!(%place, %until, "the certificate expires soon; renew it");
    }
}

/// What is wrong with a certificate at a moment, before it is asked who issued it.
fn fault_at(
    now: UnixTime,
    certificate: &CertificateDer<'static>,
    provider: &CryptoProvider,
) -> Option<Error> {
    let parsed = match ParsedCertificate::try_from(certificate) {
        Ok(parsed) => parsed,
        Err(error) => return Some(error),
    };
    let algorithms = provider.signature_verification_algorithms.all;
    let nobody = RootCertStore::empty();
    verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], now, algorithms).err()
}

fn moment(time: UnixTime) -> Timestamp {
    Timestamp::from_nanos(time.as_secs().saturating_mul(1_000_000_000))
}
