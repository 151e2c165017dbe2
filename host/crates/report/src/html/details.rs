//! How the run was made: parameters, data, what the engine counted, the journal's hash; and what
//! trading cost.

use model::Money;

use crate::format::{ABSENT, escape, grouped};
use crate::html::page::amount;
use crate::run::RunReport;

/// The block at the end, which lets somebody else repeat the run.
pub(crate) fn section_content(report: &RunReport) -> String {
    let hash = format!(
        "<div class=\"panel wide\"><h3>Journal hash</h3><p class=\"hash\">{}</p></div>\n",
        escape(&report.journal_hash)
    );
    format!(
        "<div class=\"panels\">\n{}{}</div>\n{}{hash}",
        pairs("Parameters", &report.parameters),
        pairs("Engine", &report.counters),
        data(report),
    )
}

/// The same as a titled block.
pub(crate) fn section(report: &RunReport) -> String {
    crate::html::page::section("Run", &section_content(report))
}

/// A panel with what trading cost.
pub(crate) fn costs(report: &RunReport) -> String {
    let show = |cost: Option<Money>| match cost {
        Some(cost) => amount(report, cost),
        None => format!("<span class=\"absent\">{ABSENT}</span>"),
    };
    let costs = &report.costs;
    let rows = [
        ("Fees", costs.fees),
        ("Spread", costs.spread),
        ("Slippage", costs.slippage),
    ]
    .map(|(label, cost)| format!("<tr><th>{label}</th><td>{}</td></tr>\n", show(cost)));
    format!(
        "<div class=\"panel\"><h3>Costs</h3><table class=\"pairs\">\n{}</table></div>\n",
        rows.concat()
    )
}

fn pairs(title: &str, pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let rows: String = pairs
        .iter()
        .map(|(name, value)| {
            format!(
                "<tr><th>{}</th><td>{}</td></tr>\n",
                escape(name),
                escape(value)
            )
        })
        .collect();
    format!("<div class=\"panel\"><h3>{title}</h3><table class=\"pairs\">\n{rows}</table></div>\n")
}

fn data(report: &RunReport) -> String {
    if report.data.is_empty() {
        return String::new();
    }
    let rows: String = report
        .data
        .iter()
        .map(|data| {
            format!(
                "<tr><th>{}</th><td class=\"word\">{}</td><td class=\"word\">{}</td><td>{}</td>\
                 <td>{}</td></tr>\n",
                escape(&data.file),
                escape(&data.instrument),
                escape(&data.kind),
                grouped(&data.events.to_string()),
                grouped(&data.skipped_rows.to_string()),
            )
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table class=\"list\">\n<thead><tr><th>Data</th>\
         <th class=\"word\">Instrument</th><th class=\"word\">Kind</th><th>Events</th>\
         <th>Skipped rows</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}
