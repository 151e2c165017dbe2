//! Answers: one order as it is, or all that is held for an account.

use super::{FakeVenue, HeldOrder, Said, name};
use model::{
    AccountId, OrderId, SignedQuantity, SnapshotExecution, Timestamp, VenueOrder, VenueOrderId,
    VenuePosition, VenueReportKind, VenueSnapshot,
};

impl FakeVenue {
    pub(super) fn answer(
        &mut self,
        account: AccountId,
        query: u64,
        order: Option<OrderId>,
        venue_order: Option<&VenueOrderId>,
    ) {
        let found = self.find(account, order, venue_order);
        let shown = found.and_then(|number| Some((number, self.shown(number)?)));
        match shown {
            Some((number, order)) => {
                self.report(number, VenueReportKind::State { query, order });
            }
            None => {
                let about = (order, venue_order.cloned());
                self.report_on(account, about, VenueReportKind::Unknown { query });
            }
        }
    }

    pub(super) fn show(&mut self, account: AccountId, request: u64, since: Timestamp) {
        let open = self.open.iter().copied();
        let orders = open
            .filter(|number| {
                let order = self.orders.get(number);
                order.is_some_and(|order| order.account == account)
            })
            .filter_map(|number| self.shown(number))
            .collect();
        let executed = self.executions.iter();
        let executions = executed
            .filter(|each| each.account == account && each.revised > since)
            .map(|each| SnapshotExecution {
                order: each.order,
                venue_order: name(each.number),
                execution: each.execution.clone(),
                busted: each.busted,
                ts_event: each.made,
            })
            .collect();
        let held = self.positions().into_iter();
        let positions = held
            .filter(|((of, _), _)| *of == account)
            .map(|((_, instrument), quantity)| VenuePosition {
                instrument,
                quantity: SignedQuantity::from_raw(quantity),
                average_price: None,
            })
            .collect();
        self.said.push(Said::Snapshot(Box::new(VenueSnapshot {
            venue: self.venue,
            account,
            request,
            as_of: self.now,
            orders,
            executions,
            positions,
            balances: Vec::new(),
        })));
    }

    fn shown(&self, number: u64) -> Option<VenueOrder> {
        let HeldOrder {
            order,
            instrument,
            side,
            kind,
            time_in_force,
            quantity,
            filled,
            status,
            ..
        } = self.orders.get(&number)?.clone();
        Some(VenueOrder {
            order,
            venue_order: name(number)?,
            instrument,
            side,
            kind,
            time_in_force,
            quantity,
            filled,
            status,
        })
    }
}
