//! What holds for an operation by its row in the policy, or for all: said here once and added to each.

use super::answers::{self, Refused};
use super::conventions::{self, REPLAYED, REQUEST_ID, RETRY_AFTER, header, refuses};
use crate::dto::people::ApprovalDto;
use axum::http::Method;
use identity::policy::{self, Access};
use std::collections::BTreeSet;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, RefOr, Response, Server};
use utoipa::{PartialSchema, ToResponse, ToSchema};

/// How a person who is logged in shows it.
const TOKEN: &str = "access_token";
/// How a program shows who it is.
const KEY: &str = "api_key";
/// Below which requests say only what is known.
const STRICT: &str = "/api/v1/";
const ABOUT: &str = "Everything that the host does over HTTP. Decimals are strings; moments are RFC 3339, and once more \
    nanoseconds as a string; enumerations are in capitals. Requests refuse fields and parameters that they do not know. \
    Where identity is off nobody logs in, and no credentials are asked for. Updates come by WebSocket at `/ws`.";

/// Adds what the attributes beside the handlers do not say.
pub(super) fn complete(document: &mut OpenApi) {
    document.info = InfoBuilder::new()
        .title("Argonaut")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ))
        .build();
    document.servers = Some(vec![Server::new("/")]);
    components(document.components.get_or_insert_default());
    let mut tags = BTreeSet::new();
    for (path, item) in &mut document.paths.paths {
        let is_read = path.starts_with(STRICT) || path.contains('{');
        for (method, operation) in operations(item) {
            tags.extend(tag(operation, is_read, &method));
        }
    }
    document.tags = Some(tags.into_iter().map(|name| named(&name)).collect());
}

/// The operations of a path by their methods.
fn operations(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    let all = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    let there = all.into_iter();
    there
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
        .collect()
}

/// Completes an operation, and returns its tag: the resource.
fn tag(operation: &mut Operation, is_read: bool, method: &Method) -> Option<String> {
    let id = operation.operation_id.clone().unwrap_or_default();
    let access = policy::access(&id);
    let has_body = operation.request_body.is_some();
    let is_read = is_read || has_body || operation.parameters.is_some();
    let refusals: [(bool, &[&str]); 5] = [
        // Whoever is not meant for this machine is kept out of everything.
        (true, &["default", "403", "500"]),
        (access != Some(Access::Open), &["401"]),
        (is_read, &["400"]),
        (has_body, &["408", "413", "415"]),
        (*method != Method::GET, &["503"]),
    ];
    for (_, statuses) in refusals.into_iter().filter(|(holds, _)| *holds) {
        refuses(operation, statuses);
    }
    operation.security = Some(credentials(access));
    conventions::add(operation, &id, method);
    for answer in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = answer {
            tell(response, REQUEST_ID);
        }
    }
    let tag = id.split('.').next().map(str::to_owned);
    operation.tags = tag.clone().map(|tag| vec![tag]);
    tag
}

/// What may be shown; nothing where anybody may.
fn credentials(access: Option<Access>) -> Vec<SecurityRequirement> {
    let by = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    match access {
        Some(Access::Open) => Vec::new(),
        Some(Access::People(_)) => vec![by(TOKEN)],
        Some(Access::Roles(_)) | None => vec![by(TOKEN), by(KEY)],
    }
}

/// Says that an answer has a header.
fn tell(response: &mut Response, name: &str) {
    let headers = &mut response.headers;
    headers.insert(name.to_owned(), RefOr::Ref(header(name)));
}

fn components(components: &mut Components) {
    let (name, mut refused) = Refused::response();
    if let RefOr::T(response) = &mut refused {
        for header in [REQUEST_ID, RETRY_AFTER, REPLAYED] {
            tell(response, header);
        }
    }
    components.responses.insert(name.to_owned(), refused);
    conventions::components(components);
    let schemas = &mut components.schemas;
    schemas.insert(answers::PROBLEM.to_owned(), answers::problem());
    schemas.insert(ApprovalDto::name().into_owned(), ApprovalDto::schema());
    let mut below = Vec::new();
    ApprovalDto::schemas(&mut below);
    schemas.extend(below);
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("PASETO")
        .description(Some("The access token of a person: see `auth.login`."))
        .build();
    let schemes = &mut components.security_schemes;
    schemes.insert(TOKEN.to_owned(), RefOr::T(SecurityScheme::Http(token)));
    let key = ApiKeyValue::with_description("X-Api-Key", "The key of a program: see `keys.add`.");
    let key = SecurityScheme::ApiKey(ApiKey::Header(key));
    schemes.insert(KEY.to_owned(), RefOr::T(key));
}

/// A tag with what its resource is.
fn named(name: &str) -> Tag {
    let about = match name {
        "account" | "accounts" => "Accounts, balances and margin.",
        "algorithms" => "Execution algorithms.",
        "approvals" => "What waits for a second person.",
        "asyncapi" => "What can be said on the WebSocket.",
        "audit" => "What was done by whom.",
        "auth" => "Logging in and out.",
        "backtests" => "Strategies on data of the past.",
        "canaries" => "Versions that trade a part first.",
        "cash_flows" | "life_events" => "What happened without a trade.",
        "data_catalog" => "Market data in files.",
        "docs" | "openapi" => "This description.",
        "engine" | "health" => "The engine as a whole.",
        "fills" => "Executions.",
        "history" => "What the store keeps, in pages.",
        "hooks" => "Webhooks that we take.",
        "instruments" => "Instruments, and what happens to them.",
        "jobs" => "Work that goes on after its answer.",
        "keys" => "API keys.",
        "livez" | "metrics" | "readyz" => "For those who watch.",
        "market_data" => "The latest market data.",
        "notifications" => "Whom the host tells what.",
        "orders" => "Orders by hand, and what became of all orders.",
        "page" => "The live page.",
        "performance" => "What strategies made in a period.",
        "pipelines" => "The way of a version from tests to trading.",
        "plugins" => "The registry of plugins.",
        "portfolio" => "What is owned, and what trading brought.",
        "positions" => "Positions with their worth.",
        "risk" => "Limits, states, metrics, scenarios and alerts.",
        "sessions" => "Who is logged in.",
        "shadows" => "Versions that only pretend to trade.",
        "sources" => "Where market data and the words of venues come from.",
        "strategies" => "Strategies: load, start, pause, stop, change.",
        "stream" => "Updates by WebSocket.",
        "system" => "The process as a whole.",
        "users" => "People.",
        "venues" => "Venues: models, and how things stand outside.",
        _ => return Tag::new(name),
    };
    TagBuilder::new()
        .name(name)
        .description(Some(about))
        .build()
}
