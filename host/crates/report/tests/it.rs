//! The page and the document of a whole run, and of a run of nothing.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

#[path = "it/sample.rs"]
mod sample;

use report::{RunReport, html, json};
use serde_json::Value;

/// Tags must balance: every one that opens closes, in order.
fn assert_balanced(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = page.split_once("</style>").unwrap().1;
    for tag in body
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|pair| pair.0)
    {
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        match tag {
            _ if tag.ends_with('/') => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "at </{name}>"),
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn the_page_stands_alone() {
    let page = html(&sample::sample(6_000));
    assert!(page.starts_with("<!DOCTYPE html>"));
    for outside in [
        "http:", "https:", "src=", "href=", "url(", "@import", "<script",
    ] {
        assert!(!page.contains(outside), "the page holds {outside}");
    }
    let bad = ["NaN", ">inf", "-inf", "{", "}"];
    let body = page.split_once("</style>").unwrap().1;
    for text in bad {
        assert!(!body.contains(text), "the page shows {text}");
    }
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn the_page_is_well_formed_and_shows_the_run() {
    let report = sample::sample(6_000);
    let page = html(&report);
    assert_balanced(&format!(
        "</style>{}",
        page.split_once("<body>")
            .unwrap()
            .1
            .replace("</body>\n</html>", "")
    ));
    for part in [
        "Equity",
        "Drawdown",
        "Monthly returns",
        "EUR/USD.SIM",
        "7a9c40d2f1b3",
        "ema-cross",
    ] {
        assert!(page.contains(part), "the page lacks {part}");
    }
    assert_eq!(
        page.matches("<tr><td>").count(),
        report.trades.len().min(1000)
    );
}

#[test]
fn hostile_names_stay_text() {
    let mut report = sample::sample(200);
    let hostile = "</title><script>alert('x')</script>\"&";
    report.title = hostile.to_owned();
    report.strategy = hostile.to_owned();
    report.currency = hostile.to_owned();
    report.journal_hash = hostile.to_owned();
    report.warnings = vec![hostile.to_owned()];
    report.parameters = vec![(hostile.to_owned(), hostile.to_owned())];
    report.counters = report.parameters.clone();
    report.data[0].file = hostile.to_owned();
    report.attribution[0].instrument = hostile.to_owned();
    for row in &mut report.trades {
        (row.instrument, row.currency) = (hostile.to_owned(), hostile.to_owned());
    }
    let page = html(&report);
    assert!(!page.contains("<script") && !page.contains("alert('"));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)"));
}

#[test]
fn a_run_of_nothing_has_no_figures_but_a_page() {
    let report = RunReport::default();
    let page = html(&report);
    assert!(page.contains("No equity was recorded") && page.contains("No trade was closed"));
    let document = json(&report);
    assert_eq!(document["statistics"]["returns"]["sharpe"], Value::Null);
    assert_eq!(document["period"], Value::Null);
    assert_eq!(document["statistics"]["trades"]["trades"], 0);
}

#[test]
fn the_document_keeps_money_exact() {
    let report = sample::sample(6_000);
    let document = json(&report);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["start_equity"], "100000");
    assert_eq!(document["end_equity"], report.end_equity.to_string());
    let trade = &document["trades"][0];
    assert_eq!(trade["pnl"], report.trades[0].trade.pnl.to_string());
    assert!(trade["entry_time"].as_str().unwrap().ends_with('Z'));
    assert!(trade["max_adverse"].is_string());
    assert!(document["statistics"]["returns"]["sharpe"].is_f64());
    assert_eq!(document["costs"]["spread"], Value::Null);
    assert_eq!(document["costs"]["slippage"], "0");
    assert_eq!(
        document["curve"].as_array().unwrap().len(),
        report.curve.len()
    );
}
