//! Accounts beside what their venue holds: each kind of difference has its rule, and afterwards both
//! agree (invariant I13).

use crate::outside_world::*;
use crate::world::*;
use engine::{Command, Effect, ExternalVenue, ForeignOrders, Ignored, Input, Standing, VenueEvent};
use model::{
    Duration, OrderId, OutboundCommand, Side, SignedQuantity, SnapshotExecution, VenueOrderId,
    VenueOrderStatus, VenueReport, VenueReportKind,
};

const WORKING: VenueOrderStatus = VenueOrderStatus::Working;

fn accepted(world: &mut World) -> OrderId {
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.report(order, VenueReportKind::Accepted);
    order
}

fn reconcile(world: &mut World) {
    world.command(Command::Reconcile(VENUE));
}

#[test]
fn missing_executions_are_applied_once() {
    let mut world = outside();
    let order = accepted(&mut world);
    world.report(order, bought("e1", "2", "100"));
    world.now += SECOND;
    let when = at(world.now);
    reconcile(&mut world);
    let listed = |id: &str, amount: &str| {
        in_snapshot(Some(order), execution(id, Side::Buy, amount, "100"), when)
    };
    let executions = vec![listed("e1", "2"), listed("e2", "3")];
    let orders = vec![held(Some(order), ["10", "5", "100"], WORKING)];
    world.snapshot(MARGIN, orders, executions, 5);
    assert_eq!(world.story(order), "submitted accepted 2@100 3@100");
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    // Its own report comes after all.
    world.report_at(Some(order), bought("e2", "3", "100"), when);
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 5);
}

#[test]
fn an_execution_that_is_listed_as_busted_is_taken_back() {
    let mut world = outside();
    let order = accepted(&mut world);
    world.report(order, bought("e1", "10", "100"));
    reconcile(&mut world);
    let mut listed = in_snapshot(
        Some(order),
        execution("e1", Side::Buy, "10", "100"),
        at(world.now),
    );
    (listed.busted, listed.execution.revision) = (true, 1);
    world.snapshot(MARGIN, Vec::new(), vec![listed], 0);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 0);
    world.check_balance(MARGIN, USD, "100000", "0");
}

#[test]
fn executions_after_the_snapshot_was_taken_do_not_count_as_a_difference() {
    let mut world = outside();
    let order = accepted(&mut world);
    reconcile(&mut world);
    let taken = world.now;
    world.now += SECOND;
    world.report(order, bought("e1", "4", "100"));
    let orders = vec![held(Some(order), ["10", "0", "100"], WORKING)];
    world.snapshot_as_of(MARGIN, at(taken), orders, 0);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    assert_eq!(world.story(order), "submitted accepted 4@100");
}

#[test]
fn an_order_the_venue_does_not_list_is_asked_about_and_closed() {
    let mut world = outside();
    let order = accepted(&mut world);
    world.wait(WITHIN);
    reconcile(&mut world);
    world.agree(MARGIN, Vec::new(), 0);
    assert!(world.engine.is_in_doubt(order));
    world.answer(
        order,
        Some(held(
            Some(order),
            ["10", "0", "100"],
            VenueOrderStatus::Canceled,
        )),
    );
    assert_eq!(world.story(order), "submitted accepted canceled");
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
}

#[test]
fn one_neither_list_nor_answer_knows_is_closed_and_looked_at_again() {
    let mut world = outside();
    let order = accepted(&mut world);
    world.wait(WITHIN);
    reconcile(&mut world);
    world.agree(MARGIN, Vec::new(), 0);
    world.answer(order, None);
    assert_eq!(world.story(order), "submitted accepted canceled");
    // It was there once: what became of it the next comparison must say.
    assert_eq!(world.engine.standing(MARGIN), Standing::Unknown);
    world.wait(WITHIN);
    world.agree(MARGIN, Vec::new(), 0);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
}

#[test]
fn an_order_sent_after_the_request_is_not_missing() {
    let mut world = outside();
    reconcile(&mut world);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.agree(MARGIN, Vec::new(), 0);
    assert!(!world.engine.is_in_doubt(order));
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
}

#[test]
fn a_foreign_order_is_taken_on_counted_and_can_be_cancelled() {
    let mut world = outside();
    reconcile(&mut world);
    world.agree(MARGIN, vec![held(None, ["10", "4", "100"], WORKING)], 0);
    let taken = OrderId::derive(world.engine.sequence(), 0).unwrap();
    assert_eq!(world.story(taken), "accepted");
    let holding = world.engine.holdings().get(MARGIN_HAND, EQUITY);
    assert_eq!(holding.open_buys, quantity("6"));
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    // The next comparison finds it again by the venue's name.
    reconcile(&mut world);
    world.agree(MARGIN, vec![held(None, ["10", "4", "100"], WORKING)], 0);
    assert_eq!(world.engine.orders().len(), 1);
    world.cancel(taken);
    match world.last_outbound().command {
        OutboundCommand::Cancel { order, venue_order } => {
            assert_eq!(order, None);
            assert_eq!(venue_order.unwrap().as_str(), "foreign");
        }
        other => panic!("{other:?}"),
    }
    world.report(taken, VenueReportKind::Canceled);
    assert_eq!(world.story(taken), "accepted cancelling canceled");
}

#[test]
fn what_was_filled_before_an_order_was_taken_on_may_be_taken_back() {
    let mut world = outside();
    reconcile(&mut world);
    world.agree(MARGIN, vec![held(None, ["10", "4", "100"], WORKING)], 0);
    let taken = OrderId::derive(world.engine.sequence(), 0).unwrap();
    world.report(taken, bought("e2", "1", "100"));
    // The four from before are gone: nine of ten are left, beside the one that was filled since.
    reconcile(&mut world);
    world.agree(MARGIN, vec![held(None, ["10", "1", "100"], WORKING)], 1);
    assert!(world.rules().contains(&"bust"), "{:?}", world.rules());
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    let order = world.engine.orders().get(taken).unwrap().order;
    assert_eq!(
        (order.quantity, order.filled),
        (quantity("10"), quantity("1"))
    );
    let holding = world.engine.holdings().get(MARGIN_HAND, EQUITY);
    assert_eq!(holding.open_buys, quantity("9"));
    // Executions that only the venue knows are another matter: they are missing here.
    reconcile(&mut world);
    world.agree(MARGIN, vec![held(None, ["10", "3", "100"], WORKING)], 1);
    assert_eq!(world.engine.standing(MARGIN), Standing::Unknown);
}

#[test]
fn an_order_has_room_again_for_what_was_taken_back_from_before_it_was_taken_on() {
    let mut world = outside();
    let foreign = "foreign".parse::<VenueOrderId>().unwrap();
    let by_name = |execution, when| SnapshotExecution {
        venue_order: Some(foreign.clone()),
        ..in_snapshot(None, execution, when)
    };
    reconcile(&mut world);
    let before = by_name(execution("e1", Side::Buy, "4", "100"), at(world.now));
    let orders = || vec![held(None, ["10", "4", "100"], WORKING)];
    world.snapshot(MARGIN, orders(), vec![before.clone()], 4);
    // The execution is an order of its own; the one that is open follows it.
    let taken = OrderId::derive(world.engine.sequence(), 1).unwrap();
    assert_eq!(
        world.engine.orders().get(taken).unwrap().order.quantity,
        quantity("6")
    );
    world.step(Input::VenueReport(Box::new(VenueReport {
        venue: VENUE,
        account: MARGIN,
        order: None,
        venue_order: Some(foreign.clone()),
        kind: VenueReportKind::Busted {
            execution: "e1".parse().unwrap(),
            revision: 1,
        },
        ts_event: at(world.now),
    })));
    assert_eq!(
        world.engine.orders().get(taken).unwrap().order.quantity,
        quantity("10")
    );
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 0);
    // All ten may be filled at once now.
    world.report(taken, bought("e2", "10", "100"));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 10);
    assert!(
        !world.rules().contains(&"contradiction"),
        "{:?}",
        world.rules()
    );
}

#[test]
fn a_foreign_order_is_cancelled_where_that_is_asked_for() {
    let mut world = outside_with(ExternalVenue {
        answer_within: Duration::from_nanos(WITHIN),
        reconcile_every: Duration::ZERO,
        foreign_orders: ForeignOrders::Cancel,
        ..ExternalVenue::default()
    });
    world.connect();
    reconcile(&mut world);
    world.agree(MARGIN, vec![held(None, ["10", "0", "100"], WORKING)], 0);
    assert!(matches!(
        world.last_outbound().command,
        OutboundCommand::Cancel { order: None, .. }
    ));
    assert!(world.engine.orders().is_empty());
    assert_eq!(world.engine.standing(MARGIN), Standing::Unknown);
    world.wait(WITHIN);
    world.agree(MARGIN, Vec::new(), 0);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
}

#[test]
fn a_position_nothing_explains_shuts_the_account_until_somebody_accepts_it() {
    let mut world = outside();
    reconcile(&mut world);
    world.agree(MARGIN, Vec::new(), 7);
    assert_eq!(world.engine.standing(MARGIN), Standing::Differs);
    let units = |n: i128| SignedQuantity::from_raw(n * i128::from(model::Quantity::SCALE));
    let difference = Effect::Venue(VenueEvent::Difference {
        account: MARGIN,
        instrument: EQUITY,
        ours: units(0),
        theirs: units(7),
    });
    assert!(world.effects.contains(&difference));
    let denied = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.story(denied), "denied:P26");
    world.command(Command::AcceptPositions(MARGIN));
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 7);
    world.agree(MARGIN, Vec::new(), 7);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    // Twice is once too often.
    world.command(Command::AcceptPositions(MARGIN));
    assert!(matches!(
        world.ignored().last(),
        Some(Ignored::BadCommand(_))
    ));
}

#[test]
fn answers_nobody_waits_for_are_ignored() {
    let mut world = outside();
    world.agree(MARGIN, Vec::new(), 7);
    assert!(matches!(
        world.ignored().last(),
        Some(Ignored::BadReport(_))
    ));
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    world.command(Command::Reconcile(model::VenueId::new(9)));
    assert!(matches!(
        world.ignored().last(),
        Some(Ignored::BadCommand(_))
    ));
}

#[test]
fn an_overdue_snapshot_is_asked_for_again_and_the_next_comes_by_itself() {
    let mut world = outside_with(ExternalVenue {
        answer_within: Duration::from_nanos(WITHIN),
        reconcile_every: Duration::from_nanos(10 * WITHIN),
        ..ExternalVenue::default()
    });
    world.connect();
    let first = world.last_request(MARGIN);
    world.wait(10 * WITHIN);
    let second = world.last_request(MARGIN);
    assert!(second > first);
    world.wait(WITHIN);
    assert!(world.last_request(MARGIN) > second);
    // The first answer is too late now, the second is not.
    world.agree(MARGIN, Vec::new(), 0);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
}

#[test]
fn after_a_reconnect_all_that_waits_is_asked_about() {
    let mut world = outside();
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.command(Command::SetVenueConnected(VENUE, false));
    // Nothing is asked of a venue that is away.
    let sent = world.outbound().len();
    world.wait(3 * WITHIN);
    assert_eq!(world.outbound().len(), sent);
    world.command(Command::SetVenueConnected(VENUE, true));
    assert!(world.engine.is_in_doubt(order));
    world.answer(order, Some(held(Some(order), ["10", "0", "100"], WORKING)));
    world.agree(
        MARGIN,
        vec![held(Some(order), ["10", "0", "100"], WORKING)],
        0,
    );
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    assert_eq!(world.story(order), "submitted accepted");
    assert_eq!(world.inserts(order), 1);
}
