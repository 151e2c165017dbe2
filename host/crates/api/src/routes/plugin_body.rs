//! The body of a request that brings a plugin, or says where it is, and the signature beside it.

use crate::conditional::Condition;
use crate::extract::{self, BodyKind, body_kind, unsupported};
use crate::guarded::Passed;
use crate::idempotency::Arriving;
use crate::jobs::{Arrived, Stages};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::router::BODY_LIMIT_BYTES;
use crate::state::Api;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderMap;
use services::handle::PluginSource;
use services::plugin::{PluginStage, Progress};
use tokio::sync::OwnedSemaphorePermit;

/// The header with the signature of a plugin that is the body: the Base64 of its `.minisig` file.
pub(crate) const SIGNATURE: &str = "X-Plugin-Signature";

/// What a request to load a plugin brings.
pub(super) struct PluginBody {
    pub(super) content: Content,
    /// Kept until a plugin's bytes are no longer needed.
    pub(super) turn: Option<OwnedSemaphorePermit>,
    /// Who is told how far a plugin is.
    pub(super) progress: Progress,
}

/// Either says where the plugin is, or is it.
pub(super) enum Content {
    Json(Bytes),
    Plugin(PluginSource),
}

/// Reads the body: a small one in JSON, or a component.
pub(super) async fn plugin_body<H: HostPort>(
    api: &Api<H>,
    mut request: Request,
) -> Result<PluginBody, Problem> {
    match body_kind(request.headers()) {
        None => Err(unsupported("application/json or application/wasm")),
        Some(BodyKind::Wasm) => component(api, request).await,
        Some(BodyKind::Json) => {
            if signature(request.headers())?.is_some() {
                let detail =
                    "belongs to a plugin's bytes; that of a file lies beside it, as FILE.minisig";
                return Err(Problem::disagrees(SIGNATURE, detail));
            }
            // As of routes that take no plugin, so that it need not wait for those who send one.
            DefaultBodyLimit::max(BODY_LIMIT_BYTES).apply(&mut request);
            let progress = progress(&request);
            Ok(PluginBody {
                content: Content::Json(extract::bytes(request, &()).await?),
                turn: None,
                progress,
            })
        }
    }
}

/// Reads a component while few others do: each may hold 32 MiB, also while it waits for a worker.
async fn component<H: HostPort>(api: &Api<H>, request: Request) -> Result<PluginBody, Problem> {
    let busy = |_| Problem::busy("other plugins are being uploaded; try again");
    let turn = api.uploads.clone().try_acquire_owned().map_err(busy)?;
    let signature = signature(request.headers())?;
    let passed = request.extensions().get::<Passed>().cloned();
    let arriving = request.extensions().get::<Arriving>().cloned();
    let condition = request.extensions().get::<Condition>().cloned();
    let arrived = request.extensions().get::<Arrived>().cloned();
    let progress = progress(&request);
    let bytes = extract::bytes(request, &()).await?;
    came(api, passed, bytes.clone()).await?;
    if let Some(arriving) = arriving {
        arriving.came(bytes.clone()).await?;
    }
    if let Some(condition) = condition {
        condition.holds().await?;
    }
    progress.tell(PluginStage::Received);
    if let Some(arrived) = arrived {
        arrived.tell();
    }
    Ok(PluginBody {
        content: Content::Plugin(PluginSource::Bytes {
            bytes: bytes.into(),
            signature,
        }),
        turn: Some(turn),
        progress,
    })
}

/// Of a request that goes on after its answer, its job; otherwise nobody.
fn progress(request: &Request) -> Progress {
    let stages = request.extensions().get::<Stages>();
    stages.map_or_else(Progress::default, Stages::progress)
}

/// A component has come, which may have taken half a minute: whoever sends it must still be allowed to.
async fn came<H: HostPort>(
    api: &Api<H>,
    passed: Option<Passed>,
    bytes: Bytes,
) -> Result<(), Problem> {
    let (Some(guarded), Some(passed)) = (api.guarded.clone(), passed) else {
        return Ok(());
    };
    // Hashing 32 MiB takes a while.
    let asked = tokio::task::spawn_blocking(move || passed.came(&guarded, &bytes)).await;
    asked.unwrap_or_else(|error| {
        tracing::error!(%error, "a component could not be looked at");
        Err(Problem::internal())
    })
}

/// The text of the `.minisig` file that came with a plugin.
fn signature(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let given: Vec<_> = headers.get_all(SIGNATURE).iter().collect();
    match given.as_slice() {
        [] => Ok(None),
        [value] => {
            // What is no text is no Base64 either.
            let decoded = registry::signature_from_base64(value.to_str().unwrap_or_default());
            // Which texts are the Base64 of something no description of a header says.
            let decoded = decoded.map_err(|reason| Problem::disagrees(SIGNATURE, reason));
            decoded.map(Some)
        }
        _ => Err(Problem::invalid(SIGNATURE, "is given twice")),
    }
}
