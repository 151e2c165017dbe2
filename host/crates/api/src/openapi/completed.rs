//! What holds for an operation by its row in the policy, or for all: said here once and added to each.

use super::answers::{self, Refused};
use crate::dto::people::ApprovalDto;
use identity::policy::{self, Access};
use std::collections::BTreeSet;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{Components, ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{
    Content, HeaderBuilder, InfoBuilder, LicenseBuilder, OpenApi, Ref, RefOr, Required, Response,
    ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToResponse, ToSchema};

/// How a person who is logged in shows it.
const TOKEN: &str = "access_token";
/// How a program shows who it is.
const KEY: &str = "api_key";
/// The header that every answer has.
const REQUEST_ID: &str = "X-Request-Id";
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
        let is_named = path.contains('{');
        for (operation, changes) in operations(item) {
            tags.extend(tag(operation, is_named, changes));
        }
    }
    document.tags = Some(tags.into_iter().map(|name| named(&name)).collect());
}

/// The operations of a path, and whether each changes something.
fn operations(item: &mut PathItem) -> Vec<(&mut Operation, bool)> {
    let read = item.get.iter_mut().map(|operation| (operation, false));
    let changing = [
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ];
    let changing = changing.into_iter().flatten();
    read.chain(changing.map(|operation| (operation, true)))
        .collect()
}

/// Completes an operation, and returns its tag: the resource.
fn tag(operation: &mut Operation, is_named: bool, changes: bool) -> Option<String> {
    let id = operation.operation_id.clone().unwrap_or_default();
    let access = policy::access(&id);
    let has_body = operation.request_body.is_some();
    let is_read = is_named || has_body || operation.parameters.is_some();
    let refusals: [(bool, &[&str]); 5] = [
        // Whoever is not meant for this machine is kept out of everything.
        (true, &["default", "403", "500"]),
        (access != Some(Access::Open), &["401"]),
        (is_read, &["400"]),
        (has_body, &["408", "413", "415"]),
        (changes, &["503"]),
    ];
    let refusals = refusals.into_iter().filter(|(holds, _)| *holds);
    for status in refusals.flat_map(|(_, statuses)| statuses) {
        let refused = Ref::from_response_name(Refused::response().0);
        let answers = &mut operation.responses.responses;
        answers
            .entry((*status).to_owned())
            .or_insert(RefOr::Ref(refused));
    }
    operation.security = Some(credentials(access));
    if policy::second(&id).is_some() {
        ask_second(operation);
    }
    for answer in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = answer {
            name_request(response);
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

/// What may take a second person's word is asked for first, and done when it is shown.
fn ask_second(operation: &mut Operation) {
    let approval = ParameterBuilder::new()
        .name("X-Approval")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The id of an approval that a second person has confirmed, where one is needed.",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(64)),
        ));
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(approval.build()));
    let schema = Ref::from_schema_name(ApprovalDto::name());
    let asked = ResponseBuilder::new()
        .description("A second person must confirm it; nothing is done yet.")
        .content("application/json", Content::new(Some(schema)))
        .build();
    let answers = &mut operation.responses.responses;
    answers.insert("202".to_owned(), RefOr::T(asked));
}

/// Every answer says which request it is to.
fn name_request(response: &mut Response) {
    let header = Ref::new(format!("#/components/headers/{REQUEST_ID}"));
    let headers = &mut response.headers;
    headers.insert(REQUEST_ID.to_owned(), RefOr::Ref(header));
}

fn components(components: &mut Components) {
    let (name, refused) = Refused::response();
    let refused = match refused {
        RefOr::T(mut response) => {
            name_request(&mut response);
            let wait = HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
                .description(Some("After how many seconds trying again may help."));
            let headers = &mut response.headers;
            headers.insert("Retry-After".to_owned(), RefOr::T(wait.build()));
            RefOr::T(response)
        }
        RefOr::Ref(elsewhere) => RefOr::Ref(elsewhere),
    };
    components.responses.insert(name.to_owned(), refused);
    let id = HeaderBuilder::new().description(Some(
        "The request's id, which the log and the audit log have too.",
    ));
    components
        .headers
        .insert(REQUEST_ID.to_owned(), RefOr::T(id.build()));
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
        "audit" => "What was done by whom.",
        "auth" => "Logging in and out.",
        "canaries" => "Versions that trade a part first.",
        "cash_flows" | "life_events" => "What happened without a trade.",
        "docs" | "openapi" => "This description.",
        "engine" | "health" => "The engine as a whole.",
        "fills" => "Executions.",
        "history" => "What the store keeps, in pages.",
        "hooks" => "Webhooks that we take.",
        "instruments" => "Instruments, and what happens to them.",
        "keys" => "API keys.",
        "livez" | "metrics" | "readyz" => "For those who watch.",
        "notifications" => "Whom the host tells what.",
        "orders" => "Orders by hand, and what became of all orders.",
        "page" => "The live page.",
        "pipelines" => "The way of a version from tests to trading.",
        "plugins" => "The registry of plugins.",
        "positions" => "Positions with their worth.",
        "risk" => "Limits, states, metrics, scenarios and alerts.",
        "sessions" => "Who is logged in.",
        "shadows" => "Versions that only pretend to trade.",
        "strategies" => "Strategies: load, start, pause, stop, change.",
        "stream" => "Updates by WebSocket.",
        "users" => "People.",
        "venues" => "Venues: models, and how things stand outside.",
        _ => return Tag::new(name),
    };
    TagBuilder::new()
        .name(name)
        .description(Some(about))
        .build()
}
