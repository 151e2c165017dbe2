//! What events cost each version of a strategy, in time and fuel, measured all the while. Where nobody set a
//! budget a part of the events will do, so that measuring costs next to nothing.

use crate::sync::lock;
use hdrhistogram::Histogram;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The longest time in nanoseconds, or most fuel, that is told apart.
const MOST: u64 = 60_000_000_000;
/// Decimal digits that are told apart.
const DIGITS: u8 = 2;
/// Where there is no budget, one event of so many is measured.
pub(crate) const SAMPLED: u32 = 16;

/// How something is spread over events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Half were no more.
    pub p50: u64,
    /// 99 % were no more.
    pub p99: u64,
    /// None was more, but for what is rounded up by less than 1 %.
    pub max: u64,
}

/// What events cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Costs {
    /// Events that were measured.
    pub measured: u64,
    /// Their time in nanoseconds; `None` before the first.
    pub time_ns: Option<Spread>,
    /// Their fuel; `None` where nobody counts it.
    pub fuel: Option<Spread>,
}

#[derive(Debug)]
struct Seen {
    time_ns: Histogram<u32>,
    fuel: Histogram<u32>,
}

impl Seen {
    fn new() -> Option<Self> {
        let histogram = || Histogram::new_with_bounds(1, MOST, DIGITS).ok();
        let (time_ns, fuel) = histogram().zip(histogram())?;
        Some(Self { time_ns, fuel })
    }

    fn note(&mut self, time_ns: u64, fuel: Option<u64>) {
        self.time_ns.saturating_record(time_ns);
        if let Some(fuel) = fuel {
            self.fuel.saturating_record(fuel);
        }
    }

    fn costs(&self) -> Costs {
        Costs {
            measured: self.time_ns.len(),
            time_ns: spread(&self.time_ns),
            fuel: spread(&self.fuel),
        }
    }
}

fn spread(of: &Histogram<u32>) -> Option<Spread> {
    (!of.is_empty()).then(|| Spread {
        p50: of.value_at_quantile(0.5),
        p99: of.value_at_quantile(0.99),
        max: of.max(),
    })
}

/// Measures one version of a strategy.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    /// Whether there is a budget, and so every event is measured.
    every: AtomicBool,
    seen: Mutex<Measured>,
}

#[derive(Debug, Default)]
struct Measured {
    all: Option<Seen>,
    /// Since the last window was taken, where there is a budget.
    window: Option<Seen>,
}

impl Cost {
    /// Whether the event of this number is measured.
    pub(crate) fn wants(&self, number: u32) -> bool {
        number.is_multiple_of(SAMPLED) || self.every.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, time_ns: u64, fuel: Option<u64>) {
        let mut seen = lock(&self.seen);
        if seen.all.is_none() {
            seen.all = Seen::new();
        }
        let Measured { all, window } = &mut *seen;
        for seen in [all, window].into_iter().flatten() {
            seen.note(time_ns, fuel);
        }
    }

    /// What all events cost so far.
    pub(crate) fn so_far(&self) -> Costs {
        let seen = lock(&self.seen);
        seen.all.as_ref().map(Seen::costs).unwrap_or_default()
    }

    /// What the latest events cost, once they are at least so many; then it begins anew. From the first call
    /// on every event is measured.
    pub(crate) fn window(&self, events: u64) -> Option<Costs> {
        self.every.store(true, Ordering::Relaxed);
        let mut seen = lock(&self.seen);
        let Some(window) = &mut seen.window else {
            seen.window = Seen::new();
            return None;
        };
        let costs = window.costs();
        if costs.measured < events {
            return None;
        }
        window.time_ns.reset();
        window.fuel.reset();
        Some(costs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_measured_until_there_is_a_budget_and_windows_begin_anew() {
        let cost = Cost::default();
        let wanted = (0..160).filter(|number| cost.wants(*number)).count();
        assert_eq!(wanted, 10);
        assert_eq!(cost.so_far(), Costs::default());
        cost.note(1_000, None);
        assert_eq!(cost.window(10), None);
        assert!(cost.wants(1));
        (1..=9).for_each(|n| cost.note(n, Some(n)));
        assert_eq!(cost.window(10), None);
        cost.note(10, Some(10));
        let window = cost.window(10).unwrap();
        assert_eq!(window.measured, 10);
        let fuel = window.fuel.unwrap();
        assert_eq!((fuel.p50, fuel.p99, fuel.max), (5, 10, 10));
        assert_eq!(cost.window(1), None);
        assert_eq!(cost.so_far().measured, 11);
        assert!(cost.so_far().time_ns.unwrap().max >= 1_000);
    }
}
