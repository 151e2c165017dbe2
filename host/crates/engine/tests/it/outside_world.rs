//! A venue outside the engine, played by hand: what it was sent, and short ways to say what it says.

use crate::world::*;
use engine::{Command, Definition, Effect, ExternalVenue, Input, Standing, VenueEvent};
use model::{
    AccountId, Duration, InstrumentId, Liquidity, OrderId, Outbound, OutboundCommand, Side,
    SnapshotExecution, StrategyId, Timestamp, VenueExecution, VenueId, VenueOrder,
    VenueOrderStatus, VenuePosition, VenueReport, VenueReportKind, VenueSnapshot,
};

pub(crate) const VENUE: VenueId = VenueId::new(0);
/// How long an answer may take.
pub(crate) const WITHIN: u64 = 5 * SECOND;

/// The margin account's venue is outside, connected, and agrees.
pub(crate) fn outside() -> World {
    let mut world = outside_with(ExternalVenue {
        answer_within: Duration::from_nanos(WITHIN),
        reconcile_every: Duration::ZERO,
        ..ExternalVenue::default()
    });
    world.connect();
    world
}

/// The same with other settings, not connected yet.
pub(crate) fn outside_with(external: ExternalVenue) -> World {
    let mut setup = Setup::default();
    setup.venue.external = Some(external);
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world.define(Definition::Adopter(MARGIN_HAND));
    world
}

pub(crate) fn execution(id: &str, side: Side, amount: &str, at_price: &str) -> VenueExecution {
    VenueExecution {
        id: id.parse().unwrap(),
        revision: 0,
        instrument: EQUITY,
        side,
        price: price(at_price),
        quantity: quantity(amount),
        fee: None,
        liquidity: Liquidity::Taker,
    }
}

pub(crate) fn filled(id: &str, side: Side, amount: &str, at_price: &str) -> VenueReportKind {
    VenueReportKind::Filled(execution(id, side, amount, at_price))
}

pub(crate) fn bought(id: &str, amount: &str, at_price: &str) -> VenueReportKind {
    filled(id, Side::Buy, amount, at_price)
}

/// A limit order to buy as the venue holds it.
pub(crate) fn held(
    order: Option<OrderId>,
    [amount, filled, at_price]: [&str; 3],
    status: VenueOrderStatus,
) -> VenueOrder {
    let name = order.map_or("foreign".to_owned(), |order| format!("v{order}"));
    VenueOrder {
        order,
        venue_order: name.parse().unwrap(),
        instrument: EQUITY,
        side: Side::Buy,
        kind: model::OrderKind::Limit {
            price: price(at_price),
        },
        time_in_force: model::TimeInForce::Gtc,
        quantity: quantity(amount),
        filled: quantity(filled),
        status,
    }
}

pub(crate) fn position(amount: i64) -> VenuePosition {
    let units = i128::from(amount) * i128::from(model::Quantity::SCALE);
    VenuePosition {
        instrument: EQUITY,
        quantity: model::SignedQuantity::from_raw(units),
        average_price: None,
    }
}

pub(crate) fn in_snapshot(
    order: Option<OrderId>,
    execution: VenueExecution,
    ts_event: Timestamp,
) -> SnapshotExecution {
    SnapshotExecution {
        order,
        venue_order: None,
        execution,
        busted: false,
        ts_event,
    }
}

impl World {
    /// The connection comes, and the accounts agree with the venue: both hold nothing.
    pub(crate) fn connect(&mut self) {
        self.command(Command::SetVenueConnected(VENUE, true));
        for account in [CASH, MARGIN] {
            self.agree(account, Vec::new(), 0);
            assert_eq!(self.engine.standing(account), Standing::Reconciled);
        }
    }

    pub(crate) fn outbound(&self) -> Vec<Outbound> {
        let out = self.effects.iter().filter_map(|effect| match effect {
            Effect::Outbound(message) => Some(message.clone()),
            _ => None,
        });
        out.collect()
    }

    pub(crate) fn last_outbound(&self) -> Outbound {
        self.outbound().last().unwrap().clone()
    }

    /// How often an order was sent as a new one: never more than once.
    pub(crate) fn inserts(&self, order: OrderId) -> usize {
        let sent = self.outbound();
        let is_insert = |message: &&Outbound| match &message.command {
            OutboundCommand::Insert(request) => request.id == order,
            _ => false,
        };
        sent.iter().filter(is_insert).count()
    }

    /// The number of the last question about an order.
    pub(crate) fn last_query(&self, order: OrderId) -> u64 {
        let sent = self.outbound();
        let asked = sent.iter().rev().find(|message| {
            matches!(&message.command, OutboundCommand::Query { order: of, .. } if *of == Some(order))
        });
        asked.unwrap().number
    }

    /// The number of the last request for a snapshot of an account.
    pub(crate) fn last_request(&self, account: AccountId) -> u64 {
        let sent = self.outbound();
        let asked = sent.iter().rev().find(|message| {
            message.account == account
                && matches!(message.command, OutboundCommand::Snapshot { .. })
        });
        asked.unwrap().number
    }

    /// The margin account's venue says something about an order.
    pub(crate) fn report(&mut self, order: OrderId, kind: VenueReportKind) {
        let ts_event = at(self.now);
        self.report_at(Some(order), kind, ts_event);
    }

    pub(crate) fn report_at(
        &mut self,
        order: Option<OrderId>,
        kind: VenueReportKind,
        ts_event: Timestamp,
    ) {
        self.step(Input::VenueReport(Box::new(VenueReport {
            venue: VENUE,
            account: MARGIN,
            order,
            venue_order: None,
            kind,
            ts_event,
        })));
    }

    /// The venue answers the last question about an order.
    pub(crate) fn answer(&mut self, order: OrderId, theirs: Option<VenueOrder>) {
        let query = self.last_query(order);
        self.report(
            order,
            match theirs {
                Some(order) => VenueReportKind::State { query, order },
                None => VenueReportKind::Unknown { query },
            },
        );
    }

    /// What the venue holds for an account now, and no executions that are not known.
    pub(crate) fn agree(&mut self, account: AccountId, orders: Vec<VenueOrder>, amount: i64) {
        self.snapshot(account, orders, Vec::new(), amount);
    }

    /// The venue answers the last request with what it holds for an account now.
    pub(crate) fn snapshot(
        &mut self,
        account: AccountId,
        orders: Vec<VenueOrder>,
        executions: Vec<SnapshotExecution>,
        amount: i64,
    ) {
        self.tell_snapshot(account, at(self.now), (orders, executions, amount));
    }

    /// The same as of an earlier moment, without executions.
    pub(crate) fn snapshot_as_of(
        &mut self,
        account: AccountId,
        as_of: Timestamp,
        orders: Vec<VenueOrder>,
        amount: i64,
    ) {
        self.tell_snapshot(account, as_of, (orders, Vec::new(), amount));
    }

    fn tell_snapshot(
        &mut self,
        account: AccountId,
        as_of: Timestamp,
        (orders, executions, amount): (Vec<VenueOrder>, Vec<SnapshotExecution>, i64),
    ) {
        let request = self.last_request(account);
        let snapshot = VenueSnapshot {
            venue: VENUE,
            account,
            request,
            as_of,
            orders,
            executions,
            positions: vec![position(amount)],
            balances: Vec::new(),
        };
        self.step(Input::VenueSnapshot(Box::new(snapshot)));
    }

    /// Names of the rules that decided, in order.
    pub(crate) fn rules(&self) -> Vec<&'static str> {
        let ruled = self.effects.iter().filter_map(|effect| match effect {
            Effect::Venue(VenueEvent::Ruled { rule, .. }) => Some(rule.name()),
            _ => None,
        });
        ruled.collect()
    }

    /// Whole units a strategy holds.
    pub(crate) fn holds(&self, strategy: StrategyId, instrument: InstrumentId) -> i128 {
        let raw = self.position(strategy, instrument).quantity.raw();
        raw / i128::from(model::Quantity::SCALE)
    }
}
