//! Rows of what a host said and no journal has. Who says it knows the types; here are their words.

use super::{Place, Scope, id, integer, maybe, text, time};
use crate::sql::batch::{Cell, Row};
use model::{CurrencyId, Rate, Timestamp};

/// What a scope may lose and holds, in its currency; `None` for what could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RiskMetrics {
    /// What it is worth.
    pub equity: Option<f64>,
    /// Longs and shorts added up.
    pub gross_exposure: Option<f64>,
    /// Longs less shorts.
    pub net_exposure: Option<f64>,
    /// Gross exposure over equity.
    pub leverage: Option<f64>,
    /// How far it is below its best, as an amount.
    pub drawdown: Option<f64>,
    /// How far it ever was.
    pub max_drawdown: Option<f64>,
    /// Herfindahl index of its instruments.
    pub concentration: Option<f64>,
    /// Share of the largest instrument in gross exposure.
    pub largest_share: Option<f64>,
    /// How much it moves for each unit that the benchmark moves.
    pub beta: Option<f64>,
    /// Days to liquidate the slowest holding.
    pub liquidity_days: Option<f64>,
    /// The confidence of the losses below.
    pub confidence: Option<Rate>,
    /// Of the observed returns.
    pub value_at_risk: Option<f64>,
    /// Of normal returns with the estimated covariance.
    pub normal_value_at_risk: Option<f64>,
    /// Of returns drawn from it.
    pub simulated_value_at_risk: Option<f64>,
    /// Of the observed returns.
    pub expected_shortfall: Option<f64>,
}

/// What a scope may lose; its place is the time of the reckoning, with an ordinal that stands for the
/// scope.
pub fn risk_metrics(
    place: Place,
    scope: Scope,
    currency: CurrencyId,
    metrics: &RiskMetrics,
) -> Row {
    let [name, strategy, account, _] = scope.cells();
    let mut row = place.row([name, strategy, account, id(currency.number())]);
    row.extend(
        [
            metrics.equity,
            metrics.gross_exposure,
            metrics.net_exposure,
            metrics.leverage,
            metrics.drawdown,
            metrics.max_drawdown,
            metrics.concentration,
            metrics.largest_share,
            metrics.beta,
            metrics.liquidity_days,
        ]
        .map(figure),
    );
    row.push(maybe(metrics.confidence, text));
    row.extend(
        [
            metrics.value_at_risk,
            metrics.normal_value_at_risk,
            metrics.simulated_value_at_risk,
            metrics.expected_shortfall,
        ]
        .map(figure),
    );
    row
}

/// The shortest plain decimal that is the same floating point number; nothing for what is none.
fn figure(value: Option<f64>) -> Cell {
    let value = value.filter(|value| value.is_finite());
    // A minus before zero would be text to one database and nothing to the other.
    maybe(value, |value| text(if value == 0.0 { 0.0 } else { value }))
}

/// An alert as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Alert<'a> {
    /// How bad it is.
    pub severity: &'a str,
    /// What it is about.
    pub code: &'a str,
    /// Whose.
    pub scope: Scope,
    /// How much of the limit is used.
    pub share: Rate,
    /// When it was raised or resolved last.
    pub last_time: Timestamp,
    /// The input during which that was; zero for metrics.
    pub last_sequence: u64,
    /// How often it was raised.
    pub count: u64,
    /// Where it is.
    pub state: &'a str,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<(&'a str, Timestamp)>,
    /// How often it became more severe because nobody did.
    pub escalations: u32,
    /// Why it is over, if it is.
    pub reason: Option<&'a str>,
}

/// An alert; its place is when it was raised first.
pub fn alert(place: Place, alert: &Alert<'_>) -> Row {
    let [scope, strategy, account, instrument] = alert.scope.cells();
    let (by, at) = alert.acknowledged.unzip();
    place.row([
        text(alert.severity),
        text(alert.code),
        scope,
        strategy,
        account,
        instrument,
        text(alert.share),
        time(alert.last_time),
        integer(alert.last_sequence),
        integer(alert.count),
        text(alert.state),
        maybe(by, text),
        maybe(at, time),
        id(alert.escalations),
        maybe(alert.reason, text),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_plain_decimals_or_nothing() {
        let check = |value: f64, expect: Option<&str>| {
            let expect = expect.map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
            assert_eq!(figure(Some(value)), expect, "{value}");
        };
        check(-0.0, Some("0"));
        check(1.5e-7, Some("0.00000015"));
        check(1e21, Some("1000000000000000000000"));
        check(0.1 + 0.2, Some("0.30000000000000004"));
        check(f64::NAN, None);
        check(f64::NEG_INFINITY, None);
        assert_eq!(figure(None), Cell::Null);
    }
}
