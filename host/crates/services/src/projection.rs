//! Turns effects into the read model and the stream of updates, on a thread of its own.
//!
//! Readers never touch the engine: they read the model, which changes under a short lock, and
//! subscribe to the broadcast. The broadcast holds a bounded number of updates; a subscriber that
//! falls behind by more is told so and takes a fresh snapshot. Sequences of updates count up by
//! one without a gap, whoever listens.

pub(crate) mod alerts;
mod care;
mod custom;
mod definitions;
mod happened;
mod read_model;
mod risk;
mod scopes;
mod venues;
mod versions;

use crate::outlet::{Item, Outlet, Parcel};
use crate::sync::{read, write};
use crate::view::{Change, Update};
use model::Timestamp;
pub(crate) use read_model::ReadModel;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};

/// How often prices alone are passed on, at most.
const PRICE_RHYTHM: Duration = Duration::from_millis(5);
/// How often what changes all the time is passed on: worth of positions, logs, engine numbers.
const SLOW_RHYTHM: Duration = Duration::from_millis(250);

/// What readers share with the projection.
pub(crate) struct Shared {
    model: RwLock<ReadModel>,
    updates: broadcast::Sender<Arc<Update>>,
    /// How much of the outlet the model shows, as [`Outlet::pushed`] counts.
    applied: watch::Sender<u64>,
}

impl Shared {
    /// `updates_bound` is how many updates the broadcast holds for subscribers that fall behind.
    pub(crate) fn new(updates_bound: usize, model: ReadModel) -> Self {
        Self {
            model: RwLock::new(model),
            updates: broadcast::Sender::new(updates_bound.max(16)),
            applied: watch::Sender::new(0),
        }
    }

    /// Looks at the model as it is now.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&ReadModel) -> T) -> T {
        look(&read(&self.model))
    }

    /// All updates from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Update>> {
        self.updates.subscribe()
    }

    /// Waits until the model shows everything that was handed to the projection by now, or the
    /// projection has ended.
    pub(crate) async fn catches_up_with(&self, outlet: &Outlet) {
        let pushed = outlet.pushed();
        let mut applied = self.applied.subscribe();
        // An error means that the projection is gone; the model then shows all it ever will.
        let _ended = applied.wait_for(|applied| *applied >= pushed).await;
    }

    /// Says something to readers as the projection would.
    #[cfg(test)]
    pub(crate) fn say(&self, say: impl FnOnce(&mut ReadModel) -> Vec<Change>) {
        let mut model = write(&self.model);
        let mut changes = say(&mut model);
        let time = model.engine.time;
        self.publish(&mut model, time, &mut changes);
    }

    fn publish(&self, model: &mut ReadModel, time: Timestamp, changes: &mut Vec<Change>) {
        for change in changes.drain(..) {
            model.updates += 1;
            let update = Update {
                sequence: model.updates,
                time,
                change,
            };
            // Nobody listening is no error.
            let _listeners = self.updates.send(Arc::new(update));
        }
    }
}

/// The projection's own state.
#[derive(Default)]
struct Pass {
    changes: Vec<Change>,
    slow_at: Option<Instant>,
}

/// Shows what waits already, on the caller's thread; for the definitions, before anybody can ask.
pub(crate) fn show_pending(outlet: &Outlet, shared: &Shared) {
    if let Some(parcel) = outlet.take(Duration::ZERO) {
        Pass::default().show(parcel, shared);
    }
}

/// Works off the outlet until it is closed and empty.
pub(crate) fn run(outlet: &Outlet, shared: &Shared) {
    let mut pass = Pass::default();
    while let Some(parcel) = outlet.take(PRICE_RHYTHM) {
        pass.show(parcel, shared);
    }
    let mut model = write(&shared.model);
    let time = model.engine.time;
    model.refresh(&mut pass.changes);
    shared.publish(&mut model, time, &mut pass.changes);
    shared.applied.send_replace(u64::MAX);
}

impl Pass {
    /// Takes in a parcel under one lock: readers see all of it or nothing.
    fn show(&mut self, parcel: Parcel, shared: &Shared) {
        let changes = &mut self.changes;
        let mut retired = Vec::new();
        let mut model = write(&shared.model);
        for item in parcel.items {
            match item {
                // Dropped below, after the lock.
                Item::Retired(instance) => retired.push(instance),
                item => {
                    let time = model.apply(item, changes);
                    shared.publish(&mut model, time, changes);
                }
            }
        }
        let time = parcel
            .numbers
            .map_or(model.engine.time, |numbers| numbers.time);
        for (instrument, mark) in parcel.marks {
            model.apply_mark(instrument, mark, changes);
        }
        for (instrument, book) in parcel.books {
            model.apply_book(instrument, book, changes);
        }
        if let Some(numbers) = parcel.numbers {
            model.apply_numbers(numbers, changes);
        }
        if self
            .slow_at
            .is_none_or(|slow_at| slow_at.elapsed() >= SLOW_RHYTHM)
        {
            self.slow_at = Some(Instant::now());
            model.refresh(changes);
        }
        shared.publish(&mut model, time, changes);
        drop(model);
        shared.applied.send_replace(parcel.up_to);
        drop(retired);
    }
}
