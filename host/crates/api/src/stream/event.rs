//! A change of the host that was heard, and what it looks like once somebody wanted to read it.
//!
//! One of a host in another process comes written already: then nothing of it is known but what is beside it.

use super::encoding::{Body, Encoding};
use super::update;
use crate::dto::stream::Channel;
use model::{AccountId, InstrumentId};
use services::view::{Change, LogLine, Update};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// What a venue or a strategy holds besides its log, roughly, in bytes.
const LARGE: usize = 2 << 10;

/// What connections treat in a way of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    /// Nothing.
    Plain,
    /// Quotes are paced.
    Quote,
    /// Of metrics the latest is told.
    Metrics,
    /// A fill may be in a snapshot already: its account and execution.
    Fill(AccountNumber, u64),
    /// The same of what is numbered.
    Numbered(u64),
    /// Order books are paced as quotes are.
    Book,
    /// What is owned is paced, too.
    Portfolio,
}

/// The number of an account, as it goes to other processes.
pub(super) type AccountNumber = u32;

impl Mark {
    fn of(channel: Channel, change: &Change) -> Self {
        if channel == Channel::Portfolio {
            return Self::Portfolio;
        }
        match change {
            Change::Quote(_) => Self::Quote,
            Change::Metrics(_) => Self::Metrics,
            Change::Book(..) => Self::Book,
            Change::Fill(fill) => Self::Fill(fill.account.number(), fill.execution),
            Change::CashFlow(view) => Self::Numbered(view.number),
            Change::LifeEvent(view) => Self::Numbered(view.number),
            _ => Self::Plain,
        }
    }

    /// The fill, as snapshots name it.
    pub(super) fn fill(self) -> Option<(AccountId, u64)> {
        match self {
            Self::Fill(account, execution) => Some((AccountId::new(account), execution)),
            _ => None,
        }
    }
}

/// Where a change is, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) channel: Channel,
    pub(super) instrument: Option<InstrumentId>,
    pub(super) sequence: u64,
    pub(super) mark: Mark,
}

/// What a change is written from.
#[derive(Debug)]
enum Content {
    Change(Arc<Update>),
    /// Its JSON, which came.
    Written(Body),
}

/// An update of the host. It is written at most once in each encoding, when the first connection wants it.
#[derive(Debug)]
pub(super) struct Event {
    place: Place,
    content: Content,
    json: OnceLock<Option<Body>>,
    message_pack: OnceLock<Option<Body>>,
    charge: Option<Charge>,
}

impl Event {
    /// Of an update, on a channel that shows it or part of it; what it takes is told to `charge`.
    pub(super) fn new(channel: Channel, update: Arc<Update>, charge: Option<Charge>) -> Self {
        if let Some(charge) = &charge {
            charge.add(size_of::<Self>() + size_of::<Update>() + held(&update.change));
        }
        let place = Place {
            channel,
            instrument: update::place(&update.change).1,
            sequence: update.sequence,
            mark: Mark::of(channel, &update.change),
        };
        Self::of(place, Content::Change(update), charge)
    }

    /// As it came from another process.
    pub(super) fn written(place: Place, json: Body, charge: Option<Charge>) -> Self {
        if let Some(charge) = &charge {
            charge.add(size_of::<Self>() + json.len());
        }
        Self::of(place, Content::Written(json), charge)
    }

    fn of(place: Place, content: Content, charge: Option<Charge>) -> Self {
        Self {
            place,
            content,
            json: OnceLock::new(),
            message_pack: OnceLock::new(),
            charge,
        }
    }

    /// Its place in the host's stream, which is that of no other of its channel.
    pub(super) fn sequence(&self) -> u64 {
        self.place.sequence
    }

    /// Where it belongs.
    pub(super) fn channel(&self) -> Channel {
        self.place.channel
    }

    /// What it is about.
    pub(super) fn instrument(&self) -> Option<InstrumentId> {
        self.place.instrument
    }

    /// What connections treat in a way of its own.
    pub(super) fn mark(&self) -> Mark {
        self.place.mark
    }

    /// Memory holds it no more, whoever still does.
    pub(super) fn forgotten(&self) {
        if let Some(charge) = &self.charge {
            charge.give_back();
        }
    }

    /// Its message; `write` writes it, if nobody has yet. `None` when it cannot be written.
    pub(super) fn body(
        &self,
        encoding: Encoding,
        write: impl FnOnce(&Update) -> Option<Body>,
    ) -> Option<Body> {
        let place = match (encoding, &self.content) {
            (Encoding::Json, Content::Written(json)) => return Some(json.clone()),
            (Encoding::Json, Content::Change(_)) => &self.json,
            (Encoding::MessagePack, _) => &self.message_pack,
        };
        let body = place.get_or_init(|| {
            let body = match &self.content {
                Content::Change(update) => write(update),
                Content::Written(json) => encoding.again(json),
            };
            if let (Some(body), Some(charge)) = (&body, &self.charge) {
                charge.add(body.len());
            }
            body
        });
        body.clone()
    }
}

/// What a change holds elsewhere, roughly, in bytes.
fn held(change: &Change) -> usize {
    match change {
        Change::Strategy(view) => {
            let lines = view.log.iter();
            let log: usize = lines
                .map(|line| size_of::<LogLine>() + line.text.len())
                .sum();
            LARGE + log
        }
        Change::Venue(_) => LARGE,
        _ => 0,
    }
}

/// What an event takes of its channel's memory; given back when memory or everybody has let go of it.
#[derive(Debug)]
pub(super) struct Charge {
    taken: AtomicUsize,
    total: Arc<AtomicUsize>,
}

/// Taken by what was given back: nothing, and nothing more is added.
const GIVEN_BACK: usize = usize::MAX;

impl Charge {
    /// Of nothing yet.
    pub(super) fn new(total: Arc<AtomicUsize>) -> Self {
        Self {
            taken: AtomicUsize::new(0),
            total,
        }
    }

    fn add(&self, bytes: usize) {
        // First, so that whoever gives it back finds it there.
        self.total.fetch_add(bytes, Ordering::Relaxed);
        let more = |taken| (taken != GIVEN_BACK).then(|| taken + bytes);
        let added = self
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        if added.is_err() {
            self.total.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    fn give_back(&self) {
        let taken = self.taken.swap(GIVEN_BACK, Ordering::AcqRel);
        if taken != GIVEN_BACK {
            self.total.fetch_sub(taken, Ordering::Relaxed);
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.give_back();
    }
}
