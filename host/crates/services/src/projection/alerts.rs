//! Alerts as things that live: raised, raised again while open, acknowledged, escalated, resolved.
//!
//! There is at most one unresolved alert for each scope and code. Times are engine time, so the same
//! inputs make the same alerts.

use crate::view::{AlertCode, AlertState, AlertView, Change};
use engine::{LimitScope, Severity};
use model::{Duration, Rate, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Alerts kept. Resolved ones are forgotten first, the oldest before others.
const ALERTS: usize = 1_000;

/// What somebody says of a scope.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raised {
    pub(crate) time: Timestamp,
    /// The input during which it was said.
    pub(crate) sequence: u64,
    pub(crate) code: AlertCode,
    pub(crate) scope: LimitScope,
    /// `Cleared` resolves.
    pub(crate) severity: Severity,
    pub(crate) share: Rate,
}

/// The alerts of a run.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    escalate_after: Option<Duration>,
    /// Newest first.
    kept: VecDeque<AlertView>,
    unresolved: BTreeMap<(LimitScope, AlertCode), u64>,
    raised: u64,
}

impl Alerts {
    /// Alerts that nobody acknowledges become more severe after this long.
    pub(crate) fn new(escalate_after: Option<Duration>) -> Self {
        Self {
            escalate_after: escalate_after.filter(|after| after.nanos() > 0),
            ..Self::default()
        }
    }

    /// The latest alerts, newest first.
    pub(crate) fn all(&self) -> Vec<AlertView> {
        self.kept.iter().cloned().collect()
    }

    pub(crate) fn get(&self, id: u64) -> Option<AlertView> {
        self.kept.iter().find(|alert| alert.id == id).cloned()
    }

    fn edit(&mut self, id: u64, edit: impl FnOnce(&mut AlertView)) -> Option<Change> {
        let alert = self.kept.iter_mut().find(|alert| alert.id == id)?;
        edit(alert);
        Some(Change::Alert(alert.clone()))
    }

    /// Takes in what somebody says. Nothing changes when nothing is open that could be resolved.
    pub(crate) fn raise(&mut self, raised: Raised) -> Option<Change> {
        let key = (raised.scope, raised.code);
        let open = self.unresolved.get(&key).copied();
        match (open, raised.severity) {
            (None, Severity::Cleared) => None,
            (Some(id), Severity::Cleared) => {
                self.unresolved.remove(&key);
                self.edit(id, |alert| resolve(alert, &raised))
            }
            (Some(id), _) => self.edit(id, |alert| repeat(alert, &raised)),
            (None, _) => Some(self.open(&raised)),
        }
    }

    fn open(&mut self, raised: &Raised) -> Change {
        self.raised += 1;
        let view = AlertView {
            id: self.raised,
            severity: raised.severity,
            raised_severity: raised.severity,
            code: raised.code,
            scope: raised.scope,
            share: raised.share,
            sequence: raised.sequence,
            first_time: raised.time,
            first_sequence: raised.sequence,
            last_time: raised.time,
            opened: raised.time,
            count: 1,
            state: AlertState::Open,
            acknowledged_by: None,
            acknowledged_at: None,
            escalations: 0,
        };
        self.unresolved.insert((view.scope, view.code), view.id);
        self.kept.push_front(view.clone());
        if self.kept.len() > ALERTS {
            self.forget();
        }
        Change::Alert(view)
    }

    fn forget(&mut self) {
        let resolved = |alert: &AlertView| alert.state == AlertState::Resolved;
        let place = self.kept.iter().rposition(resolved);
        let place = place.unwrap_or(self.kept.len() - 1);
        if let Some(gone) = self.kept.remove(place) {
            self.unresolved.retain(|_, id| *id != gone.id);
        }
    }

    /// Marks an alert as seen; nothing when it is not kept, not open, or was seen before.
    pub(crate) fn acknowledge(&mut self, id: u64, by: String, now: Timestamp) -> Option<Change> {
        let alert = self.kept.iter().find(|alert| alert.id == id)?;
        if alert.state != AlertState::Open {
            return None;
        }
        self.edit(id, |alert| {
            alert.state = AlertState::Acknowledged;
            alert.acknowledged_by = Some(by);
            alert.acknowledged_at = Some(now);
        })
    }

    /// Makes alerts more severe that have been open for too long by now.
    pub(crate) fn escalate(&mut self, now: Timestamp) -> Vec<Change> {
        let Some(after) = self.escalate_after else {
            return Vec::new();
        };
        let ids: Vec<u64> = self.unresolved.values().copied().collect();
        let mut changes = Vec::new();
        for id in ids {
            let alert = self.kept.iter_mut().find(|alert| alert.id == id);
            let Some(alert) = alert.filter(|alert| alert.state == AlertState::Open) else {
                continue;
            };
            let mut changed = false;
            while alert.severity < Severity::Critical && alert.opened.after(after) <= now {
                alert.opened = alert.opened.after(after);
                alert.escalations += 1;
                alert.severity = more_severe(alert.severity);
                changed = true;
            }
            changes.extend(changed.then(|| Change::Alert(alert.clone())));
        }
        changes
    }
}

fn more_severe(severity: Severity) -> Severity {
    match severity {
        Severity::Cleared => Severity::Warning,
        Severity::Warning => Severity::Serious,
        Severity::Serious | Severity::Critical => Severity::Critical,
    }
}

fn seen_at(alert: &mut AlertView, raised: &Raised) {
    alert.last_time = raised.time;
    alert.sequence = raised.sequence;
    alert.share = raised.share;
}

fn resolve(alert: &mut AlertView, raised: &Raised) {
    seen_at(alert, raised);
    alert.state = AlertState::Resolved;
}

/// The same once more. When it is worse than what somebody has seen, it is open again; when it is
/// less bad, that shows too, but escalation is not taken back by it.
fn repeat(alert: &mut AlertView, raised: &Raised) {
    seen_at(alert, raised);
    alert.count += 1;
    let is_worse = raised.severity > alert.raised_severity;
    alert.raised_severity = raised.severity;
    if alert.escalations == 0 {
        alert.severity = raised.severity;
    } else {
        alert.severity = alert.severity.max(raised.severity);
    }
    if is_worse && alert.state == AlertState::Acknowledged {
        alert.state = AlertState::Open;
        alert.acknowledged_by = None;
        alert.acknowledged_at = None;
        alert.opened = raised.time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::MetricName;
    use model::DenyCode;

    fn at(s: u64) -> Timestamp {
        Timestamp::from_nanos(s * 1_000_000_000)
    }

    fn raised(s: u64, severity: Severity) -> Raised {
        Raised {
            time: at(s),
            sequence: s,
            code: AlertCode::Control(DenyCode::Loss),
            scope: LimitScope::Firm,
            severity,
            share: Rate::ZERO,
        }
    }

    fn alerts(escalate_after_s: u64) -> Alerts {
        Alerts::new(Some(Duration::from_secs(escalate_after_s)))
    }

    #[test]
    fn the_same_alert_is_counted_while_it_is_open_and_new_once_resolved() {
        let mut alerts = alerts(60);
        assert!(alerts.raise(raised(1, Severity::Cleared)).is_none());
        for s in 1..=3 {
            alerts.raise(raised(s, Severity::Warning));
        }
        let metric = AlertCode::Metric(MetricName::Leverage);
        let other = Raised {
            code: metric,
            ..raised(3, Severity::Warning)
        };
        alerts.raise(other);
        let one = alerts.get(1).unwrap();
        assert_eq!(
            (one.count, one.first_time, one.last_time),
            (3, at(1), at(3))
        );
        alerts.raise(raised(4, Severity::Cleared));
        let one = alerts.get(1).unwrap();
        assert_eq!(
            (one.state, one.severity),
            (AlertState::Resolved, Severity::Warning)
        );
        alerts.raise(raised(5, Severity::Critical));
        let ids: Vec<u64> = alerts.all().iter().map(|alert| alert.id).collect();
        assert_eq!(ids, [3, 2, 1]);
        assert_eq!(alerts.get(2).unwrap().state, AlertState::Open);
    }

    #[test]
    fn what_nobody_acknowledges_becomes_more_severe_step_by_step() {
        let mut alerts = alerts(60);
        alerts.raise(raised(100, Severity::Warning));
        assert!(alerts.escalate(at(159)).is_empty());
        assert_eq!(alerts.escalate(at(160)).len(), 1);
        assert_eq!(alerts.get(1).unwrap().severity, Severity::Serious);
        assert!(alerts.escalate(at(219)).is_empty());
        // Raised again as a warning: no less severe for it.
        alerts.raise(raised(219, Severity::Warning));
        assert_eq!(alerts.get(1).unwrap().severity, Severity::Serious);
        alerts.escalate(at(10_000));
        let one = alerts.get(1).unwrap();
        assert_eq!((one.severity, one.escalations), (Severity::Critical, 2));
        assert!(alerts.escalate(at(20_000)).is_empty());
        assert!(Alerts::new(None).escalate(at(20_000)).is_empty());
    }

    #[test]
    fn acknowledged_alerts_rest_until_they_get_worse() {
        let mut alerts = alerts(60);
        alerts.raise(raised(0, Severity::Warning));
        assert!(alerts.acknowledge(1, "anna".to_owned(), at(0)).is_some());
        assert!(alerts.acknowledge(1, "otto".to_owned(), at(1)).is_none());
        assert!(alerts.acknowledge(9, "anna".to_owned(), at(1)).is_none());
        assert!(alerts.escalate(at(1_000)).is_empty());
        alerts.raise(raised(1_000, Severity::Warning));
        let one = alerts.get(1).unwrap();
        assert_eq!(one.state, AlertState::Acknowledged);
        assert_eq!(one.acknowledged_by.as_deref(), Some("anna"));
        assert_eq!(one.acknowledged_at, Some(at(0)));
        alerts.raise(raised(2_000, Severity::Serious));
        let one = alerts.get(1).unwrap();
        assert_eq!(
            (one.state, one.severity),
            (AlertState::Open, Severity::Serious)
        );
        assert!(alerts.escalate(at(2_059)).is_empty());
        assert_eq!(alerts.escalate(at(2_060)).len(), 1);
    }

    #[test]
    fn resolved_alerts_are_forgotten_before_open_ones() {
        let mut alerts = alerts(60);
        let of = |strategy: u32, severity| Raised {
            scope: LimitScope::Strategy(model::StrategyId::new(strategy)),
            ..raised(0, severity)
        };
        alerts.raise(of(0, Severity::Warning));
        alerts.raise(of(1, Severity::Warning));
        alerts.raise(of(1, Severity::Cleared));
        for strategy in 2..=1_000 {
            alerts.raise(of(strategy, Severity::Warning));
        }
        assert_eq!(alerts.all().len(), ALERTS);
        assert!(alerts.get(2).is_none() && alerts.get(1).is_some());
        alerts.raise(of(2_000, Severity::Warning));
        assert!(alerts.get(1).is_none(), "then the oldest");
        assert_eq!(alerts.unresolved.len(), ALERTS);
        assert!(alerts.raise(of(0, Severity::Cleared)).is_none());
    }
}
