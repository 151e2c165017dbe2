//! From what a backtest left behind to a report and to a few lines for a terminal.

use super::{Record, Spec, spec};
use engine::StrategyState;
use model::Money;
use quant::{Annual, EquityPoint, convert};
use report::{Attribution, Costs, DataDescription, RunReport, TradeRow};

/// Trades listed in a report.
const LISTED_TRADES: usize = 5_000;
/// Points of the curve in a report.
const CURVE_POINTS: usize = 1_000;

/// How long things took, in seconds of wall time.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Reading the files.
    pub load_s: f64,
    /// The run itself.
    pub run_s: f64,
}

/// The report of a run.
pub fn report(spec: &Spec, record: &Record, timing: Timing) -> RunReport {
    let curve: Vec<EquityPoint> = record
        .curve
        .iter()
        .map(|(time, equity)| EquityPoint {
            time: *time,
            equity: convert::money(*equity),
        })
        .collect();
    let rate = |id| record.attribution.get(&id).map_or(1.0, |part| part.rate);
    let outcomes: Vec<_> = record
        .trades
        .iter()
        .map(|trade| trade.outcome(rate(trade.instrument)))
        .collect();
    let annual = Annual {
        days: trading_days(spec),
        ..Annual::default()
    };
    let currency = currency(spec);
    RunReport {
        title: title(spec, record),
        strategy: format!("{} {}", record.plugin.0, record.plugin.1),
        parameters: record.parameters.clone(),
        data: data(spec),
        period: spec.period(),
        counters: counters(record, timing),
        warnings: warnings(record),
        journal_hash: record
            .journal_hash
            .map(|hash| hash.to_string())
            .unwrap_or_default(),
        currency_digits: if currency.len() == 3 && currency != "BTC" {
            2
        } else {
            8
        },
        currency,
        start_equity: record
            .curve
            .first()
            .map_or(Money::ZERO, |(_, equity)| *equity),
        end_equity: record
            .curve
            .last()
            .map_or(Money::ZERO, |(_, equity)| *equity),
        statistics: quant::statistics::statistics(&curve, &outcomes, annual),
        months: quant::equity::monthly_returns(&curve),
        curve: report::curve(&record.curve, CURVE_POINTS),
        attribution: attribution(spec, record),
        costs: costs(spec, record),
        trades: trades(spec, record),
        trades_total: record.trades.len(),
    }
}

/// 365 days when anything trades at weekends, 252 otherwise.
fn trading_days(spec: &Spec) -> f64 {
    use model::AssetClass::{CryptoPerpetual, CryptoSpot};
    let mut classes = spec
        .universe
        .instruments()
        .map(|(_, instrument)| instrument.class);
    let always = classes.any(|c| matches!(c, CryptoSpot { .. } | CryptoPerpetual { .. }));
    if always { 365.0 } else { 252.0 }
}

fn currency(spec: &Spec) -> String {
    let account = spec
        .universe
        .definitions()
        .iter()
        .find_map(|definition| match definition {
            engine::Definition::Account(config) => Some(config.base_currency),
            _ => None,
        });
    account
        .map_or("?", |id| spec.universe.currency_name(id))
        .to_owned()
}

fn title(spec: &Spec, record: &Record) -> String {
    format!(
        "{} on {}",
        record.plugin.0,
        spec.universe.symbols().join(", ")
    )
}

fn data(spec: &Spec) -> Vec<DataDescription> {
    spec.files
        .iter()
        .zip(spec.data.series())
        .map(|(file, series)| DataDescription {
            file: file.path.display().to_string(),
            kind: spec::series_words(series),
            instrument: symbol(spec, file.instrument),
            events: series.events,
            skipped_rows: file.skipped_rows,
        })
        .collect()
}

fn symbol(spec: &Spec, id: model::InstrumentId) -> String {
    spec.universe
        .instrument(id)
        .map_or_else(String::new, |instrument| instrument.symbol.clone())
}

fn counters(record: &Record, timing: Timing) -> Vec<(String, String)> {
    let denied: u64 = record.denied.values().sum();
    let per_second = crate::bench::ratio(record.events, timing.run_s);
    let rows = [
        ("events", record.events.to_string()),
        ("bars", record.bars.to_string()),
        ("orders", record.orders.to_string()),
        ("denied", denied.to_string()),
        ("fills", record.fills.len().to_string()),
        ("ignored inputs", record.ignored.to_string()),
        ("load", format!("{:.3} s", timing.load_s)),
        ("run", format!("{:.3} s", timing.run_s)),
        ("events per second", format!("{per_second:.0}")),
    ];
    rows.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn warnings(record: &Record) -> Vec<String> {
    let mut warnings = record.unmet.clone();
    for (code, count) in &record.denied {
        warnings.push(format!(
            "{count} orders denied with {code}: {}",
            code.reason()
        ));
    }
    if let Some(words) = &record.rule_denials.first {
        let count = record.rule_denials.count;
        warnings.push(format!(
            "custom rules refused {count} times, the first: {words}"
        ));
    }
    if let Some(fault) = &record.algorithm_faults.first {
        let count = record.algorithm_faults.count;
        warnings.push(format!(
            "algorithms broke over {count} orders, the first: {fault}"
        ));
    }
    if let Some(fault) = &record.model_faults.first {
        let count = record.model_faults.count;
        warnings.push(format!(
            "models of the venue broke {count} times and stopped their instruments, the first: {fault}"
        ));
    }
    if let Some(reason) = &record.first_ignored {
        warnings.push(format!(
            "{} inputs without effect, the first: {reason}",
            record.ignored
        ));
    }
    if let Some((event, fault)) = &record.fault {
        let state = StrategyState::Error.name();
        warnings.push(format!(
            "the strategy went to {state} at event {event}: {fault}"
        ));
    }
    for (_, position) in &record.open_positions {
        warnings.push(format!(
            "a position of {} was open at the end",
            position.quantity
        ));
    }
    warnings
}

fn attribution(spec: &Spec, record: &Record) -> Vec<Attribution> {
    let parts = record.attribution.iter();
    parts
        .map(|(id, part)| {
            let fills = record.fills.iter().filter(|fill| fill.instrument == *id);
            let multiplier = spec.universe.instrument(*id).map(|i| i.multiplier);
            let value = fills.fold(Money::ZERO, |sum, fill| {
                let value = multiplier.and_then(|m| fill.price.notional(fill.quantity, m).ok());
                value
                    .and_then(|value| sum.checked_add(value).ok())
                    .unwrap_or(sum)
            });
            Attribution {
                instrument: symbol(spec, *id),
                trades: record
                    .trades
                    .iter()
                    .filter(|trade| trade.instrument == *id)
                    .count(),
                pnl: part.pnl,
                fees: part.fees,
                traded_value: value,
            }
        })
        .collect()
}

/// Costs can be summed where all instruments have one quote currency.
fn costs(spec: &Spec, record: &Record) -> Costs {
    let fees = record
        .attribution
        .values()
        .try_fold(Money::ZERO, |sum, part| sum.checked_add(part.fees).ok());
    let mut currencies: Vec<_> = spec
        .universe
        .instruments()
        .map(|(_, i)| i.quote_currency)
        .collect();
    currencies.dedup();
    let all_quoted = record
        .fills
        .iter()
        .all(|fill| record.crossing.contains_key(&fill.instrument));
    if currencies.len() != 1 || !all_quoted {
        return Costs {
            fees,
            ..Costs::default()
        };
    }
    let sum = |part: fn(&super::Crossing) -> Money| {
        record
            .crossing
            .values()
            .try_fold(Money::ZERO, |sum, c| sum.checked_add(part(c)).ok())
    };
    Costs {
        fees,
        spread: sum(|c| c.spread),
        slippage: sum(|c| c.slippage),
    }
}

fn trades(spec: &Spec, record: &Record) -> Vec<TradeRow> {
    let listed = record.trades.iter().take(LISTED_TRADES);
    listed
        .map(|trade| {
            let quote = spec
                .universe
                .instrument(trade.instrument)
                .map(|i| i.quote_currency);
            TradeRow {
                instrument: symbol(spec, trade.instrument),
                currency: quote
                    .map_or("?", |id| spec.universe.currency_name(id))
                    .to_owned(),
                trade: *trade,
            }
        })
        .collect()
}

/// The run in a few lines.
pub fn summary(report: &RunReport, record: &Record) -> Vec<String> {
    let figure =
        |value: Option<f64>| value.map_or("not available".to_owned(), |v| format!("{v:.4}"));
    let share = |value: Option<f64>| {
        value.map_or("not available".to_owned(), |v| {
            format!("{:.2} %", v * 100.0)
        })
    };
    let digits = report.currency_digits as usize;
    let statistics = &report.statistics;
    let mut lines = vec![report.title.clone()];
    if let Some((first, last)) = report.period {
        lines.push(format!("period          {first} to {last}"));
    }
    let mut row = |name: &str, value: String| lines.push(format!("{name:<15} {value}"));
    row(
        "equity",
        format!(
            "{:.digits$} to {:.digits$} {}",
            convert::money(report.start_equity),
            convert::money(report.end_equity),
            report.currency
        ),
    );
    row("total return", share(statistics.risk.total_return));
    row("Sharpe", figure(statistics.risk.sharpe));
    row(
        "max drawdown",
        share(statistics.drawdowns.max.map(|max| max.depth)),
    );
    row("trades", report.trades_total.to_string());
    row("win rate", share(statistics.trades.win_rate));
    for (name, value) in &report.counters {
        row(name, value.clone());
    }
    row("journal hash", report.journal_hash.clone());
    lines.extend(
        record
            .unmet
            .iter()
            .map(|unmet| format!("note            {unmet}")),
    );
    lines
}
