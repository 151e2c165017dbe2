//! The page from top to bottom.

use crate::figures::{Figure, groups};
use crate::format::{ABSENT, date, duration, escape, money, number, percent, signed_money, time};
use crate::html::{chart, details, tables};
use crate::run::RunReport;

/// All the styling there is; light and dark by the reader's preference.
const STYLE: &str = include_str!("style.css");

/// The page.
pub fn html(report: &RunReport) -> String {
    let body = [
        header(report),
        warnings(report),
        tiles(report),
        chart::section(report),
        tables::months(report),
        statistics(report),
        tables::attribution(report),
        tables::trades(report),
        details::section(report),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n\
         <footer>Argonaut &middot; times are UTC &middot; past results do not promise future ones\
         </footer>\n</body>\n</html>\n",
        escape(&report.title),
        body.concat(),
    )
}

/// A titled block; nothing if it has no content.
pub(crate) fn section(title: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!(
        "<section>\n<h2>{}</h2>\n{content}</section>\n",
        escape(title)
    )
}

fn header(report: &RunReport) -> String {
    let period = report.period.map_or_else(String::new, |(start, end)| {
        format!(
            "<span>{} &ndash; {}</span><span>{}</span>",
            date(start),
            date(end),
            duration(end.since(start).nanos())
        )
    });
    let instruments: Vec<&str> = report
        .attribution
        .iter()
        .map(|part| part.instrument.as_str())
        .collect();
    let traded = match instruments.as_slice() {
        [] => String::new(),
        few if few.len() <= 4 => format!("<span>{}</span>", escape(&few.join(", "))),
        many => format!("<span>{} instruments</span>", many.len()),
    };
    format!(
        "<header>\n<p class=\"brand\">Argonaut backtest</p>\n<h1>{}</h1>\n\
         <p class=\"facts\"><span>{}</span>{traded}{period}</p>\n</header>\n",
        escape(&report.title),
        escape(&report.strategy),
    )
}

fn warnings(report: &RunReport) -> String {
    if report.warnings.is_empty() {
        return String::new();
    }
    let items: String = report
        .warnings
        .iter()
        .map(|text| format!("<li>{}</li>", escape(text)))
        .collect();
    format!("<ul class=\"warnings\">{items}</ul>\n")
}

/// The figures a reader looks for first.
fn tiles(report: &RunReport) -> String {
    let statistics = &report.statistics;
    let profit = report
        .end_equity
        .checked_sub(report.start_equity)
        .unwrap_or_default();
    let fall = statistics.drawdowns.max.map(|max| max.depth);
    let fraction = |value: Option<f64>| Figure::Fraction(value);
    let tiles = [
        (
            "Net profit",
            signed_money(profit, report.currency_digits),
            tone_of(&profit),
        ),
        tile(
            "Total return",
            fraction(statistics.risk.total_return),
            report,
        ),
        tile("CAGR", fraction(statistics.risk.cagr), report),
        tile("Sharpe", Figure::Ratio(statistics.risk.sharpe), report),
        tile("Max drawdown", fraction(fall), report),
        tile("Win rate", fraction(statistics.trades.win_rate), report),
        tile(
            "Profit factor",
            Figure::Ratio(statistics.trades.profit_factor),
            report,
        ),
        ("Trades", number_of(report.trades_total), ""),
    ];
    let cells = tiles.map(|(label, value, tone)| {
        // Rates and factors are not gains, and the size of a fall is none either.
        let tone = match label {
            "Win rate" | "Profit factor" | "Max drawdown" => "",
            _ => tone,
        };
        format!("<div><dt>{label}</dt><dd class=\"{tone}\">{value}</dd></div>\n")
    });
    format!("<dl class=\"tiles\">\n{}</dl>\n", cells.concat())
}

fn tile(
    label: &'static str,
    figure: Figure,
    report: &RunReport,
) -> (&'static str, String, &'static str) {
    let tone = match figure {
        Figure::Fraction(Some(value)) | Figure::Ratio(Some(value)) => tone(value),
        _ => "",
    };
    (label, show(figure, report), tone)
}

/// The colour class of a gain or loss.
pub(crate) fn tone(value: f64) -> &'static str {
    if value > 0.0 {
        "gain"
    } else if value < 0.0 {
        "loss"
    } else {
        ""
    }
}

/// The same for money.
pub(crate) fn tone_of(amount: &model::Money) -> &'static str {
    match amount.raw().signum() {
        1 => "gain",
        -1 => "loss",
        _ => "",
    }
}

pub(crate) fn number_of(count: usize) -> String {
    crate::format::grouped(&count.to_string())
}

fn statistics(report: &RunReport) -> String {
    let panel = |group: crate::figures::Group| {
        let rows: String = group
            .figures
            .iter()
            .map(|(_, label, figure)| {
                format!(
                    "<tr><th>{label}</th><td>{}</td></tr>\n",
                    show(*figure, report)
                )
            })
            .collect();
        format!(
            "<div class=\"panel\"><h3>{}</h3><table class=\"pairs\">\n{rows}</table></div>\n",
            group.title
        )
    };
    let [returns, drawdowns, tails, trades] = groups(&report.statistics).map(panel);
    let costs = details::costs(report);
    let panels = [returns, drawdowns, tails, costs, trades].concat();
    section(
        "Statistics",
        &format!("<div class=\"panels\">\n{panels}</div>\n"),
    )
}

/// A figure as text.
fn show(figure: Figure, report: &RunReport) -> String {
    let digits = usize::try_from(report.currency_digits).unwrap_or(2);
    let text = match figure {
        Figure::Fraction(value) => value.map(percent),
        Figure::Ratio(value) => value.map(|value| number(value, 2)),
        Figure::Amount(value) => value.map(|value| number(value, digits)),
        Figure::Count(count) => Some(number_of(count)),
        Figure::Seconds(value) => value.and_then(length),
        Figure::Length(value) => value.map(|length| duration(length.nanos())),
        Figure::Moment(value) => value.map(time),
    };
    text.unwrap_or_else(|| format!("<span class=\"absent\">{ABSENT}</span>"))
}

/// Seconds as a length of time, by way of text: the page needs no cast.
fn length(seconds: f64) -> Option<String> {
    let millis: u64 = format!("{:.0}", (seconds * 1000.0).max(0.0)).parse().ok()?;
    Some(duration(millis.saturating_mul(1_000_000)))
}

/// Money of the report with its currency.
pub(crate) fn amount(report: &RunReport, amount: model::Money) -> String {
    format!(
        "{} {}",
        money(amount, report.currency_digits),
        escape(&report.currency)
    )
}
