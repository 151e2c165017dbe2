//! The report as one JSON document: money, prices and quantities as decimal strings, statistics as
//! numbers, times as RFC 3339, and null where something is not available.

use model::{Money, Side, Timestamp};
use serde_json::{Map, Value, json};

use crate::figures::{Figure, groups};
use crate::run::{Attribution, DataDescription, RunReport, TradeRow};

/// Version of the document's shape; it rises when a name or meaning changes.
const SCHEMA: u32 = 1;

/// The document.
pub fn json(report: &RunReport) -> Value {
    json!({
        "schema": SCHEMA,
        "title": report.title,
        "strategy": report.strategy,
        "parameters": pairs(&report.parameters),
        "data": report.data.iter().map(data).collect::<Vec<_>>(),
        "period": report.period.map(|(start, end)| json!({
            "start": time(start),
            "end": time(end),
        })),
        "counters": pairs(&report.counters),
        "warnings": report.warnings,
        "journal_hash": report.journal_hash,
        "currency": report.currency,
        "start_equity": money(report.start_equity),
        "end_equity": money(report.end_equity),
        "statistics": statistics(report),
        "curve": report.curve.iter().map(|point| json!({
            "time": time(point.time),
            "equity": money(point.equity),
            "drawdown": point.drawdown,
        })).collect::<Vec<_>>(),
        "months": report.months.iter().map(|month| json!({
            "year": month.year,
            "month": month.month,
            "return": month.value,
        })).collect::<Vec<_>>(),
        "attribution": report.attribution.iter().map(attribution).collect::<Vec<_>>(),
        "costs": {
            "fees": report.costs.fees.map(money),
            "spread": report.costs.spread.map(money),
            "slippage": report.costs.slippage.map(money),
        },
        "trades": report.trades.iter().map(trade).collect::<Vec<_>>(),
        "trades_total": report.trades_total,
    })
}

fn money(amount: Money) -> Value {
    Value::String(amount.to_string())
}

fn time(moment: Timestamp) -> Value {
    Value::String(moment.to_string())
}

/// Pairs as an object; the last of equal names wins.
fn pairs(pairs: &[(String, String)]) -> Value {
    let entries = pairs
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())));
    Value::Object(entries.collect())
}

fn data(data: &DataDescription) -> Value {
    json!({
        "file": data.file,
        "kind": data.kind,
        "instrument": data.instrument,
        "events": data.events,
        "skipped_rows": data.skipped_rows,
    })
}

fn attribution(part: &Attribution) -> Value {
    json!({
        "instrument": part.instrument,
        "trades": part.trades,
        "pnl": money(part.pnl),
        "fees": money(part.fees),
        "traded_value": money(part.traded_value),
    })
}

fn trade(row: &TradeRow) -> Value {
    let trade = &row.trade;
    json!({
        "instrument": row.instrument,
        "currency": row.currency,
        "side": match trade.side { Side::Buy => "long", Side::Sell => "short" },
        "quantity": trade.quantity.to_string(),
        "entry_time": time(trade.entry_time),
        "exit_time": time(trade.exit_time),
        "entry_price": trade.entry_price.to_string(),
        "exit_price": trade.exit_price.to_string(),
        "pnl": money(trade.pnl),
        "fees": money(trade.fees),
        "max_adverse": trade.max_adverse.map(money),
        "max_favorable": trade.max_favorable.map(money),
        "fills": trade.fills,
    })
}

fn statistics(report: &RunReport) -> Value {
    let group = |group: crate::figures::Group| {
        let figures = group.figures.into_iter();
        let entries: Map<String, Value> = figures
            .map(|(key, _, figure)| (key.to_owned(), value(figure)))
            .collect();
        (group.key.to_owned(), Value::Object(entries))
    };
    Value::Object(groups(&report.statistics).into_iter().map(group).collect())
}

/// JSON has no NaN; a number that is not finite becomes null by `Value::from`.
fn value(figure: Figure) -> Value {
    match figure {
        Figure::Fraction(number)
        | Figure::Ratio(number)
        | Figure::Amount(number)
        | Figure::Seconds(number) => Value::from(number),
        Figure::Count(count) => Value::from(count),
        Figure::Length(length) => Value::from(length.map(quant::convert::seconds)),
        Figure::Moment(moment) => moment.map_or(Value::Null, time),
    }
}
