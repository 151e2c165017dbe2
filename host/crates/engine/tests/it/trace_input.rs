//! Lines of golden traces as inputs of the engine. What cannot be read stops the test.

use crate::plan::{Maker, call};
use crate::trace_output::Reader;
use crate::world::*;
use engine::{Command, Input};
use model::{
    Amendment, Bar, BarBasis, BarSpec, BookChanges, BookLevel, BookOrder, BookScope, BookUpdate,
    Duration, InstrumentId, InstrumentStatus, MarkPrice, Offset, OrderId, OrderKind, OrderKindName,
    OrderRequest, PeerRule, Peers, PositionId, Price, Side, TimeInForce, Trail, Trigger, TriggerBy,
};
use std::collections::BTreeMap;

const DAY: u64 = 86_400 * SECOND;
/// The first Monday after the epoch.
pub(crate) const MONDAY: u64 = 4 * DAY;
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

pub(crate) type Words = Vec<String>;

/// What a line is.
pub(crate) enum Line {
    Note,
    Given(Words),
    Timed(Words),
}

impl Line {
    pub(crate) fn of(text: &str) -> Self {
        let words: Words = text
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        match words.first().map(String::as_str) {
            None => Line::Note,
            Some(first) if first.starts_with('#') => Line::Note,
            Some("given") => Line::Given(words),
            Some(_) => Line::Timed(words),
        }
    }
}

/// Steps the world through one line.
pub(crate) fn apply(world: &mut World, reader: &mut Reader, words: &Words, orders: &[Words]) {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut day = world.now / DAY;
    if let Some(weekday) = WEEKDAYS.iter().position(|name| *name == words[0]) {
        while (day + 3) % 7 != weekday as u64 {
            day += 1;
        }
        words.remove(0);
    }
    world.now = day * DAY + time_of_day(words[0]);
    reader.about = EQUITY;
    if let Some(id) = crate::trace_lifecycle::symbol(words.get(1).copied()) {
        reader.about = id;
        words.remove(1);
    }
    let about = reader.about;
    match words[1..] {
        ["buy" | "sell", ..] if words.contains(&"ALGORITHM") => work(world, reader, &words[1..]),
        ["buy" | "sell", ..] => place(world, reader, &[&words[1..]]),
        ["list"] => {
            let orders: Vec<Vec<&str>> = orders
                .iter()
                .map(|order| {
                    order
                        .iter()
                        .map(|word| word.trim_end_matches(','))
                        .collect()
                })
                .collect();
            let orders: Vec<&[&str]> = orders.iter().map(Vec::as_slice).collect();
            place(world, reader, &orders);
        }
        ["cancel", name] => world.cancel(reader.names[name]),
        ["modify", name, ref changes @ ..] => modify(world, reader.names[name], changes),
        ["show"] => show(world, reader),
        ["show", "positions"] => show_legs(world, reader),
        ["show", "locked"] => {
            world.wait(0);
            let locked = world.balance(MARGIN, USD).locked;
            reader.shown.push(format!("locked {locked}"));
        }
        ["show", "money"] => crate::trace_lifecycle::show_money(world, reader),
        [
            "funding" | "settlement" | "split" | "dividend" | "convert",
            ..,
        ] => {
            crate::trace_lifecycle::happen(world, about, &words[1..]);
        }
        ref other => market(world, about, other),
    }
}

/// What the market does.
fn market(world: &mut World, about: InstrumentId, words: &[&str]) {
    match *words {
        ["quote", bid, "/", ask] => world.quote(about, bid, ask),
        ["quote", bid, "x", bid_size, "/", ask, "x", ask_size] => {
            world.sized_quote(about, [bid, bid_size], [ask, ask_size]);
        }
        ["trade", price, "x", size] => world.trade(about, price, size, None),
        ["trade", price, "x", size, by] => {
            world.trade(about, price, size, Some(side(by)));
        }
        ["bar", open, high, low, close] => world.bar(about, [open, high, low, close]),
        ["day_bar", open, high, low, close] => day_bar(world, [open, high, low, close]),
        ["mark", mark] => mark_price(world, about, Some(price(mark)), None),
        ["index", index] => mark_price(world, about, None, Some(price(index))),
        ["book", scope, number, ref levels @ ..] => {
            let changes = levels.chunks(4).map(level).collect();
            book(world, scope, number, BookChanges::Levels(changes));
        }
        ["orders", scope, number, ref orders @ ..] => {
            let changes = orders.chunks(5).map(quoted).collect();
            book(world, scope, number, BookChanges::Orders(changes));
        }
        ["halt"] => status(world, true),
        ["resume"] => status(world, false),
        ["wait"] => world.wait(0),
        _ => panic!("cannot read {words:?}"),
    }
}

/// The bar of the session that is just over.
fn day_bar(world: &mut World, prices: [&str; 4]) {
    let [open, high, low, close] = prices.map(price);
    world.step(Input::Bar(Bar {
        instrument: EQUITY,
        spec: BarSpec::seconds(86_400, BarBasis::Last),
        open,
        high,
        low,
        close,
        volume: quantity("10"),
        ts_open: at(world.now - world.now % DAY),
        ts_event: at(world.now),
        ts_init: at(world.now),
    }));
}

fn mark_price(world: &mut World, about: InstrumentId, mark: Option<Price>, index: Option<Price>) {
    world.step(Input::Mark(MarkPrice {
        instrument: about,
        mark,
        index,
        ts_event: at(world.now),
        ts_init: at(world.now),
    }));
}

fn status(world: &mut World, halted: bool) {
    world.step(Input::Status(InstrumentStatus {
        instrument: EQUITY,
        halted,
        ts_event: at(world.now),
        ts_init: at(world.now),
    }));
}

fn book(world: &mut World, scope: &str, number: &str, changes: BookChanges) {
    let number = number.parse().unwrap();
    let scope = match scope {
        "snapshot" => BookScope::Snapshot,
        "delta" => BookScope::Delta,
        _ => panic!("{scope} is no scope"),
    };
    world.step(Input::Book(Box::new(BookUpdate {
        instrument: EQUITY,
        scope,
        first: number,
        last: number,
        changes,
        ts_event: at(world.now),
        ts_init: at(world.now),
    })));
}

/// `bid 100.00 x 500`.
fn level(words: &[&str]) -> BookLevel {
    let [side, price_text, "x", size] = *words else {
        panic!("cannot read {words:?}");
    };
    BookLevel {
        side: book_side(side),
        price: price(price_text),
        size: quantity(size),
    }
}

/// `bid 17 100.00 x 500`, with the order's id.
fn quoted(words: &[&str]) -> BookOrder {
    let [side, id, price_text, "x", size] = *words else {
        panic!("cannot read {words:?}");
    };
    BookOrder {
        id: id.parse().unwrap(),
        side: book_side(side),
        price: price(price_text),
        size: quantity(size),
    }
}

fn book_side(word: &str) -> Side {
    match word {
        "bid" => Side::Buy,
        "ask" => Side::Sell,
        _ => panic!("{word} is no side of a book"),
    }
}

fn show(world: &mut World, reader: &mut Reader) {
    world.wait(0);
    let held = world.position(MARGIN_HAND, reader.about).quantity;
    let open = world.engine.orders().iter().map(|open| {
        let order = &open.order;
        format!(
            "; {} {} {}",
            reader.name(order.id),
            order.status.name(),
            order.remaining()
        )
    });
    let open: String = open.collect();
    reader.shown.push(format!("position {held}{open}"));
}

/// What a hedging account holds, position by position.
fn show_legs(world: &mut World, reader: &mut Reader) {
    world.wait(0);
    let mut shown = Vec::new();
    for (.., position, leg) in world.engine.legs().iter() {
        let average = leg.state.average_price(quantity("1"));
        let average = average.map_or_else(String::new, |price| format!(" @ {price}"));
        shown.push(format!(
            "position {} {}{average}, realised {}",
            reader.name(position.opener()),
            leg.state.quantity,
            leg.state.realized
        ));
    }
    let net = world.position(MARGIN_HAND, EQUITY);
    let (held, realized) = (net.quantity, net.realized);
    shown.push(format!("in all {held}, realised {realized}"));
    reader.shown.append(&mut shown);
}

fn place(world: &mut World, reader: &mut Reader, orders: &[&[&str]]) {
    let sequence = world.engine.sequence() + 1;
    let mut names: Vec<String> = Vec::new();
    let mut asks = Vec::new();
    for words in orders {
        let (name, ask) = request(reader.about, words, &names, &reader.names);
        let place = u64::try_from(names.len()).unwrap();
        let id = OrderId::derive(sequence, place).unwrap();
        reader.names.insert(name.clone(), id);
        names.push(name);
        asks.push(ask);
    }
    world.place_list(MARGIN_HAND, asks);
}

/// `buy 100 MARKET GTC as A ALGORITHM slices 4 every 10`: by the slicer of the tests.
fn work(world: &mut World, reader: &mut Reader, words: &[&str]) {
    let place = words.iter().position(|word| *word == "ALGORITHM").unwrap();
    let (order, parameters) = words.split_at(place);
    let (name, ask) = request(EQUITY, order, &[], &BTreeMap::new());
    let pairs: Vec<(&str, &str)> = parameters[1..]
        .chunks(2)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    if world.engine.algorithms().next().is_none() {
        world.algorithm("slicer", Maker::slicer());
    }
    let id = OrderId::derive(world.engine.sequence() + 1, 0).unwrap();
    reader.names.insert(name, id);
    world.work(MARGIN_HAND, ask, call("slicer", &pairs));
}

fn modify(world: &mut World, order: OrderId, changes: &[&str]) {
    let mut amendment = Amendment {
        order,
        quantity: None,
        price: None,
        trigger: None,
    };
    for change in changes.chunks(2) {
        match *change {
            ["quantity", text] => amendment.quantity = Some(quantity(text)),
            ["limit", text] => amendment.price = Some(price(text)),
            ["trigger", text] => amendment.trigger = Some(price(text)),
            _ => panic!("cannot read {changes:?}"),
        }
    }
    world.command(Command::ModifyOrder(amendment));
}

/// Prices of an order as they are read, before its type takes the ones it needs.
#[derive(Default)]
struct Prices {
    trigger: Option<Price>,
    limit: Option<Price>,
    by: TriggerBy,
    trail: Option<Offset>,
    activation: Option<Price>,
    offset: Option<Offset>,
}

impl Prices {
    fn kind(&self, name: &str) -> OrderKind {
        let trigger = || Trigger {
            price: self.trigger.unwrap(),
            by: self.by,
        };
        let trail = || Trail {
            offset: self.trail.unwrap(),
            activation: self.activation,
            by: self.by,
        };
        let price = || self.limit.unwrap();
        match kind_name(name) {
            OrderKindName::Market => OrderKind::Market,
            OrderKindName::Limit => OrderKind::Limit { price: price() },
            OrderKindName::StopMarket => OrderKind::StopMarket { trigger: trigger() },
            OrderKindName::StopLimit => OrderKind::StopLimit {
                trigger: trigger(),
                price: price(),
            },
            OrderKindName::MarketToLimit => OrderKind::MarketToLimit,
            OrderKindName::MarketIfTouched => OrderKind::MarketIfTouched { trigger: trigger() },
            OrderKindName::LimitIfTouched => OrderKind::LimitIfTouched {
                trigger: trigger(),
                price: price(),
            },
            OrderKindName::TrailingStopMarket => OrderKind::TrailingStopMarket { trail: trail() },
            OrderKindName::TrailingStopLimit => OrderKind::TrailingStopLimit {
                trail: trail(),
                limit: self.offset.unwrap(),
            },
        }
    }
}

/// An order with its name; `before` are the names of those before it in its list.
fn request(
    about: InstrumentId,
    words: &[&str],
    before: &[String],
    known: &BTreeMap<String, OrderId>,
) -> (String, OrderRequest) {
    let mut ask = OrderRequest::new(about, side(words[0]), OrderKind::Market, quantity(words[1]));
    let (mut prices, mut name) = (Prices::default(), None);
    let mut rest = words[3..].iter().copied();
    while let Some(word) = rest.next() {
        let mut next = || rest.next().unwrap();
        match word {
            "trigger" => prices.trigger = Some(price(next())),
            "limit" => prices.limit = Some(price(next())),
            "by" => prices.by = trigger_by(next()),
            "trail" => prices.trail = Some(offset(next())),
            "activation" => prices.activation = Some(price(next())),
            "offset" => prices.offset = Some(offset(next())),
            "as" => name = Some(next().to_owned()),
            "of" => {
                let opener = known.get(next()).copied();
                let opener = opener.unwrap_or(OrderId::from_number(7));
                ask.terms.position = Some(PositionId::opened_by(opener));
            }
            "GTC" => {}
            "IOC" => ask.time_in_force = TimeInForce::Ioc,
            "FOK" => ask.time_in_force = TimeInForce::Fok,
            "DAY" => ask.time_in_force = TimeInForce::Day,
            "AT_THE_OPEN" => ask.time_in_force = TimeInForce::AtTheOpen,
            "AT_THE_CLOSE" => ask.time_in_force = TimeInForce::AtTheClose,
            "GTD" => ask.time_in_force = TimeInForce::Gtd(at(MONDAY + time_of_day(next()))),
            other => term(&mut ask, other, &mut next, before),
        }
    }
    ask.kind = prices.kind(words[2]);
    (name.unwrap(), ask)
}

fn term<'a>(
    ask: &mut OrderRequest,
    word: &str,
    next: &mut impl FnMut() -> &'a str,
    before: &[String],
) {
    let terms = &mut ask.terms;
    match word {
        "post_only" => terms.post_only = true,
        "reduce_only" => terms.reduce_only = true,
        "quote_quantity" => terms.quote_quantity = true,
        "display" => terms.display = Some(quantity(next())),
        "hold" => terms.hold = Some(Trigger::at(price(next()))),
        "after" => {
            let parent = next();
            let place = before.iter().position(|name| name == parent).unwrap();
            terms.links.parent = Some(u8::try_from(place).unwrap());
        }
        "OCO" | "OUO" => {
            let rule = if word == "OCO" {
                PeerRule::Cancel
            } else {
                PeerRule::Reduce
            };
            let group = next().parse().unwrap();
            terms.links.peers = Some(Peers { group, rule });
        }
        _ => panic!("cannot read {word}"),
    }
}

fn side(word: &str) -> Side {
    match word {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => panic!("{word} is not a side"),
    }
}

fn trigger_by(word: &str) -> TriggerBy {
    let place = ["BID_ASK", "LAST", "MID", "MARK", "INDEX"]
        .iter()
        .position(|name| *name == word);
    TriggerBy::ALL[place.unwrap()]
}

/// `0.50`, `50bps` or `10ticks`.
fn offset(word: &str) -> Offset {
    if let Some(points) = word.strip_suffix("bps") {
        Offset::BasisPoints(points.parse().unwrap())
    } else if let Some(ticks) = word.strip_suffix("ticks") {
        Offset::Ticks(ticks.parse().unwrap())
    } else {
        Offset::Price(price(word))
    }
}

pub(crate) fn kind_name(word: &str) -> OrderKindName {
    match word {
        "MARKET" => OrderKindName::Market,
        "LIMIT" => OrderKindName::Limit,
        "STOP_MARKET" => OrderKindName::StopMarket,
        "STOP_LIMIT" => OrderKindName::StopLimit,
        "MARKET_TO_LIMIT" => OrderKindName::MarketToLimit,
        "MARKET_IF_TOUCHED" => OrderKindName::MarketIfTouched,
        "LIMIT_IF_TOUCHED" => OrderKindName::LimitIfTouched,
        "TRAILING_STOP_MARKET" => OrderKindName::TrailingStopMarket,
        "TRAILING_STOP_LIMIT" => OrderKindName::TrailingStopLimit,
        _ => panic!("{word} is not an order type"),
    }
}

pub(crate) fn milliseconds(word: &str) -> Duration {
    Duration::from_millis(word.strip_suffix("ms").unwrap().parse().unwrap())
}

/// Nanoseconds from `HH:MM`, `HH:MM:SS` or `HH:MM:SS.mmm`.
pub(crate) fn time_of_day(word: &str) -> u64 {
    let (clock, millis) = word.split_once('.').unwrap_or((word, "0"));
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().unwrap());
    let hours = parts.next().unwrap();
    let minutes = parts.next().unwrap();
    let seconds = parts.next().unwrap_or(0);
    assert!(
        millis.len() == 3 || millis == "0",
        "{word} needs three digits after the point"
    );
    ((hours * 60 + minutes) * 60 + seconds) * SECOND + millis.parse::<u64>().unwrap() * 1_000_000
}
