//! What the host says and no journal has, on its way to the store: risk metrics and alerts.
//!
//! The store hears of them as any reader does, by the broadcast of updates. What waits while the
//! database is away is bounded, and the oldest is left out; an alert is one thing however often it
//! changes. Writing the same again changes nothing, so what may be there already is written
//! again.

use super::mapping::scope_of;
use crate::handle::Updates;
use crate::metrics::{MetricName, MetricsView, ScopeMetrics};
use crate::projection::Shared;
use crate::view::{AlertCode, AlertState, AlertView, Change, Update};
use engine::{LimitScope, Severity};
use model::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use store::sql::rows::{self, Place, RiskMetrics};
use store::sql::{ALERTS, Batch, RISK_METRICS};
use tokio::sync::broadcast::error::TryRecvError;

/// Reckonings that wait at most: more than an hour, at one every 5 s.
const RECKONINGS: usize = 1_000;
/// Alerts that wait at most.
const WAITING_ALERTS: usize = 10_000;
/// Reckonings and alerts written at once.
const AT_ONCE: usize = 100;

/// What a host says to its readers.
#[derive(Clone)]
pub struct Said(pub(crate) Arc<Shared>);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said")
    }
}

/// Listens, and keeps what is not in the store yet.
pub(super) struct Notes {
    said: Said,
    updates: Updates,
    waiting: Waiting,
}

impl Notes {
    /// Listens from now on; the alerts that there are count as news.
    pub(super) fn new(said: Said) -> Self {
        let updates = said.0.subscribe();
        let mut notes = Self {
            said,
            updates,
            waiting: Waiting::default(),
        };
        notes.all_alerts();
        notes
    }

    /// Takes in what was said since the last time.
    pub(super) fn listen(&mut self) {
        loop {
            match self.updates.try_recv() {
                Ok(update) => self.waiting.hear(&update),
                // Alerts can be asked for; metrics in between are gone.
                Err(TryRecvError::Lagged(_)) => self.all_alerts(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// What is to be written next, if anything is.
    pub(super) fn take(&mut self) -> Option<Taken> {
        self.listen();
        self.waiting.take()
    }

    /// Takes back what could not be written.
    pub(super) fn put_back(&mut self, taken: Taken) {
        self.waiting.put_back(taken);
    }

    fn all_alerts(&mut self) {
        for alert in self.said.0.read(|model| model.risk.alerts.all()) {
            self.waiting.alerts.insert(key(&alert), alert);
        }
        self.waiting.bound();
    }
}

type Key = (Timestamp, u64, u64);

/// What is not in the store yet.
#[derive(Default)]
struct Waiting {
    metrics: VecDeque<Arc<MetricsView>>,
    alerts: BTreeMap<Key, AlertView>,
    /// Reckonings and alerts that were left out.
    lost: u64,
}

/// What is being written.
pub(super) struct Taken {
    metrics: Vec<Arc<MetricsView>>,
    alerts: Vec<AlertView>,
}

impl Waiting {
    fn hear(&mut self, update: &Update) {
        match &update.change {
            Change::Metrics(view) => {
                self.metrics.push_back(Arc::clone(view));
            }
            Change::Alert(alert) => {
                self.alerts.insert(key(alert), alert.clone());
            }
            _ => return,
        }
        self.bound();
    }

    fn bound(&mut self) {
        let before = self.lost;
        while self.metrics.len() > RECKONINGS {
            self.metrics.pop_front();
            self.lost += 1;
        }
        while self.alerts.len() > WAITING_ALERTS {
            self.alerts.pop_first();
            self.lost += 1;
        }
        if before == 0 && self.lost > 0 {
            tracing::warn!("the store is away for so long that it misses risk metrics or alerts");
        }
    }

    fn take(&mut self) -> Option<Taken> {
        let metrics = self.metrics.len().min(AT_ONCE);
        let metrics: Vec<_> = self.metrics.drain(..metrics).collect();
        let mut alerts = Vec::new();
        while alerts.len() < AT_ONCE
            && let Some((_, alert)) = self.alerts.pop_first()
        {
            alerts.push(alert);
        }
        let nothing = metrics.is_empty() && alerts.is_empty();
        (!nothing).then_some(Taken { metrics, alerts })
    }

    fn put_back(&mut self, taken: Taken) {
        for view in taken.metrics.into_iter().rev() {
            self.metrics.push_front(view);
        }
        for alert in taken.alerts {
            // What was said since is newer.
            self.alerts.entry(key(&alert)).or_insert(alert);
        }
        self.bound();
    }
}

impl Taken {
    /// Its rows.
    pub(super) fn batch(&self) -> Batch {
        let mut batch = Batch::default();
        for view in &self.metrics {
            for (metrics, ordinal) in view.scopes.iter().zip(0..) {
                let place = Place {
                    time: view.time,
                    sequence: 0,
                    ordinal,
                };
                let scope = scope_of(metrics.scope);
                let row = rows::risk_metrics(place, scope, metrics.currency, &figures(metrics));
                batch.push(&RISK_METRICS, row);
            }
        }
        for alert in &self.alerts {
            batch.push(&ALERTS, alert_row(alert));
        }
        batch
    }
}

fn figures(metrics: &ScopeMetrics) -> RiskMetrics {
    let known = |figure: &quant::Figure| figure.as_ref().ok().copied();
    let exposure = metrics
        .exposure
        .as_ref()
        .ok()
        .map(|exposure| exposure.total);
    // Confidences rise; limits look at the highest too.
    let tail = metrics.tails.last();
    RiskMetrics {
        equity: known(&metrics.equity),
        gross_exposure: exposure.map(|exposure| exposure.gross()),
        net_exposure: exposure.map(|exposure| exposure.net()),
        leverage: known(&metrics.leverage),
        drawdown: known(&metrics.drawdown.current),
        max_drawdown: known(&metrics.drawdown.max),
        concentration: known(&metrics.concentration),
        largest_share: known(&metrics.largest_share),
        beta: known(&metrics.beta),
        liquidity_days: known(&metrics.liquidity_days),
        confidence: tail.map(|tail| tail.confidence),
        value_at_risk: tail.and_then(|tail| known(&tail.historical)),
        normal_value_at_risk: tail.and_then(|tail| known(&tail.normal)),
        simulated_value_at_risk: tail.and_then(|tail| known(&tail.simulated)),
        expected_shortfall: tail.and_then(|tail| known(&tail.historical_shortfall)),
    }
}

/// The same alert has the same key, whichever run of the host tells of it.
fn key(alert: &AlertView) -> Key {
    let code = match alert.code {
        AlertCode::Control(code) => u64::from(code.number()),
        AlertCode::Metric(metric) => {
            let place = MetricName::ALL.iter().position(|known| *known == metric);
            256 + place.unwrap_or_default() as u64
        }
        AlertCode::RollBack => 512,
        AlertCode::NewBuild => 513,
    };
    let (kind, of) = match alert.scope {
        LimitScope::Firm => (0, 0),
        LimitScope::Account(id) => (1, id.number()),
        LimitScope::Strategy(id) => (2, id.number()),
        LimitScope::Instrument(id) => (3, id.number()),
    };
    let ordinal = (code << 34) | (kind << 32) | u64::from(of);
    (alert.first_time, alert.first_sequence, ordinal)
}

fn alert_row(alert: &AlertView) -> store::sql::Row {
    let (time, sequence, ordinal) = key(alert);
    let code = match alert.code {
        AlertCode::Control(code) => code.to_string(),
        AlertCode::Metric(metric) => metric.name().to_ascii_uppercase(),
        AlertCode::RollBack => "ROLL_BACK".to_owned(),
        AlertCode::NewBuild => "NEW_BUILD".to_owned(),
    };
    let by = alert.acknowledged_by.as_deref();
    let place = Place {
        time,
        sequence,
        ordinal,
    };
    let row = rows::Alert {
        severity: severity(alert.severity),
        code: &code,
        scope: scope_of(alert.scope),
        share: alert.share,
        last_time: alert.last_time,
        last_sequence: alert.sequence,
        count: alert.count,
        state: state(alert.state),
        acknowledged: by.zip(alert.acknowledged_at),
        escalations: alert.escalations,
    };
    rows::alert(place, &row)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Cleared => "CLEARED",
        Severity::Warning => "WARNING",
        Severity::Serious => "SERIOUS",
        Severity::Critical => "CRITICAL",
    }
}

fn state(state: AlertState) -> &'static str {
    match state {
        AlertState::Open => "OPEN",
        AlertState::Acknowledged => "ACKNOWLEDGED",
        AlertState::Resolved => "RESOLVED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::alerts::{Alerts, Raised};
    use model::{Duration, Rate, StrategyId};
    use quant::Unavailable;
    use store::sql::Cell;

    fn at(s: u64) -> Timestamp {
        Timestamp::from_nanos(s * 1_000_000_000)
    }

    fn reckoned(s: u64) -> Change {
        Change::Metrics(Arc::new(MetricsView {
            time: at(s),
            horizon: Duration::from_secs(86_400),
            sample_period: Duration::from_secs(5),
            scopes: Vec::new(),
            skipped: 0,
        }))
    }

    fn raised(s: u64, severity: Severity) -> Raised {
        Raised {
            time: at(s),
            sequence: s,
            code: AlertCode::Control(model::DenyCode::Loss),
            scope: LimitScope::Strategy(StrategyId::new(2)),
            severity,
            share: Rate::ZERO,
        }
    }

    fn hear(waiting: &mut Waiting, change: Change) {
        waiting.hear(&Update {
            sequence: 1,
            time: at(0),
            change,
        });
    }

    #[test]
    fn an_alert_is_one_row_and_its_newest_word_counts() {
        let (mut alerts, mut waiting) = (Alerts::new(None), Waiting::default());
        hear(
            &mut waiting,
            alerts.raise(raised(1, Severity::Warning)).unwrap(),
        );
        let taken = waiting.take().unwrap();
        hear(
            &mut waiting,
            alerts.raise(raised(2, Severity::Serious)).unwrap(),
        );
        let seen = alerts.acknowledge(1, "anna".to_owned(), at(3));
        hear(&mut waiting, seen.unwrap());
        // The older word comes back from a database that did not take it.
        waiting.put_back(taken);
        let taken = waiting.take().unwrap();
        assert_eq!((taken.alerts.len(), taken.batch().rows()), (1, 1));
        let row = alert_row(&taken.alerts[0]);
        let integer = |number: u64| Cell::Integer(number.cast_signed());
        assert_eq!(row[..2], [integer(at(1).nanos()), integer(1)]);
        assert_eq!(row.len(), ALERTS.columns.len());
        let cell = |name: &str| {
            let place = ALERTS.columns.iter().position(|column| column.name == name);
            row[place.unwrap()].clone()
        };
        assert_eq!(cell("severity"), Cell::Text("SERIOUS".to_owned()));
        assert_eq!(cell("count"), integer(2));
        assert_eq!(cell("acknowledged_by"), Cell::Text("anna".to_owned()));
        assert_eq!(cell("acknowledged"), integer(at(3).nanos()));
        assert!(waiting.take().is_none());
    }

    #[test]
    fn alerts_of_one_moment_are_told_apart() {
        let mut alerts = Alerts::new(None);
        alerts.raise(raised(1, Severity::Warning));
        let codes = [
            AlertCode::Control(model::DenyCode::ALL[0]),
            AlertCode::Metric(MetricName::Leverage),
            AlertCode::Metric(MetricName::ValueAtRisk),
            AlertCode::RollBack,
            AlertCode::NewBuild,
        ];
        for code in codes {
            for scope in [LimitScope::Firm, raised(1, Severity::Warning).scope] {
                let other = raised(1, Severity::Warning);
                alerts.raise(Raised {
                    code,
                    scope,
                    ..other
                });
            }
        }
        let keys: std::collections::BTreeSet<_> = alerts.all().iter().map(key).collect();
        assert_eq!(keys.len(), 11);
        assert!(
            keys.iter()
                .all(|(.., ordinal)| i64::try_from(*ordinal).is_ok())
        );
    }

    #[test]
    fn of_metrics_that_wait_for_long_the_oldest_are_left_out() {
        let mut waiting = Waiting::default();
        for s in 0..1_003 {
            hear(&mut waiting, reckoned(s));
        }
        let taken = waiting.take().unwrap();
        assert_eq!(
            (taken.metrics.len(), taken.metrics[0].time),
            (AT_ONCE, at(3))
        );
        for s in 1_003..1_005 {
            hear(&mut waiting, reckoned(s));
        }
        waiting.put_back(taken);
        assert_eq!((waiting.metrics.len(), waiting.lost), (RECKONINGS, 5));
        assert_eq!(waiting.metrics[0].time, at(5));
    }

    #[test]
    fn what_cannot_be_told_is_no_figure() {
        let none = || Err(Unavailable::Missing("a mark"));
        let metrics = ScopeMetrics {
            scope: LimitScope::Firm,
            currency: model::CurrencyId::new(0),
            equity: Ok(1.5),
            returns: 0,
            tails: Vec::new(),
            drawdown: crate::metrics::DrawdownView {
                current: Ok(0.0),
                max: none(),
                current_share: none(),
                max_share: none(),
            },
            exposure: Err(Unavailable::Missing("a mark")),
            leverage: none(),
            concentration: none(),
            largest_share: none(),
            five_largest_share: none(),
            beta: none(),
            beta_exposure: none(),
            liquidity_days: none(),
            components: Err(Unavailable::Missing("a mark")),
        };
        let expect = RiskMetrics {
            equity: Some(1.5),
            drawdown: Some(0.0),
            ..RiskMetrics::default()
        };
        assert_eq!(figures(&metrics), expect);
    }
}
