//! Channels whose changes have numbers of their own, from 1 in each run of the host: clients go on after what they have
//! whatever the host did meanwhile.

use super::Session;
use super::requests::Refusal;
use crate::dto::stream::{ClientMessage, GapReason, Item, Resume, ServerMessage};
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::Key;
use model::Timestamp;

/// Most changes that are told at once.
const PAGE: usize = 64;

/// The number after which a client goes on, or that it begins with a snapshot, and why where it wanted to go on.
type Place = Result<u64, Option<GapReason>>;

/// What is followed.
pub(super) trait Numbered {
    /// The channel; it has no instruments.
    const KEY: Key;

    /// How many changes there were.
    fn all(&self) -> u64;

    /// At most so many changes after one of this number, the oldest first; `None` where not all are remembered.
    fn after(&self, number: u64, most: usize) -> Option<Vec<Change>>;
}

/// A change of it.
pub(super) struct Change {
    pub(super) number: u64,
    pub(super) time: Timestamp,
    pub(super) item: Item,
}

/// Where a connection is in what it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Follow {
    /// The number of the last change that was told; `None` where a snapshot is due.
    last: Option<u64>,
}

impl Follow {
    /// A snapshot is due.
    pub(super) const ANEW: Self = Self { last: None };
}

impl<O: Origin> Session<O> {
    /// Begins to follow something, from now or after the change that the client has, and says so.
    pub(super) fn begin_to_follow<N: Numbered>(
        &mut self,
        numbered: &N,
        message: &ClientMessage,
    ) -> Result<(Follow, Result<(), Bye>), Refusal> {
        let all = numbered.all();
        let place = self.place_in(numbered, message.resume.as_ref(), all)?;
        let told = self.acknowledge(message, N::KEY, place.is_ok());
        let told = told.and_then(|()| match place {
            Err(Some(reason)) => self.tell_gap(N::KEY, reason, all),
            _ => Ok(()),
        });
        Ok((Follow { last: place.ok() }, told))
    }

    /// Where a client goes on, of so many changes.
    fn place_in<N: Numbered>(
        &self,
        numbered: &N,
        resume: Option<&Resume>,
        all: u64,
    ) -> Result<Place, Refusal> {
        let Some(resume) = resume else {
            return Ok(Err(None));
        };
        self.check_resume(N::KEY, resume)?;
        Ok(if resume.epoch != self.origin.run() {
            Err(Some(GapReason::Epoch))
        } else if resume.sequence > all {
            Err(Some(GapReason::Ahead))
        } else if numbered.after(resume.sequence, 0).is_some() {
            Ok(resume.sequence)
        } else {
            Err(Some(GapReason::Forgotten))
        })
    }

    /// Tells the next changes. Returns where the connection is then: [`Follow::ANEW`] where a snapshot is due.
    pub(super) fn tell_changes<N: Numbered>(
        &mut self,
        numbered: &N,
        follow: Follow,
    ) -> Result<Follow, Bye> {
        let Some(mut last) = follow.last else {
            return Ok(Follow::ANEW);
        };
        let Some(changes) = numbered.after(last, PAGE) else {
            self.tell_gap(N::KEY, GapReason::Forgotten, numbered.all())?;
            return Ok(Follow::ANEW);
        };
        for change in changes {
            let number = change.number;
            let body = self.outbox.encoding().body(&update(N::KEY, change));
            self.outbox.pass(body.ok_or_else(Bye::internal)?, last)?;
            last = number;
        }
        Ok(Follow { last: Some(last) })
    }

    /// Sends all of it, as it is after a change of this number. Returns where the connection is then.
    pub(super) fn tell_all<N: Numbered>(
        &mut self,
        sequence: u64,
        data: Vec<Item>,
    ) -> Result<Follow, Bye> {
        let (channel, _) = N::KEY;
        self.outbox.send(&ServerMessage::Snapshot {
            channel,
            instrument: None,
            sequence,
            data,
        })?;
        Ok(Follow {
            last: Some(sequence),
        })
    }
}

/// A change as an update; its number is its place.
fn update((channel, _): Key, change: Change) -> ServerMessage {
    ServerMessage::Update {
        channel,
        sequence: change.number,
        time: change.time.to_string(),
        time_ns: change.time.nanos().to_string(),
        data: Box::new(change.item),
    }
}
