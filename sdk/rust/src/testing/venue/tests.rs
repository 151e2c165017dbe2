//! The venue's orders, sent past the strategy, which only writes down what it hears.

use crate::testing::{Harness, Setup, equity, price, quantity};
use crate::{
    Amendment, Config, Context, Description, Duration, Host, InstrumentId, NewOrder, Offset,
    OrderChange, OrderEvent, OrderId, OrderList, OrderStatus, Price, Quantity, Side, Strategy,
    TimeInForce, Trigger, TriggerBy,
};

const ACME: InstrumentId = InstrumentId::new(0);

#[derive(Debug, Default)]
struct Listener {
    heard: Vec<(OrderId, OrderChange)>,
}

impl Strategy for Listener {
    fn describe() -> Description {
        Description::new("listener", "1", "")
    }

    fn new(_: &Config, _: &mut Context<'_>) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn on_order_event(&mut self, event: &OrderEvent, _: &mut Context<'_>) {
        self.heard.push((event.order, event.change));
    }
}

/// A venue where ACME trades at 100 to 100.10, on a grid of 0.05.
fn start() -> Harness<Listener> {
    let setup = Setup::new().instrument(equity("ACME", "0.05")).fills();
    let mut test = setup.start().unwrap();
    test.quote("100", "100.10");
    test
}

fn ten() -> Quantity {
    Quantity::whole(10)
}

fn send(test: &mut Harness<Listener>, order: NewOrder) -> OrderId {
    let id = test.desk.submit(&order).unwrap();
    test.settle();
    id
}

fn send_list(test: &mut Harness<Listener>, list: &OrderList) -> OrderId {
    let first = test.desk.submit_list(list.orders()).unwrap();
    test.settle();
    first
}

fn modify(test: &mut Harness<Listener>, order: OrderId, amendment: Amendment) {
    test.desk.modify(order, amendment);
    test.settle();
}

fn status(test: &Harness<Listener>, order: OrderId) -> OrderStatus {
    test.sent(order).status
}

/// What the strategy heard of one order, in words.
fn story(test: &Harness<Listener>, order: OrderId) -> String {
    let heard = test.strategy().heard.iter().filter(|(of, _)| *of == order);
    let words = heard.map(|(_, change)| match change {
        OrderChange::Filled(execution) => {
            let role = if execution.maker { "maker" } else { "taker" };
            format!("{role} {} at {}", execution.quantity, execution.price)
        }
        OrderChange::Updated { price, trigger } => {
            let text = |price: &Option<Price>| price.map_or("-".to_owned(), |p| p.to_string());
            format!("updated {} {}", text(price), text(trigger))
        }
        other => format!("{other:?}").to_lowercase(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Sends an order of ten, moves the market, and checks what the strategy heard after `accepted`.
#[track_caller]
fn check(order: NewOrder, quotes: &[(&str, &str)], expect: &str) {
    let mut test = start();
    let id = send(&mut test, order);
    for (bid, ask) in quotes {
        test.quote(bid, ask);
    }
    let story = story(&test, id);
    let after = story.strip_prefix("submitted, accepted").unwrap_or(&story);
    assert_eq!(after.trim_start_matches(", "), expect);
}

#[test]
fn every_type_fills_when_and_where_it_should() {
    let (up, down) = (("101", "101.10"), ("99", "99.10"));
    let (buy, sell) = (Side::Buy, Side::Sell);
    check(NewOrder::market(ACME, buy, ten()), &[], "taker 10 at 100.1");
    check(
        NewOrder::market_to_limit(ACME, sell, ten()),
        &[],
        "taker 10 at 100",
    );
    let limit = NewOrder::limit(ACME, buy, ten(), price("99.5"));
    check(limit, &[up, down], "maker 10 at 99.5");
    let stop = NewOrder::stop_market(ACME, buy, ten(), price("101"));
    check(stop, &[down, up], "triggered, taker 10 at 101.1");
    let stop = NewOrder::stop_limit(ACME, buy, ten(), price("101"), price("100.5"));
    check(
        stop,
        &[up, ("100", "100.5")],
        "triggered, maker 10 at 100.5",
    );
    let touched = NewOrder::market_if_touched(ACME, buy, ten(), price("99.5"));
    check(touched, &[up, down], "triggered, taker 10 at 99.1");
    let touched = NewOrder::limit_if_touched(ACME, sell, ten(), price("101"), price("101.5"));
    check(
        touched,
        &[down, up, ("101.5", "101.6")],
        "triggered, maker 10 at 101.5",
    );
}

#[test]
fn trailing_stops_follow_up_and_never_down() {
    let by = |offset| NewOrder::trailing_stop(ACME, Side::Sell, ten(), offset);
    let quotes = [("101", "101.10"), ("100.5", "100.6"), ("99.5", "99.6")];
    let expect = "updated - 99, updated - 100, triggered, taker 10 at 99.5";
    check(by(Offset::Price(price("1"))), &quotes, expect);
    check(by(Offset::Ticks(20)), &quotes, expect);
    // A percent of 101, outward to the grid.
    let expect = "updated - 99, updated - 99.95, triggered, taker 10 at 99.5";
    check(by(Offset::BasisPoints(100)), &quotes, expect);
    let later = by(Offset::Price(price("1"))).activated_at(price("101"));
    check(later, &quotes, "updated - 100, triggered, taker 10 at 99.5");
}

#[test]
fn a_trailing_stop_limit_learns_its_limit_when_it_wakes() {
    let (offset, limit) = (Offset::Price(price("1")), Offset::Ticks(2));
    let order = NewOrder::trailing_stop_limit(ACME, Side::Sell, ten(), offset, limit);
    let quotes = [("98", "98.1"), ("99", "99.1")];
    let expect = "updated - 99, triggered, updated 98.9 -, maker 10 at 98.9";
    check(order, &quotes, expect);
}

#[test]
fn what_a_trigger_watches_decides() {
    let stop = NewOrder::stop_market(ACME, Side::Buy, ten(), price("100.10"));
    check(stop, &[], "triggered, taker 10 at 100.1");
    check(stop.triggered_by(TriggerBy::Mid), &[], "");
    check(
        stop.triggered_by(TriggerBy::Mid),
        &[("100.1", "100.2")],
        "triggered, taker 10 at 100.2",
    );
    check(stop.triggered_by(TriggerBy::Last), &[("101", "101.1")], "");
}

#[test]
fn orders_that_may_not_rest_or_not_take_end() {
    let limit = NewOrder::limit(ACME, Side::Buy, ten(), price("99"));
    check(limit.time_in_force(TimeInForce::Ioc), &[], "canceled");
    check(limit.time_in_force(TimeInForce::Fok), &[], "canceled");
    check(limit.post_only(), &[("98", "98.1")], "maker 10 at 99");
    let takes = NewOrder::limit(ACME, Side::Buy, ten(), price("101")).post_only();
    check(takes, &[], "submitted, rejected");
}

#[test]
fn time_runs_out_at_its_moment() {
    let mut test = start();
    let limit = NewOrder::limit(ACME, Side::Buy, ten(), price("99"));
    let date = test.now() + Duration::from_secs(5);
    let soon = send(&mut test, limit.good_till(date));
    let day = send(&mut test, limit.time_in_force(TimeInForce::Day));
    test.pass(Duration::from_secs(4));
    assert_eq!(status(&test, soon), OrderStatus::Accepted);
    test.pass(Duration::from_secs(1));
    assert_eq!(status(&test, soon), OrderStatus::Expired);
    assert_eq!(status(&test, day), OrderStatus::Accepted);
    test.pass(Duration::from_secs(86_400));
    assert_eq!(status(&test, day), OrderStatus::Expired);
}

#[test]
fn a_held_order_is_sent_when_the_market_crosses() {
    let held = NewOrder::market(ACME, Side::Buy, ten());
    let expect = "emulated, released, submitted, accepted, taker 10 at 99.1";
    let below = held.hold_until(Trigger::at(price("99.5")));
    check(below, &[("101", "101.1"), ("99", "99.1")], expect);
    let above = held.hold_until(Trigger::at(price("101")));
    check(above, &[("99", "99.1")], "emulated");
}

#[test]
fn an_amount_of_money_buys_whole_lots() {
    let order = NewOrder::market(ACME, Side::Buy, Quantity::whole(1_050)).for_quote_amount();
    check(order, &[], "taker 10 at 100.1");
    let too_little = NewOrder::market(ACME, Side::Buy, ten()).for_quote_amount();
    check(too_little, &[], "denied(5)");
}

#[test]
fn reduce_only_orders_shrink_with_the_position_and_end_with_it() {
    let mut test = start();
    let sell = NewOrder::market(ACME, Side::Sell, ten()).reduce_only();
    let none = send(&mut test, sell);
    assert_eq!(story(&test, none), "submitted, rejected");
    send(&mut test, NewOrder::market(ACME, Side::Buy, ten()));
    let stop = NewOrder::stop_market(ACME, Side::Sell, ten(), price("95")).reduce_only();
    let stop = send(&mut test, stop);
    send(&mut test, NewOrder::market(ACME, Side::Sell, quantity("4")));
    assert_eq!(test.sent(stop).remaining(), quantity("6"));
    let rest = send(&mut test, sell);
    assert!(test.position().is_flat());
    assert_eq!(
        story(&test, rest),
        "submitted, accepted, taker 6 at 100, canceled"
    );
    assert_eq!(
        story(&test, stop),
        "submitted, accepted, updated - 95, canceled"
    );
}

#[test]
fn changes_are_made_or_refused() {
    let mut test = start();
    let order = NewOrder::limit(ACME, Side::Buy, ten(), price("99")).post_only();
    let order = send(&mut test, order);
    modify(&mut test, order, Amendment::price(price("99.5")));
    modify(&mut test, order, Amendment::price(price("99.5")));
    modify(&mut test, order, Amendment::trigger(price("99.5")));
    modify(&mut test, order, Amendment::price(price("100.5")));
    let expect = "submitted, accepted, pendingupdate, updated 99.5 -, updatedenied(7), \
                  updatedenied(7), pendingupdate, updaterejected";
    assert_eq!(story(&test, order), expect);
    let open = test.sent(order);
    assert_eq!(open.as_open().limit_price, Some(price("99.5")));
    assert_eq!(open.status, OrderStatus::Accepted);
    let more = Amendment::quantity(Quantity::whole(20)).and(Amendment::price(price("98")));
    modify(&mut test, order, more);
    test.quote("97", "97.1");
    assert!(story(&test, order).ends_with("updated 98 -, maker 20 at 98"));
}

/// An entry at 99 with a stop at 95 and a target at 105.
fn bracket() -> OrderList {
    let entry = NewOrder::limit(ACME, Side::Buy, ten(), price("99"));
    OrderList::bracket(
        entry,
        entry.stop_loss(price("95")),
        entry.take_profit(price("105")),
    )
}

fn statuses(test: &Harness<Listener>) -> Vec<OrderStatus> {
    test.orders().iter().map(|sent| sent.status).collect()
}

#[test]
fn a_bracket_waits_protects_and_ends() {
    use OrderStatus::{Accepted, Canceled, Emulated, Filled};
    let mut test = start();
    let entry = send_list(&mut test, &bracket());
    assert_eq!(statuses(&test), [Accepted, Emulated, Emulated]);
    test.quote("98.5", "98.6");
    assert_eq!(statuses(&test), [Filled, Accepted, Accepted]);
    test.quote("105", "105.1");
    assert_eq!(statuses(&test), [Filled, Canceled, Filled]);
    assert!(test.position().is_flat());
    assert_eq!(test.sent(entry.following(2)).list, Some(entry));
}

#[test]
fn an_entry_that_fills_at_once_sends_its_exits() {
    let mut test = start();
    let entry = NewOrder::market(ACME, Side::Buy, ten());
    let stop = entry.stop_loss(price("95"));
    let first = send_list(&mut test, &OrderList::one_triggers_other(entry, [stop]));
    let expect = "emulated, released, submitted, accepted";
    assert_eq!(story(&test, first.following(1)), expect);
}

#[test]
fn a_partly_filled_entry_is_protected_to_its_size() {
    let mut test = start();
    let entry = send_list(&mut test, &bracket());
    let (stop, target) = (entry.following(1), entry.following(2));
    let sizes =
        |test: &Harness<Listener>| [stop, target].map(|id| test.sent(id).remaining().to_string());
    test.fill(entry, quantity("4"), price("99"));
    assert_eq!(sizes(&test), ["4", "4"]);
    test.fill(entry, quantity("3"), price("99"));
    assert_eq!(sizes(&test), ["7", "7"]);
    test.fill(target, quantity("2"), price("105"));
    assert_eq!(sizes(&test), ["5", "5"]);
    // Nothing would protect the rest of the entry any more.
    assert_eq!(status(&test, entry), OrderStatus::Canceled);
}

#[test]
fn an_entry_that_ends_unfilled_takes_its_exits_along() {
    use OrderStatus::Canceled;
    let mut test = start();
    let entry = send_list(&mut test, &bracket());
    test.desk.cancel(entry);
    test.settle();
    assert_eq!(statuses(&test), [Canceled, Canceled, Canceled]);
}

#[test]
fn one_cancels_the_other() {
    use OrderStatus::{Canceled, Filled};
    let mut test = start();
    let buy = NewOrder::limit(ACME, Side::Buy, ten(), price("99"));
    let breakout = NewOrder::stop_market(ACME, Side::Buy, ten(), price("102"));
    send_list(&mut test, &OrderList::one_cancels_other([buy, breakout]));
    test.quote("103", "103.1");
    assert_eq!(statuses(&test), [Canceled, Filled]);
}

#[test]
fn lists_that_contradict_themselves_are_denied_whole() {
    let order = NewOrder::limit(ACME, Side::Buy, ten(), price("99"));
    let check = |list: &OrderList| {
        let mut test = start();
        send_list(&mut test, list);
        assert!(
            statuses(&test)
                .iter()
                .all(|status| *status == OrderStatus::Denied)
        );
    };
    let mut orphan = OrderList::default();
    orphan.add(order);
    orphan.add_child(5, order);
    check(&orphan);
    check(&OrderList::one_cancels_other([order; 33]));
}

#[test]
#[should_panic(expected = "has no auctions")]
fn an_order_for_an_auction_fails_the_test_with_a_message() {
    let order = NewOrder::market(ACME, Side::Buy, ten());
    send(&mut start(), order.time_in_force(TimeInForce::AtTheOpen));
}

#[test]
#[should_panic(expected = "has no Mark prices")]
fn a_trigger_on_the_mark_price_fails_the_test_with_a_message() {
    let order = NewOrder::stop_market(ACME, Side::Buy, ten(), price("101"));
    send(&mut start(), order.triggered_by(TriggerBy::Mark));
}
