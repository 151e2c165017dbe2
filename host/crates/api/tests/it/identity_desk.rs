//! A host with identity on, and people at it.

use crate::fake::Fake;
use crate::rest_client::{Answer, request};
use api::{Api, Guarded, GuardedSettings, Settings, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use identity::audit::{Audit, Record};
use identity::{Clock, Cost, Identity, MemoryStorage, OsEntropy, Role, SystemClock, TokenReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower::ServiceExt;

pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct Desk {
    pub(crate) host: Fake,
    pub(crate) guarded: Arc<Guarded>,
    router: Router,
    storage: MemoryStorage,
    folder: tempfile::TempDir,
}

/// A clock that stands.
struct Still(u64);

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        self.0
    }
}

fn open(storage: &MemoryStorage, folder: &Path, clock: Arc<dyn Clock>) -> Identity {
    let settings = identity::Settings {
        token_keys: folder.join("keys.json"),
        cost: Cost {
            memory_kib: 64,
            passes: 1,
        },
        by_address: true,
        clock,
        entropy: Arc::new(OsEntropy),
    };
    Identity::open(Box::new(storage.clone()), settings).unwrap()
}

impl Desk {
    /// With `root`, who has every role.
    pub(crate) fn new(four_eyes: bool) -> Self {
        Self::over(four_eyes, |api| api)
    }

    /// The same over what a test makes of the API.
    pub(crate) fn over(four_eyes: bool, make: impl FnOnce(Api<Fake>) -> Api<Fake>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = MemoryStorage::default();
        let identity = open(&storage, folder.path(), Arc::new(SystemClock));
        let token = identity.first_invitation().unwrap().unwrap();
        identity.claim(&token, "root", PASSWORD, HERE).unwrap();
        let audit = Audit::open(&folder.path().join("audit.log"), Arc::new(SystemClock)).unwrap();
        let settings = GuardedSettings {
            four_eyes,
            secure_cookie: false,
        };
        let guarded = Arc::new(Guarded::new(identity, audit, settings));
        let host = Fake::new();
        let api = make(Api::new(host.clone(), Settings::default()));
        let router = router(api.with_identity(Some(guarded.clone())));
        Self {
            host,
            guarded,
            router,
            storage,
            folder,
        }
    }

    /// Adds a person, and returns an access token.
    pub(crate) fn person(&self, name: &str, roles: &[Role]) -> String {
        let identity = self.guarded.identity();
        let roles = roles.iter().copied().collect();
        let (_, token) = identity.add_user(name, roles, &[]).unwrap();
        identity.claim(&token, name, PASSWORD, HERE).unwrap().access
    }

    /// Another access token of a person who is there.
    pub(crate) fn login(&self, name: &str) -> String {
        let identity = self.guarded.identity();
        identity.login(name, PASSWORD, HERE).unwrap().access
    }

    /// The access token that another process with the same keys and people makes of a refresh token, whose clock
    /// is off by so many milliseconds.
    pub(crate) fn refreshed_elsewhere(&self, refresh: &str, off_ms: i64) -> String {
        let clock = Still(SystemClock.now_ms().saturating_add_signed(off_ms));
        let elsewhere = open(&self.storage, self.folder.path(), Arc::new(clock));
        elsewhere.refresh(refresh, HERE).unwrap().access
    }

    /// What another process reads access tokens with.
    pub(crate) fn tokens(&self) -> TokenReader {
        let file = self.folder.path().join("keys.json");
        TokenReader::open(&file, Arc::new(SystemClock)).unwrap()
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let from = SocketAddr::new(HERE, 50_000);
        request.extensions_mut().insert(ConnectInfo(from));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            body: bytes.into(),
        }
    }

    /// Asks with some headers, and a body of JSON unless it is empty.
    pub(crate) async fn ask(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Body::from(body.to_owned()));
        self.send(request.unwrap()).await
    }

    /// The same by an access token.
    pub(crate) async fn by(&self, token: &str, what: (&str, &str), body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.ask(what, &[("authorization", bearer.as_str())], body)
            .await
    }

    /// Everything that was written down.
    pub(crate) fn written(&self) -> Vec<Record> {
        self.guarded.audit().read(1, 10_000).unwrap()
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("audit.log")
    }
}
