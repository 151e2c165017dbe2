//! Calls the router without a socket, and compares answers by JSON pointer.

use crate::fake::Fake;
use api::{Api, Settings, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Checks the status and what stands at some pointers.
    #[track_caller]
    pub(crate) fn check(&self, status: u16, expect: &[(&str, Value)]) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let json = self.json();
        for (pointer, value) in expect {
            assert_eq!(json.pointer(pointer), Some(value), "{pointer} of {json:#}");
        }
    }

    /// Checks that it is problem details with this status, code and field.
    #[track_caller]
    pub(crate) fn check_problem(&self, status: u16, code: &str, field: Option<&str>) {
        self.check(
            status,
            &[("/code", code.into()), ("/status", status.into())],
        );
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let json = self.json();
        assert_eq!(json["field"].as_str(), field, "{json:#}");
        assert!(!json["detail"].as_str().unwrap().is_empty());
    }
}

/// A router over a fake host.
pub(crate) struct Client {
    pub(crate) host: Fake,
    router: Router,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::over(|api| api)
    }

    /// Over what a test makes of the API.
    pub(crate) fn over(make: impl FnOnce(Api<Fake>) -> Api<Fake>) -> Self {
        Self::with(Settings::default(), make)
    }

    /// The same with settings.
    pub(crate) fn with(settings: Settings, make: impl FnOnce(Api<Fake>) -> Api<Fake>) -> Self {
        Self::built(Fake::new(), settings, make)
    }

    /// The same over a host that there is.
    pub(crate) fn around(host: Fake, make: impl FnOnce(Api<Fake>) -> Api<Fake>) -> Self {
        Self::built(host, Settings::default(), make)
    }

    fn built(host: Fake, settings: Settings, make: impl FnOnce(Api<Fake>) -> Api<Fake>) -> Self {
        let router = router(make(Api::new(host.clone(), settings)));
        Self { host, router }
    }

    /// Asks from an address.
    pub(crate) async fn from(&self, address: &str, request: Builder, body: &'static str) -> Answer {
        let mut request = request.body(Body::from(body)).unwrap();
        let from = SocketAddr::new(address.parse().unwrap(), 50_000);
        request.extensions_mut().insert(ConnectInfo(from));
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
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

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends a body without a type, or none.
    pub(crate) async fn bare(&self, method: &str, path: &str) -> Answer {
        self.send(request(method, path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn json(&self, method: &str, path: &str, body: &str) -> Answer {
        self.typed(method, path, "application/json", body.to_owned().into())
            .await
    }

    pub(crate) async fn typed(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Answer {
        let request = request(method, path).header("content-type", content_type);
        self.send(request.body(body.into()).unwrap()).await
    }
}

/// A request to this machine below `/api/v1`, or anywhere when the path begins with `!`; what changes
/// something has a key of its own, and what may not be changed without a condition has one that holds.
pub(crate) fn request(method: &str, path: &str) -> Builder {
    static KEYS: AtomicU64 = AtomicU64::new(1);
    let mut request = keyless(method, path);
    if method == "PUT" && path.contains("/risk/limits/") {
        request = request.header("if-match", "*");
    }
    match method {
        "GET" => request,
        _ => {
            let number = KEYS.fetch_add(1, Ordering::Relaxed);
            request.header("idempotency-key", format!("test-{number}"))
        }
    }
}

/// The same without a key.
pub(crate) fn keyless(method: &str, path: &str) -> Builder {
    let path = match path.strip_prefix('!') {
        Some(whole) => whole.to_owned(),
        None => format!("/api/v1{path}"),
    };
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:8080")
}
