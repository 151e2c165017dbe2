//! Whom the client trusts, and what it shows, over TLS.

use anyhow::{Context, Result, anyhow, bail};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::path::Path;
use std::sync::Arc;
use ureq::tls::{
    Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem,
};

/// TLS that trusts those in `ca`, or whom the system trusts, and shows the certificate in `own`.
pub(super) fn tls(ca: Option<&Path>, own: Option<&Path>) -> Result<TlsConfig> {
    let roots = match ca {
        Some(file) => {
            let (certificates, _) = read("--ca", file)?;
            RootCerts::new_with_certs(&certificates)
        }
        None => RootCerts::PlatformVerifier,
    };
    let shown = match own {
        Some(file) => {
            let (certificates, key) = read("--client-certificate", file)?;
            let missing = || format!("--client-certificate {} has no key", file.display());
            let key = key.with_context(missing)?;
            Some(ClientCert::new_with_certs(&certificates, key))
        }
        None => None,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(roots)
        .client_cert(shown);
    Ok(tls.build())
}

/// The same for connections that carry no requests of the client's.
pub(super) fn of_connections(tls: &TlsConfig) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match tls.root_certs() {
        RootCerts::Specific(certificates) => {
            let mut roots = RootCertStore::empty();
            let certificates = certificates.iter();
            roots.add_parsable_certificates(
                certificates.map(|certificate| CertificateDer::from(certificate.der())),
            );
            builder.with_root_certificates(roots)
        }
        _ => builder.with_platform_verifier()?,
    };
    let Some(own) = tls.client_cert() else {
        return Ok(Arc::new(builder.with_no_client_auth()));
    };
    let chain = own.certs().iter();
    let chain = chain.map(|certificate| CertificateDer::from(certificate.der().to_vec()));
    let key = PrivateKeyDer::try_from(own.private_key().der().to_vec());
    let key = key.map_err(|reason| anyhow!("the key of --client-certificate: {reason}"))?;
    let config = builder.with_client_auth_cert(chain.collect(), key)?;
    Ok(Arc::new(config))
}

/// The certificates of a PEM file, and a key where it has one.
fn read(
    option: &str,
    file: &Path,
) -> Result<(Vec<Certificate<'static>>, Option<PrivateKey<'static>>)> {
    let place = || format!("{option} {}", file.display());
    let text = std::fs::read(file).with_context(place)?;
    let (mut certificates, mut key) = (Vec::new(), None);
    for item in parse_pem(&text) {
        match item.with_context(place)? {
            PemItem::Certificate(certificate) => certificates.push(certificate),
            PemItem::PrivateKey(found) => key = Some(found),
            _ => {}
        }
    }
    if certificates.is_empty() {
        bail!("{}: there is no certificate in it", place());
    }
    Ok((certificates, key))
}
