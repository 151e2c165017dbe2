//! The engine thread's part: at each tick of engine time it notes the marks that may have changed
//! since the last one. Between ticks it costs one comparison for each input; a tick costs what has
//! changed, not what there is.

use engine::market::Market;
use model::{Duration, InstrumentId, Price, Timestamp};

/// Marks of the instruments that had data since the last tick.
pub(crate) type Moved = Vec<(InstrumentId, Price)>;

/// When the next tick is, and what has had data since the last.
#[derive(Debug)]
pub(crate) struct Sampler {
    every: Duration,
    due: Timestamp,
    /// By instrument: whether it is in `moved`.
    noted: Vec<bool>,
    moved: Vec<InstrumentId>,
}

impl Sampler {
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            every,
            due: Timestamp::ZERO,
            noted: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// Whether an input of this time is the first of a new tick.
    pub(crate) fn is_due(&self, time: Timestamp) -> bool {
        time >= self.due
    }

    /// Notes that an instrument had data. It must be a known one: the list has room for all before it.
    pub(crate) fn note(&mut self, instrument: InstrumentId) {
        let index = instrument.index();
        if self.noted.len() <= index {
            self.noted.resize(index + 1, false);
        }
        if !std::mem::replace(&mut self.noted[index], true) {
            self.moved.push(instrument);
        }
    }

    /// Ends the tick before an input of this time: the marks as they were before it. The time is
    /// that of the latest tick, a multiple of the period since the epoch.
    pub(crate) fn cut(&mut self, time: Timestamp, market: &Market) -> (Timestamp, Moved) {
        let every = self.every.nanos().max(1);
        let at = Timestamp::from_nanos(time.nanos() / every * every);
        self.due = at.after(self.every);
        self.moved.sort_unstable();
        let mut marks = Vec::with_capacity(self.moved.len());
        for instrument in self.moved.drain(..) {
            self.noted[instrument.index()] = false;
            if let Some(mark) = market.get(instrument).and_then(|state| state.mark()) {
                marks.push((instrument, mark));
            }
        }
        (at, marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_multiples_of_the_period_and_each_move_is_noted_once() {
        let mut sampler = Sampler::new(Duration::from_secs(5));
        let at = |s: u64| Timestamp::from_nanos(s * 1_000_000_000);
        assert!(sampler.is_due(at(0)));
        let market = Market::default();
        assert_eq!(sampler.cut(at(12), &market).0, at(10));
        assert!(!sampler.is_due(at(14)) && sampler.is_due(at(15)));
        for _ in 0..3 {
            sampler.note(InstrumentId::new(7));
        }
        assert_eq!(sampler.moved.len(), 1);
        assert_eq!(sampler.cut(at(40), &market).0, at(40));
        assert!(sampler.moved.is_empty() && !sampler.noted[7]);
    }
}
