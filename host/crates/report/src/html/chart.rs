//! Equity and drawdown over time, as inline SVG on one time axis.

use quant::convert;

use crate::curve::CurvePoint;
use crate::format::{number, percent};
use crate::html::page::amount;
use crate::html::scale::{Scale, offset_s, ticks, time_ticks};
use crate::run::RunReport;

/// Width of the drawing in its own units.
const WIDTH: f64 = 1120.0;
/// Room for labels at the right.
const LABELS: f64 = 84.0;
/// Room above the curve.
const TOP: f64 = 10.0;
/// Height of the equity curve.
const EQUITY: f64 = 280.0;
/// Height of the drawdown curve.
const DRAWDOWN: f64 = 110.0;
/// Room for the labels of time.
const BOTTOM: f64 = 24.0;

/// Both charts, or a sentence where there is nothing to draw.
pub(crate) fn section_content(report: &RunReport) -> String {
    let (Some(first), Some(last)) = (report.curve.first(), report.curve.last()) else {
        return "<p class=\"absent\">No equity was recorded.</p>\n".to_owned();
    };
    let across = Scale::new(
        (0.0, offset_s(first.time, last.time)),
        (0.0, WIDTH - LABELS),
    );
    let x = |point: &CurvePoint| across.at(offset_s(first.time, point.time));
    let marks: Vec<(f64, String)> = time_ticks(first.time, last.time)
        .into_iter()
        .map(|(moment, label)| (across.at(offset_s(first.time, moment)), label))
        .collect();
    let caption = format!(
        "<p class=\"caption\">From {} to {}</p>\n",
        amount(report, report.start_equity),
        amount(report, report.end_equity),
    );
    let xs: Vec<f64> = report.curve.iter().map(x).collect();
    format!(
        "{caption}{}{}",
        equity(report, &xs, &marks),
        drawdown(report, &xs, &marks)
    )
}

/// The charts as a titled block.
pub(crate) fn section(report: &RunReport) -> String {
    crate::html::page::section("Equity and drawdown", &section_content(report))
}

fn equity(report: &RunReport, xs: &[f64], marks: &[(f64, String)]) -> String {
    let values: Vec<f64> = report
        .curve
        .iter()
        .map(|point| convert::money(point.equity))
        .collect();
    let (low, high) = range(&values);
    let pad = ((high - low) * 0.06).max(high.abs() * 1e-6);
    let (low, high) = (low - pad, high + pad);
    let down = Scale::new((low, high), (TOP + EQUITY, TOP));
    let (levels, digits) = ticks(low, high, 5.0);
    let grid = levels
        .iter()
        .map(|level| level_line(down.at(*level), &number(*level, digits)));
    let start = down.at(convert::money(report.start_equity));
    let base = format!(
        "<line class=\"base\" x1=\"0\" x2=\"{:.1}\" y1=\"{start:.1}\" y2=\"{start:.1}\"/>",
        WIDTH - LABELS
    );
    let line = path(xs, &values, &down);
    let floor = TOP + EQUITY;
    let (left, right) = (xs.first().unwrap_or(&0.0), xs.last().unwrap_or(&0.0));
    format!(
        "{}{}{}<path class=\"area\" d=\"{line}L{right:.1},{floor:.1}L{left:.1},{floor:.1}Z\"/>\
         {base}<path class=\"line\" d=\"{line}\"/></svg>\n",
        open("Equity", TOP + EQUITY + 4.0),
        grid.collect::<String>(),
        time_lines(marks, TOP + EQUITY, None),
    )
}

fn drawdown(report: &RunReport, xs: &[f64], marks: &[(f64, String)]) -> String {
    let values: Vec<f64> = report.curve.iter().map(|point| -point.drawdown).collect();
    let (low, _) = range(&values);
    let down = Scale::new((low.min(-1e-6) * 1.05, 0.0), (TOP + DRAWDOWN, TOP));
    let (levels, _) = ticks(low.min(-1e-6) * 1.05, 0.0, 3.0);
    let grid = levels
        .iter()
        .map(|level| level_line(down.at(*level), &percent(*level)));
    let line = path(xs, &values, &down);
    let (left, right) = (xs.first().unwrap_or(&0.0), xs.last().unwrap_or(&0.0));
    format!(
        "{}{}{}<path class=\"fall\" d=\"{line}L{right:.1},{TOP:.1}L{left:.1},{TOP:.1}Z\"/>\
         <path class=\"fall-line\" d=\"{line}\"/></svg>\n",
        open("Drawdown", TOP + DRAWDOWN + BOTTOM),
        grid.collect::<String>(),
        time_lines(marks, TOP + DRAWDOWN, Some(TOP + DRAWDOWN + 18.0)),
    )
}

fn open(title: &str, height: f64) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\
         <title>{title}</title>"
    )
}

fn level_line(y: f64, label: &str) -> String {
    format!(
        "<line class=\"grid\" x1=\"0\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
        WIDTH - LABELS,
        WIDTH - LABELS + 8.0,
        y + 4.0
    )
}

/// Vertical lines, with labels at `labels_y` if given.
fn time_lines(marks: &[(f64, String)], floor: f64, labels_y: Option<f64>) -> String {
    let mark = |(x, label): &(f64, String)| {
        let line = format!(
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP:.1}\" y2=\"{floor:.1}\"/>"
        );
        // A label at the very edge would be cut in half.
        let anchor = if *x < 24.0 { "start" } else { "middle" };
        let text = labels_y.map_or_else(String::new, |y| {
            format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{label}</text>")
        });
        line + &text
    };
    marks.iter().map(mark).collect()
}

fn path(xs: &[f64], values: &[f64], down: &Scale) -> String {
    let step = |(index, (x, value)): (usize, (&f64, &f64))| {
        format!(
            "{}{x:.1},{:.1}",
            if index == 0 { "M" } else { "L" },
            down.at(*value)
        )
    };
    xs.iter().zip(values).enumerate().map(step).collect()
}

fn range(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}
