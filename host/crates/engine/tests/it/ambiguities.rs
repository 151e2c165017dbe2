//! R10: what a venue says late, twice, out of order, wrongly or never. Each scenario ends with the
//! ledger as the venue has it, within two reconciliations, and with no order sent twice.

use crate::outside_world::*;
use crate::world::*;
use engine::{Command, Definition, Effect, Standing, VenueEvent};
use model::{
    AccountId, DenyCode, OrderId, OutboundCommand, Side, VenueOrderStatus, VenueReportKind,
    VenueTerms,
};

fn resting(world: &mut World) -> OrderId {
    world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"))
}

/// The account agrees with a venue that holds this much, after at most one more request.
fn settles(world: &mut World, order: OrderId, amount: i64) {
    world.command(Command::Reconcile(VENUE));
    world.agree(MARGIN, Vec::new(), amount);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), i128::from(amount));
    assert!(world.inserts(order) <= 1);
    assert!(world.engine.orders().get(order).is_none());
}

fn in_doubt(world: &World, order: OrderId) -> bool {
    world.engine.is_in_doubt(order)
}

#[test]
fn a_lost_ack_is_asked_for_and_never_sent_again() {
    let mut world = outside();
    let order = resting(&mut world);
    world.wait(WITHIN - 1);
    assert!(!in_doubt(&world, order));
    world.wait(1);
    assert!(in_doubt(&world, order));
    let held = held(Some(order), ["10", "0", "100"], VenueOrderStatus::Working);
    world.answer(order, Some(held));
    assert_eq!(world.story(order), "submitted accepted");
    assert!(!in_doubt(&world, order));
    assert_eq!(world.inserts(order), 1);
    world.report(order, bought("e1", "10", "100"));
    settles(&mut world, order, 10);
    assert_eq!(world.rules(), ["unanswered", "ack_lost"]);
}

#[test]
fn an_order_in_doubt_is_asked_about_until_there_is_an_answer_and_stays_counted() {
    let mut world = outside();
    let order = resting(&mut world);
    let asked = |world: &World| {
        let sent = world.outbound();
        let queries = sent
            .iter()
            .filter(|message| matches!(message.command, OutboundCommand::Query { .. }));
        queries.count()
    };
    for n in 1..=3 {
        world.wait(WITHIN);
        assert_eq!(asked(&world), n);
    }
    let holding = world.engine.holdings().get(MARGIN_HAND, EQUITY);
    assert_eq!(holding.open_buys, quantity("10"));
    assert_eq!(world.inserts(order), 1);
    // The ack itself comes at last.
    world.report(order, VenueReportKind::Accepted);
    assert!(!in_doubt(&world, order));
    world.wait(10 * WITHIN);
    assert_eq!(asked(&world), 3);
}

#[test]
fn a_fill_before_the_ack_counts_and_the_ack_changes_nothing() {
    let mut world = outside();
    let order = resting(&mut world);
    world.report(order, bought("e1", "4", "100"));
    world.report(order, VenueReportKind::Accepted);
    assert_eq!(world.story(order), "submitted 4@100");
    world.report(order, bought("e2", "6", "100"));
    settles(&mut world, order, 10);
    assert_eq!(world.rules(), ["fill_before_ack", "out_of_order"]);
}

#[test]
fn a_fill_after_the_cancel_counts_and_the_order_stays_closed() {
    let mut world = outside();
    let order = resting(&mut world);
    world.report(order, VenueReportKind::Accepted);
    world.cancel(order);
    world.report(order, VenueReportKind::Canceled);
    world.report(order, bought("e1", "4", "100"));
    assert_eq!(
        world.story(order),
        "submitted accepted cancelling canceled 4@100 canceled"
    );
    world.check_balance(MARGIN, USD, "100000", "200");
    settles(&mut world, order, 4);
    // The rest of it fills too: more than the order is for cannot be.
    world.report(order, bought("e2", "6", "100"));
    world.report(order, bought("e3", "1", "100"));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 10);
    assert_eq!(
        world.rules(),
        ["fill_after_close", "fill_after_close", "contradiction"]
    );
}

#[test]
fn a_fill_before_the_cancel_is_refused_leaves_the_rest_working() {
    let mut world = outside();
    let order = resting(&mut world);
    world.report(order, VenueReportKind::Accepted);
    world.cancel(order);
    world.report(order, bought("e1", "4", "100"));
    let reason = "too late".to_owned();
    world.report(order, VenueReportKind::CancelRejected { reason });
    assert_eq!(
        world.story(order),
        "submitted accepted cancelling 4@100 uncancelled"
    );
    world.wait(10 * WITHIN);
    assert!(!in_doubt(&world, order));
    world.report(order, bought("e2", "6", "100"));
    settles(&mut world, order, 10);
    assert_eq!(world.rules(), ["fill_before_cancel_reject"]);
}

#[test]
fn an_execution_counts_once_however_late_it_comes_again() {
    let mut world = outside();
    let order = resting(&mut world);
    let first = at(world.now);
    world.report(order, bought("e1", "4", "100"));
    world.report(order, bought("e1", "4", "100"));
    world.report(order, bought("e2", "6", "100"));
    // Its order has left the core by now.
    world.wait(1_000 * SECOND);
    world.report_at(Some(order), bought("e1", "4", "100"), first);
    world.report_at(None, bought("e1", "4", "100"), first);
    settles(&mut world, order, 10);
    assert_eq!(
        world.rules(),
        [
            "fill_before_ack",
            "duplicate_execution",
            "duplicate_execution",
            "duplicate_execution"
        ]
    );
}

#[test]
fn an_execution_from_before_what_is_remembered_does_not_count_and_the_positions_decide() {
    let external = engine::ExternalVenue {
        answer_within: model::Duration::from_nanos(WITHIN),
        reconcile_every: model::Duration::ZERO,
        remembers: 1,
        ..engine::ExternalVenue::default()
    };
    let mut world = outside_with(external);
    world.connect();
    let order = resting(&mut world);
    let first = at(world.now);
    world.report(order, bought("e1", "4", "100"));
    world.now += SECOND;
    world.report(order, bought("e2", "6", "100"));
    world.report_at(Some(order), bought("e1", "4", "100"), first);
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 10);
    assert_eq!(world.engine.standing(MARGIN), Standing::Unknown);
    let next = resting(&mut world);
    assert_eq!(world.denied(next), Some(DenyCode::Account));
    settles(&mut world, order, 10);
    assert_eq!(world.rules(), ["fill_before_ack", "stale_execution"]);
}

#[test]
fn statuses_out_of_order_end_in_the_same_place() {
    let mut world = outside();
    let stop = sell(EQUITY, "10").kind(model::OrderKind::StopLimit {
        trigger: model::Trigger {
            price: price("98"),
            by: model::TriggerBy::BidAsk,
        },
        price: price("97"),
    });
    let order = world.place(MARGIN_HAND, stop);
    world.report(order, VenueReportKind::Triggered);
    world.report(order, VenueReportKind::Accepted);
    world.report(order, filled("e1", Side::Sell, "3", "98"));
    world.report(order, VenueReportKind::Triggered);
    world.report(order, VenueReportKind::Canceled);
    world.report(order, VenueReportKind::Accepted);
    assert_eq!(
        world.story(order),
        "submitted accepted triggered 3@98 canceled"
    );
    settles(&mut world, order, -3);
    assert_eq!(
        world.rules(),
        ["ack_lost", "out_of_order", "out_of_order", "out_of_order"]
    );
}

#[test]
fn a_rejection_after_a_fill_keeps_the_fill_and_ends_the_rest() {
    let mut world = outside();
    let order = resting(&mut world);
    world.report(order, VenueReportKind::Accepted);
    world.report(order, bought("e1", "4", "100"));
    let reason = "no margin".to_owned();
    world.report(order, VenueReportKind::Rejected { reason });
    assert_eq!(world.story(order), "submitted accepted 4@100 canceled");
    let said = Effect::Venue(VenueEvent::Refused(order, "no margin".to_owned()));
    assert!(world.effects.contains(&said));
    settles(&mut world, order, 4);
    assert_eq!(world.rules(), ["partial_then_reject"]);
}

#[test]
fn a_contradiction_is_refused_and_the_venue_is_asked() {
    let mut world = outside();
    let order = resting(&mut world);
    world.report(order, VenueReportKind::Accepted);
    // Another side, more than it is for, and one execution told twice in two ways.
    world.report(order, filled("e1", Side::Sell, "4", "100"));
    assert!(in_doubt(&world, order));
    let asked = world.outbound().len();
    world.report(order, bought("e2", "11", "100"));
    world.report(order, bought("e3", "4", "100"));
    world.report(order, bought("e3", "5", "100"));
    assert_eq!(world.story(order), "submitted accepted 4@100");
    // One question is enough for all of them.
    assert_eq!(world.outbound().len(), asked);
    assert_eq!(world.rules(), ["contradiction"; 3]);
    let alerts = world
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Alert(_)));
    assert_eq!(alerts.count(), 3);
    let working = VenueOrderStatus::Working;
    world.answer(order, Some(held(Some(order), ["10", "4", "100"], working)));
    assert!(!in_doubt(&world, order));
    world.report(order, VenueReportKind::Canceled);
    settles(&mut world, order, 4);
}

#[test]
fn reports_that_no_such_order_could_have_are_refused() {
    let mut world = outside();
    let order = resting(&mut world);
    let terms = |amount: &str, at_price| VenueTerms {
        quantity: quantity(amount),
        price: at_price,
        trigger: None,
    };
    world.report(order, VenueReportKind::Triggered);
    world.report(order, VenueReportKind::Updated(terms("0", None)));
    world.report(order, bought("e1", "0", "100"));
    world.report(order, bought("e2", "1", "-1"));
    // An id nobody gave out yet, and one of an order that never left.
    let next = OrderId::derive(9_999, 0).unwrap();
    world.report(next, VenueReportKind::Accepted);
    assert_eq!(world.story(order), "submitted");
    assert_eq!(world.rules(), ["contradiction"; 5]);
    assert_eq!(world.engine.standing(MARGIN), Standing::Unknown);
}

#[test]
fn a_jump_of_time_asks_once_about_each_order_and_account() {
    let mut world = outside();
    let orders = [1, 2].map(|_| world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100")));
    world.command(engine::Command::Reconcile(VENUE));
    let before = world.outbound().len();
    world.wait(3_600 * SECOND);
    let asked = world.outbound().split_off(before);
    let count = |what: fn(&OutboundCommand) -> bool| {
        asked
            .iter()
            .filter(|message| what(&message.command))
            .count()
    };
    assert_eq!(
        count(|it| matches!(it, OutboundCommand::Query { .. })),
        orders.len()
    );
    assert!(count(|it| matches!(it, OutboundCommand::Snapshot { .. })) <= 2);
    // The answer has its whole time from when the question left.
    world.wait(WITHIN - 1);
    assert_eq!(world.outbound().len(), before + asked.len());
    world.wait(1);
    assert!(world.outbound().len() > before + asked.len());
}

#[test]
fn an_order_that_two_answers_do_not_know_is_rejected_here() {
    let mut world = outside();
    let order = resting(&mut world);
    world.wait(WITHIN);
    world.answer(order, None);
    // The same answer does not count twice.
    world.answer(order, None);
    assert_eq!(world.story(order), "submitted");
    world.wait(WITHIN);
    world.answer(order, None);
    assert_eq!(world.story(order), "submitted rejected");
    world.check_balance(MARGIN, USD, "100000", "0");
    settles(&mut world, order, 0);
    assert_eq!(world.rules(), ["unanswered", "unknown_order"]);
}

#[test]
fn an_answer_to_a_question_asked_too_soon_is_no_proof() {
    let mut world = outside();
    let order = resting(&mut world);
    // A contradiction asks at once.
    world.report(order, filled("e1", Side::Sell, "4", "100"));
    world.answer(order, None);
    world.wait(WITHIN);
    world.answer(order, None);
    assert_eq!(world.story(order), "submitted");
    world.wait(WITHIN);
    world.answer(order, None);
    assert_eq!(world.story(order), "submitted rejected");
}

#[test]
fn an_ack_after_the_order_was_given_up_is_a_ghost_and_cancelled() {
    let mut world = outside();
    let order = resting(&mut world);
    for _ in 0..2 {
        world.wait(WITHIN);
        world.answer(order, None);
    }
    assert_eq!(world.story(order), "submitted rejected");
    world.report(order, VenueReportKind::Accepted);
    let sent = world.outbound();
    assert!(sent.iter().any(|message| matches!(
        message.command,
        OutboundCommand::Cancel { order: Some(of), .. } if of == order
    )));
    assert_eq!(world.engine.standing(MARGIN), Standing::Unknown);
    // It fills before the cancel is there: the fill counts.
    world.report(order, bought("e1", "4", "100"));
    world.report(order, VenueReportKind::Canceled);
    assert_eq!(world.story(order), "submitted rejected");
    settles(&mut world, order, 4);
    assert_eq!(
        world.rules(),
        [
            "unanswered",
            "unknown_order",
            "ghost",
            "fill_after_close",
            "out_of_order"
        ]
    );
}

#[test]
fn a_lost_cancel_is_sent_again_only_after_the_venue_said_it_holds_the_order() {
    let mut world = outside();
    let order = resting(&mut world);
    world.report(order, VenueReportKind::Accepted);
    world.cancel(order);
    let cancels = |world: &World| {
        let sent = world.outbound();
        let cancels = sent
            .iter()
            .filter(|message| matches!(message.command, OutboundCommand::Cancel { .. }));
        cancels.count()
    };
    world.wait(WITHIN);
    assert_eq!(cancels(&world), 1);
    let working = VenueOrderStatus::Working;
    world.answer(order, Some(held(Some(order), ["10", "0", "100"], working)));
    assert_eq!(cancels(&world), 2);
    world.report(order, VenueReportKind::Canceled);
    settles(&mut world, order, 0);
}

#[test]
fn a_lost_answer_to_a_change_is_found_in_the_order_itself() {
    for (there, story) in [
        ("7", "submitted accepted changing changed:@100"),
        ("10", "submitted accepted changing unchanged"),
    ] {
        let mut world = outside();
        let order = resting(&mut world);
        world.report(order, VenueReportKind::Accepted);
        world.command(Command::ModifyOrder(model::Amendment {
            order,
            quantity: Some(quantity("7")),
            price: None,
            trigger: None,
        }));
        world.wait(WITHIN);
        let working = VenueOrderStatus::Working;
        world.answer(order, Some(held(Some(order), [there, "0", "100"], working)));
        assert_eq!(world.story(order), story);
        assert!(!in_doubt(&world, order));
        assert_eq!(
            world.engine.orders().get(order).unwrap().order.quantity,
            quantity(there)
        );
    }
}

#[test]
fn a_bust_takes_a_fill_back_whether_its_order_is_open_or_closed() {
    let bust = |id: &str| VenueReportKind::Busted {
        execution: id.parse().unwrap(),
        revision: 1,
    };
    let mut world = outside();
    let order = resting(&mut world);
    world.report(order, VenueReportKind::Accepted);
    world.report(order, bought("e1", "4", "100"));
    world.report(order, bust("e1"));
    world.report(order, bust("e1"));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 0);
    let open = world.engine.orders().get(order).unwrap().order;
    assert_eq!(
        (open.filled, open.remaining()),
        (quantity("0"), quantity("10"))
    );
    // What may fill again is held back again: half of 1,000.
    world.check_balance(MARGIN, USD, "100000", "500");
    world.report(order, bought("e1", "4", "100"));
    world.report(order, bought("e2", "4", "100"));
    world.report(order, bought("e3", "6", "100"));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 10);
    world.report(order, bust("e3"));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 4);
    settles(&mut world, order, 4);
    assert_eq!(
        world.rules(),
        ["bust", "duplicate_execution", "duplicate_execution", "bust"]
    );
}

#[test]
fn a_bust_before_its_fill_keeps_the_fill_from_counting() {
    let mut world = outside();
    let order = resting(&mut world);
    world.report(
        order,
        VenueReportKind::Busted {
            execution: "e1".parse().unwrap(),
            revision: 1,
        },
    );
    world.report(order, bought("e1", "4", "100"));
    assert_eq!(world.story(order), "submitted");
    world.report(order, VenueReportKind::Canceled);
    settles(&mut world, order, 0);
}

#[test]
fn a_correction_replaces_price_and_quantity() {
    let mut world = outside();
    let order = resting(&mut world);
    let corrected = |revision, amount: &str, at_price: &str| {
        let mut execution = execution("e1", Side::Buy, amount, at_price);
        execution.revision = revision;
        VenueReportKind::Corrected(execution)
    };
    world.report(order, VenueReportKind::Accepted);
    world.report(order, bought("e1", "4", "100"));
    world.report(order, corrected(1, "6", "99"));
    world.report(order, bought("e1", "4", "100"));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 6);
    let position = world.position(MARGIN_HAND, EQUITY);
    assert_eq!(position.open_cost, money("594"));
    world.report(order, bought("e2", "4", "100"));
    // The order is closed now, and its first execution is corrected once more.
    world.report(order, corrected(2, "5", "99"));
    world.report(order, corrected(2, "5", "99"));
    settles(&mut world, order, 9);
    assert_eq!(
        world.rules(),
        [
            "correction",
            "duplicate_execution",
            "correction",
            "fill_after_close",
            "duplicate_execution"
        ]
    );
}

#[test]
fn an_execution_nobody_sent_an_order_for_goes_to_the_adopting_strategy() {
    let mut world = outside();
    world.report_at(None, bought("x1", "3", "100"), at(SECOND));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 3);
    world.report_at(None, bought("x1", "3", "100"), at(SECOND));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 3);
    assert_eq!(world.rules(), ["foreign_execution", "duplicate_execution"]);
    assert!(world.engine.orders().is_empty());
}

#[test]
fn without_an_adopting_strategy_it_does_not_count_and_the_account_is_shut() {
    let mut world = outside_with(engine::ExternalVenue {
        answer_within: model::Duration::from_nanos(WITHIN),
        reconcile_every: model::Duration::ZERO,
        ..engine::ExternalVenue::default()
    });
    world.connect();
    let on_cash = model::VenueReport {
        venue: VENUE,
        account: CASH,
        order: None,
        venue_order: None,
        kind: bought("x1", "3", "100"),
        ts_event: at(SECOND),
    };
    world.step(engine::Input::VenueReport(Box::new(on_cash)));
    assert_eq!(world.engine.standing(CASH), Standing::Unknown);
    // The venue was asked a moment ago: it is asked again when it had time to answer.
    world.wait(WITHIN);
    world.agree(CASH, Vec::new(), 3);
    assert_eq!(world.engine.standing(CASH), Standing::Differs);
    let denied = world.place(CASH_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(denied), Some(DenyCode::Account));
    // Nobody can accept it either, before somebody is named to take it over.
    world.command(Command::AcceptPositions(CASH));
    assert_eq!(world.engine.standing(CASH), Standing::Differs);
    world.define(Definition::Adopter(CASH_HAND));
    world.command(Command::AcceptPositions(CASH));
    world.agree(CASH, Vec::new(), 3);
    assert_eq!(world.engine.standing(CASH), Standing::Reconciled);
    assert_eq!(world.holds(CASH_HAND, EQUITY), 3);
    // The mark is 100.
    world.check_balance(CASH, USD, "99700", "0");
}

#[test]
fn reports_for_accounts_that_are_not_there_are_ignored() {
    let mut world = outside();
    let report = model::VenueReport {
        venue: model::VenueId::new(7),
        account: AccountId::new(7),
        order: None,
        venue_order: None,
        kind: VenueReportKind::Accepted,
        ts_event: at(SECOND),
    };
    world.step(engine::Input::VenueReport(Box::new(report)));
    assert_eq!(world.ignored().len(), 1);
    assert_eq!(world.rules(), Vec::<&str>::new());
}
