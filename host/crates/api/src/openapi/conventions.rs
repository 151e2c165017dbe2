//! What many operations have in common: headers that they take and answer with, by the tables of those who look
//! at them, and the answers that come of that. Each is a component of the document, to which operations refer.

use super::answers::{PROBLEM, Refused};
use crate::conditional::{has_tag, needs_condition};
use crate::dto::job::JobDto;
use crate::dto::people::ApprovalDto;
use crate::idempotency::KeyUse;
use crate::jobs::is_long;
use crate::rate::is_free;
use axum::http::Method;
use identity::policy;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Components, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{
    Content, Header, HeaderBuilder, Ref, RefOr, Required, Response, ResponseBuilder,
};
use utoipa::{ToResponse, ToSchema};

/// The header that every answer has.
pub(super) const REQUEST_ID: &str = "X-Request-Id";
/// Says that an answer was given before.
pub(super) const REPLAYED: &str = "Idempotency-Replayed";
/// After how long something may help.
pub(super) const RETRY_AFTER: &str = "Retry-After";
const ETAG: &str = "ETag";
const RATE_HEADERS: [&str; 2] = ["RateLimit", "RateLimit-Policy"];
/// Where a job is; other operations have a `Location` of their own.
const JOB_LOCATION: &str = "JobLocation";
const APPLIED: &str = "Preference-Applied";

/// Parameters by their names among the components.
const APPROVAL: &str = "Approval";
const KEY: &str = "IdempotencyKey";
const KEY_REQUIRED: &str = "IdempotencyKeyRequired";
const CONDITION: &str = "IfMatch";
const CONDITION_REQUIRED: &str = "IfMatchRequired";
const PREFER: &str = "Prefer";

/// Answers by their names among the components.
const CHANGED: &str = "Changed";
const LIMITED: &str = "Limited";

/// The form of a key that needs no quotation marks.
const KEY_FORM: &str = "^[!#-~][!-~]{0,127}$";
/// A star, or tags with commas between.
const CONDITION_FORM: &str = r#"^(\*|(W/)?"[!#-+\--~]*"( *, *(W/)?"[!#-+\--~]*")*)$"#;

const ABOUT_KEY: &str = "A name of the client's for this act, new for each and the same when it is sent again: so it is \
    done once, and the first answer is given again. 400 `IDEMPOTENCY_KEY_MISSING` where it must be there; 409 \
    `IDEMPOTENCY_KEY_IN_USE` while the first is under way, `IDEMPOTENCY_OUTCOME_UNKNOWN` where nobody knows what came of \
    it, and `IDEMPOTENCY_ANSWER_NOT_KEPT` where it was done and its answer had a secret or was too long; 422 \
    `IDEMPOTENCY_KEY_REUSED` with another request. It may stand in quotation marks.";
const ABOUT_CONDITION: &str = "The `ETag` of what is to be changed, or `*` for whatever there is: 412 \
    `PRECONDITION_FAILED` when somebody has changed it since; 428 `PRECONDITION_REQUIRED` where it must be there.";
const ABOUT_PREFER: &str = "`respond-async`: the answer is 202 with a job once the body has come, and what would have been \
    the answer is in the job. A component that is done with before that is answered as ever.";
const ABOUT_APPROVAL: &str = "The id of an approval that a second person has confirmed, where one is needed: 404 or 409 \
    where there is none, or one that is not confirmed, or of something else.";

/// Says what an operation takes and answers by the tables.
pub(super) fn add(operation: &mut Operation, id: &str, method: &Method) {
    done_once(operation, KeyUse::of(id, method));
    conditional(operation, id, method);
    asked_first(operation, id);
    if !is_free(Some(id)) {
        answers(operation, "429", LIMITED);
    }
}

/// Says that an operation may be refused so, unless it says more about it itself.
pub(super) fn refuses(operation: &mut Operation, statuses: &[&str]) {
    for status in statuses {
        answers(operation, status, Refused::response().0);
    }
}

/// What a key makes of it.
fn done_once(operation: &mut Operation, usage: KeyUse) {
    let key = match usage {
        KeyUse::Unused => return,
        KeyUse::Required => KEY_REQUIRED,
        KeyUse::Optional | KeyUse::Withheld => KEY,
    };
    takes(operation, key);
    refuses(operation, &["400", "409", "422"]);
    // What has a secret is not said again.
    if usage != KeyUse::Withheld {
        tells(operation, '2', REPLAYED);
    }
}

/// What is shown has a tag; what changes it may have a condition.
fn conditional(operation: &mut Operation, id: &str, method: &Method) {
    if !has_tag(id) {
        return;
    }
    if *method == Method::GET {
        tells(operation, '2', ETAG);
        return;
    }
    let is_needed = needs_condition(id);
    takes(
        operation,
        if is_needed {
            CONDITION_REQUIRED
        } else {
            CONDITION
        },
    );
    answers(operation, "412", CHANGED);
    if is_needed {
        refuses(operation, &["428"]);
    }
}

/// What may take a second person's word is asked for first, and done when it is shown; what takes long may be
/// asked for, and looked at later.
fn asked_first(operation: &mut Operation, id: &str) {
    let (second, long) = (policy::second(id).is_some(), is_long(id));
    let approval = Ref::from_schema_name(ApprovalDto::name());
    let job = Ref::from_schema_name(JobDto::name());
    let (about, schema): (&str, RefOr<Schema>) = match (second, long) {
        (false, false) => return,
        (true, false) => (
            "A second person must confirm it; nothing is done yet.",
            approval.into(),
        ),
        (false, true) => (
            "It goes on as a job, as was preferred; `Location` is where.",
            job.into(),
        ),
        (true, true) => (
            "A second person must confirm it, and nothing is done yet; or it goes on as a job, as was preferred.",
            OneOfBuilder::new().item(approval).item(job).into(),
        ),
    };
    let mut accepted = ResponseBuilder::new()
        .description(about)
        .content("application/json", Content::new(Some(schema)));
    if second {
        takes(operation, APPROVAL);
        refuses(operation, &["404", "409"]);
    }
    if long {
        takes(operation, PREFER);
        accepted = accepted
            .header_ref("Location", header(JOB_LOCATION))
            .header_ref(APPLIED, header(APPLIED))
            .header_ref(REPLAYED, header(REPLAYED));
    }
    let answers = &mut operation.responses.responses;
    answers.insert("202".to_owned(), accepted.into());
}

fn takes(operation: &mut Operation, parameter: &str) {
    let place = Ref::new(format!("#/components/parameters/{parameter}"));
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::Ref(place));
}

fn answers(operation: &mut Operation, status: &str, response: &str) {
    let answers = &mut operation.responses.responses;
    answers
        .entry(status.to_owned())
        .or_insert_with(|| RefOr::Ref(Ref::from_response_name(response)));
}

/// Says that answers whose status begins so have a header.
fn tells(operation: &mut Operation, begin: char, name: &str) {
    for (status, answer) in &mut operation.responses.responses {
        if let RefOr::T(response) = answer
            && status.starts_with(begin)
        {
            let headers = &mut response.headers;
            headers.insert(name.to_owned(), RefOr::Ref(header(name)));
        }
    }
}

/// Where a header stands among the components.
pub(super) fn header(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

/// Adds what the operations refer to.
pub(super) fn components(components: &mut Components) {
    let parameters = parameters()
        .into_iter()
        .map(|(name, parameter)| (name.to_owned(), RefOr::T(parameter)));
    components.parameters.extend(parameters);
    let headers = headers()
        .into_iter()
        .map(|(name, header)| (name.to_owned(), RefOr::T(header)));
    components.headers.extend(headers);
    let [left, policy] = RATE_HEADERS;
    let changed = problem(
        "It was changed meanwhile, or does not exist; `ETag` is what it has now.",
        &[REQUEST_ID, ETAG],
    );
    let limited = problem(
        "Too many requests, or tries to log in.",
        &[REQUEST_ID, RETRY_AFTER, left, policy],
    );
    let responses = &mut components.responses;
    responses.insert(CHANGED.to_owned(), changed);
    responses.insert(LIMITED.to_owned(), limited);
}

/// A refusal with headers of its own.
fn problem(about: &str, headers: &[&str]) -> RefOr<Response> {
    let schema = Ref::from_schema_name(PROBLEM);
    let mut refused = ResponseBuilder::new()
        .description(about)
        .content("application/problem+json", Content::new(Some(schema)));
    for name in headers {
        refused = refused.header_ref(*name, header(name));
    }
    refused.into()
}

fn parameters() -> [(&'static str, Parameter); 6] {
    let made = |name: &str, required: Required, about: &str, form: ObjectBuilder| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required)
            .description(Some(about))
            .schema(Some(form))
            .build()
    };
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let key = |required: Required| {
        let form = text().pattern(Some(KEY_FORM));
        made("Idempotency-Key", required, ABOUT_KEY, form)
    };
    let condition = |required: Required| {
        let form = text().pattern(Some(CONDITION_FORM));
        made("If-Match", required, ABOUT_CONDITION, form)
    };
    let id = text().min_length(Some(1)).max_length(Some(64));
    let wish = text().examples(["respond-async"]);
    [
        (
            APPROVAL,
            made("X-Approval", Required::False, ABOUT_APPROVAL, id),
        ),
        (KEY, key(Required::False)),
        (KEY_REQUIRED, key(Required::True)),
        (CONDITION, condition(Required::False)),
        (CONDITION_REQUIRED, condition(Required::True)),
        (PREFER, made("Prefer", Required::False, ABOUT_PREFER, wish)),
    ]
}

fn headers() -> [(&'static str, Header); 8] {
    let of_type = |kind: Type, about: &str| {
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(kind)))
            .description(Some(about))
            .build()
    };
    let said = |about: &str| of_type(Type::String, about);
    let [left, policy] = RATE_HEADERS;
    [
        (
            REQUEST_ID,
            said("The request's id, which the log and the audit log have too."),
        ),
        (
            RETRY_AFTER,
            of_type(
                Type::Integer,
                "After how many seconds trying again may help.",
            ),
        ),
        (
            REPLAYED,
            said("`true` on an answer that was given before, to the same `Idempotency-Key`."),
        ),
        (
            ETAG,
            said("What it is now, for `If-Match`: a tag in quotation marks."),
        ),
        (JOB_LOCATION, said("Where the job is.")),
        (APPLIED, said("`respond-async`, where it goes on as a job.")),
        (
            left,
            said("How many requests are left, and in how many seconds there are all again."),
        ),
        (
            policy,
            said("How many requests may be sent in how many seconds."),
        ),
    ]
}
