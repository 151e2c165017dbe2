//! Random words of venues outside, extremes included.

use crate::dice::Dice;
use engine::{ExternalVenue, ForeignOrders};
use model::{
    AccountId, CurrencyId, ExecutionId, Liquidity, OrderId, Outbound, OutboundCommand,
    SignedQuantity, SnapshotExecution, VenueExecution, VenueId, VenueOrder, VenueOrderId,
    VenueOrderStatus, VenuePosition, VenueReport, VenueReportKind, VenueSnapshot, VenueTerms,
};

const NAMES: [&str; 4] = ["a", "b", "0000e0d5.6a3f", "x-1"];

pub(crate) fn any_external(dice: &mut Dice) -> ExternalVenue {
    ExternalVenue {
        answer_within: dice.duration(),
        reconcile_every: dice.duration(),
        foreign_orders: dice.one_of(&[ForeignOrders::Adopt, ForeignOrders::Cancel]),
        remembers: dice.small(),
    }
}

fn venue(dice: &mut Dice) -> VenueId {
    VenueId::new(dice.small())
}

fn account(dice: &mut Dice) -> AccountId {
    AccountId::new(dice.small())
}

fn order_name(dice: &mut Dice) -> VenueOrderId {
    dice.one_of(&NAMES).parse().unwrap()
}

fn execution_name(dice: &mut Dice) -> ExecutionId {
    dice.one_of(&NAMES).parse().unwrap()
}

fn execution(dice: &mut Dice) -> VenueExecution {
    VenueExecution {
        id: execution_name(dice),
        revision: dice.small(),
        instrument: dice.instrument_id(),
        side: dice.side(),
        price: dice.price(),
        quantity: dice.quantity(),
        fee: dice.maybe(Dice::money),
        liquidity: dice.one_of(&[Liquidity::Maker, Liquidity::Taker]),
    }
}

fn order(dice: &mut Dice) -> VenueOrder {
    use VenueOrderStatus::{Canceled, Expired, Filled, Rejected, Triggered, Working};
    VenueOrder {
        order: dice.maybe(Dice::order_id),
        venue_order: order_name(dice),
        instrument: dice.instrument_id(),
        side: dice.side(),
        kind: dice.kind(),
        time_in_force: dice.request().time_in_force,
        quantity: dice.quantity(),
        filled: dice.quantity(),
        status: dice.one_of(&[Working, Triggered, Filled, Canceled, Rejected, Expired]),
    }
}

fn kind(dice: &mut Dice) -> VenueReportKind {
    let reason = dice.text();
    match dice.below(13) {
        0 => VenueReportKind::Accepted,
        1 => VenueReportKind::Rejected { reason },
        2 => VenueReportKind::Triggered,
        3 => VenueReportKind::Filled(execution(dice)),
        4 => VenueReportKind::Busted {
            execution: execution_name(dice),
            revision: dice.small(),
        },
        5 => VenueReportKind::Corrected(execution(dice)),
        6 => VenueReportKind::Updated(VenueTerms {
            quantity: dice.quantity(),
            price: dice.maybe(Dice::price),
            trigger: dice.maybe(Dice::price),
        }),
        7 => VenueReportKind::UpdateRejected { reason },
        8 => VenueReportKind::Canceled,
        9 => VenueReportKind::CancelRejected { reason },
        10 => VenueReportKind::Expired,
        11 => VenueReportKind::Unknown {
            query: dice.extreme(),
        },
        _ => VenueReportKind::State {
            query: dice.extreme(),
            order: order(dice),
        },
    }
}

pub(crate) fn any_report(dice: &mut Dice) -> VenueReport {
    VenueReport {
        venue: venue(dice),
        account: account(dice),
        order: dice.maybe(Dice::order_id),
        venue_order: dice.maybe(order_name),
        kind: kind(dice),
        ts_event: dice.time(),
    }
}

pub(crate) fn any_snapshot(dice: &mut Dice) -> VenueSnapshot {
    VenueSnapshot {
        venue: venue(dice),
        account: account(dice),
        request: dice.extreme(),
        as_of: dice.time(),
        orders: dice.list(order),
        executions: dice.list(|dice| SnapshotExecution {
            order: dice.maybe(Dice::order_id),
            venue_order: dice.maybe(order_name),
            execution: execution(dice),
            busted: dice.flag(),
            ts_event: dice.time(),
        }),
        positions: dice.list(|dice| VenuePosition {
            instrument: dice.instrument_id(),
            quantity: SignedQuantity::from_raw(dice.wide()),
            average_price: dice.maybe(Dice::price),
        }),
        balances: dice.list(|dice| (CurrencyId::new(dice.small()), dice.money())),
    }
}

pub(crate) fn any_outbound(dice: &mut Dice) -> Outbound {
    let (order, venue_order) = (dice.maybe(Dice::order_id), dice.maybe(order_name));
    let command = match dice.below(5) {
        0 => OutboundCommand::Insert(dice.request()),
        1 => OutboundCommand::Modify {
            amendment: dice.amendment_of(OrderId::default()),
            venue_order,
        },
        2 => OutboundCommand::Cancel { order, venue_order },
        3 => OutboundCommand::Query { order, venue_order },
        _ => OutboundCommand::Snapshot { since: dice.time() },
    };
    Outbound {
        number: dice.extreme(),
        venue: venue(dice),
        account: account(dice),
        command,
    }
}
