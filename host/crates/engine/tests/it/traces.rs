//! Golden traces: scenarios that a trader can read, in files under `tests/golden`, with what must
//! come of each line below it. `GOLDEN=write` writes what comes instead of comparing; what then
//! changed must be checked by hand against the comments.
//!
//! ```text
//! # What the scenario shows.
//! given fees maker -0.0001 taker 0.0002
//! 09:30:00 quote 100.00 x 500 / 100.05 x 300
//! 09:30:01 buy 100 STOP_LIMIT trigger 100.20 limit 100.25 GTC as A
//! -> A SUBMITTED
//! -> A ACCEPTED
//! ```
//!
//! `given` lines come before the first timed one: `fees`, `latency insert 5ms cancel 5ms modify 5ms`,
//! `lacks STOP_MARKET`, `session 09:30 16:00`, `slippage 1`, `hedging` (`hedging net`),
//! `feed 5ms`, `self_match CANCEL_NEWEST`, `tiers 1000 maker 0 taker 0.001`, `chances touch 0.5 slip 0`, `commission 0.005 min 1 share 0.01`; `deposit 1000`, `rules delivers
//! converts_debts`, `margin_call call 1 liquidate 0.5 grace 60s`, `instrument FUT margin 0.2 0.1`,
//! `instrument FUT expires 16:00`, `instrument OPT put 100 expires 16:00`. A timed line may name its
//! instrument first: `09:30:00 FUT quote 4000 / 4001`. Timed lines, each on the day of the one
//! before unless it names a weekday (the first is a Monday): quote, book and orders (a snapshot or
//! delta with its number), trade, bar, day_bar, mark, index, halt, resume, funding, settlement, split,
//! dividend, convert, buy, sell, list (its orders follow, indented), cancel, modify, wait, show.
//! `of A` names the position that order A opened; `show positions` lists those of a hedging account.

use crate::trace_given::Given;
use crate::trace_input::{Line, apply};
use crate::trace_output::Reader;
use std::path::PathBuf;

/// A file's text with the expected lines replaced by what came.
pub(crate) fn replay(text: &str) -> String {
    let mut given = Given::default();
    let mut played = None;
    let mut out = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(text) = lines.next() {
        if text.starts_with("->") {
            continue;
        }
        out.push(text.to_owned());
        match Line::of(text) {
            Line::Note => {}
            Line::Given(words) => given.take(&words),
            Line::Timed(words) => {
                let (world, reader) = played.get_or_insert_with(|| {
                    let world = std::mem::take(&mut given).build();
                    let seen = world.effects.len();
                    (world, Reader::new(seen))
                });
                let mut orders = Vec::new();
                while let Some(order) = lines.next_if(|next| next.starts_with("  ")) {
                    out.push(order.to_owned());
                    orders.push(order.split_whitespace().map(str::to_owned).collect());
                }
                apply(world, reader, &words, &orders);
                out.extend(
                    reader
                        .news(world)
                        .into_iter()
                        .map(|line| format!("-> {line}")),
                );
            }
        }
    }
    out.join("\n") + "\n"
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// All traces, by name.
pub(crate) fn files() -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// The first line that differs, with what was expected.
fn first_difference(expected: &str, got: &str) -> Option<String> {
    let longest = expected.lines().count().max(got.lines().count());
    let mut pairs = (0..longest).map(|n| (n, expected.lines().nth(n), got.lines().nth(n)));
    pairs
        .find(|(_, expected, got)| expected != got)
        .map(|(n, expected, got)| {
            let show = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
            format!("line {}: {}\n  came: {}", n + 1, show(expected), show(got))
        })
}

#[test]
fn every_trace_goes_as_written() {
    let write = std::env::var("GOLDEN").is_ok_and(|value| value == "write");
    let mut wrong = Vec::new();
    for file in files() {
        let expected = std::fs::read_to_string(&file).unwrap();
        println!("{}", file.display());
        let got = replay(&expected);
        if write && got != expected {
            std::fs::write(&file, got).unwrap();
        } else if let Some(difference) = first_difference(&expected, &got) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("{name}, {difference}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_trace_that_goes_otherwise_is_found() {
    let text = "09:30:00 quote 1.00 / 1.01\n09:30:01 buy 5 MARKET GTC as A\n";
    let got = replay(text);
    assert!(
        got.ends_with("-> A SUBMITTED\n-> A FILLED 5 @ 1.01 taker\n"),
        "{got}"
    );
    assert_eq!(first_difference(&got, &got), None);
    let wrong = got.replace("1.01 taker", "1.02 taker");
    let difference = first_difference(&wrong, &got).unwrap();
    assert!(
        difference.starts_with("line 4: -> A FILLED 5 @ 1.02"),
        "{difference}"
    );
}
