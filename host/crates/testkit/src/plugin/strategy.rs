//! The world `strategy` as core functions.

use super::Function;

/// Exports of the world as core functions: name, signature, harmless body.
///
/// Results that do not fit one value lie in memory: a description at 1024, `ok` at 1088, a saved
/// state (version 1, no bytes) at 1104.
///
/// The details of an order's change are, in order: a denial's code; for a fill price, quantity, the
/// fee's halves, whether it is the maker's, whether it names a position, and which; for new prices whether there is a limit, the limit,
/// whether there is a trigger, the trigger.
pub(super) const EXPORTS: [Function; 13] = [
    ("describe", "(result i32)", "(i32.const 1024)"),
    (
        "init",
        "(param $name i32) (param $name_len i32) (param $instruments i32) \
         (param $instruments_len i32) (param $parameters i32) (param $parameters_len i32) \
         (result i32)",
        "(i32.const 1088)",
    ),
    (
        "load",
        "(param $version i32) (param $bytes i32) (param $bytes_len i32) (result i32)",
        "(i32.const 1088)",
    ),
    (
        "on-history",
        "(param $instrument i32) (param $method i32) (param $step i64) (param $basis i32) \
         (param $block i32) (param $block_len i32)",
        "",
    ),
    (
        "on-start",
        "(param $reason i32) (param $now i64) (param $positions i32) (param $positions_len i32) \
         (param $orders i32) (param $orders_len i32)",
        "",
    ),
    (
        "on-quote",
        "(param $instrument i32) (param $bid i64) (param $ask i64) (param $bid_size i64) \
         (param $ask_size i64) (param $ts_event i64) (param $ts_init i64)",
        "",
    ),
    (
        "on-trade",
        "(param $instrument i32) (param $price i64) (param $size i64) (param $aggressor i32) \
         (param $ts_event i64) (param $ts_init i64)",
        "",
    ),
    (
        "on-bar",
        "(param $instrument i32) (param $method i32) (param $step i64) (param $basis i32) \
         (param $open i64) (param $high i64) (param $low i64) (param $close i64) \
         (param $volume i64) (param $ts_open i64) (param $ts_event i64) (param $ts_init i64)",
        "",
    ),
    ("on-timer", "(param $id i64) (param $due i64)", ""),
    (
        "on-order-event",
        "(param $order i64) (param $instrument i32) (param $change i32) (param $detail i64) \
         (param $detail_1 i64) (param $detail_2 i64) (param $detail_3 i64) (param $detail_4 i32) \
         (param $detail_5 i32) (param $detail_6 i64) (param $status i32) (param $side i32) \
         (param $quantity i64) (param $filled i64) (param $ts_event i64)",
        "",
    ),
    (
        "on-position-event",
        "(param $instrument i32) (param $quantity i64) (param $side i32) \
         (param $average_price i64) (param $realized_high i64) (param $realized_low i64) \
         (param $fees_high i64) (param $fees_low i64) (param $ts_event i64) (param $named i32) \
         (param $position i64)",
        "",
    ),
    ("on-stop", "", ""),
    ("save", "(result i32)", "(i32.const 1104)"),
];

/// Imports of the world as core functions: interface, name, signature. Inside a body each is called
/// by its name, as in `(call $cancel (i64.const 1))`.
pub(super) const IMPORTS: [Function; 24] = [
    ("market-data", "subscribe-quotes", "(param i32)"),
    ("market-data", "unsubscribe-quotes", "(param i32)"),
    ("market-data", "subscribe-trades", "(param i32)"),
    ("market-data", "subscribe-bars", "(param i32 i32 i64 i32)"),
    ("market-data", "unsubscribe-bars", "(param i32 i32 i64 i32)"),
    (
        "market-data",
        "request-history",
        "(param i32 i32 i64 i32 i32)",
    ),
    (
        "orders",
        "submit-market",
        "(param i32 i32 i64 i32 i64 i64) (result i64)",
    ),
    (
        "orders",
        "submit-limit",
        "(param i32 i32 i64 i64 i32 i64 i64) (result i64)",
    ),
    (
        "orders",
        "submit-stop-market",
        "(param i32 i32 i64 i64 i32 i64 i64) (result i64)",
    ),
    // where the order lies
    ("orders", "submit", "(param i32) (result i64)"),
    // where the orders lie, how many
    ("orders", "submit-list", "(param i32 i32) (result i64)"),
    // where the order, the algorithm's name and the list of parameters lie, one after the other
    ("orders", "submit-by", "(param i32) (result i64)"),
    // the order; then whether there is a new quantity, price, trigger, each before the number
    ("orders", "modify", "(param i64 i32 i64 i32 i64 i32 i64)"),
    ("orders", "cancel", "(param i64)"),
    ("orders", "cancel-all", "(param i32)"),
    ("timers", "now", "(result i64)"),
    ("timers", "set-timer", "(param i64 i64)"),
    ("timers", "cancel-timer", "(param i64)"),
    // level, pointer, length
    ("log", "write", "(param i32 i32 i32)"),
    // key pointer, key length, pointer to the result
    ("state", "get", "(param i32 i32 i32)"),
    ("state", "put", "(param i32 i32 i32 i32)"),
    ("market-data", "unsubscribe-trades", "(param i32)"),
    // instrument, depth
    ("market-data", "subscribe-book", "(param i32 i32)"),
    ("market-data", "unsubscribe-book", "(param i32 i32)"),
];

/// What a strategy exports to be told of order books.
pub(super) const BOOK_EXPORTS: [Function; 2] = [
    (
        "argonaut:plugin/on-book@1.0.0#on-book",
        "(param $instrument i32) (param $bids i32) (param $levels i32) (param $levels_len i32) \
         (param $ts_event i64) (param $ts_init i64)",
        "",
    ),
    (
        "argonaut:plugin/on-book@1.0.0#on-book-lost",
        "(param $instrument i32)",
        "",
    ),
];

/// What a strategy exports to hear of cash flows, of what happens to instruments, and of signals.
///
/// The words of a life event are, by its case: 0 a rate, 1 and 3 a price, 2 none, 4 shares after and
/// before, 5 the amount's halves and the currency.
pub(super) const LIFE_EXPORTS: [Function; 3] = [
    (
        "argonaut:plugin/on-cash-flow@1.0.0#on-cash-flow",
        "(param $reason i32) (param $has_instrument i32) (param $instrument i32) \
         (param $currency i32) (param $currency_len i32) (param $high i64) (param $low i64) \
         (param $ts_event i64)",
        "",
    ),
    (
        "argonaut:plugin/on-lifecycle@1.0.0#on-lifecycle",
        "(param $instrument i32) (param $case i32) (param $first i64) (param $second i64) \
         (param $currency i32) (param $currency_len i32) (param $ts_event i64)",
        "",
    ),
    // each value is the places and lengths of two texts, four words of 32 bits
    (
        "argonaut:plugin/on-signal@1.0.0#on-signal",
        "(param $name i32) (param $name_len i32) (param $values i32) (param $values_len i32) \
         (param $ts_event i64)",
        "",
    ),
];
