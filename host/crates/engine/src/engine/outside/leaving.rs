//! What leaves for a venue outside: each message is journaled, numbered, and handed out as an effect.
//! Whoever steps the engine sends it once the journal is committed.

use super::super::Engine;
use crate::effect::Effect;
use crate::exchange::VenueCommand;
use crate::outside::{Doubt, Sent};
use model::{
    AccountId, OrderId, Outbound, OutboundCommand, Quantity, Timestamp, VenueId, VenueOrderId,
};

impl Engine {
    /// Journals a message and hands it out; gives its number.
    pub(super) fn post(
        &mut self,
        venue: VenueId,
        account: AccountId,
        command: OutboundCommand,
    ) -> u64 {
        let message = Outbound {
            number: self.outside.next_message(),
            venue,
            account,
            command,
        };
        let number = message.number;
        self.journal.outbound(&message);
        self.effects.push(Effect::Outbound(message));
        number
    }

    /// A command about an order leaves, and its answer is awaited.
    pub(in crate::engine) fn leave_for(&mut self, venue: VenueId, command: &VenueCommand) {
        let id = command.order();
        let (order, venue_order) = (self.orders.get(id), self.name_of(venue, id));
        let (account, message) = match (command, order) {
            (VenueCommand::Insert(_), Some(open)) => {
                let Some(approved) = &open.approval else {
                    return;
                };
                let request = *approved.request();
                (open.order.account, OutboundCommand::Insert(request))
            }
            (VenueCommand::Insert(_), None) => return,
            (VenueCommand::Modify(amendment, _), Some(open)) => {
                let mut amendment = *amendment;
                amendment.quantity = self.quantity_at_venue(id, amendment.quantity);
                let message = OutboundCommand::Modify {
                    amendment,
                    venue_order,
                };
                (open.order.account, message)
            }
            (VenueCommand::Modify(..), None) => return,
            (VenueCommand::Cancel(..), _) => {
                let Some(account) = self.account_of_outside(venue, id) else {
                    return;
                };
                let order = Some(id).filter(|id| !self.is_foreign(*id));
                (account, OutboundCommand::Cancel { order, venue_order })
            }
        };
        let number = self.post(venue, account, message);
        match command {
            VenueCommand::Insert(_) => {
                let most = self.orders.get(id).map(|open| open.order.quantity);
                let most = most.unwrap_or_default();
                self.outside
                    .add(id, sent(venue, account, most, self.step_time));
            }
            VenueCommand::Cancel(..) => {
                if let Some(sent) = self.outside.get_mut(id) {
                    sent.cancelling = true;
                }
            }
            VenueCommand::Modify(amendment, _) => {
                if let Some(sent) = self.outside.get_mut(id) {
                    sent.most = sent.most.max(amendment.quantity.unwrap_or_default());
                }
            }
        }
        self.await_answer(id, number);
    }

    /// A quantity of an order as its venue counts it.
    fn quantity_at_venue(&self, id: OrderId, quantity: Option<Quantity>) -> Option<Quantity> {
        let before = self.outside.get(id)?.filled_before;
        // The gate has bounded it.
        quantity.map(|quantity| quantity.checked_add(before).unwrap_or(quantity))
    }

    pub(super) fn is_foreign(&self, id: OrderId) -> bool {
        self.orders.get(id).is_some_and(|open| open.foreign)
    }

    pub(super) fn name_of(&self, venue: VenueId, id: OrderId) -> Option<VenueOrderId> {
        let open = self.outside.get(id).and_then(|sent| sent.name.as_ref());
        let closed = self.outside.closed(venue, id);
        open.or(closed.and_then(|closed| closed.name.as_ref()))
            .cloned()
    }

    fn account_of_outside(&self, venue: VenueId, id: OrderId) -> Option<AccountId> {
        let open = self.outside.get(id).map(|sent| sent.account);
        let closed = self.outside.closed(venue, id);
        open.or(closed.map(|closed| closed.order.account))
    }

    /// From now on an answer about an order is awaited. What was asked before is void.
    pub(super) fn await_answer(&mut self, id: OrderId, number: u64) {
        let now = self.step_time;
        if let Some(sent) = self.outside.get_mut(id) {
            (sent.command, sent.at) = (number, now);
            if let Some(doubt) = &mut sent.doubt {
                doubt.unknown = 0;
            }
        }
        self.set_deadline(id);
    }

    /// Asks the venue what has become of an order.
    pub(super) fn query(&mut self, id: OrderId) {
        let Some(sent) = self.outside.get(id) else {
            return;
        };
        let (venue, account, at) = (sent.venue, sent.account, sent.at);
        if !self.is_connected(venue) {
            // Once the connection is back everything is asked anyway.
            return;
        }
        let early = self.step_time < at.after(self.answer_within(venue));
        let venue_order = sent.name.clone();
        let order = Some(id).filter(|id| !self.is_foreign(*id));
        let command = OutboundCommand::Query { order, venue_order };
        let number = self.post(venue, account, command);
        if let Some(sent) = self.outside.get_mut(id)
            && let Some(doubt) = &mut sent.doubt
            && early
        {
            doubt.counts_from = number + 1;
        }
        self.set_deadline(id);
    }
}

/// An order that leaves now.
fn sent(venue: VenueId, account: AccountId, most: Quantity, now: Timestamp) -> Sent {
    Sent {
        venue,
        account,
        name: None,
        most,
        filled_before: Quantity::ZERO,
        command: 0,
        at: now,
        known: false,
        cancelling: false,
        lapsed: false,
        implied: None,
        deadline: None,
        doubt: None,
        told: Timestamp::ZERO,
        terms_told: Timestamp::ZERO,
    }
}

impl Doubt {
    pub(super) const fn new(needs_state: bool) -> Self {
        Self {
            needs_state,
            unknown: 0,
            counts_from: 0,
        }
    }
}
