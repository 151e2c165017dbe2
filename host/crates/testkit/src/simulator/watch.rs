//! What a strategy may expect of what it is told; it breaks when it is told otherwise, and a broken
//! strategy fails the run.

use model::{Event, Fault, FaultKind, InstrumentId, Intent, Intents, Timestamp};
use std::collections::BTreeMap;

/// What a strategy was told so far, as far as it bears on what it may be told next.
#[derive(Debug, Default)]
pub(super) struct Watch {
    latest: BTreeMap<InstrumentId, Timestamp>,
    timers: BTreeMap<u64, Timestamp>,
}

impl Watch {
    /// Checks an event: event time per instrument never goes back (I9), and a timer comes once,
    /// not before it is due.
    pub(super) fn check(&mut self, event: &Event, now: Timestamp) -> Result<(), Fault> {
        let (instrument, time) = match event {
            Event::Quote(quote) => (quote.instrument, quote.ts_event),
            Event::Trade(trade) => (trade.instrument, trade.ts_event),
            Event::Book(view) => (view.instrument, view.ts_event),
            Event::Timer { id, due } => return self.check_timer(*id, *due, now),
            Event::Bar(_)
            | Event::BookLost(_)
            | Event::Order(_)
            | Event::Position(_)
            | Event::CashFlow { .. }
            | Event::Life { .. }
            | Event::Signal(_) => return Ok(()),
        };
        let latest = self.latest.insert(instrument, time);
        match latest {
            Some(latest) if latest > time => Err(broken(format!(
                "I9: event time of {} went back from {latest} to {time}",
                instrument.number()
            ))),
            _ => Ok(()),
        }
    }

    fn check_timer(&mut self, id: u64, due: Timestamp, now: Timestamp) -> Result<(), Fault> {
        let set = self.timers.remove(&id);
        if set == Some(due) && now >= due {
            Ok(())
        } else {
            Err(broken(format!(
                "timer {id} due at {due} came at {now}, set was {set:?}"
            )))
        }
    }

    /// All of it as numbers.
    pub(super) fn save(&self) -> Vec<u64> {
        let latest = self.latest.iter();
        let latest = latest.flat_map(|(id, time)| [id.number().into(), time.nanos()]);
        let timers = self.timers.iter();
        let timers = timers.flat_map(|(id, due)| [*id, due.nanos()]);
        let count = [self.latest.len() as u64];
        count.into_iter().chain(latest).chain(timers).collect()
    }

    /// The same again.
    pub(super) fn load(numbers: &[u64]) -> Self {
        let mut watch = Self::default();
        let Some((count, pairs)) = numbers.split_first() else {
            return watch;
        };
        for (place, pair) in (0..).zip(pairs.chunks_exact(2)) {
            let time = Timestamp::from_nanos(pair[1]);
            if place < *count {
                let id = u32::try_from(pair[0]).unwrap_or(u32::MAX);
                watch.latest.insert(InstrumentId::new(id), time);
            } else {
                watch.timers.insert(pair[0], time);
            }
        }
        watch
    }

    /// Sets a timer and remembers it.
    pub(super) fn set(&mut self, id: u64, due: Timestamp, out: &mut Intents) {
        self.timers.insert(id, due);
        out.push(Intent::SetTimer { id, due });
    }

    /// Takes a timer back.
    pub(super) fn cancel(&mut self, id: u64, out: &mut Intents) {
        self.timers.remove(&id);
        out.push(Intent::CancelTimer { id });
    }
}

fn broken(message: String) -> Fault {
    Fault {
        kind: FaultKind::Trap,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn a_timer_that_comes_early_or_twice_breaks() {
        let (mut watch, mut out) = (Watch::default(), Intents::default());
        let timer = |due| Event::Timer {
            id: 1,
            due: at(due),
        };
        watch.set(1, at(10), &mut out);
        assert!(watch.check(&timer(10), at(9)).is_err());
        watch.set(1, at(10), &mut out);
        assert!(watch.check(&timer(10), at(10)).is_ok());
        assert!(watch.check(&timer(10), at(11)).is_err());
        watch.set(1, at(12), &mut out);
        watch.cancel(1, &mut out);
        assert!(watch.check(&timer(12), at(12)).is_err());
    }
}
