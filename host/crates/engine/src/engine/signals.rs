//! Signals from outside, told to the strategy that they are for.
//!
//! A signal is taken whole or refused by name, and then nobody hears of it. It is for the version that
//! runs, or beside a canary for either of the two, and who catches up or is warm hears it with them.

use super::Engine;
use crate::effect::{Effect, Ignored, StrategyState};
use model::{Event, LogLevel, MAX_SIGNAL_ID, Signal, SignalEvent, StrategyId};
use std::sync::Arc;

impl Engine {
    pub(super) fn take_signal(&mut self, strategy: StrategyId, id: &str, signal: Signal) {
        if let Err(why) = self.may_take(strategy, id, &signal) {
            return self.ignore(why);
        }
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.signals.note(id);
        }
        let said = format!("signal {signal}");
        self.effects
            .push(Effect::Log(strategy, LogLevel::Info, said));
        let ts_event = self.now;
        let event = Event::Signal(Arc::new(SignalEvent { signal, ts_event }));
        let mut seats = self.hearing(|hears| hears.signals);
        seats.retain(|seat| seat.strategy == strategy);
        self.tell_seats(seats, &event);
    }

    fn may_take(&self, strategy: StrategyId, id: &str, signal: &Signal) -> Result<(), Ignored> {
        let place = self.strategies.get(strategy);
        let place = place.ok_or(Ignored::UnknownStrategy(strategy))?;
        signal.check().map_err(Ignored::BadSignal)?;
        if !(1..=MAX_SIGNAL_ID).contains(&id.len()) {
            return Err(Ignored::BadCommand("the id of a signal has 1 to 256 bytes"));
        }
        // Before anything that may have changed since it was taken.
        if place.signals.has(id) {
            return Err(Ignored::KnownSignal(strategy));
        }
        // After a crash nobody would know that it was told.
        if !self.journal_writable {
            return Err(Ignored::BadCommand(
                "the journal cannot be written; send the signal again",
            ));
        }
        if place.state != StrategyState::Running {
            let (state, command) = (place.state, "take a signal");
            return Err(Ignored::WrongState {
                strategy,
                state,
                command,
            });
        }
        match self.hears_signals(strategy) {
            true => Ok(()),
            false => Err(Ignored::Deaf(strategy)),
        }
    }

    fn hears_signals(&self, strategy: StrategyId) -> bool {
        let Some(place) = self.strategies.get(strategy) else {
            return false;
        };
        let runs = place.instance.as_ref();
        let canary_beside = place.probation.as_ref();
        let beside = canary_beside.filter(|watched| watched.canary.is_some());
        runs.is_some_and(|instance| instance.hears().signals)
            || beside.is_some_and(|watched| watched.warm.hears_signals())
    }
}
