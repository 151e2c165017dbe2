//! Orders by hand, what is held and was done, and the engine.

use crate::cli::remote::verb::{Kind, Verb, delete, get, patch, post, put};

const ORDERS: &[&str] = &[
    "id",
    "status",
    "instrument",
    "side",
    "type",
    "quantity",
    "filled",
    "price",
    "trigger_now",
    "strategy",
    "deny_code",
];

pub(super) fn orders() -> Vec<Verb> {
    vec![
        of_strategy(get(
            "orders list",
            "/orders",
            "List open orders, then the latest closed ones",
        ))
        .query("status", Kind::Text, "Only open ones: open")
        .limit()
        .columns(ORDERS),
        get("orders show", "/orders/{order}", "Show all of one"),
        with_terms(placed(post(
            "orders place",
            "/orders",
            "Place an order by hand",
        ))),
        post(
            "orders place-list",
            "/orders/lists",
            "Place orders that depend on each other, all or none",
        )
        .body("orders", "The list, as POST orders/lists takes it"),
        patch(
            "orders modify",
            "/orders/{order}",
            "Change an open one; what is left out stays",
        )
        .field("quantity", Kind::Text, "How much in all")
        .field("price", Kind::Text, "The limit")
        .field("trigger", Kind::Text, "The price that wakes it"),
        delete(
            "orders cancel",
            "/orders/{order}",
            "Ask for its cancellation",
        ),
    ]
}

/// With the fields of an order; what each type needs stands in the API's description.
fn placed(verb: Verb) -> Verb {
    verb.word("side", Kind::Name, "buy or sell")
        .word("quantity", Kind::Text, "How much")
        .word(
            "instrument",
            Kind::Text,
            "The instrument's symbol, such as EUR/USD.SIM",
        )
        .field(
            "type",
            Kind::Name,
            "market, limit, stop-market, stop-limit, trailing-stop-market and so on",
        )
        .needed()
        .field("price", Kind::Text, "The limit")
        .field("trigger", Kind::Text, "The price that wakes it")
        .field(
            "trigger-by",
            Kind::Name,
            "bid-ask (the default), last, mid, mark or index",
        )
        .named("trigger_by")
        .field("trail", Kind::Text, "How far a trailing stop follows")
        .named("trail.offset")
        .field("trail-unit", Kind::Name, "price, ticks or basis-points")
        .named("trail.unit")
        .field("trail-from", Kind::Text, "The price from which it follows")
        .named("trail.activation")
        .field(
            "limit-offset",
            Kind::Text,
            "How much worse than the trigger its limit is",
        )
        .named("limit_offset.offset")
        .field(
            "limit-offset-unit",
            Kind::Name,
            "price, ticks or basis-points",
        )
        .named("limit_offset.unit")
}

/// How long an order lasts, how it is shown and worked, and what is yours.
fn with_terms(verb: Verb) -> Verb {
    verb.field(
        "time-in-force",
        Kind::Name,
        "gtc (the default), ioc, fok, day, gtd, at-the-open or at-the-close",
    )
    .named("time_in_force")
    .field(
        "expires",
        Kind::Text,
        "When a gtd order ends, as 2026-01-02T00:00:00Z",
    )
    .field("post-only", Kind::Flag, "Never take from the book")
    .named("post_only")
    .field("reduce-only", Kind::Flag, "Never open or turn a position")
    .named("reduce_only")
    .field(
        "quote-quantity",
        Kind::Flag,
        "The quantity is an amount of the quote currency",
    )
    .named("quote_quantity")
    .field("display", Kind::Text, "How much the book shows at a time")
    .field(
        "hold",
        Kind::Text,
        "The price until which the host holds it back",
    )
    .named("hold.trigger")
    .field(
        "position",
        Kind::Text,
        "The position it adds to or closes, on a hedging account",
    )
    .field("algorithm", Kind::Text, "What works it in parts")
    .named("algorithm.name")
    .field(
        "algorithm-param",
        Kind::Pairs,
        "A parameter of the algorithm",
    )
    .named("algorithm.parameters")
    .field("tag", Kind::Text, "Up to 32 characters of yours")
    .field(
        "intent",
        Kind::Whole,
        "A number of yours that is taken once",
    )
    .field(
        "strategy",
        Kind::Text,
        "In whose name, of those for orders by hand",
    )
}

fn of_strategy(verb: Verb) -> Verb {
    verb.query("strategy", Kind::Text, "Only of this strategy")
        .query("instrument", Kind::Text, "Only of this instrument")
}

/// What is held, and what happened.
pub(super) fn holdings() -> Vec<Verb> {
    vec![
        get(
            "portfolio",
            "/portfolio",
            "Show what is owned, by account, strategy and instrument",
        ),
        in_period(get(
            "performance",
            "/performance",
            "Show what each strategy made in a period, from the store",
        )),
        in_period(get(
            "performance show",
            "/performance/{strategy}",
            "Show what one made",
        )),
        of_strategy(get("positions", "/positions", "List positions")).columns(&[
            "strategy",
            "instrument",
            "side",
            "quantity",
            "average_price",
            "realized",
            "unrealized",
            "fees",
            "currency",
        ]),
        of_strategy(get("fills", "/fills", "List fills, newest first"))
            .limit()
            .columns(&[
                "ts_event",
                "order",
                "instrument",
                "side",
                "quantity",
                "price",
                "fee",
                "fee_currency",
                "strategy",
            ]),
    ]
}

/// What came without a trade.
pub(super) fn happened() -> Vec<Verb> {
    let account = "Only of this account";
    vec![
        of_strategy(get(
            "cash-flows",
            "/cash-flows",
            "List money that came or left without a trade, newest first",
        ))
        .query("account", Kind::Text, account)
        .limit(),
        get(
            "life-events",
            "/life-events",
            "List what happened to instruments and margins, newest first",
        )
        .query("account", Kind::Text, account)
        .query("instrument", Kind::Text, "Only of this instrument")
        .limit(),
    ]
}

/// Accounts, venues, data, and what happened.
pub(super) fn money() -> Vec<Verb> {
    vec![
        get("accounts", "/accounts", "Show accounts and their balances"),
        post(
            "accounts convert",
            "/accounts/{account}/conversions",
            "Convert money of an account",
        )
        .word("from", Kind::Text, "The currency that is given")
        .word("to", Kind::Text, "The currency that is bought")
        .word("amount", Kind::Text, "How much is given"),
        get(
            "venues",
            "/venues",
            "Show venues, and how things stand with them",
        ),
        get(
            "data-catalog",
            "/data-catalog",
            "List data sets of the host's catalog",
        )
        .query("instrument", Kind::Text, "Only of this instrument"),
        get(
            "market-data",
            "/market-data/{*series}",
            "Show the latest of an instrument: SYMBOL/quotes, SYMBOL/trades or SYMBOL/bars",
        )
        .limit()
        .rows("items"),
        get(
            "algorithms",
            "/algorithms",
            "List execution algorithms that orders may name",
        ),
        history(get(
            "history",
            "/history/{table}",
            "Show what happened, from the store",
        )),
    ]
}

/// Instruments, what happens to them, and what their simulated venues say.
pub(super) fn instruments() -> Vec<Verb> {
    vec![
        get(
            "instruments",
            "/instruments",
            "List instruments, and their latest prices",
        ),
        get("instruments show", "/instruments/{*symbol}", "Show one"),
        post(
            "instruments event",
            "/instruments/{*symbol}/events",
            "Let something happen to one, such as funding or a dividend",
        )
        .word(
            "event",
            Kind::Name,
            "funding, settlement, split or dividend",
        )
        .field("rate", Kind::Text, "Of funding")
        .field("price", Kind::Text, "Of settlement")
        .field(
            "numerator",
            Kind::Whole,
            "Of a split: the shares that come of",
        )
        .field("denominator", Kind::Whole, "Of a split: so many")
        .field("amount", Kind::Text, "Of a dividend, for each share")
        .field("currency", Kind::Text, "Of a dividend"),
        put(
            "instruments status",
            "/instruments/{*symbol}/status",
            "Halt one of a simulated venue, or let it trade again",
        )
        .word("status", Kind::Name, "halted or trading"),
        patch(
            "instruments prices",
            "/instruments/{*symbol}/prices",
            "Give the mark or the index of one of a simulated venue",
        )
        .field(
            "mark",
            Kind::Text,
            "The price at which the venue values positions",
        )
        .field(
            "index",
            Kind::Text,
            "The price of the index that it follows",
        ),
    ]
}

fn in_period(verb: Verb) -> Verb {
    verb.query(
        "from",
        Kind::Text,
        "From this moment on, as 2026-01-02T00:00:00Z",
    )
    .query("until", Kind::Text, "Before this moment")
}

fn history(verb: Verb) -> Verb {
    in_period(of_strategy(verb).query("account", Kind::Text, "Only of this account"))
        .query("order", Kind::Text, "newest: the newest first")
        .query(
            "after",
            Kind::Text,
            "What follows the page before: its `next`",
        )
        .limit()
        .rows("items")
}

pub(super) fn engine() -> Vec<Verb> {
    const TRADING_STATE: &str = "/engine/trading-state";
    vec![
        get("engine", "/engine", "Show how the engine is"),
        get("engine show", "/engine", "Show how the engine is"),
        post(
            "engine trading-state",
            TRADING_STATE,
            "Say which orders may leave",
        )
        .word("state", Kind::Name, "active, reducing or halted"),
        get(
            "engine health",
            "/health",
            "Show whether it works, and what goes on beside it",
        ),
        get(
            "sources",
            "/sources",
            "Show the feed, and the gateways of venues outside",
        ),
        get(
            "system",
            "/system",
            "Show the process as a whole: version, features, threads, queues, store, bus, journal",
        ),
        get(
            "notifications list",
            "/notifications",
            "List whom the host tells what",
        ),
        post(
            "notifications test",
            "/notifications/{route}/test",
            "Send a test message",
        ),
    ]
}
