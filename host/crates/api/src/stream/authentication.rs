//! Who reads a connection: said in its first message, and asked again every so often, so that who may
//! not read any more is sent away. A credential never stands in an address.

use super::connection::Ended;
use super::encoding::{Encoding, Frame};
use super::outbox::Bye;
use crate::guarded::Guarded;
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use identity::audit::Audit;
use identity::{Identity, Principal, Refusal};
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

/// Somebody who reads.
pub(super) struct Reader {
    guarded: Arc<Guarded>,
    who: Principal,
    from: IpAddr,
}

impl Reader {
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
    guarded: Option<Arc<Guarded>>,
    stream: &mut SplitStream<WebSocket>,
    encoding: Encoding,
    from: IpAddr,
) -> Result<Option<Reader>, Ended> {
    let Some(guarded) = guarded else {
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
    let who = first.and_then(|first| known(&guarded, first, from));
    let who = who.map_err(|reason| Bye::unauthenticated(&reason))?;
    Ok(Some(Reader { guarded, who, from }))
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

fn known(guarded: &Guarded, first: First, from: IpAddr) -> Result<Principal, String> {
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
    allowed.map_err(|refusal: Refusal| refusal.to_string())
}

/// Asks whether somebody may still read.
pub(super) fn still(reader: Option<&Reader>) -> Result<(), Bye> {
    match reader.map(|reader| reader.may(OPERATION)) {
        None | Some(Ok(())) => Ok(()),
        Some(Err(_)) => Err(Bye::unauthenticated(
            "the session or key is over, or may not read any more",
        )),
    }
}
