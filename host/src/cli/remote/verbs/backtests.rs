//! Backtests that a running host is asked for, of the market data that it has.

use crate::cli::remote::verb::{Kind, Verb, delete, get, post};

pub(super) fn verbs() -> Vec<Verb> {
    const BACKTEST: &str = "/backtests/{id}";
    vec![
        run(),
        get(
            "backtests list",
            "/backtests",
            "List them, the latest first",
        )
        .query(
            "state",
            Kind::Name,
            "Only queued, running, done, failed, canceled or interrupted ones",
        )
        .limit()
        .columns(&[
            "id",
            "title",
            "state",
            "progress",
            "by",
            "asked",
            "journal_hash",
            "error",
        ]),
        get("backtests show", BACKTEST, "Show one, and what came of it"),
        get(
            "backtests report",
            "/backtests/{id}/report",
            "Print the report of one as HTML, such as into a file",
        )
        .document(),
        post("backtests cancel", "/backtests/{id}/cancel", "End one").query(
            "by",
            Kind::Text,
            "Who asks, where the host does not know it",
        ),
        delete(
            "backtests remove",
            BACKTEST,
            "Forget one that is over, with its report",
        ),
    ]
}

fn run() -> Verb {
    let verb = post(
        "backtests run",
        "/backtests",
        "Backtest a plugin; the answer is a job",
    )
    .field(
        "plugin",
        Kind::Text,
        "One that the host has: sha256:HASH, or a path below its plugin folder",
    )
    .needed()
    .field("param", Kind::Pairs, "A parameter of the strategy")
    .named("parameters")
    .field(
        "instruments",
        Kind::Json,
        "A JSON list of SYMBOL[,KEY=VALUE], such as [\"EUR/USD,lot=1000\"]",
    )
    .needed()
    .field(
        "data",
        Kind::List,
        "Files below the host's folder of market data; SYMBOL=FILE with several instruments",
    )
    .field("catalog", Kind::Text, "A catalog below that folder instead")
    .field(
        "kind",
        Kind::Text,
        "Of these data only quotes, trades, bars or books",
    )
    .field("bar", Kind::Text, "Length and basis of bars: 60s-last")
    .field("from", Kind::Text, "Of a catalog: what is from here on")
    .field("to", Kind::Text, "Of a catalog: what is before here");
    world(verb).long()
}

/// With when it trades, and the world it trades in.
fn world(verb: Verb) -> Verb {
    verb.field(
        "start",
        Kind::Text,
        "Trade from here on; what is before is history",
    )
    .field("end", Kind::Text, "Trade until before here")
    .field(
        "deposits",
        Kind::List,
        "Money to begin with: \"1000000 USD\"",
    )
    .field(
        "cash-account",
        Kind::Flag,
        "Pay in full instead of putting up margin",
    )
    .named("cash_account")
    .field(
        "leverage",
        Kind::Text,
        "Value that one unit of margin carries",
    )
    .field(
        "account",
        Kind::Text,
        "What the account is beside its money: hedging=true,margin_call.call=1",
    )
    .field(
        "events",
        Kind::Text,
        "A file below that folder of what happens: funding, dividends, halts and the like",
    )
    .field("latency", Kind::Text, "How long orders travel, such as 5ms")
    .field("feed-latency", Kind::Text, "How long market data travels")
    .named("feed_latency")
    .field(
        "slippage-ticks",
        Kind::Whole,
        "Ticks by which takers fill worse than the touch",
    )
    .named("slippage_ticks")
    .field(
        "touch-fill-chance",
        Kind::Text,
        "The chance, from 0 to 1, that an order fills at a mere touch",
    )
    .named("touch_fill_chance")
    .field(
        "slip-chance",
        Kind::Text,
        "The chance, from 0 to 1, that a taking order fills a tick worse",
    )
    .named("slip_chance")
    .field("seed", Kind::Whole, "Seed of what is left to chance")
    .field(
        "force",
        Kind::Flag,
        "Also if a newer version runs or is approved",
    )
    .field(
        "by",
        Kind::Text,
        "Who asks, where the host does not know it",
    )
}
