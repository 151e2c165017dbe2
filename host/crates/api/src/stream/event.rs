//! A change of the host that was heard, and what it looks like once somebody wanted to read it.

use super::encoding::{Body, Encoding};
use super::update;
use crate::dto::stream::Channel;
use model::InstrumentId;
use services::view::{Change, LogLine, Update};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// What a venue or a strategy holds besides its log, roughly, in bytes.
const LARGE: usize = 2 << 10;

/// An update of the host. It is written at most once in each encoding, when the first connection wants it.
#[derive(Debug)]
pub(super) struct Event {
    channel: Channel,
    update: Arc<Update>,
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
        Self {
            channel,
            update,
            json: OnceLock::new(),
            message_pack: OnceLock::new(),
            charge,
        }
    }

    /// The update itself.
    pub(super) fn update(&self) -> &Update {
        &self.update
    }

    /// Its place in the host's stream, which is that of no other of its channel.
    pub(super) fn sequence(&self) -> u64 {
        self.update.sequence
    }

    /// Where it belongs.
    pub(super) fn channel(&self) -> Channel {
        self.channel
    }

    /// What it is about.
    pub(super) fn instrument(&self) -> Option<InstrumentId> {
        update::place(&self.update.change).1
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
        let place = match encoding {
            Encoding::Json => &self.json,
            Encoding::MessagePack => &self.message_pack,
        };
        let body = place.get_or_init(|| {
            let body = write(&self.update);
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
