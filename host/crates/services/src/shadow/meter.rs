//! What the calls of a strategy's instance cost, measured while somebody compares versions; besides, what
//! events cost all the while (see [`Cost`]).

use crate::faults::cost::Cost;
use crate::sync::lock;
use crate::trader::as_nanos;
use hdrhistogram::Histogram;
use model::{
    Event, Fault, Hears, HistoryRequest, Intents, SavedState, StartSnapshot, Strategy, Subscription,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The longest time, or most fuel, that is told apart.
const MOST: u64 = 60_000_000_000;
/// Decimal digits that are told apart.
const DIGITS: u8 = 2;

/// What the calls of one instance cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Handling {
    /// Events handled.
    pub calls: u64,
    /// Half took no longer, in nanoseconds.
    pub time_p50_ns: u64,
    /// 99 % took no longer, in nanoseconds.
    pub time_p99_ns: u64,
    /// Half took no more fuel; `None` where nobody counts it.
    pub fuel_p50: Option<u64>,
    /// 99 % took no more fuel.
    pub fuel_p99: Option<u64>,
}

/// Measures the instances that are made of one version of a strategy, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    on: AtomicBool,
    seen: Mutex<Option<Seen>>,
    cost: Cost,
}

#[derive(Debug, Clone)]
struct Seen {
    time_ns: Histogram<u64>,
    fuel: Histogram<u64>,
}

impl Meter {
    /// What events cost, whether versions are compared or not.
    pub(crate) fn cost(&self) -> &Cost {
        &self.cost
    }

    /// Measures from now on, from nothing.
    pub(crate) fn begin(&self) {
        let histogram = || Histogram::new_with_bounds(1, MOST, DIGITS).ok();
        let seen = histogram().zip(histogram());
        let seen = seen.map(|(time_ns, fuel)| Seen { time_ns, fuel });
        self.on.store(seen.is_some(), Ordering::Release);
        *lock(&self.seen) = seen;
    }

    /// Measures no more; what was measured stays.
    pub(crate) fn end(&self) {
        self.on.store(false, Ordering::Release);
    }

    /// What was measured.
    pub(crate) fn handling(&self) -> Handling {
        // A copy, so that the engine's thread does not wait while it is reckoned with.
        let seen = lock(&self.seen).clone();
        let Some(Seen { time_ns, fuel }) = seen else {
            return Handling::default();
        };
        let of_fuel = |quantile| (!fuel.is_empty()).then(|| fuel.value_at_quantile(quantile));
        Handling {
            calls: time_ns.len(),
            time_p50_ns: time_ns.value_at_quantile(0.5),
            time_p99_ns: time_ns.value_at_quantile(0.99),
            fuel_p50: of_fuel(0.5),
            fuel_p99: of_fuel(0.99),
        }
    }

    fn note(&self, time_ns: u64, fuel: Option<u64>) {
        if let Some(seen) = lock(&self.seen).as_mut() {
            seen.time_ns.saturating_record(time_ns);
            fuel.into_iter()
                .for_each(|fuel| seen.fuel.saturating_record(fuel));
        }
    }
}

/// An instance whose calls are measured while its meter is on.
pub(crate) struct Metered {
    instance: Box<dyn Strategy>,
    meter: Arc<Meter>,
    /// Events so far, to measure some of them.
    events: u32,
}

impl Metered {
    pub(crate) fn boxed(instance: Box<dyn Strategy>, meter: Arc<Meter>) -> Box<dyn Strategy> {
        Box::new(Self {
            instance,
            meter,
            events: 0,
        })
    }
}

impl Strategy for Metered {
    fn declared(&self) -> &[Subscription] {
        self.instance.declared()
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        self.instance.history_requests()
    }

    fn hears(&self) -> Hears {
        self.instance.hears()
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        self.instance.start(snapshot, out)
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        self.events = self.events.wrapping_add(1);
        let compared = self.meter.on.load(Ordering::Relaxed);
        let costed = self.meter.cost.wants(self.events);
        if !compared && !costed {
            return self.instance.handle(event, out);
        }
        let begun = Instant::now();
        let handled = self.instance.handle(event, out);
        let (time_ns, fuel) = (as_nanos(begun.elapsed()), self.instance.fuel());
        if compared {
            self.meter.note(time_ns, fuel);
        }
        if costed {
            self.meter.cost.note(time_ns, fuel);
        }
        handled
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        self.instance.stop(out)
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        self.instance.save()
    }

    fn fuel(&self) -> Option<u64> {
        self.instance.fuel()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes as much fuel as it is told.
    struct Burner(u64);

    impl Strategy for Burner {
        fn declared(&self) -> &[Subscription] {
            &[]
        }
        fn history_requests(&self) -> &[HistoryRequest] {
            &[]
        }
        fn hears(&self) -> Hears {
            Hears::ALL
        }
        fn start(&mut self, _: &StartSnapshot, _: &mut Intents) -> Result<(), Fault> {
            Ok(())
        }
        fn handle(&mut self, event: &Event, _: &mut Intents) -> Result<(), Fault> {
            if let Event::Timer { id, .. } = event {
                self.0 = *id;
            }
            Ok(())
        }
        fn stop(&mut self, _: &mut Intents) -> Result<(), Fault> {
            Ok(())
        }
        fn save(&mut self) -> Result<SavedState, Fault> {
            Ok(SavedState::default())
        }
        fn fuel(&self) -> Option<u64> {
            Some(self.0)
        }
    }

    #[test]
    fn only_what_happens_while_it_is_on_counts() {
        let meter = Arc::new(Meter::default());
        let mut burner = Metered::boxed(Box::new(Burner(0)), Arc::clone(&meter));
        assert_eq!(burner.hears(), Hears::ALL);
        let mut burn = |fuel| {
            let due = model::Timestamp::ZERO;
            let event = Event::Timer { id: fuel, due };
            burner.handle(&event, &mut Intents::default()).unwrap();
        };
        burn(7);
        assert_eq!(meter.handling(), Handling::default());
        meter.begin();
        (1..=100).for_each(&mut burn);
        meter.end();
        burn(1_000);
        let handling = meter.handling();
        assert_eq!(handling.calls, 100);
        assert_eq!((handling.fuel_p50, handling.fuel_p99), (Some(50), Some(99)));
        assert!(handling.time_p50_ns <= handling.time_p99_ns);
        meter.begin();
        assert_eq!(meter.handling().calls, 0);
    }
}
