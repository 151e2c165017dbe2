//! Which golden trace shows which rule. A rule without its trace, a trace without a rule, and a variant of
//! the enums below that no trace asks for fail. The four sample algorithms are components; what they do
//! with their parents is in the tests beside each of them.

use crate::traces::files;
use engine::SelfMatch;
use model::{LifecycleEvent, Offset, OrderChange, OrderKindName, PeerRule, TimeInForce, TriggerBy};
use std::collections::BTreeSet;

/// A rule, the trace that shows it, and words of that trace without which it does not.
type Shown = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const RULES: &[Shown] = &[
    // order types.
    ("a market order takes the touch, and what is behind it one tick worse", "type_market", "MARKET GTC"),
    ("a limit order rests, and never pays more than its price", "type_limit", "LIMIT limit"),
    ("a stop wakes at its trigger and takes the market", "type_stop_market", "STOP_MARKET trigger"),
    ("a stop-limit order is a limit order once it woke", "type_stop_limit", "STOP_LIMIT trigger"),
    ("a market-to-limit order takes the touch and rests with the rest", "type_market_to_limit", "MARKET_TO_LIMIT"),
    ("a market-if-touched order waits for a better price", "type_market_if_touched", "MARKET_IF_TOUCHED"),
    ("a limit-if-touched order is a limit order once touched", "type_limit_if_touched", "LIMIT_IF_TOUCHED"),
    ("a trailing stop follows the market one way", "type_trailing_stop_market", "TRAILING_STOP_MARKET trail"),
    ("a trailing stop with a limit has it behind its trigger", "type_trailing_stop_limit", "TRAILING_STOP_LIMIT trail"),
    // times in force.
    ("until it is cancelled", "tif_gtc", "GTC"),
    ("what is there now, and the rest is cancelled", "tif_ioc", "IOC"),
    ("all of it now, or nothing", "tif_fok", "FOK"),
    ("until a moment", "tif_gtd", "GTD"),
    ("until the end of the day", "tif_day", "DAY"),
    ("in the opening auction", "tif_at_the_open", "AT_THE_OPEN"),
    ("in the closing auction", "tif_at_the_close", "AT_THE_CLOSE"),
    // flags.
    ("a post-only order never takes", "post_only", "post_only"),
    ("a reduce-only order never opens or turns a position", "reduce_only", "reduce_only"),
    ("an iceberg shows a part at a time", "iceberg", "display"),
    ("a held order goes when a price is crossed", "held_gtt", "hold"),
    ("a held order of a type the venue lacks waits twice", "held_gtt_of_a_stop", "hold"),
    ("an amount of money becomes a quantity", "quote_quantity", "quote_quantity"),
    ("an order closes the position it names", "hedge_long_and_short", " of "),
    // triggers and trails.
    ("a trigger by the touch, the last trade, the midpoint, the mark, the index", "trigger_by", "by MARK"),
    ("a trail in hundredths of a percent", "trail_basis_points", "bps"),
    ("a trail in ticks, from an activation price on", "trail_ticks_and_activation", "activation"),
    ("a trail behind the last trade", "trail_by_last", "by LAST"),
    // orders that depend on each other.
    ("one triggers the other", "list_oto", "after"),
    ("a parent that ends takes its waiting children along", "list_oto_parent_ends", "after"),
    ("one cancels the other", "list_oco", "OCO"),
    ("one updates the other", "list_ouo", "OUO"),
    ("a bracket protects what its entry fills", "list_bracket", "OUO"),
    ("a bracket of an entry that fills in part", "list_bracket_partial_entry", "PARTIALLY_FILLED"),
    ("a list is taken whole or not at all", "list_denied_whole", "DENIED"),
    ("a child that may not go into a closed market waits", "list_child_at_the_close", "AT_THE_CLOSE"),
    ("a child that a person changed keeps that", "list_child_changed_by_hand", "modify"),
    // changes and cancels, also in flight.
    ("less keeps the place in the line, another price loses it", "modify", "modify"),
    ("a change before the venue answered never overtakes", "modify_before_ack", "modify"),
    ("a fill while a change travels", "modify_crossed_by_fill", "UPDATE_REJECTED"),
    ("a change of an order that is gone", "modify_of_a_gone_order", "ignored: order"),
    ("a change of a trailing stop keeps what it gained", "modify_trailing_stop", "modify"),
    ("a cancel before the venue answered never overtakes", "cancel_before_ack", "cancel"),
    ("a fill while a cancel travels", "cancel_crossed_by_fill", "ignored: order"),
    // what the host holds.
    ("stops the venue lacks", "emulated_stop", "lacks STOP_MARKET"),
    ("orders to be touched that the venue lacks", "emulated_if_touched", "lacks MARKET_IF_TOUCHED"),
    ("what waits for nothing cannot be emulated", "emulated_not_possible", "DENIED P07"),
    ("what is held ends at its time", "held_expires", "EXPIRED"),
    // sessions, auctions and halts.
    ("orders for a closed market are denied", "session_closed", "DENIED P04"),
    ("DAY ends at the close, GTC sleeps over it", "session_day_over_the_close", "EXPIRED"),
    ("an order whose time ends on its way is rejected", "session_expired_in_flight", "REJECTED"),
    ("auctions by daily bars", "session_auctions_on_bars", "day_bar"),
    ("late bars serve no order of the next session", "session_auctions_on_late_bars", "day_bar"),
    ("a halt: nothing fills, what rests can be withdrawn", "halt", "halt"),
    ("a session that ends halted has no closing auction", "halt_at_the_close", "halt"),
    ("what the host holds waits through a halt", "halt_emulated", "halt"),
    ("an order that meets a halt is rejected", "halt_in_flight", "REJECTED"),
    ("a bar during a halt fills nothing", "halt_on_bars", "halt"),
    // the market.
    ("the way of a bar", "bar_path", "bar"),
    ("a market of quotes has matched what its bars tell", "bars_of_a_quoted_market", "bar"),
    ("an order waits for those before it", "queue", "trade"),
    ("chances of fills and slips", "fills_by_chance", "chances"),
    ("levels of a book", "book_market_walks_levels", "book snapshot"),
    ("a limit order in a book", "book_limit_takes_levels", "book snapshot"),
    ("fill or kill in a book", "book_fok_looks_at_levels", "FOK"),
    ("a place in a line of levels", "book_queue_by_levels", "book"),
    ("a place in a line of orders", "book_queue_by_orders", "orders"),
    ("the top of a book wakes stops", "book_drives_triggers", "TRIGGERED"),
    ("a gap in a book", "book_gap", "book"),
    ("a gap in a book of orders", "book_gap_by_orders", "orders"),
    ("an impossible book", "book_impossible", "ignored"),
    ("a book in a halt", "book_halt", "halt"),
    ("data takes time to the host", "feed_latency", "feed"),
    // orders of one account that meet.
    ("the newest is cancelled", "self_match_cancel_newest", "CANCEL_NEWEST"),
    ("the oldest is cancelled", "self_match_cancel_oldest", "CANCEL_OLDEST"),
    ("both are cancelled", "self_match_cancel_both", "CANCEL_BOTH"),
    ("both are for less", "self_match_decrement", "DECREMENT_AND_CANCEL"),
    ("they meet between the levels of a book", "self_match_in_a_book", "met"),
    // fees.
    ("rates for makers and takers", "post_only", "fee"),
    ("an amount a unit, a minimum and a maximum", "fees_of_an_order", "commission"),
    ("rates by what the account traded", "fee_tiers", "tiers"),
    // hedging accounts.
    ("no account that nets its positions can name one", "hedge_not_here", "DENIED"),
    ("longs and shorts at the margin of the net", "hedge_net_margin", "hedging net"),
    ("exits of a bracket close what their entry opens", "hedge_bracket", "after"),
    ("no more is closed than there is", "hedge_over_close", " of "),
    ("a reduce-only order names what it reduces", "hedge_reduce_only", "reduce_only"),
    ("a stop follows its position", "hedge_stop_of_a_position", "STOP_MARKET"),
    // the life of instruments.
    ("a long perpetual pays funding", "life_funding_long", "funding"),
    ("a short perpetual receives it", "life_funding_short", "funding"),
    ("a future is settled at its final price", "life_future_expiry", "settlement"),
    ("a future without a final price", "life_future_expiry_without_price", "alert"),
    ("a final price before the end", "life_future_known_price", "settlement"),
    ("a long call is exercised", "life_option_call_long", "EXERCISE"),
    ("a written call is assigned", "life_option_call_short", "ASSIGNMENT"),
    ("a written call lapses", "life_option_call_lapses_short", "LAPSE"),
    ("an option ends without worth", "life_option_lapses", "LAPSE"),
    ("a long put delivers", "life_option_put_long", "rules delivers"),
    ("a written put takes delivery", "life_option_put_short", "rules delivers"),
    ("a split", "life_split_forward", "split"),
    ("a reverse split", "life_split_reverse", "split"),
    ("a split of a short position", "life_split_short", "split"),
    ("a dividend", "life_dividend", "dividend"),
    // money and margin.
    ("money is converted", "life_conversion", "convert"),
    ("debts are converted at the end of the day", "life_debts_converted", "converts_debts"),
    ("a margin call", "life_margin_call", "margin_call"),
    ("liquidation", "life_liquidation", "liquidate"),
    ("liquidation after a time of grace", "life_liquidation_after_grace", "grace"),
    ("liquidation of more than there is", "life_liquidation_at_a_loss", "liquidate"),
    ("the largest position goes first", "life_liquidation_largest_first", "liquidate"),
    ("another one where that is halted", "life_liquidation_second_best", "halt"),
    ("liquidation waits for a halt to end", "life_liquidation_waits_for_a_halt", "halt"),
    // orders that algorithms work: what any of them may do, by the slicer of these tests.
    ("slices over time", "algorithm_slices", "ALGORITHM"),
    ("cancelling the parent", "algorithm_cancel", "cancel"),
    ("changing the parent", "algorithm_modify", "modify"),
    ("the parent's time is over", "algorithm_expires", "EXPIRED"),
    ("the algorithm breaks", "algorithm_faults", "algorithm:"),
    ("it asks for too much", "algorithm_too_much", "DENIED P30"),
    ("a parent that may only reduce", "algorithm_reduce_only", "reduce_only"),
    ("the venue refuses a child", "algorithm_rejected_child", "REJECTED"),
];

/// Names the words of traces that stand for the variants of an enum, all of them or it does not compile.
macro_rules! words {
    ($name:ident: $of:ty { $($pattern:pat => $word:literal),* $(,)? }) => {
        const $name: &[&str] = {
            const _: fn(&$of) -> &'static str = |variant| match variant {
                $($pattern => $word),*
            };
            &[$($word),*]
        };
    };
}

words!(TYPES: OrderKindName {
    OrderKindName::Market => "MARKET",
    OrderKindName::Limit => "LIMIT",
    OrderKindName::StopMarket => "STOP_MARKET",
    OrderKindName::StopLimit => "STOP_LIMIT",
    OrderKindName::MarketToLimit => "MARKET_TO_LIMIT",
    OrderKindName::MarketIfTouched => "MARKET_IF_TOUCHED",
    OrderKindName::LimitIfTouched => "LIMIT_IF_TOUCHED",
    OrderKindName::TrailingStopMarket => "TRAILING_STOP_MARKET",
    OrderKindName::TrailingStopLimit => "TRAILING_STOP_LIMIT",
});
words!(TIMES: TimeInForce {
    TimeInForce::Gtc => "GTC",
    TimeInForce::Ioc => "IOC",
    TimeInForce::Fok => "FOK",
    TimeInForce::Gtd(_) => "GTD",
    TimeInForce::Day => "DAY",
    TimeInForce::AtTheOpen => "AT_THE_OPEN",
    TimeInForce::AtTheClose => "AT_THE_CLOSE",
});
words!(TRIGGERS: TriggerBy {
    TriggerBy::BidAsk => "BID_ASK",
    TriggerBy::Last => "LAST",
    TriggerBy::Mid => "MID",
    TriggerBy::Mark => "MARK",
    TriggerBy::Index => "INDEX",
});
words!(PEERS: PeerRule {
    PeerRule::Cancel => "OCO",
    PeerRule::Reduce => "OUO",
});
words!(EVENTS: LifecycleEvent {
    LifecycleEvent::Funding { .. } => "funding",
    LifecycleEvent::Settlement { .. } => "settlement",
    LifecycleEvent::Split { .. } => "split",
    LifecycleEvent::Dividend { .. } => "dividend",
});
// By what a number in front of it ends in.
words!(OFFSETS: Offset {
    Offset::Price(_) => "0",
    Offset::BasisPoints(_) => "bps",
    Offset::Ticks(_) => "ticks",
});
words!(MODES: SelfMatch {
    // What all traces do that say nothing of it.
    SelfMatch::None => "quote",
    SelfMatch::CancelNewest => "CANCEL_NEWEST",
    SelfMatch::CancelOldest => "CANCEL_OLDEST",
    SelfMatch::CancelBoth => "CANCEL_BOTH",
    SelfMatch::DecrementAndCancel => "DECREMENT_AND_CANCEL",
});
words!(CHANGES: OrderChange {
    OrderChange::Denied(_) => "DENIED",
    OrderChange::Submitted => "SUBMITTED",
    OrderChange::Accepted => "ACCEPTED",
    OrderChange::Rejected => "REJECTED",
    OrderChange::Emulated => "EMULATED",
    OrderChange::Released => "RELEASED",
    OrderChange::Triggered => "TRIGGERED",
    OrderChange::PendingUpdate => "PENDING_UPDATE",
    OrderChange::Updated { .. } => "UPDATED",
    OrderChange::UpdateDenied(_) => "UPDATE_DENIED",
    OrderChange::UpdateRejected => "UPDATE_REJECTED",
    OrderChange::PendingCancel => "PENDING_CANCEL",
    // A simulated venue refuses a cancel when the order is gone, and then it is gone here, too.
    OrderChange::CancelRejected => "ignored:",
    OrderChange::Filled(_) => "FILLED",
    OrderChange::Canceled => "CANCELED",
    OrderChange::Expired => "EXPIRED",
});

/// Words that are no variant.
const FLAGS: &[&str] = &[
    "after",
    "hold",
    "post_only",
    "reduce_only",
    "display",
    "quote_quantity",
    "activation",
    "of",
    "halt",
    "resume",
    "modify",
    "cancel",
    "hedging",
    "session",
    "latency",
    "convert",
    "margin_call",
    "ALGORITHM",
];

/// A trace's name, and its lines without its comments.
fn traces() -> Vec<(String, Vec<String>)> {
    let read = |file: std::path::PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        (name, lines.map(str::to_owned).collect())
    };
    files().into_iter().map(read).collect()
}

#[test]
fn each_rule_has_its_trace_and_each_trace_its_rule() {
    let traces = traces();
    for (rule, name, words) in RULES {
        let trace = traces.iter().find(|(known, _)| known == name);
        let lines = trace.map_or(&[][..], |(_, lines)| lines.as_slice());
        let shows = lines.iter().any(|line| line.contains(words));
        assert!(shows, "{name} does not show that {rule}: no `{words}`");
    }
    let named: BTreeSet<&str> = RULES.iter().map(|(_, name, _)| *name).collect();
    let names = traces.iter().map(|(name, _)| name.as_str());
    let idle: Vec<&str> = names.filter(|name| !named.contains(name)).collect();
    assert!(idle.is_empty(), "say which rules these show: {idle:?}");
}

#[test]
fn every_variant_has_a_trace() {
    let (mut asked, mut came) = (BTreeSet::new(), BTreeSet::new());
    let traces = traces();
    for line in traces.iter().flat_map(|(_, lines)| lines) {
        let words = line.split([' ', ',']);
        match line.starts_with("->") {
            true => came.extend(words),
            false => asked.extend(words),
        }
    }
    let wanted = [TYPES, TIMES, TRIGGERS, PEERS, EVENTS, MODES, FLAGS].concat();
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|word| !asked.contains(word))
        .collect();
    assert!(missing.is_empty(), "no trace asks for {missing:?}");
    let lacks = |word: &&&str| !asked.iter().any(|one| ends_in(one, word));
    let missing: Vec<_> = OFFSETS.iter().filter(lacks).collect();
    assert!(missing.is_empty(), "no trail has {missing:?}");
    let missing: Vec<_> = CHANGES
        .iter()
        .filter(|word| !came.contains(*word))
        .collect();
    assert!(missing.is_empty(), "no trace comes to {missing:?}");
}

/// Whether a word is a number with this behind it.
fn ends_in(word: &str, unit: &str) -> bool {
    let number = word.strip_suffix(unit);
    number.is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}
