//! What leaves, once the journal has it: messages for venues outside, effects for readers, answers.

use super::{Answer, Trader};
use crate::outlet::{Item, Mark, Numbers};
use crate::venue::needs_no_journal;
use crate::view::EngineState;
use engine::{Command, Effect, Input};
use journal::crash;
use model::{InstrumentId, MAX_BOOK_DEPTH};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Trader {
    /// Sends what the journal holds to venues outside. One that does not take it counts as away.
    fn send_out(&mut self) {
        let durable = self.engine.journal().is_writable();
        let mut away = Vec::new();
        for message in self.outbound.drain(..) {
            let venue = message.venue;
            if away.contains(&venue) || !(durable || needs_no_journal(&message)) {
                continue;
            }
            let line = self.lines.get(&venue);
            if !line.is_some_and(|line| line.offer(message)) {
                tracing::error!(
                    venue = venue.number(),
                    "a venue's connector takes no messages"
                );
                away.push(venue);
            }
        }
        let cut = !away.is_empty();
        for venue in away {
            let command = Command::SetVenueConnected(venue, false);
            self.step(Input::Command(Box::new(command)), None);
        }
        if cut {
            self.commit();
        }
    }

    /// Tells balances that changed without a fill: orders lock money and let it go. Once a batch is
    /// enough, so the engine does not do it for each order.
    fn tell_balances(&mut self) {
        self.owing.sort_unstable();
        self.owing.dedup();
        let (time, sequence) = (self.engine.now(), self.engine.sequence());
        for (id, account) in self.engine.accounts() {
            if self.owing.binary_search(&id).is_err() {
                continue;
            }
            for (currency, balance) in account.balances() {
                if self.told.insert((id, currency), balance) != Some(balance) {
                    let effect = Effect::Balance(id, currency, balance);
                    self.items.push(Item::Effect(time, sequence, effect));
                }
            }
        }
        self.owing.clear();
    }

    /// Commits the journal, then lets out effects and answers, in this order.
    pub(crate) fn let_out(&mut self) {
        self.commit();
        at(crash::BEFORE_OUT);
        self.send_out();
        self.show();
        for answer in self.answers.drain(..) {
            // Who asked may have gone; what was asked is done all the same.
            match answer {
                Answer::Stepped(to, stepped) => drop(to.send(stepped)),
                Answer::Switched(to, switched) => drop(to.send(switched)),
                Answer::Obeyed(to) => drop(to.send(())),
                Answer::Shadowed(to, begun) => drop(to.send(begun)),
            }
        }
        self.shadows.flush();
        at(crash::AFTER_OUT);
        self.snapshot_if_due();
    }

    /// Hands what changed to the projection.
    pub(crate) fn show(&mut self) {
        self.tell_balances();
        self.touched.sort_unstable();
        self.touched.dedup();
        let mut touched = std::mem::take(&mut self.touched);
        for instrument in touched.drain(..) {
            self.look_at_book(instrument);
            if let Some(state) = self.engine.market().get(instrument) {
                let mark = Mark {
                    quote: state.quote,
                    last: state.last,
                    mark: state.venue_mark,
                    index: state.index,
                    halted: state.halted,
                };
                self.marks.push((instrument, mark));
            }
        }
        // It keeps its room.
        self.touched = touched;
        let numbers = Numbers {
            time: self.engine.now(),
            sequence: self.engine.sequence(),
            ignored: self.ignored,
            trading_state: self.engine.trading_state(),
            killed: self.engine.is_killed(),
        };
        self.killed.store(numbers.killed, Ordering::Release);
        self.outlet.show_books(&mut self.books);
        self.outlet.push(&mut self.items, &self.marks, numbers);
        self.marks.clear();
    }

    /// Notes an instrument's order book, as deep as strategies may see it, or that it has none any more.
    fn look_at_book(&mut self, instrument: InstrumentId) {
        let book = self.engine.order_book(instrument, MAX_BOOK_DEPTH);
        let is_news = match &book {
            Some(_) => {
                self.booked.insert(instrument);
                true
            }
            None => self.booked.remove(&instrument),
        };
        if is_news {
            self.books.push((instrument, book.map(Arc::new)));
        }
    }

    /// Commits, and tells the engine when its journal stops lasting or lasts again.
    pub(super) fn commit(&mut self) {
        let mut done = self.engine.journal().commit();
        if done.is_ok() != self.engine.is_journal_writable() {
            let writable = done.is_ok();
            match &done {
                Ok(()) => tracing::warn!("the journal is written again; orders may leave"),
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be written; orders are denied until it can");
                }
            }
            let state = if writable {
                EngineState::Running
            } else {
                EngineState::Error
            };
            self.items.push(Item::State(state));
            self.step(
                Input::Command(Box::new(Command::SetJournalWritable(writable))),
                None,
            );
            done = self.engine.journal().commit();
        }
        self.journal_failed.store(done.is_err(), Ordering::Release);
    }
}

/// Points of a batch can end the process or delay it; there is nothing that could fail.
pub(super) fn at(point: crash::Point) {
    if let Err(error) = crash::reach(point) {
        tracing::error!(%error, "this point cannot fail");
    }
}
