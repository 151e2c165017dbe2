//! Who reads a connection: said in its first message, and asked again every so often, so that who may
//! not read any more is sent away. A credential never stands in an address.

use super::connection::Ended;
use super::encoding::{Encoding, Frame};
use super::outbox::Bye;
use super::told::Holder;
use super::vouching::{Admitted, Unvouched, Vouching};
use crate::guarded::Guarded;
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use identity::audit::Audit;
use identity::{Credential, Identity, Principal, Refusal, Roles};
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often it is asked whether somebody may still read.
pub(super) const EVERY: Duration = Duration::from_secs(2);
/// How long the first message may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What reading takes: every channel is as open as this.
const OPERATION: &str = "engine.show";
/// What is said of another first message, or of one in another encoding.
const WRONG: &str = "the first message must be {\"op\":\"authenticate\"} with `token` or `ticket`, in the encoding asked for";

/// Told of a ticket where the host is in another process.
const NO_TICKETS: &str = "tickets are known to the host alone; say the access token here";

/// Who knows who reads.
#[derive(Clone)]
pub(super) enum Door {
    /// The host in this process.
    Here(Arc<Guarded>),
    /// One in another, which is asked.
    Afar(Arc<Vouching>),
}

/// Somebody who reads.
#[derive(Clone)]
pub(super) enum Reader {
    /// Known to the host in this process.
    Here(Arc<Known>),
    /// Vouched for by one in another.
    Afar(Arc<Admitted>),
}

/// Somebody who is known here.
pub(super) struct Known {
    guarded: Arc<Guarded>,
    who: Principal,
    from: IpAddr,
}

impl Known {
    /// Whether they may do something, as things are now.
    pub(super) fn may(&self, operation: &str) -> Result<(), Refusal> {
        let identity = &self.guarded.identity;
        let over = Refusal::Unauthenticated("the session or key is over");
        let who = identity.again(&self.who, self.from).ok_or(over)?;
        identity.authorise(Some(&who), operation)
    }

    /// Who knows what waits for a second person.
    pub(super) fn identity(&self) -> &Identity {
        &self.guarded.identity
    }

    /// The log of what people did.
    pub(super) fn audit(&self) -> Arc<Audit> {
        self.guarded.audit.clone()
    }
}

/// The first message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    op: Authenticate,
    /// An access token or an API key.
    token: Option<String>,
    /// A ticket of `POST auth/ticket`.
    ticket: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Authenticate {
    Authenticate,
}

/// Waits for the first message; nobody is asked for one where identity is off.
pub(super) async fn first(
    door: Option<Door>,
    stream: &mut SplitStream<WebSocket>,
    encoding: Encoding,
    from: IpAddr,
) -> Result<Option<Reader>, Ended> {
    let Some(door) = door else {
        return Ok(None);
    };
    let Ok(message) = tokio::time::timeout(PATIENCE, message(stream)).await else {
        let reason = "nobody said within 10 s who it is";
        return Err(Bye::unauthenticated(reason).into());
    };
    let first = match message? {
        Message::Text(text) => encoding.read(&Frame::Text(&text)),
        Message::Binary(bytes) => encoding.read(&Frame::Binary(&bytes)),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Err(Ended::Left),
    };
    let first = first.map_err(|_| WRONG.to_owned());
    let reader = match (first, door) {
        (Err(reason), _) => Err(reason),
        (Ok(first), Door::Here(guarded)) => known(guarded, first, from),
        (Ok(first), Door::Afar(vouching)) => vouched_for(&vouching, first, from).await,
    };
    let reader = reader.map_err(|reason| Bye::unauthenticated(&reason))?;
    Ok(Some(reader))
}

/// The next message that says something.
async fn message(stream: &mut SplitStream<WebSocket>) -> Result<Message, Ended> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(Ended::Left),
            Some(Ok(message)) => return Ok(message),
            Some(Err(error)) => {
                tracing::debug!(%error, "a WebSocket client's message could not be read");
                return Err(Bye::too_large().into());
            }
        }
    }
}

fn known(guarded: Arc<Guarded>, first: First, from: IpAddr) -> Result<Reader, String> {
    let First { op, token, ticket } = first;
    let Authenticate::Authenticate = op;
    let identity = &guarded.identity;
    let who = match (token, ticket) {
        (Some(token), None) => identity.authenticate(&token, from),
        (None, Some(ticket)) => identity.redeem(&ticket, from),
        _ => return Err(WRONG.to_owned()),
    };
    let allowed = who.and_then(|who| {
        identity.authorise(Some(&who), OPERATION)?;
        Ok(who)
    });
    let who = allowed.map_err(|refusal: Refusal| refusal.to_string())?;
    Ok(Reader::Here(Arc::new(Known { guarded, who, from })))
}

async fn vouched_for(
    vouching: &Arc<Vouching>,
    first: First,
    from: IpAddr,
) -> Result<Reader, String> {
    let First { op, token, ticket } = first;
    let Authenticate::Authenticate = op;
    match (token, ticket) {
        (Some(token), None) => {
            let admitted = vouching.admit(&token, from).await?;
            Ok(Reader::Afar(Arc::new(admitted)))
        }
        (None, Some(_)) => Err(NO_TICKETS.to_owned()),
        _ => Err(WRONG.to_owned()),
    }
}

/// Whether somebody whose token another process has read may read now.
pub(super) fn holds(guarded: &Guarded, holder: &Holder) -> bool {
    let shown = Principal {
        user: holder.user.clone(),
        roles: Roles::new(),
        by: Credential::Session(holder.session.clone()),
    };
    let who = guarded.identity.again(&shown, holder.from);
    who.is_some_and(|who| guarded.identity.authorise(Some(&who), OPERATION).is_ok())
}

/// Asks whether somebody may still read.
pub(super) fn still(reader: Option<&Reader>) -> Result<(), Bye> {
    let over = "the session or key is over, or may not read any more";
    let silent = "the host does not say any more whether the session holds; connect again";
    match reader {
        None => Ok(()),
        Some(Reader::Here(known)) => {
            let may = known.may(OPERATION);
            may.map_err(|_| Bye::unauthenticated(over))
        }
        Some(Reader::Afar(admitted)) => admitted.still().map_err(|why| match why {
            Unvouched::Over => Bye::unauthenticated(over),
            Unvouched::Silent => Bye::unauthenticated(silent),
        }),
    }
}
