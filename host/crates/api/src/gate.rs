//! The gate that each request passes where identity is on: who asks, whether they may, whether a second
//! person must agree, and what came of it, written down before the answer.
//!
//! What has no operation is answered here: nothing behind the gate is reached by a way that the policy
//! does not name.

mod before;
mod desk;
mod second;
mod shown;

use crate::conditional;
use crate::dto::people::ApprovalDto;
use crate::extract::{BodyKind, Name, body_kind, bytes};
use crate::guarded::{Guarded, Passed, Peer, of_component};
use crate::idempotency;
use crate::observe::RequestId;
use crate::operations::Lookup;
use crate::problem::Problem;
use crate::rate::{Rates, Tally};
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use before::BeforeOf;
pub(crate) use before::{About, before};
use desk::TouchedOf;
pub(crate) use desk::touched;
use engine::TradingState;
use identity::audit::{Draft, Room, fingerprint};
use identity::{Approval, Principal, Refusal, Wanted, policy};
use second::Asking;
pub(crate) use second::state_of;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// What changes nothing that lasts, or tells of itself: not written down when it went well.
const QUIET: &[&str] = &[
    "auth.refresh",
    "auth.ticket",
    "risk.metrics.reckon",
    "risk.scenarios.run",
];
/// Bodies that hold secrets are never written down.
const SECRET: &[&str] = &[
    "auth.login",
    "auth.claim",
    "auth.password",
    "auth.refresh",
    "hooks.take",
];
/// What must be possible even when nothing can be written down; of what goes both ways only what
/// tightens.
pub(crate) const STOPS: &[&str] = &[
    "engine.kill",
    "engine.trading_state.set",
    "risk.kill.set",
    "risk.states.set",
    "strategies.pause",
    "strategies.stop",
    "strategies.roll_back",
    "canaries.end",
    "plugins.revoke",
    "pipelines.runs.cancel",
    "jobs.cancel",
    "orders.cancel",
    "keys.revoke",
    "sessions.end",
];
/// The ways in, without which nobody could stop anything.
const WAYS_IN: &[&str] = &["auth.login", "auth.refresh", "auth.ticket", "auth.logout"];
/// How long the answer to a stop waits for its record.
const PATIENCE: Duration = Duration::from_secs(1);
/// What an approval that waits is void of when trading is stopped.
const LETS_TRADE: &str = "risk.kill.clear";

/// Whether an operation is one that stops something, or goes both ways.
pub(crate) fn is_of_stops(operation: &str) -> bool {
    STOPS.contains(&operation)
}

/// How a scope stands now, by its name.
pub(crate) type StateOf = Arc<dyn Fn(&str) -> TradingState + Send + Sync>;

/// What the gate needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) guarded: Option<Arc<Guarded>>,
    pub(crate) lookup: Arc<Lookup>,
    /// How often somebody may ask, where that is limited.
    pub(crate) rates: Option<Arc<Rates>>,
    pub(crate) state_of: StateOf,
    pub(crate) before_of: BeforeOf,
    pub(crate) touched_of: TouchedOf,
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
    from: IpAddr,
    request: String,
    /// Path and query.
    place: String,
    subject: String,
    /// What was asked for, without secrets.
    body: Option<Value>,
    /// How that is which it changes, as far as the gate knows.
    before: Option<Value>,
    /// As what it has to be allowed.
    means: &'static str,
    /// Whether it takes a second person.
    loosens: bool,
    stops_trading: bool,
    /// The id of what a second person is said to have confirmed.
    shown: Option<String>,
    /// What a second person confirmed.
    approval: Option<Approval>,
    /// Room for its record, but for what is taken without.
    _room: Option<Room>,
}

/// Lets requests through.
pub(crate) async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let approval = match second::shown(request.headers()) {
        Ok(approval) => approval,
        Err(problem) => return problem.into_response(),
    };
    let Some(guarded) = gate.guarded.clone() else {
        return next.run(request).await;
    };
    let id = request.extensions().get::<RequestId>();
    // Whoever watches requests names them, before they come here.
    let id = id.map_or_else(|| "-".to_owned(), |id| id.0.clone());
    match pass(guarded, &gate, (id, approval), request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn pass(
    guarded: Arc<Guarded>,
    gate: &Gate,
    (id, approval): (String, Option<String>),
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>();
    let operation = path.and_then(|path| gate.lookup.find(request.method(), path.as_str()));
    let is_open = operation.and_then(policy::access) == Some(policy::Access::Open);
    let peer = Peer::of(request.extensions());
    let who = if is_open {
        None
    } else {
        shown::who(&guarded.identity, request.headers(), peer.0)?
    };
    if let (Some(rates), Some(who)) = (&gate.rates, &who) {
        rates.pass(operation, who, &Tally::of(request.extensions()))?;
    }
    let Some(operation) = operation else {
        // Strangers are not even told what there is.
        guarded.identity.authorise(who.as_ref(), "auth.me")?;
        return Ok(nothing_there(&gate.lookup, &request));
    };
    let allowed = guarded.identity.authorise(who.as_ref(), operation);
    if *request.method() == Method::GET || *request.method() == Method::HEAD {
        allowed?;
        if let Some(who) = who {
            request.extensions_mut().insert(who);
        }
        return Ok(next.run(request).await);
    }
    let uri = request.uri();
    let place = uri.path_and_query().map_or("", |place| place.as_str());
    let passing = Passing {
        guarded,
        operation,
        who,
        from: peer.0,
        request: id,
        place: place.to_owned(),
        subject: uri.path().to_owned(),
        body: None,
        before: None,
        // Until its body is known the worst is assumed.
        means: operation,
        loosens: true,
        stops_trading: false,
        shown: approval,
        approval: None,
        _room: None,
    };
    match allowed {
        Ok(()) => passing.change(gate, request, next).await,
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

fn nothing_there(lookup: &Lookup, request: &Request) -> Response {
    let path = request.uri().path();
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return Problem::not_found("route", path).into_response();
    };
    not_taken(request, &lookup.methods(route.as_str()))
}

/// The answer where a path takes other methods.
pub(crate) fn not_taken(request: &Request, methods: &str) -> Response {
    let detail = format!(
        "{} does not take {}",
        request.uri().path(),
        request.method()
    );
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut response = Problem::new(status, "METHOD_NOT_ALLOWED", detail).into_response();
    if let Ok(methods) = HeaderValue::from_str(methods) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}

impl Passing {
    /// Lets a request through that changes something.
    async fn change(
        mut self,
        gate: &Gate,
        request: Request,
        next: Next,
    ) -> Result<Response, Problem> {
        let (request, text) = self.look_at(gate, request).await?;
        self.ask_again().await?;
        // Before a second person's word is spent on what is refused for want of a key or a condition.
        idempotency::shown(self.operation, request.method(), request.headers())?;
        conditional::shown(self.operation, request.method(), request.headers())?;
        if !self.goes_unwritten() {
            self._room = Some(self.guarded.room().await?);
        }
        let wanted = format!("{}\n{text}", query(&request));
        if let Some(asked) = self.second_person(wanted).await? {
            return Ok(asked);
        }
        // To the end even if the client leaves: what is done must be written down.
        let passing = tokio::spawn(self.run(request, next).in_current_span());
        passing.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request did not come to its end");
            Err(Problem::internal())
        })
    }

    /// Reads the body of a request, and what it means; but not that of a component, which its handler
    /// reads in turn.
    async fn look_at(
        &mut self,
        gate: &Gate,
        request: Request,
    ) -> Result<(Request, String), Problem> {
        let kind = body_kind(request.headers());
        let (mut parts, body) = request.into_parts();
        let name = Name::from_request_parts(&mut parts, &()).await.ok();
        let name = name.map(|Name(name)| name);
        let is_component = kind == Some(BodyKind::Wasm)
            && (self.operation == "canaries.begin" || policy::second(self.operation).is_none());
        let (body, text, json) = if is_component {
            (body, String::new(), None)
        } else {
            let read = bytes(Request::from_parts(parts.clone(), body), &()).await?;
            let text = std::str::from_utf8(&read).map(str::to_owned);
            if kind == Some(BodyKind::Json) && text.is_err() {
                let detail = "the body is no UTF-8";
                let status = StatusCode::BAD_REQUEST;
                return Err(Problem::new(status, "MALFORMED_JSON", detail));
            }
            // What is no text is bound by its hash, and a component by its name.
            let hash = || match kind {
                Some(BodyKind::Wasm) => of_component(&read),
                _ => fingerprint(&read),
            };
            let text = text.unwrap_or_else(|_| hash().to_string());
            let json: Option<Value> = serde_json::from_str(&text).ok();
            let json = json.filter(|_| kind == Some(BodyKind::Json));
            if !SECRET.contains(&self.operation) && !read.is_empty() {
                self.body = Some(json.clone().unwrap_or_else(hash));
            }
            (Body::from(read), text, json)
        };
        let about = About {
            operation: self.operation,
            name: name.as_deref(),
            body: json.as_ref(),
        };
        self.before = (gate.before_of)(about);
        self.keep_to_desk(gate, about).await?;
        let asking = Asking {
            operation: self.operation,
            name: name.as_deref(),
            uri: &parts.uri,
            kind,
            body: json.as_ref(),
            state: match self.operation {
                "engine.trading_state.set" => (gate.state_of)("firm"),
                "risk.states.set" => (gate.state_of)(name.as_deref().unwrap_or_default()),
                _ => TradingState::Halted,
            },
            has_second_admin: self.guarded.identity.has_second_admin(),
        };
        self.loosens = asking.loosens();
        self.means = asking.means();
        self.stops_trading = asking.stops_trading();
        if self.takes_second() {
            asking.check()?;
        }
        Ok((Request::from_parts(parts, body), text))
    }

    /// Refuses what is of a strategy or an account that whoever asks may not trade for.
    async fn keep_to_desk(&self, gate: &Gate, about: About<'_>) -> Result<(), Problem> {
        let Some(who) = &self.who else {
            return Ok(());
        };
        // Who is gone meanwhile is told so when asked again.
        let desk = self.guarded.identity.desk(&who.user).unwrap_or_default();
        if desk.is_open() {
            return Ok(());
        }
        let Some(touched) = (gate.touched_of)(about) else {
            return Ok(());
        };
        if desk.allows(touched.strategy.as_deref(), touched.account.as_deref()) {
            return Ok(());
        }
        self.write_down(&Noted::default(), "FORBIDDEN").await?;
        let (user, of) = (&who.user, touched.said());
        let detail =
            format!("`{user}` is bound to strategies or accounts, and this is of another: {of}");
        Err(Problem::not_permitted(detail))
    }

    /// Asks what somebody may now that the body has come, which may have taken half a minute, and the
    /// request is known to mean more perhaps.
    async fn ask_again(&mut self) -> Result<(), Problem> {
        let identity = &self.guarded.identity;
        if let Some(who) = &self.who {
            let now = identity.again(who, self.from);
            let over = Refusal::Unauthenticated("the session or key is over meanwhile");
            self.who = Some(now.ok_or(over)?);
        }
        let allowed = identity.authorise(self.who.as_ref(), self.operation);
        let allowed = allowed.and_then(|()| identity.authorise(self.who.as_ref(), self.means));
        if let Err(refusal) = allowed {
            self.write_down(&Noted::default(), "FORBIDDEN").await?;
            return Err(refusal.into());
        }
        Ok(())
    }

    /// Whether it is taken though it may not be written down.
    fn goes_unwritten(&self) -> bool {
        self.is_stop() || WAYS_IN.contains(&self.operation)
    }

    /// Whether it stops something: that must be possible whatever is broken.
    fn is_stop(&self) -> bool {
        STOPS.contains(&self.operation) && !self.loosens
    }

    fn takes_second(&self) -> bool {
        self.guarded.settings.four_eyes && self.loosens
    }

    /// Hands a request on, and writes down what came of it.
    async fn run(mut self, mut request: Request, next: Next) -> Result<Response, Problem> {
        let passed = self.who.clone().map(|who| {
            request.extensions_mut().insert(who.clone());
            Passed::new(who, self.operation, self.from)
        });
        if let Some(passed) = &passed {
            request.extensions_mut().insert(passed.clone());
        }
        // On a task of its own: a handler that panics must be written down, too.
        let mut response = match tokio::spawn(next.run(request).in_current_span()).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, operation = self.operation, "a request panicked");
                self.write_down(&Noted::default(), "PANICKED").await?;
                return Err(Problem::internal());
            }
        };
        if let Some(component) = passed.and_then(|passed| passed.component()) {
            self.body = Some(component);
        }
        let noted = response.extensions_mut().remove::<Noted>();
        let status = response.status();
        if status.is_success() && self.stops_trading {
            self.void().await;
        }
        if status.is_success() && QUIET.contains(&self.operation) {
            return Ok(response);
        }
        if self.who.is_none() && noted.is_none() {
            // Strangers fill no log, but for tries that cost them a wait.
            return Ok(response);
        }
        let noted = noted.unwrap_or_default();
        let outcome = match response.headers().contains_key(idempotency::REPLAYED) {
            true => "REPLAYED",
            false => status.as_str(),
        };
        match self.write_down(&noted, outcome).await {
            Err(problem) if !self.goes_unwritten() => Err(problem),
            _ => Ok(response),
        }
    }

    /// Trading was stopped: what was to let trade again before is to be thought about anew.
    async fn void(&self) {
        let guarded = self.guarded.clone();
        let void = async move { guarded.ask(|identity| identity.void(LETS_TRADE)).await };
        match tokio::time::timeout(PATIENCE, tokio::spawn(void)).await {
            Ok(Ok(Ok(()))) => {}
            // The problem itself is in the log already.
            Ok(Ok(Err(_))) => tracing::error!("approvals that are void may come back"),
            Ok(Err(error)) => tracing::error!(%error, "approvals were not made void"),
            Err(_) => tracing::error!("approvals are made void late"),
        }
    }

    /// Asks for a second person where it takes one; nothing when the request may go on.
    async fn second_person(&mut self, wanted: String) -> Result<Option<Response>, Problem> {
        let needs = self.takes_second();
        let Some(who) = self.who.clone().filter(|_| needs) else {
            return Ok(None);
        };
        let (operation, subject) = (self.means, self.subject.clone());
        let approval = self.shown.take();
        let is_shown = approval.is_some();
        let answer = self.guarded.ask(move |identity| {
            let wants = Wanted {
                operation,
                subject: &subject,
                request: &wanted,
            };
            match approval {
                Some(id) => identity.spend(&who, &id, wants),
                None => identity.ask(&who, wants),
            }
        });
        let approval = answer.await?;
        if is_shown {
            self.approval = Some(approval);
            return Ok(None);
        }
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
        let approval = self.approval.as_ref();
        let draft = Draft {
            actor: actor.unwrap_or_else(|| "-".to_owned()),
            action: self.operation.to_owned(),
            subject,
            before: noted.before.clone().or_else(|| self.before.clone()),
            after: noted.after.clone().or_else(|| self.body.clone()),
            request: self.request.clone(),
            outcome: outcome.to_owned(),
            place: self.place.clone(),
            approval: approval.map(|approval| approval.id.clone()),
            confirmed_by: approval.and_then(|approval| approval.decided_by.clone()),
        };
        let patience = self.is_stop().then_some(PATIENCE);
        self.guarded.write_down(draft, patience).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gate_names_is_in_the_policy() {
        for operation in [QUIET, SECRET, STOPS, WAYS_IN].concat() {
            assert!(policy::access(operation).is_some(), "{operation}");
        }
        assert!(policy::access(LETS_TRADE).is_some());
    }
}
