//! What the API needs of identity: the door, the log, and bounds on what asking costs.

use crate::problem::Problem;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use identity::audit::{Audit, AuditError, Draft, Room};
use identity::{Identity, Principal, Refusal, policy};
use model::PluginHash;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tracing::Span;

/// Passwords that are hashed at the same time: each takes a processor and 19 MiB for a while.
const HASHING: usize = 2;
/// How long a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a log that took nothing is tried.
const MEND: Duration = Duration::from_secs(1);

/// How identity is asked for.
#[derive(Debug, Clone)]
pub struct GuardedSettings {
    /// Whether what loosens takes a second person.
    pub four_eyes: bool,
    /// Whether browsers may send the refresh cookie over TLS only.
    pub secure_cookie: bool,
}

/// Identity and the log of what people do.
pub struct Guarded {
    pub(crate) identity: Identity,
    pub(crate) audit: Arc<Audit>,
    pub(crate) settings: GuardedSettings,
    hashing: Semaphore,
    /// Whether the log is tried again and again until it takes records.
    mending: AtomicBool,
}

impl Guarded {
    /// Over a door and a log, whose head is kept beside people from now on.
    #[must_use]
    pub fn new(identity: Identity, audit: Audit, settings: GuardedSettings) -> Self {
        let audit = Arc::new(audit);
        identity.keep_head_of(audit.clone());
        Self {
            identity,
            audit,
            settings,
            hashing: Semaphore::new(HASHING),
            mending: AtomicBool::new(false),
        }
    }

    /// People, sessions and keys.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The log of what people did.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Asks for what blocks: whatever is written.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        what: impl FnOnce(&Identity) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let (guarded, span) = (self.clone(), Span::current());
        let asked = move || span.in_scope(|| what(&guarded.identity));
        let asked = tokio::task::spawn_blocking(asked);
        match asked.await {
            Ok(answer) => answer.map_err(Problem::from),
            Err(error) => {
                tracing::error!(%error, "identity did not answer");
                Err(Problem::internal())
            }
        }
    }

    /// Asks for what hashes a password, in turn.
    pub(crate) async fn ask_in_turn<T: Send + 'static>(
        self: &Arc<Self>,
        what: impl FnOnce(&Identity) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = tokio::time::timeout(PATIENCE, self.hashing.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(Problem::busy("too many people log in at once"));
        };
        self.ask(what).await
    }

    /// Room for a record, before that is done which it will tell of.
    pub(crate) async fn room(self: &Arc<Self>) -> Result<Room, Problem> {
        let guarded = self.clone();
        let room = tokio::task::spawn_blocking(move || guarded.audit.room()).await;
        let refused = match room {
            Ok(Ok(room)) => return Ok(room),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(
            error = refused,
            "a request could not be written down, so it is not done"
        );
        self.mend();
        let detail = "the audit log takes nothing, so nothing may be changed; stops are taken";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Err(Problem::new(status, "AUDIT_FAILED", detail))
    }

    /// Tries a log that took nothing again until it takes records, for whoever asks whether the host is ready may
    /// send it nothing before.
    fn mend(self: &Arc<Self>) {
        if self.mending.swap(true, Ordering::AcqRel) {
            return;
        }
        let mended = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(MEND).await;
                let Some(guarded) = mended.upgrade() else {
                    return;
                };
                let tried = guarded.clone();
                match tokio::task::spawn_blocking(move || tried.audit.mend()).await {
                    Ok(Ok(())) => tracing::warn!("the audit log takes records again"),
                    Ok(Err(AuditError::Stopped(_))) | Err(_) => {}
                    Ok(Err(_)) => continue,
                }
                guarded.mending.store(false, Ordering::Release);
                return;
            }
        });
    }

    /// Writes a record, and returns when it would outlive a crash; with `patience` after that at the
    /// latest, and goes on with it.
    pub(crate) async fn write_down(
        self: &Arc<Self>,
        draft: Draft,
        patience: Option<Duration>,
    ) -> Result<(), Problem> {
        let (guarded, span) = (self.clone(), Span::current());
        let append = move || span.in_scope(|| guarded.audit.append(draft));
        let writing = tokio::task::spawn_blocking(append);
        let written = match patience {
            None => writing.await,
            Some(patience) => match tokio::time::timeout(patience, writing).await {
                Ok(written) => written,
                Err(_) => {
                    tracing::error!("the audit log is slow; a stop is answered before its record");
                    return Ok(());
                }
            },
        };
        match written {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(%error, "a request could not be written down");
                self.mend();
                Err(not_written())
            }
            Err(error) => {
                tracing::error!(%error, "the audit log did not answer");
                Err(not_written())
            }
        }
    }
}

fn not_written() -> Problem {
    let detail = "the request was done, and could not be written down in the audit log; \
                  nothing but stops is taken until the log can be written again";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "AUDIT_FAILED", detail)
}

/// Where a request comes from: its client once it was let in, else the other end of its socket. Without a
/// socket, as in tests, an address that is in no network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    pub(crate) fn of(extensions: &axum::http::Extensions) -> Self {
        if let Some(client) = extensions.get::<Self>() {
            return *client;
        }
        let known = extensions.get::<ConnectInfo<SocketAddr>>();
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self(known.map_or(nowhere, |ConnectInfo(address)| address.ip().to_canonical()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// Whose name stands under what is done: that of the person who is known, by whichever session or key,
/// whatever `by` says; where identity is off what `by` says.
#[derive(Debug)]
pub(crate) struct Signed(Option<Principal>);

impl Signed {
    pub(crate) fn or(self, said: Option<String>) -> Option<String> {
        self.0.map(|who| who.user).or(said)
    }

    /// Whether who signs has a role that may do something. Everybody has where identity is off.
    pub(crate) fn may(&self, operation: &str) -> bool {
        let who = self.0.as_ref();
        who.is_none_or(|who| policy::roles_may(&who.roles, operation))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Principal>().cloned()))
    }
}

/// What the gate let through, for handlers that read a component themselves: when it has come, rights are
/// asked for again, and what it was is told to the log.
#[derive(Debug, Clone)]
pub(crate) struct Passed {
    who: Principal,
    operation: &'static str,
    from: IpAddr,
    component: Arc<OnceLock<Value>>,
}

impl Passed {
    pub(crate) fn new(who: Principal, operation: &'static str, from: IpAddr) -> Self {
        Self {
            who,
            operation,
            from,
            component: Arc::default(),
        }
    }

    /// A body has come, which may have taken long.
    pub(crate) fn came(&self, guarded: &Guarded, bytes: &[u8]) -> Result<(), Problem> {
        // Nobody else sets it: a request has one body.
        let _ = self.component.set(of_component(bytes));
        self.still(guarded)
    }

    /// Time has passed: whoever asked must still be there, and may still do it.
    pub(crate) fn still(&self, guarded: &Guarded) -> Result<(), Problem> {
        let who = guarded.identity.again(&self.who, self.from);
        let over = Refusal::Unauthenticated("the session or key is over meanwhile");
        let who = who.ok_or(over)?;
        let allowed = guarded.identity.authorise(Some(&who), self.operation);
        allowed.map_err(Problem::from)
    }

    /// What stands for the component in the log.
    pub(crate) fn component(&self) -> Option<Value> {
        self.component.get().cloned()
    }
}

/// What stands for a component in the log: how long it is, and the SHA-256 by which it is named everywhere else.
pub(crate) fn of_component(bytes: &[u8]) -> Value {
    json!({ "bytes": bytes.len(), "sha256": PluginHash::of(bytes).to_string() })
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let (status, code) = match refusal {
            Refusal::Invalid { field, reason } => return Self::invalid(field, reason),
            Refusal::Locked { wait_s } => {
                let locked = Self::new(StatusCode::TOO_MANY_REQUESTS, "LOCKED", detail);
                return locked.after(wait_s);
            }
            Refusal::Internal(reason) => {
                tracing::error!(%reason, "identity failed");
                return Self::internal();
            }
            Refusal::Storage(reason) => {
                tracing::error!(%reason, "identity cannot keep a change");
                let detail = "the change could not be kept, so it was not done; the log says why";
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_KEPT", detail);
            }
            Refusal::NotStored(reason) => {
                tracing::error!(%reason, "what was taken away is not stored");
                let detail = "it is done, and holds; but it could not be stored, and a restart would \
                              undo it unless another change is stored before; the log says why";
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_STORED", detail);
            }
            Refusal::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            Refusal::Credentials => (StatusCode::UNAUTHORIZED, "WRONG_CREDENTIALS"),
            Refusal::Reused { .. } => (StatusCode::UNAUTHORIZED, "REFRESH_REUSED"),
            Refusal::Forbidden(_) => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            Refusal::Unknown { .. } => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Refusal::Conflict(_) => (StatusCode::CONFLICT, "CONFLICT"),
            Refusal::Full { .. } => (StatusCode::CONFLICT, "FULL"),
        };
        Self::new(status, code, detail)
    }
}
