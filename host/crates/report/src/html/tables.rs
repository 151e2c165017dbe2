//! Months, instruments and trades as tables.

use model::{Money, Side};
use quant::convert;

use crate::format::{duration, escape, money, signed_money, signed_percent, time};
use crate::html::page::{number_of, section, tone, tone_of};
use crate::html::scale::month_name;
use crate::run::{RunReport, TradeRow};

/// Trades that the page lists; the document lists all it is given.
const TRADES_SHOWN: usize = 1000;

/// Returns by month, one row per year.
pub(crate) fn months(report: &RunReport) -> String {
    if report.months.is_empty() {
        return String::new();
    }
    let largest = report
        .months
        .iter()
        .map(|month| month.value.abs())
        .fold(0.0, f64::max);
    let head: String = (1..=12)
        .map(|month| format!("<th>{}</th>", month_name(month)))
        .collect();
    let years = report.months.chunk_by(|one, next| one.year == next.year);
    let rows: String = years
        .map(|year| {
            let cell = |month: u64| {
                let value = year
                    .iter()
                    .find(|found| found.month == month)
                    .map(|found| found.value);
                value.map_or_else(|| "<td></td>".to_owned(), |value| heat(value, largest))
            };
            let cells: String = (1..=12).map(cell).collect();
            let whole = year
                .iter()
                .fold(1.0, |growth, month| growth * (1.0 + month.value))
                - 1.0;
            format!(
                "<tr><th>{}</th>{cells}<td class=\"total {}\">{}</td></tr>\n",
                year[0].year,
                tone(whole),
                signed_percent(whole)
            )
        })
        .collect();
    let table = format!(
        "<div class=\"scroll\"><table class=\"months\">\n<thead><tr><th></th>{head}<th>Year</th>\
         </tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    );
    section("Monthly returns", &table)
}

/// A cell whose colour grows with the size of the return.
fn heat(value: f64, largest: f64) -> String {
    let share = if largest > 0.0 {
        value.abs() / largest
    } else {
        0.0
    };
    let colour = if value < 0.0 { "--loss" } else { "--gain" };
    format!(
        "<td style=\"background:color-mix(in srgb, var({colour}) {:.0}%, transparent)\">{}</td>",
        share * 45.0,
        signed_percent(value)
    )
}

/// What each instrument gave and cost.
pub(crate) fn attribution(report: &RunReport) -> String {
    if report.attribution.is_empty() {
        return String::new();
    }
    let digits = report.currency_digits;
    let sizes = report
        .attribution
        .iter()
        .map(|part| convert::money(part.pnl).abs());
    let largest = sizes.fold(f64::MIN_POSITIVE, f64::max);
    let rows: String = report
        .attribution
        .iter()
        .map(|part| {
            let width = convert::money(part.pnl).abs() / largest * 100.0;
            let tone = tone_of(&part.pnl);
            format!(
                "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td>\
                 <td class=\"{tone}\">{}</td>\
                 <td class=\"bar\"><i class=\"{tone}\" style=\"width:{width:.1}%\"></i></td></tr>\n",
                escape(&part.instrument),
                number_of(part.trades),
                money(part.traded_value, digits),
                money(part.fees, digits),
                signed_money(part.pnl, digits),
            )
        })
        .collect();
    let table = format!(
        "<div class=\"scroll\"><table class=\"list\">\n<thead><tr><th>Instrument</th><th>Trades</th>\
         <th>Traded value</th><th>Fees</th><th>Net profit ({})</th><th class=\"bar\"></th></tr>\
         </thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        escape(&report.currency)
    );
    section("By instrument", &table)
}

/// Closed trades in order of exit.
pub(crate) fn trades(report: &RunReport) -> String {
    if report.trades.is_empty() {
        return section("Trades", "<p class=\"absent\">No trade was closed.</p>\n");
    }
    let shown = report.trades.len().min(TRADES_SHOWN);
    let rows: String = report
        .trades
        .iter()
        .take(TRADES_SHOWN)
        .enumerate()
        .map(|(n, row)| trade(n, row, report))
        .collect();
    let note = if shown < report.trades_total {
        format!(
            "<p class=\"caption\">The first {} of {} trades</p>\n",
            number_of(shown),
            number_of(report.trades_total)
        )
    } else {
        String::new()
    };
    let table = format!(
        "{note}<div class=\"scroll tall\"><table class=\"list\">\n<thead><tr><th>#</th>\
         <th class=\"word\">Instrument</th><th class=\"word\">Side</th><th>Quantity</th><th>Entry</th>\
         <th>Entry price</th><th>Exit</th><th>Exit price</th><th>Held</th><th>Fees</th>\
         <th>Net profit</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    );
    section("Trades", &table)
}

fn trade(index: usize, row: &TradeRow, report: &RunReport) -> String {
    let trade = &row.trade;
    let side = match trade.side {
        Side::Buy => "Long",
        Side::Sell => "Short",
    };
    let amount = |amount: Money| {
        if row.currency == report.currency {
            return signed_money(amount, report.currency_digits);
        }
        format!(
            "{} {}",
            signed_money(amount, Money::DIGITS),
            escape(&row.currency)
        )
    };
    format!(
        "<tr><td>{}</td><th>{}</th><td class=\"word\">{side}</td><td>{}</td><td>{}</td><td>{}</td>\
         <td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"{}\">{}</td></tr>\n",
        index + 1,
        escape(&row.instrument),
        trade.quantity,
        time(trade.entry_time),
        trade.entry_price,
        time(trade.exit_time),
        trade.exit_price,
        duration(trade.exit_time.since(trade.entry_time).nanos()),
        amount(trade.fees).trim_start_matches('+'),
        tone_of(&trade.pnl),
        amount(trade.pnl),
    )
}
