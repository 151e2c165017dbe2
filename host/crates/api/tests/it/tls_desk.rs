//! Certificates made on the spot, a host that shows them, and clients that trust whom they like.

use crate::fake::Fake;
use crate::stream_client::Server;
use api::{Api, StreamSettings, Tls, TlsFiles};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ALL_VERSIONS, ClientConfig, RootCertStore};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Who issues certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// Its own certificate.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for this machine, good from the first of January of a year to that of another.
    pub(crate) fn issue_for(&self, (from, until): (i32, i32)) -> Issued {
        self.issue_by(|params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(until, 1, 1);
        })
    }

    /// One that is good from so long after now.
    pub(crate) fn issue_early(&self, wait: Duration) -> Issued {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.issue_by(|params| params.not_before = date_time_ymd(1970, 1, 1) + since + wait)
    }

    fn issue_by(&self, terms: impl FnOnce(&mut CertificateParams)) -> Issued {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = named("desk");
        terms(&mut params);
        let key = KeyPair::generate().unwrap();
        let issuer: &Issuer<'_, KeyPair> = &self.0;
        let certificate = params.signed_by(&key, issuer).unwrap();
        Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    pub(crate) fn issue(&self) -> Issued {
        self.issue_for((2000, 4000))
    }

    /// A client that trusts it, and shows what was issued to it.
    pub(crate) fn client(&self, own: Option<&Issued>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(ALL_VERSIONS).unwrap();
        let builder = builder.with_root_certificates(roots);
        Arc::new(match own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let chain = CertificateDer::from_pem_slice(own.certificate.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes());
                let builder = builder.with_client_auth_cert(vec![chain.unwrap()], key.unwrap());
                builder.unwrap()
            }
        })
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// The files of a host in a folder.
pub(crate) struct Files {
    folder: tempfile::TempDir,
    pub(crate) files: TlsFiles,
}

impl Files {
    pub(crate) fn new(issued: &Issued) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let files = TlsFiles {
            certificate: at("desk.pem"),
            key: at("desk.key"),
            client_ca: None,
        };
        let files = Self { folder, files };
        files.put(issued);
        files
    }

    /// Puts another certificate in the place of the one before.
    pub(crate) fn put(&self, issued: &Issued) {
        self.write(&self.files.certificate, &issued.certificate);
        self.write(&self.files.key, &issued.key);
    }

    pub(crate) fn write(&self, place: &Path, text: &str) {
        std::fs::write(place, text).unwrap();
        self.set_mode(place, 0o600);
    }

    pub(crate) fn set_mode(&self, place: &Path, mode: u32) {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place, permissions).unwrap();
    }

    /// Asks clients for certificates of an authority.
    pub(crate) fn ask_clients(&mut self, authority: &Authority) {
        let place: PathBuf = self.folder.path().join("clients.pem");
        self.write(&place, &authority.pem());
        self.files.client_ca = Some(place);
    }

    pub(crate) fn open(&self) -> Tls {
        Tls::open(self.files.clone()).unwrap()
    }
}

/// A host that shows what is in files.
pub(crate) async fn serve(tls: &Tls) -> Server {
    serve_over(tls, |api| api).await
}

pub(crate) async fn serve_over(tls: &Tls, make: impl FnOnce(Api<Fake>) -> Api<Fake>) -> Server {
    let tls = Some(tls.clone());
    let over = |api: Api<Fake>| make(api).with_tls(tls);
    Server::over(Fake::new(), StreamSettings::default(), over).await
}

/// Shakes hands.
pub(crate) async fn connect(
    address: SocketAddr,
    config: &Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    shake(TcpStream::connect(address).await?, config).await
}

pub(crate) async fn shake(
    socket: TcpStream,
    config: &Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(config.clone())
        .connect(name, socket)
        .await
}

/// Asks once, and reads the answer to the end of the connection.
pub(crate) async fn ask(
    address: SocketAddr,
    config: &Arc<ClientConfig>,
    path: &str,
) -> io::Result<String> {
    let mut stream = connect(address, config).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
