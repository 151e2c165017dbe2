//! The thread that reckons: it takes the latest snapshot, does the arithmetic, says which limits are
//! exceeded, and asks the engine to let a scope only reduce where that is wanted.
//!
//! Of snapshots that come faster than they can be reckoned the older ones are left out and counted.

use super::reckon;
use super::settings::{MetricLimit, MetricName, RiskSettings};
use super::snapshot::Snapshot;
use super::view::{MetricsView, ScopeMetrics};
use crate::inbox::Inbox;
use crate::outlet::{Item, Outlet};
use crate::sync::lock;
use crate::trader::Request;
use engine::{LimitScope, Severity, TradingState};
use model::Rate;
use quant::{Figure, convert};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Where the next snapshot waits.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Option<Snapshot>,
    skipped: u64,
    closed: bool,
}

impl Desk {
    /// Puts a snapshot down; one that waits is left out.
    pub(crate) fn put(&self, snapshot: Snapshot) {
        let mut state = lock(&self.state);
        if state.waiting.replace(snapshot).is_some() {
            state.skipped += 1;
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// How many were left out.
    pub(crate) fn skipped(&self) -> u64 {
        lock(&self.state).skipped
    }

    /// Ends it; what waits is still taken.
    pub(crate) fn close(&self) {
        lock(&self.state).closed = true;
        self.arrived.notify_all();
    }

    /// Waits for a snapshot; `None` once closed and empty.
    fn take(&self) -> Option<Snapshot> {
        let state = lock(&self.state);
        let waited = self
            .arrived
            .wait_while(state, |state| state.waiting.is_none() && !state.closed);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let skipped = state.skipped;
        let taken = state.waiting.take();
        taken.map(|snapshot| Snapshot {
            skipped,
            ..snapshot
        })
    }
}

/// What a limit says of a metric that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) scope: LimitScope,
    pub(crate) metric: MetricName,
    /// How much of the limit is used.
    pub(crate) share: Rate,
    /// `Cleared` while it is kept.
    pub(crate) severity: Severity,
    /// Whether the scope is to reduce only.
    pub(crate) reduce: bool,
}

/// Works until the desk is closed. `find` is the scope of a name, once there is one.
pub(crate) fn run(
    desk: &Desk,
    settings: &RiskSettings,
    outlet: &Outlet,
    inbox: &Inbox,
    find: impl Fn(&MetricLimit) -> Option<LimitScope>,
) {
    while let Some(snapshot) = desk.take() {
        let scopes = reckon::scopes(&snapshot);
        let view = Arc::new(reckon::reckon(&snapshot, &settings.metrics, &scopes));
        let verdicts = verdicts(&view, &settings.limits, &find);
        for verdict in verdicts.iter().filter(|verdict| verdict.reduce) {
            // When the queue is full the next reckoning asks again.
            let _full =
                inbox.offer_command(Request::Tighten(verdict.scope, TradingState::Reducing));
        }
        outlet.note(Item::Metrics(view, verdicts));
    }
}

fn verdicts(
    view: &MetricsView,
    limits: &[MetricLimit],
    find: impl Fn(&MetricLimit) -> Option<LimitScope>,
) -> Vec<Verdict> {
    let judge = |limit: &MetricLimit| {
        let scope = find(limit)?;
        let metrics = view.of(scope)?;
        let value = match metric(metrics, limit.metric) {
            Ok(value) => value,
            // What cannot be told of nothing is within any limit.
            Err(_) if is_flat(metrics) => 0.0,
            Err(_) => return None,
        };
        let share = value / convert::money(limit.max);
        let exceeded = share > 1.0;
        let severity = match (exceeded, limit.reduce) {
            (false, _) => Severity::Cleared,
            (true, false) => Severity::Warning,
            (true, true) => Severity::Serious,
        };
        Some(Verdict {
            scope,
            metric: limit.metric,
            share: rate(share),
            severity,
            reduce: exceeded && limit.reduce,
        })
    };
    limits.iter().filter_map(judge).collect()
}

fn is_flat(metrics: &ScopeMetrics) -> bool {
    let exposure = metrics.exposure.as_ref();
    exposure.is_ok_and(|exposure| exposure.total.gross() == 0.0)
}

/// A metric of a scope; tails at the highest confidence.
fn metric(metrics: &ScopeMetrics, name: MetricName) -> Figure {
    let none = Err(quant::Unavailable::Missing("no confidence is set"));
    let tail = metrics.tails.last();
    match name {
        MetricName::ValueAtRisk => tail.map_or(none, |tail| tail.historical),
        MetricName::NormalValueAtRisk => tail.map_or(none, |tail| tail.normal),
        MetricName::SimulatedValueAtRisk => tail.map_or(none, |tail| tail.simulated),
        MetricName::ExpectedShortfall => tail.map_or(none, |tail| tail.historical_shortfall),
        MetricName::Drawdown => metrics.drawdown.current,
        MetricName::Leverage => metrics.leverage,
        MetricName::Concentration => metrics.concentration,
        MetricName::LargestShare => metrics.largest_share,
        MetricName::LiquidityDays => metrics.liquidity_days,
    }
}

/// A share for people, to four digits; the largest there is when it does not fit.
fn rate(share: f64) -> Rate {
    format!("{share:.4}").parse().unwrap_or(Rate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_snapshot_replaces_one_that_waits() {
        let desk = Desk::default();
        let at = |nanos| Snapshot {
            time: model::Timestamp::from_nanos(nanos),
            ..Snapshot::default()
        };
        desk.put(at(1));
        desk.put(at(2));
        let taken = desk.take().unwrap();
        assert_eq!((taken.time.nanos(), taken.skipped), (2, 1));
        desk.put(at(3));
        desk.close();
        assert_eq!(desk.take().unwrap().time.nanos(), 3);
        assert!(desk.take().is_none());
    }

    #[test]
    fn shares_are_told_to_four_digits() {
        assert_eq!(rate(1.23456), "1.2346".parse().unwrap());
        assert_eq!(rate(f64::INFINITY), Rate::MAX);
        assert_eq!(rate(1e300), Rate::MAX);
    }
}
