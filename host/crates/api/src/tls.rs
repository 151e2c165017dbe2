//! TLS: what the host shows to clients, and how that is renewed while it runs. Certificate and key are files;
//! they are read again when they change, for the connections that come after. What is no good is said, and
//! what was shown before stays.

mod files;
mod listener;

use files::Texts;
pub(crate) use listener::TlsListener;
use rustls::ServerConfig;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often it is looked whether the files have changed.
const LOOK: Duration = Duration::from_secs(10);
/// Looks after which it is said again that a certificate ends soon, or has ended: those of a day.
const LOOKS_A_DAY: u32 = 8_640;

/// Where certificates and keys are, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The host's certificate, and after it those of who issued it but for the last.
    pub certificate: PathBuf,
    /// The key of the certificate, which only the host and its group may read.
    pub key: PathBuf,
    /// Who issues the certificates of clients; nobody is asked for one when left out.
    pub client_ca: Option<PathBuf>,
}

/// Why TLS cannot be spoken by these files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsError {
    /// The key of `[tls]` at fault.
    pub field: &'static str,
    /// What is wrong with it, and what would do.
    pub reason: String,
}

impl TlsError {
    fn new(field: &'static str, reason: String) -> Self {
        Self { field, reason }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tls.{}: {}", self.field, self.reason)
    }
}

impl Error for TlsError {}

/// What a host shows and asks for. Cheap to clone; clones are renewed together.
#[derive(Clone)]
pub struct Tls(Arc<Inside>);

struct Inside {
    files: TlsFiles,
    /// What the files held when they were last tried, good or not.
    tried: Mutex<u64>,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// What the files held of which this is.
    shown: u64,
}

impl Tls {
    /// Reads the files. Blocks.
    ///
    /// # Errors
    /// A file is missing or is not what it should be; the key is of another certificate, or may be read by
    /// everybody; the certificate has expired or is not valid yet.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let texts = files::read(&files);
        let shown = fingerprint(&texts);
        let config = files::config(&files, &texts?)?;
        let current = Mutex::new(Current {
            config: Arc::new(config),
            shown,
        });
        let tried = Mutex::new(shown);
        Ok(Self(Arc::new(Inside {
            files,
            tried,
            current,
        })))
    }

    /// Reads the files again, and shows what they hold from now on, if that is something else. Blocks.
    /// Returns whether it was. What is no good is tried again each time: a certificate that is not valid yet
    /// will be.
    ///
    /// # Errors
    /// As [`Tls::open`]; then what was shown before stays. The same fault is told once.
    pub fn renew(&self) -> Result<bool, TlsError> {
        // Held to the end: of two at once, who comes second reads second, and nothing older is put in last.
        let mut tried = lock(&self.0.tried);
        let texts = files::read(&self.0.files);
        let found = fingerprint(&texts);
        let is_again = std::mem::replace(&mut *tried, found) == found;
        if self.current().shown == found {
            return Ok(false);
        }
        let config = texts.and_then(|texts| files::config(&self.0.files, &texts));
        match config {
            Ok(config) => {
                *self.current() = Current {
                    config: Arc::new(config),
                    shown: found,
                };
                Ok(true)
            }
            Err(_) if is_again => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// As [`Tls::renew`], off the async threads, with what comes of it in the log.
    pub async fn look(&self) {
        let tls = self.clone();
        match tokio::task::spawn_blocking(move || tls.renew()).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => tracing::info!("another certificate is shown from now on"),
            Ok(Err(error)) => {
                tracing::error!(%error, "the certificate was not renewed; the one before stays");
            }
            Err(error) => tracing::error!(%error, "the certificate was not looked at"),
        }
    }

    /// Looks every so often, and never ends; waits for ever where there is nothing to look at.
    pub(crate) async fn keep_looking(tls: Option<Self>) -> Infallible {
        let Some(tls) = tls else {
            return std::future::pending().await;
        };
        loop {
            for _ in 0..LOOKS_A_DAY {
                tokio::time::sleep(LOOK).await;
                tls.look().await;
            }
            tls.say_again().await;
        }
    }

    /// Says what is wrong with the files, or soon will be, though they are what they were.
    async fn say_again(&self) {
        let tls = self.clone();
        let check = move || {
            let files = &tls.0.files;
            files::config(files, &files::read(files)?).map(drop)
        };
        if let Ok(Err(error)) = tokio::task::spawn_blocking(check).await {
            tracing::error!(%error, "the certificate that is shown is no good any more");
        }
    }

    /// What a new connection is shown.
    fn config(&self) -> Arc<ServerConfig> {
        self.current().config.clone()
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        lock(&self.0.current)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells contents of the files apart; against accidents, not against enemies, who have the files anyway.
fn fingerprint(texts: &Result<Texts, TlsError>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match texts {
        Ok(texts) => texts.hash(&mut hasher),
        Err(error) => error.to_string().hash(&mut hasher),
    }
    hasher.finish()
}
