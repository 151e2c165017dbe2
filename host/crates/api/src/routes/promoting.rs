//! What a promotion says: which version is meant by it, and how that is watched from then on.

use crate::dto::probation::PromoteRequest;
use crate::extract::{self, BodyKind, body_kind, parse_json};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::Request;
use axum::http::StatusCode;
use engine::Probation;
use model::PluginHash;
use services::view::StrategyView;

/// Reads a promotion, where there is a body. `tried` says which version of the strategy would be promoted; one that
/// is meant and not there any more is refused.
pub(super) async fn promotion<H: HostPort>(
    api: &Api<H>,
    name: &str,
    request: Request,
    tried: fn(&StrategyView) -> Option<PluginHash>,
) -> Result<Option<Probation>, Problem> {
    let asked = promote_request(request).await?;
    let strategy = api.host.strategy(name);
    let there = strategy.and_then(|strategy| tried(&strategy));
    check_meant(asked.plugin.as_deref(), there)?;
    Ok(asked.probation.map(Into::into))
}

/// What a promotion's body says, where there is one.
async fn promote_request(request: Request) -> Result<PromoteRequest, Problem> {
    let kind = body_kind(request.headers());
    let bytes = extract::bytes(request, &()).await?;
    match (kind, bytes.is_empty()) {
        (_, true) => Ok(PromoteRequest::default()),
        // `null` says as little as no body.
        (Some(BodyKind::Json), false) => {
            parse_json::<Option<_>>(&bytes).map(Option::unwrap_or_default)
        }
        _ => Err(extract::unsupported("application/json")),
    }
}

/// Refuses a promotion of a version that is not there any more. Where none is the host says so.
fn check_meant(named: Option<&str>, there: Option<PluginHash>) -> Result<(), Problem> {
    let Some(text) = named else {
        return Ok(());
    };
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let Some(meant) = PluginHash::parse(digits) else {
        let detail = format!("`{text}` is not all 64 digits of a SHA-256");
        return Err(Problem::invalid("plugin", detail));
    };
    match there {
        Some(there) if there != meant => {
            let detail = format!("the version there is {there}, and not {meant}");
            Err(Problem::new(StatusCode::CONFLICT, "CONFLICT", detail))
        }
        _ => Ok(()),
    }
}
