//! Orders at a venue outside: they leave as messages, and move by what it reports.

use crate::outside_world::*;
use crate::world::*;
use engine::Standing;
use model::{DenyCode, OutboundCommand, VenueReportKind};

#[test]
fn an_order_leaves_as_a_message_and_moves_by_reports_alone() {
    let mut world = outside();
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("101"));
    let message = world.last_outbound();
    assert_eq!((message.venue, message.account), (VENUE, MARGIN));
    match message.command {
        OutboundCommand::Insert(request) => assert_eq!(request.id, order),
        other => panic!("{other:?}"),
    }
    // A market that reaches its price fills nothing here.
    world.quote(EQUITY, "98", "99");
    assert_eq!(world.story(order), "submitted");
    world.report(order, VenueReportKind::Accepted);
    world.report(order, bought("e1", "4", "100"));
    assert_eq!(world.story(order), "submitted accepted 4@100");
    world.report(order, bought("e2", "6", "99"));
    assert_eq!(world.story(order), "submitted accepted 4@100 6@99");
    assert_eq!(world.holds(MARGIN_HAND, EQUITY), 10);
    assert_eq!(world.rules(), Vec::<&str>::new());
    assert!(world.engine.orders().is_empty());
}

#[test]
fn changes_and_cancels_leave_too() {
    let mut world = outside();
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.report(order, VenueReportKind::Accepted);
    world.command(engine::Command::ModifyOrder(model::Amendment {
        order,
        quantity: Some(quantity("7")),
        price: None,
        trigger: None,
    }));
    assert!(matches!(
        world.last_outbound().command,
        OutboundCommand::Modify { amendment, .. } if amendment.quantity == Some(quantity("7"))
    ));
    let terms = model::VenueTerms {
        quantity: quantity("7"),
        price: Some(price("100")),
        trigger: None,
    };
    world.report(order, VenueReportKind::Updated(terms));
    world.cancel(order);
    assert!(matches!(
        world.last_outbound().command,
        OutboundCommand::Cancel { order: Some(of), .. } if of == order
    ));
    world.report(order, VenueReportKind::Canceled);
    assert_eq!(
        world.story(order),
        "submitted accepted changing changed:@100 cancelling canceled"
    );
    world.check_balance(MARGIN, USD, "100000", "0");
    // Nothing is awaited any more: nothing is asked.
    let sent = world.outbound().len();
    world.wait(10 * WITHIN);
    assert_eq!(world.outbound().len(), sent);
}

#[test]
fn nothing_leaves_before_the_venue_is_there_and_the_account_agrees() {
    let mut world = outside_with(engine::ExternalVenue::default());
    let early = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(early), Some(DenyCode::Latch));
    world.command(engine::Command::SetVenueConnected(VENUE, true));
    let unknown = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(unknown), Some(DenyCode::Account));
    world.agree(MARGIN, Vec::new(), 0);
    assert_eq!(world.engine.standing(MARGIN), Standing::Reconciled);
    let passes = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.story(passes), "submitted");
    // Away and back again: nothing is known for sure any more.
    world.command(engine::Command::SetVenueConnected(VENUE, false));
    world.command(engine::Command::SetVenueConnected(VENUE, true));
    let after = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(after), Some(DenyCode::Account));
}
