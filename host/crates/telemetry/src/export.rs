//! The way to a collector: HTTP by the client that the host has anyway, on the exporter's own thread, and what is
//! said when it does not go.

use crate::settings::Settings;
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, RetryPolicy, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// Longest wait for a collector.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is read of an answer, in bytes.
const ANSWER_BYTES: u64 = 64 << 10;

/// Posts by `ureq`. It blocks, which the exporter's thread may.
struct Client(Agent);

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let answer = self.0.run(Request::from_parts(parts, body.to_vec()))?;
        let (parts, mut body) = answer.into_parts();
        let bytes = body.with_config().limit(ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(parts, Bytes::from(bytes)))
    }
}

fn client(settings: &Settings) -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .tls_config(tls);
    // No proxy is asked for the way to this machine.
    let config = if settings.is_local() {
        config.proxy(None)
    } else {
        config
    };
    Client(config.build().into())
}

/// Sends spans, and tells once when that does not go, and once when it goes again.
#[derive(Debug)]
pub(crate) struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    is_away: AtomicBool,
}

impl Exporter {
    /// To the collector of the settings, which were checked.
    pub(crate) fn new(settings: &Settings) -> Result<Self, String> {
        let headers = settings.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.as_str().to_owned()));
        let built = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client(settings))
            .with_endpoint(settings.address())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(PATIENCE)
            .with_headers(headers.collect())
            // The next batch comes soon; this one does not hold it up for long.
            .with_retry_policy(RetryPolicy::recommended().with_max_retries(1))
            .build();
        Ok(Self {
            inner: built.map_err(|error| error.to_string())?,
            is_away: AtomicBool::new(false),
        })
    }

    fn tell(&self, done: &OTelSdkResult, spans: usize) {
        match done {
            Ok(()) => {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes traces again");
                }
            }
            Err(error) => {
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, spans, "the collector takes no traces; they are dropped until it does");
                }
            }
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let done = self.inner.export(batch).await;
        self.tell(&done, spans);
        done
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
