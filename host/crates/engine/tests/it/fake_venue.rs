//! A venue outside as it really is: it takes orders, fills, busts and corrects by dice, keeps the
//! ledger that counts, and tells of it truthfully. What becomes of its words is not its business.

use crate::dice::Dice;
use crate::outside_world::{VENUE, position};
use crate::world::*;
use engine::Input;
use model::{
    ExecutionId, Liquidity, OrderId, OrderRequest, Outbound, OutboundCommand, Price, Quantity,
    SnapshotExecution, Timestamp, VenueExecution, VenueOrder, VenueOrderId, VenueOrderStatus,
    VenueReport, VenueReportKind, VenueSnapshot, VenueTerms,
};
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct FakeVenue {
    orders: BTreeMap<VenueOrderId, VenueOrder>,
    executions: Vec<SnapshotExecution>,
    /// When an execution was last revised.
    revised: BTreeMap<ExecutionId, Timestamp>,
    made: u64,
    /// The venue's clock: every event has a time of its own.
    clock: u64,
}

impl FakeVenue {
    fn tick(&mut self, now: u64) -> Timestamp {
        self.clock = now.max(self.clock + 1);
        at(self.clock)
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("n{}", self.made)
    }

    fn open(&self) -> Vec<VenueOrderId> {
        let open = self.orders.values().filter(|order| order.status.is_open());
        open.map(|order| order.venue_order.clone()).collect()
    }

    fn find(&self, order: Option<OrderId>, name: Option<&VenueOrderId>) -> Option<VenueOrderId> {
        let found = self
            .orders
            .values()
            .find(|own| Some(&own.venue_order) == name || (order.is_some() && own.order == order));
        found.map(|own| own.venue_order.clone())
    }

    /// Takes a message; what it says to it.
    pub(crate) fn receive(&mut self, message: &Outbound, now: u64, dice: &mut Dice) -> Vec<Input> {
        match &message.command {
            OutboundCommand::Insert(request) => self.insert(request, now, dice),
            OutboundCommand::Modify {
                amendment,
                venue_order,
            } => {
                let name = self.find(Some(amendment.order), venue_order.as_ref());
                self.modify(name, amendment, now)
            }
            OutboundCommand::Cancel { order, venue_order } => {
                let name = self.find(*order, venue_order.as_ref());
                self.cancel(*order, name, now)
            }
            OutboundCommand::Query { order, venue_order } => {
                let when = self.tick(now);
                let name = self.find(*order, venue_order.as_ref());
                let query = message.number;
                let kind = match name.and_then(|name| self.orders.get(&name)) {
                    Some(own) => VenueReportKind::State {
                        query,
                        order: own.clone(),
                    },
                    None => VenueReportKind::Unknown { query },
                };
                vec![report(*order, venue_order.clone(), kind, when)]
            }
            OutboundCommand::Snapshot { since } => {
                let as_of = self.tick(now);
                let held = if message.account == MARGIN {
                    self.snapshot(message.number, *since, as_of)
                } else {
                    let nothing = FakeVenue::default();
                    nothing.snapshot(message.number, *since, as_of)
                };
                let snapshot = VenueSnapshot {
                    account: message.account,
                    ..held
                };
                vec![Input::VenueSnapshot(Box::new(snapshot))]
            }
        }
    }

    fn insert(&mut self, request: &OrderRequest, now: u64, dice: &mut Dice) -> Vec<Input> {
        let when = self.tick(now);
        // A venue itself refuses an id it has seen.
        assert_eq!(self.find(Some(request.id), None), None, "sent twice");
        let name: VenueOrderId = self.name().parse().unwrap();
        let refused = dice.below(8) == 0;
        let own = VenueOrder {
            order: Some(request.id),
            venue_order: name.clone(),
            instrument: request.instrument,
            side: request.side,
            kind: request.kind,
            time_in_force: request.time_in_force,
            quantity: request.quantity,
            filled: Quantity::ZERO,
            status: if refused {
                VenueOrderStatus::Rejected
            } else {
                VenueOrderStatus::Working
            },
        };
        self.orders.insert(name.clone(), own);
        let kind = if refused {
            let reason = "dice".to_owned();
            VenueReportKind::Rejected { reason }
        } else {
            VenueReportKind::Accepted
        };
        vec![report(Some(request.id), Some(name), kind, when)]
    }

    fn modify(
        &mut self,
        name: Option<VenueOrderId>,
        amendment: &model::Amendment,
        now: u64,
    ) -> Vec<Input> {
        let when = self.tick(now);
        let order = Some(amendment.order);
        let own = name.and_then(|name| self.orders.get_mut(&name));
        let quantity = amendment.quantity.unwrap();
        match own.filter(|own| own.status.is_open() && own.filled < quantity) {
            Some(own) => {
                own.quantity = quantity;
                let terms = VenueTerms {
                    quantity,
                    price: own.kind.price(),
                    trigger: None,
                };
                let kind = VenueReportKind::Updated(terms);
                vec![report(order, Some(own.venue_order.clone()), kind, when)]
            }
            None => {
                let reason = "gone".to_owned();
                let kind = VenueReportKind::UpdateRejected { reason };
                vec![report(order, None, kind, when)]
            }
        }
    }

    fn cancel(
        &mut self,
        order: Option<OrderId>,
        name: Option<VenueOrderId>,
        now: u64,
    ) -> Vec<Input> {
        let when = self.tick(now);
        let own = name.clone().and_then(|name| self.orders.get_mut(&name));
        let kind = match own.filter(|own| own.status.is_open()) {
            Some(own) => {
                own.status = VenueOrderStatus::Canceled;
                VenueReportKind::Canceled
            }
            None => {
                let reason = "gone".to_owned();
                VenueReportKind::CancelRejected { reason }
            }
        };
        vec![report(order, name, kind, when)]
    }

    /// Something happens at the venue by itself: a fill, or an execution is revised.
    pub(crate) fn act(&mut self, now: u64, dice: &mut Dice) -> Vec<Input> {
        match dice.below(12) {
            0 => self.revise(now, dice, true),
            1 => self.revise(now, dice, false),
            2 => self.foreign(now, dice),
            _ => self.fill(now, dice),
        }
    }

    /// Somebody else sends an order for the account.
    fn foreign(&mut self, now: u64, dice: &mut Dice) -> Vec<Input> {
        let when = self.tick(now);
        let name: VenueOrderId = self.name().parse().unwrap();
        let kind = model::OrderKind::Limit {
            price: price("100"),
        };
        let own = VenueOrder {
            order: None,
            venue_order: name.clone(),
            instrument: EQUITY,
            side: dice.side(),
            kind,
            time_in_force: model::TimeInForce::Gtc,
            quantity: quantity("5"),
            filled: Quantity::ZERO,
            status: VenueOrderStatus::Working,
        };
        self.orders.insert(name.clone(), own);
        vec![report(None, Some(name), VenueReportKind::Accepted, when)]
    }

    fn fill(&mut self, now: u64, dice: &mut Dice) -> Vec<Input> {
        let open = self.open();
        if open.is_empty() {
            return Vec::new();
        }
        let when = self.tick(now);
        let id: ExecutionId = self.name().parse().unwrap();
        let own = self.orders.get_mut(&dice.one_of(&open)).unwrap();
        let left = own.quantity.raw() - own.filled.raw();
        let lots = left / Quantity::SCALE;
        let part = Quantity::from_raw((1 + dice.below(lots)) * Quantity::SCALE);
        own.filled = own.filled.checked_add(part).unwrap();
        if own.filled == own.quantity {
            own.status = VenueOrderStatus::Filled;
        }
        let execution = VenueExecution {
            id,
            revision: 0,
            instrument: own.instrument,
            side: own.side,
            price: own.kind.price().unwrap(),
            quantity: part,
            fee: Some(money("0.5")),
            liquidity: Liquidity::Maker,
        };
        let (order, name) = (own.order, own.venue_order.clone());
        self.revised.insert(execution.id.clone(), when);
        self.executions.push(SnapshotExecution {
            order,
            venue_order: Some(name.clone()),
            execution: execution.clone(),
            busted: false,
            ts_event: when,
        });
        let kind = VenueReportKind::Filled(execution);
        vec![report(order, Some(name), kind, when)]
    }

    fn revise(&mut self, now: u64, dice: &mut Dice, bust: bool) -> Vec<Input> {
        let when = self.tick(now);
        // What is busted stays so, and what may fill again would have to be told.
        let closed = |listed: &&mut SnapshotExecution| {
            let own = self.orders.get(listed.venue_order.as_ref().unwrap());
            !listed.busted && own.is_some_and(|own| !own.status.is_open())
        };
        let some: Vec<&mut SnapshotExecution> = self.executions.iter_mut().filter(closed).collect();
        let count = some.len() as u64;
        if count == 0 {
            return Vec::new();
        }
        let pick = usize::try_from(dice.below(count)).unwrap();
        let listed = some.into_iter().nth(pick).unwrap();
        listed.execution.revision += 1;
        self.revised.insert(listed.execution.id.clone(), when);
        let kind = if bust {
            listed.busted = true;
            let own = self.orders.get_mut(listed.venue_order.as_ref().unwrap());
            let own = own.unwrap();
            own.filled = own.filled.saturating_sub(listed.execution.quantity);
            VenueReportKind::Busted {
                execution: listed.execution.id.clone(),
                revision: listed.execution.revision,
            }
        } else {
            let better = Price::from_raw(listed.execution.price.raw() - Price::SCALE / 100);
            listed.execution.price = better;
            VenueReportKind::Corrected(listed.execution.clone())
        };
        // Executions keep their time; a revision is told when it happens.
        vec![report(
            listed.order,
            listed.venue_order.clone(),
            kind,
            listed.ts_event,
        )]
    }

    /// All it holds.
    pub(crate) fn snapshot(
        &self,
        request: u64,
        since: Timestamp,
        as_of: Timestamp,
    ) -> VenueSnapshot {
        let open = self.orders.values().filter(|order| order.status.is_open());
        let recent = self
            .executions
            .iter()
            .filter(|listed| listed.ts_event > since || self.revised[&listed.execution.id] > since);
        VenueSnapshot {
            venue: VENUE,
            account: MARGIN,
            request,
            as_of,
            orders: open.cloned().collect(),
            executions: recent.cloned().collect(),
            positions: vec![position(self.position())],
            balances: Vec::new(),
        }
    }

    /// Whole units held.
    pub(crate) fn position(&self) -> i64 {
        let signed = self.counted().map(|execution| {
            let side = execution.side;
            side.signed(execution.quantity).raw()
        });
        let units = signed.sum::<i128>() / i128::from(Quantity::SCALE);
        i64::try_from(units).unwrap()
    }

    /// What was paid less what was received, and fees, over all executions that count.
    pub(crate) fn spent(&self) -> [model::Money; 2] {
        let zero = model::Money::ZERO;
        self.counted().fold([zero, zero], |[value, fees], own| {
            let worth = own.price.notional(own.quantity, Quantity::ONE).unwrap();
            let worth = match own.side {
                model::Side::Buy => worth,
                model::Side::Sell => worth.negated().unwrap(),
            };
            [
                value.checked_add(worth).unwrap(),
                fees.checked_add(own.fee.unwrap()).unwrap(),
            ]
        })
    }

    fn counted(&self) -> impl Iterator<Item = &VenueExecution> {
        let counted = self.executions.iter().filter(|listed| !listed.busted);
        counted.map(|listed| &listed.execution)
    }
}

fn report(
    order: Option<OrderId>,
    venue_order: Option<VenueOrderId>,
    kind: VenueReportKind,
    ts_event: Timestamp,
) -> Input {
    Input::VenueReport(Box::new(VenueReport {
        venue: VENUE,
        account: MARGIN,
        order,
        venue_order,
        kind,
        ts_event,
    }))
}
