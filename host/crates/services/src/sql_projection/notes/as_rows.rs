//! Risk metrics and alerts as rows. A row's place says what it is about, so that the same thing has the
//! same row, whichever run of a host tells of it and beside what else.

use super::super::mapping::scope_of;
use crate::metrics::{MetricName, MetricsView, ScopeMetrics};
use crate::view::{AlertCode, AlertState, AlertView};
use engine::{LimitScope, Severity};
use model::Timestamp;
use store::sql::rows::{self, Place, RiskMetrics};
use store::sql::{Batch, Key, RISK_METRICS, Row};

/// Where the code of an alert stands in an ordinal, above its scope.
const CODE_BITS: u32 = 34;
/// Ordinals of scopes that were reckoned. Smaller ones, of older rows, were places in a list.
const RECKONED: u64 = 1 << CODE_BITS;

/// A number of its own for each scope, below [`RECKONED`].
fn number_of(scope: LimitScope) -> u64 {
    let (kind, of): (u64, u32) = match scope {
        LimitScope::Firm => (0, 0),
        LimitScope::Account(id) => (1, id.number()),
        LimitScope::Strategy(id) => (2, id.number()),
        LimitScope::Instrument(id) => (3, id.number()),
    };
    (kind << 32) | u64::from(of)
}

/// Adds the rows of a reckoning, one for each scope.
pub(super) fn add_metrics(batch: &mut Batch, view: &MetricsView) {
    for metrics in &view.scopes {
        let place = Place {
            time: view.time,
            sequence: 0,
            ordinal: RECKONED | number_of(metrics.scope),
        };
        let scope = scope_of(metrics.scope);
        let row = rows::risk_metrics(place, scope, metrics.currency, &figures(metrics));
        batch.push(&RISK_METRICS, row);
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
pub(super) fn key(alert: &AlertView) -> Key {
    let code = match alert.code {
        AlertCode::Control(code) => u64::from(code.number()),
        AlertCode::Metric(metric) => {
            let place = MetricName::ALL.iter().position(|known| *known == metric);
            256 + place.unwrap_or_default() as u64
        }
        AlertCode::RollBack => 512,
        AlertCode::NewBuild => 513,
        AlertCode::Quarantine => 514,
        AlertCode::Restart => 515,
        AlertCode::Budget => 516,
        AlertCode::Journal => 517,
    };
    Key {
        time: alert.first_time.nanos(),
        sequence: alert.first_sequence,
        ordinal: (code << CODE_BITS) | number_of(alert.scope),
    }
}

pub(super) fn alert_row(alert: &AlertView) -> Row {
    let Key {
        time,
        sequence,
        ordinal,
    } = key(alert);
    let code = match alert.code {
        AlertCode::Control(code) => code.to_string(),
        AlertCode::Metric(metric) => metric.name().to_ascii_uppercase(),
        AlertCode::RollBack => "ROLL_BACK".to_owned(),
        AlertCode::NewBuild => "NEW_BUILD".to_owned(),
        AlertCode::Quarantine => "QUARANTINE".to_owned(),
        AlertCode::Restart => "RESTART".to_owned(),
        AlertCode::Budget => "BUDGET".to_owned(),
        AlertCode::Journal => "JOURNAL".to_owned(),
    };
    let by = alert.acknowledged_by.as_deref();
    let place = Place {
        time: Timestamp::from_nanos(time),
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
        reason: (alert.state == AlertState::Resolved).then_some("CLEARED"),
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

/// Metrics of which hardly anything could be told.
#[cfg(test)]
pub(crate) fn hardly_any(scope: LimitScope) -> ScopeMetrics {
    let none = || Err(quant::Unavailable::Missing("a mark"));
    ScopeMetrics {
        scope,
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
        exposure: Err(quant::Unavailable::Missing("a mark")),
        leverage: none(),
        concentration: none(),
        largest_share: none(),
        five_largest_share: none(),
        beta: none(),
        beta_exposure: none(),
        liquidity_days: none(),
        components: Err(quant::Unavailable::Missing("a mark")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::alerts::{Alerts, Raised};
    use model::{AccountId, Duration, Rate, StrategyId};
    use std::collections::BTreeSet;
    use store::sql::Cell;

    #[test]
    fn what_cannot_be_told_is_no_figure() {
        let expect = RiskMetrics {
            equity: Some(1.5),
            drawdown: Some(0.0),
            ..RiskMetrics::default()
        };
        assert_eq!(figures(&hardly_any(LimitScope::Firm)), expect);
    }

    #[test]
    fn a_scope_has_the_same_row_whoever_stands_before_it() {
        let (account, strategy) = (
            LimitScope::Account(AccountId::new(1)),
            LimitScope::Strategy(StrategyId::new(1)),
        );
        let mut batch = Batch::default();
        for scopes in [[LimitScope::Firm, strategy], [account, strategy]] {
            let view = MetricsView {
                time: Timestamp::from_nanos(7),
                horizon: Duration::from_secs(86_400),
                sample_period: Duration::from_secs(5),
                scopes: scopes.into_iter().map(hardly_any).collect(),
                skipped: 0,
            };
            add_metrics(&mut batch, &view);
        }
        assert_eq!(batch.rows(), 3, "the firm, the account, the strategy");
        let numbers: BTreeSet<_> = [LimitScope::Firm, account, strategy]
            .into_iter()
            .map(number_of)
            .collect();
        assert_eq!(numbers.len(), 3);
        assert!(numbers.iter().all(|number| *number < RECKONED));
    }

    #[test]
    fn alerts_of_one_moment_are_told_apart() {
        let mut alerts = Alerts::new(None);
        let raised = Raised {
            time: Timestamp::from_nanos(1),
            sequence: 1,
            code: AlertCode::Control(model::DenyCode::Loss),
            scope: LimitScope::Strategy(StrategyId::new(2)),
            severity: Severity::Warning,
            share: Rate::ZERO,
        };
        alerts.raise(raised);
        let codes = [
            AlertCode::Control(model::DenyCode::ALL[0]),
            AlertCode::Metric(MetricName::Leverage),
            AlertCode::Metric(MetricName::ValueAtRisk),
            AlertCode::RollBack,
            AlertCode::NewBuild,
            AlertCode::Quarantine,
            AlertCode::Restart,
            AlertCode::Budget,
            AlertCode::Journal,
        ];
        for code in codes {
            for scope in [LimitScope::Firm, raised.scope] {
                alerts.raise(Raised {
                    code,
                    scope,
                    ..raised
                });
            }
        }
        let keys: BTreeSet<_> = alerts.all().iter().map(key).collect();
        assert_eq!(keys.len(), 19);
        assert!(keys.iter().all(|key| i64::try_from(key.ordinal).is_ok()));
    }

    #[test]
    fn an_alert_says_why_it_is_over() {
        let mut alerts = Alerts::new(None);
        let raised = Raised {
            time: Timestamp::from_nanos(1),
            sequence: 1,
            code: AlertCode::RollBack,
            scope: LimitScope::Firm,
            severity: Severity::Serious,
            share: Rate::ZERO,
        };
        alerts.raise(raised);
        let reason = |alerts: &Alerts| alert_row(&alerts.all()[0]).pop();
        assert_eq!(reason(&alerts), Some(Cell::Null));
        alerts.raise(Raised {
            severity: Severity::Cleared,
            ..raised
        });
        assert_eq!(reason(&alerts), Some(Cell::Text("CLEARED".to_owned())));
    }
}
