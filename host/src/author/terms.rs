//! What a plugin asks for, in the words of scenarios: read from a line, and made of an order.

use super::words::{NAME, PRICE, QUANTITY, WordError, Words};
use model::{
    AlgorithmCall, Amendment, Offset, OrderId, OrderKind, OrderKindName, OrderRequest, PeerRule,
    Price, Quantity, Side, TimeInForce, Trigger, TriggerBy,
};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The terms of an order or of a change, each under its key; flags have an empty value.
pub(super) type Terms = BTreeMap<&'static str, String>;

/// Keys in the order in which they are written. The first few are written without the key.
const WRITTEN: [&str; 21] = [
    "instrument",
    "side",
    "quantity",
    "type",
    "limit",
    "trigger",
    "by",
    "trail",
    "activation",
    "offset",
    "time_in_force",
    "post_only",
    "reduce_only",
    "quote_quantity",
    "display",
    "hold",
    "after",
    "group",
    "of",
    "tag",
    "algorithm",
];
/// Keys whose value says all.
const BARE: [&str; 5] = ["instrument", "side", "type", "time_in_force", "group"];
/// Keys that are compared only where a line has them.
const FREE: [&str; 4] = ["instrument", "time_in_force", "tag", "algorithm"];

const KINDS: [(&str, OrderKindName); 9] = [
    ("MARKET", OrderKindName::Market),
    ("LIMIT", OrderKindName::Limit),
    ("STOP_MARKET", OrderKindName::StopMarket),
    ("STOP_LIMIT", OrderKindName::StopLimit),
    ("MARKET_TO_LIMIT", OrderKindName::MarketToLimit),
    ("MARKET_IF_TOUCHED", OrderKindName::MarketIfTouched),
    ("LIMIT_IF_TOUCHED", OrderKindName::LimitIfTouched),
    ("TRAILING_STOP_MARKET", OrderKindName::TrailingStopMarket),
    ("TRAILING_STOP_LIMIT", OrderKindName::TrailingStopLimit),
];

const TRIGGERS: [(&str, TriggerBy); 5] = [
    ("BID_ASK", TriggerBy::BidAsk),
    ("LAST", TriggerBy::Last),
    ("MID", TriggerBy::Mid),
    ("MARK", TriggerBy::Mark),
    ("INDEX", TriggerBy::Index),
];

/// One thing that a plugin asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    /// An order, alone or in a list.
    Order(OrderId, Terms),
    /// A change of an order.
    Modify(OrderId, Terms),
    /// The end of an order.
    Cancel(OrderId),
    /// The end of all on an instrument.
    CancelAll(String),
}

/// One thing that a line expects to be asked for. Orders go by the names that lines gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// An order, and its name from then on.
    Order(Terms, Option<String>),
    /// A change of an order.
    Modify(String, Terms),
    /// The end of an order.
    Cancel(String),
    /// The end of all on an instrument, or on the only one.
    CancelAll(Option<String>),
}

/// The terms of an order that a plugin sent.
pub(super) fn of_order(ask: &OrderRequest, symbol: &str, by: Option<&AlgorithmCall>) -> Terms {
    let mut terms = Terms::new();
    terms.insert("instrument", symbol.to_owned());
    terms.insert("side", side(ask.side).to_owned());
    terms.insert("quantity", ask.quantity.to_string());
    let kind = ask.kind.name();
    let name = KINDS.iter().find(|(_, known)| *known == kind);
    terms.insert("type", name.map_or("?", |(name, _)| *name).to_owned());
    of_kind(&ask.kind, &mut terms);
    terms.insert("time_in_force", lasting(ask.time_in_force));
    let asked = &ask.terms;
    let flags = [
        ("post_only", asked.post_only),
        ("reduce_only", asked.reduce_only),
        ("quote_quantity", asked.quote_quantity),
    ];
    for (flag, _) in flags.into_iter().filter(|(_, set)| *set) {
        terms.insert(flag, String::new());
    }
    let some = [
        ("display", asked.display.map(|size| size.to_string())),
        ("hold", asked.hold.map(held)),
        ("after", asked.links.parent.map(|place| place.to_string())),
        ("of", asked.position.map(|position| position.to_string())),
        ("algorithm", by.map(|call| call.name.clone())),
        (
            "tag",
            Some(asked.tag.to_string()).filter(|tag| !tag.is_empty()),
        ),
    ];
    terms.extend(
        some.into_iter()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    if let Some(peers) = asked.links.peers {
        let rule = match peers.rule {
            PeerRule::Cancel => "OCO",
            PeerRule::Reduce => "OUO",
        };
        terms.insert("group", format!("{rule} {}", peers.group));
    }
    terms
}

fn of_kind(kind: &OrderKind, terms: &mut Terms) {
    let mut watched = None;
    if let Some(price) = kind.price() {
        terms.insert("limit", price.to_string());
    }
    if let Some(trigger) = kind.trigger() {
        terms.insert("trigger", trigger.price.to_string());
        watched = Some(trigger.by);
    }
    if let Some(trail) = kind.trail() {
        terms.insert("trail", offset_words(trail.offset));
        watched = Some(trail.by);
        if let Some(price) = trail.activation {
            terms.insert("activation", price.to_string());
        }
    }
    if let OrderKind::TrailingStopLimit { limit, .. } = kind {
        terms.insert("offset", offset_words(*limit));
    }
    if let Some(by) = watched.filter(|by| *by != TriggerBy::BidAsk) {
        terms.insert("by", trigger_name(by).to_owned());
    }
}

/// The terms of a change.
pub(super) fn of_change(change: &Amendment) -> Terms {
    let Amendment {
        quantity,
        price,
        trigger,
        ..
    } = change;
    let some = [
        ("quantity", quantity.map(|quantity| quantity.to_string())),
        ("limit", price.map(|price| price.to_string())),
        ("trigger", trigger.map(|price| price.to_string())),
    ];
    let given = some.into_iter();
    given
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn trigger_name(by: TriggerBy) -> &'static str {
    let known = TRIGGERS.iter().find(|(_, known)| *known == by);
    known.map_or("?", |(name, _)| *name)
}

fn held(trigger: Trigger) -> String {
    match trigger.by {
        TriggerBy::BidAsk => trigger.price.to_string(),
        by => format!("{} {}", trigger.price, trigger_name(by)),
    }
}

fn offset_words(offset: Offset) -> String {
    match offset {
        Offset::Price(price) => price.to_string(),
        Offset::BasisPoints(points) => format!("{points}bps"),
        Offset::Ticks(ticks) => format!("{ticks}ticks"),
    }
}

fn lasting(time_in_force: TimeInForce) -> String {
    match time_in_force {
        TimeInForce::Gtc => "GTC".to_owned(),
        TimeInForce::Ioc => "IOC".to_owned(),
        TimeInForce::Fok => "FOK".to_owned(),
        TimeInForce::Day => "DAY".to_owned(),
        TimeInForce::Gtd(until) => format!("GTD {until}"),
        TimeInForce::AtTheOpen => "AT_THE_OPEN".to_owned(),
        TimeInForce::AtTheClose => "AT_THE_CLOSE".to_owned(),
    }
}

/// Terms as a line has them.
pub(super) fn written(terms: &Terms) -> String {
    let mut text = String::new();
    let is_order = terms.contains_key("side");
    for key in WRITTEN {
        let Some(value) = terms.get(key) else {
            continue;
        };
        let space = if text.is_empty() { "" } else { " " };
        let bare = BARE.contains(&key) || (key == "quantity" && is_order);
        // Writing to a text does not fail.
        let _ = match (bare, value.as_str()) {
            (true, value) => write!(text, "{space}{value}"),
            (false, "") => write!(text, "{space}{key}"),
            (false, value) => write!(text, "{space}{key} {value}"),
        };
    }
    text
}

/// What of the terms that came is not as a line wants it.
pub(super) fn differences(wanted: &Terms, came: &Terms) -> Vec<String> {
    let keys = WRITTEN.into_iter().filter(|key| {
        let free = FREE.contains(key) && !wanted.contains_key(key);
        !free && wanted.get(key) != came.get(key)
    });
    let told = keys.map(|key| match (wanted.get(key), came.get(key)) {
        (Some(_), None) => format!("no {key}"),
        (Some(wanted), Some(came)) => format!("{key} is {came} and not {wanted}"),
        (None, Some(came)) => format!("{key} {came}").trim_end().to_owned() + " was not expected",
        (None, None) => String::new(),
    });
    told.collect()
}

/// Reads `buy 1000 LIMIT limit 1.0850 GTC post_only as A`, from the side on.
pub(super) fn read_order(words: &mut Words<'_>) -> Result<(Terms, Option<String>), WordError> {
    let mut terms = Terms::new();
    let mut name = None;
    let side = words.one_of("a side", &[("buy", "buy"), ("sell", "sell")])?;
    terms.insert("side", side.to_owned());
    terms.insert("quantity", number::<Quantity>(words, QUANTITY)?);
    let kind = words.one_of("an order type", &KINDS)?;
    let kind_name = KINDS.iter().find(|(_, known)| *known == kind);
    terms.insert("type", kind_name.map_or("?", |(name, _)| *name).to_owned());
    while let Some(word) = words.pop() {
        match word {
            "as" => name = Some(words.next("a name for the order")?.to_owned()),
            _ => read_term(word, words, &mut terms)?,
        }
    }
    Ok((terms, name))
}

fn read_term(word: &str, words: &mut Words<'_>, terms: &mut Terms) -> Result<(), WordError> {
    let (key, value) = match word {
        "limit" => ("limit", number::<Price>(words, PRICE)?),
        "trigger" => ("trigger", number::<Price>(words, PRICE)?),
        "activation" => ("activation", number::<Price>(words, PRICE)?),
        "display" => ("display", number::<Quantity>(words, QUANTITY)?),
        "hold" => ("hold", read_hold(words)?),
        "trail" => ("trail", read_offset(words)?),
        "offset" => ("offset", read_offset(words)?),
        "by" => ("by", read_by(words)?),
        "after" => {
            let place: u8 = words.value("the place of an order in its list, from 0")?;
            ("after", place.to_string())
        }
        "OCO" | "OUO" => {
            let group: u8 = words.value("the number of a group")?;
            ("group", format!("{word} {group}"))
        }
        "of" => ("of", words.next("the id of a position")?.to_owned()),
        "tag" => ("tag", words.next("a tag")?.to_owned()),
        "algorithm" => (
            "algorithm",
            words.next("the name of an algorithm")?.to_owned(),
        ),
        "post_only" => ("post_only", String::new()),
        "reduce_only" => ("reduce_only", String::new()),
        "quote_quantity" => ("quote_quantity", String::new()),
        "GTC" | "IOC" | "FOK" | "DAY" | "AT_THE_OPEN" | "AT_THE_CLOSE" => {
            ("time_in_force", word.to_owned())
        }
        "GTD" => {
            const WHAT: &str = "a moment such as 2024-01-01T17:00:00Z";
            let text = words.next(WHAT)?;
            let until = store::parse_iso(text).ok_or_else(|| WordError::wrong(text, WHAT))?;
            ("time_in_force", format!("GTD {until}"))
        }
        other => return Err(WordError::wrong(other, OF_AN_ORDER)),
    };
    terms.insert(key, value);
    Ok(())
}

const OF_AN_ORDER: &str = "a word about orders: limit, trigger, by, trail, activation, offset, GTC, IOC, \
    FOK, DAY, GTD, AT_THE_OPEN, AT_THE_CLOSE, post_only, reduce_only, quote_quantity, display, hold, \
    after, OCO, OUO, of, tag, algorithm, as";

/// Reads `A quantity 500 limit 1.0850`.
pub(super) fn read_change(words: &mut Words<'_>) -> Result<(String, Terms), WordError> {
    let name = words.next(NAME)?.to_owned();
    let mut terms = Terms::new();
    while let Some(word) = words.pop() {
        match word {
            "quantity" => terms.insert("quantity", number::<Quantity>(words, QUANTITY)?),
            "limit" => terms.insert("limit", number::<Price>(words, PRICE)?),
            "trigger" => terms.insert("trigger", number::<Price>(words, PRICE)?),
            other => return Err(WordError::wrong(other, "quantity, limit or trigger")),
        };
    }
    match terms.is_empty() {
        true => Err(WordError::Missing(
            "what changes: quantity, limit or trigger",
        )),
        false => Ok((name, terms)),
    }
}

/// A number as it is shown.
fn number<T: std::str::FromStr + ToString>(
    words: &mut Words<'_>,
    what: &'static str,
) -> Result<String, WordError> {
    Ok(words.value::<T>(what)?.to_string())
}

fn read_by(words: &mut Words<'_>) -> Result<String, WordError> {
    let by = words.one_of("what a trigger watches", &TRIGGERS)?;
    Ok(trigger_name(by).to_owned())
}

fn read_hold(words: &mut Words<'_>) -> Result<String, WordError> {
    let price = number::<Price>(words, PRICE)?;
    let named = |word: &str| TRIGGERS.iter().find(|(name, _)| *name == word);
    let by = words.peek().and_then(named).map(|(_, by)| *by);
    if by.is_some() {
        words.pop();
    }
    let price: Price = price.parse().map_err(|_| WordError::wrong(&price, PRICE))?;
    Ok(held(Trigger {
        price,
        by: by.unwrap_or_default(),
    }))
}

fn read_offset(words: &mut Words<'_>) -> Result<String, WordError> {
    const WHAT: &str = "an offset such as 0.50, 50bps or 10ticks";
    let word = words.next(WHAT)?;
    let wrong = || WordError::wrong(word, WHAT);
    let offset = if let Some(points) = word.strip_suffix("bps") {
        Offset::BasisPoints(points.parse().map_err(|_| wrong())?)
    } else if let Some(ticks) = word.strip_suffix("ticks") {
        Offset::Ticks(ticks.parse().map_err(|_| wrong())?)
    } else {
        Offset::Price(word.parse().map_err(|_| wrong())?)
    };
    Ok(offset_words(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Terms {
        read_order(&mut Words::new(text)).unwrap().0
    }

    #[test]
    fn orders_are_written_as_they_are_read() {
        for text in [
            "buy 1000 MARKET GTC",
            "sell 5 STOP_LIMIT limit 1.1 trigger 1.2 by LAST DAY reduce_only",
            "buy 2 TRAILING_STOP_LIMIT trail 50bps offset 10ticks GTD 2024-01-01T17:00:00.000000000Z",
            "buy 1 LIMIT limit 3 IOC post_only display 1 hold 4 MID after 0 OCO 1 tag exit",
        ] {
            assert_eq!(written(&read(text)), text);
        }
    }

    #[test]
    fn what_a_line_leaves_out_is_told_where_it_matters() {
        let came = read("buy 1000 LIMIT limit 1.10 IOC post_only tag entry");
        let check = |line: &str, expect: &[&str]| {
            assert_eq!(differences(&read(line), &came), expect, "{line}");
        };
        check("buy 1000 LIMIT limit 1.1 post_only", &[]);
        check("buy 1000 LIMIT limit 1.1", &["post_only was not expected"]);
        check(
            "buy 500 LIMIT limit 1.1 GTC post_only",
            &[
                "quantity is 1000 and not 500",
                "time_in_force is IOC and not GTC",
            ],
        );
        check(
            "buy 1000 LIMIT limit 1.1 post_only display 5",
            &["no display"],
        );
    }

    #[test]
    fn a_word_that_is_none_is_told_with_those_that_are() {
        let error = read_order(&mut Words::new("buy 1 LMT")).unwrap_err();
        assert!(error.to_string().contains("MARKET, LIMIT"), "{error}");
        let error = read_order(&mut Words::new("buy 1 MARKET postonly")).unwrap_err();
        assert!(error.to_string().contains("post_only"), "{error}");
        let error = read_change(&mut Words::new("A")).unwrap_err();
        assert!(error.to_string().contains("quantity, limit"), "{error}");
    }
}
