//! The gate that each request passes where identity is on: who asks, whether they may, whether a second
//! person must agree, and what came of it, written down before the answer.
//!
//! What has no operation is answered here: nothing behind the gate is reached by a way that the policy
//! does not name.

mod second;
mod shown;

use crate::dto::people::ApprovalDto;
use crate::extract::{BodyKind, body_kind, bytes};
use crate::guarded::{Guarded, Peer};
use crate::observe::RequestId;
use crate::operations::Lookup;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use identity::audit::Draft;
use identity::{Principal, Refusal, Wanted, policy};
use serde_json::Value;
use std::sync::Arc;
use tracing::Instrument;

/// What changes nothing that lasts, or tells of itself: not written down when it went well.
const QUIET: &[&str] = &[
    "auth.refresh",
    "auth.ticket",
    "risk.metrics.reckon",
    "risk.scenarios.run",
];
/// Bodies that hold secrets are never looked at here.
const SECRET: &[&str] = &[
    "auth.login",
    "auth.claim",
    "auth.password",
    "auth.refresh",
    "hooks.take",
];
/// What must be possible even when nothing can be written down.
const STOPS: &[&str] = &[
    "engine.kill",
    "risk.kill.set",
    "strategies.pause",
    "strategies.stop",
    "orders.cancel",
];

/// What the gate needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) guarded: Option<Arc<Guarded>>,
    pub(crate) lookup: Arc<Lookup>,
}

/// What a handler wants written down in place of the request's body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted {
    /// Who it is, where the gate does not know.
    pub(crate) actor: Option<String>,
    /// What it was done to.
    pub(crate) subject: String,
    /// How it was.
    pub(crate) before: Option<Value>,
    /// How it is.
    pub(crate) after: Option<Value>,
}

/// One request on its way.
struct Passing {
    guarded: Arc<Guarded>,
    operation: &'static str,
    who: Option<Principal>,
    request: String,
    /// What was asked for, without secrets.
    body: Option<Value>,
    subject: String,
}

/// Lets requests through.
pub(crate) async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Some(guarded) = gate.guarded else {
        return next.run(request).await;
    };
    let id = request.extensions().get::<RequestId>();
    // Whoever watches requests names them, before they come here.
    let id = id.map_or_else(|| "-".to_owned(), |id| id.0.clone());
    match pass(guarded, &gate.lookup, id, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn pass(
    guarded: Arc<Guarded>,
    lookup: &Lookup,
    id: String,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>();
    let operation = path.and_then(|path| lookup.find(request.method(), path.as_str()));
    let is_open = operation.and_then(policy::access) == Some(policy::Access::Open);
    let who = if is_open {
        None
    } else {
        let peer = Peer::of(request.extensions());
        shown::who(&guarded.identity, request.headers(), peer.0)?
    };
    let Some(operation) = operation else {
        // Strangers are not even told what there is.
        guarded.identity.authorise(who.as_ref(), "auth.me")?;
        return Err(nothing_there(&request));
    };
    let allowed = guarded.identity.authorise(who.as_ref(), operation);
    if *request.method() == Method::GET || *request.method() == Method::HEAD {
        allowed?;
        hand_on(&mut request, who);
        return Ok(next.run(request).await);
    }
    let subject = request.uri().path().to_owned();
    let passing = Passing {
        guarded,
        operation,
        who,
        request: id,
        body: None,
        subject,
    };
    match allowed {
        Ok(()) => passing.change(request, next).await,
        // Whoever is not known at all could fill the log.
        Err(refusal @ Refusal::Unauthenticated(_)) => Err(refusal.into()),
        Err(refusal) => {
            let problem = Problem::from(refusal);
            passing.write_down(&Noted::default(), "FORBIDDEN").await?;
            Err(problem)
        }
    }
}

fn query(request: &Request) -> String {
    request.uri().query().unwrap_or_default().to_owned()
}

fn nothing_there(request: &Request) -> Problem {
    let path = request.uri().path();
    match request.extensions().get::<MatchedPath>() {
        None => Problem::not_found("route", path),
        Some(_) => {
            let detail = format!("{path} does not take {}", request.method());
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail)
        }
    }
}

impl Passing {
    /// Lets a request through that changes something.
    async fn change(mut self, request: Request, next: Next) -> Result<Response, Problem> {
        let (mut request, text) = self.look_at(request).await?;
        if !self.guarded.audit.takes() && !self.is_stop() {
            let detail = "the audit log takes nothing, so nothing may be changed; stops are taken";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Problem::new(status, "AUDIT_FAILED", detail));
        }
        let meaning = second::meaning(self.operation, self.body.as_ref());
        if let Err(refusal) = policy::authorise(self.who.as_ref(), meaning) {
            let problem = Problem::from(refusal);
            self.write_down(&Noted::default(), "FORBIDDEN").await?;
            return Err(problem);
        }
        let (approval, query) = (second::shown(request.headers())?, query(&request));
        let wanted = format!("{query}\n{}", text.unwrap_or_default());
        if let Some(asked) = self.second_person(approval, wanted).await? {
            return Ok(asked);
        }
        hand_on(&mut request, self.who.clone());
        // To the end even if the client leaves: what is done must be written down.
        let passing = async move {
            let mut response = next.run(request).await;
            let noted = response.extensions_mut().remove::<Noted>();
            let status = response.status();
            if status.is_success() && QUIET.contains(&self.operation) {
                return Ok(response);
            }
            if self.who.is_none() && noted.is_none() {
                // Strangers fill no log, but for tries that cost them a wait.
                return Ok(response);
            }
            let noted = noted.unwrap_or_default();
            match self.write_down(&noted, status.as_str()).await {
                Err(problem) if !self.is_stop() => Err(problem),
                _ => Ok(response),
            }
        };
        let passing = tokio::spawn(passing.in_current_span());
        passing.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request did not come to its end");
            Err(Problem::internal())
        })
    }

    /// Whether it stops something: that must be possible whatever is broken.
    fn is_stop(&self) -> bool {
        let loosens = second::is_needed(self.operation, self.body.as_ref());
        STOPS.contains(&self.operation) && !loosens
    }

    /// Reads a body that is to be written down or confirmed.
    async fn look_at(&mut self, request: Request) -> Result<(Request, Option<String>), Problem> {
        let is_json = body_kind(request.headers()) == Some(BodyKind::Json);
        let is_secret = SECRET.contains(&self.operation);
        if is_secret || !(is_json || policy::FOUR_EYES.contains(&self.operation)) {
            return Ok((request, None));
        }
        let (parts, body) = request.into_parts();
        let read = Request::from_parts(parts.clone(), body);
        let read = bytes(read, &()).await?;
        let text = String::from_utf8(read.to_vec()).ok();
        self.body = text
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        Ok((Request::from_parts(parts, Body::from(read)), text))
    }

    /// Asks for a second person where it takes one; nothing when the request may go on.
    async fn second_person(
        &self,
        approval: Option<String>,
        wanted: String,
    ) -> Result<Option<Response>, Problem> {
        let needs = self.guarded.settings.four_eyes
            && second::is_needed(self.operation, self.body.as_ref());
        let Some(who) = self.who.clone().filter(|_| needs) else {
            return Ok(None);
        };
        let operation = second::meaning(self.operation, self.body.as_ref());
        let subject = self.subject.clone();
        let answer = self.guarded.ask(move |identity| {
            let wants = Wanted {
                operation,
                subject: &subject,
                request: &wanted,
            };
            match approval {
                Some(id) => identity.spend(&who, &id, wants).map(|()| None),
                None => identity.ask(&who, wants).map(Some),
            }
        });
        let Some(approval) = answer.await? else {
            return Ok(None);
        };
        let noted = Noted {
            subject: format!("{} (approval {})", self.subject, approval.id),
            after: self.body.clone(),
            ..Noted::default()
        };
        self.write_down(&noted, "ASKED").await?;
        let body = axum::Json(ApprovalDto::from(approval));
        Ok(Some((StatusCode::ACCEPTED, body).into_response()))
    }

    async fn write_down(&self, noted: &Noted, outcome: &str) -> Result<(), Problem> {
        let known = self.who.as_ref().map(Principal::actor);
        let actor = known.or_else(|| noted.actor.clone());
        let subject = match noted.subject.as_str() {
            "" => self.subject.clone(),
            subject => subject.to_owned(),
        };
        let draft = Draft {
            actor: actor.unwrap_or_else(|| "-".to_owned()),
            action: self.operation.to_owned(),
            subject,
            before: noted.before.clone(),
            after: noted.after.clone().or_else(|| self.body.clone()),
            request: self.request.clone(),
            outcome: outcome.to_owned(),
        };
        self.guarded.write_down(draft).await
    }
}

/// Hands who asks on to the handler.
fn hand_on(request: &mut Request, who: Option<Principal>) {
    if let Some(who) = who {
        request.extensions_mut().insert(who);
    }
}
