//! What the engine keeps about venues outside of it: messages sent, orders there, executions seen, and
//! whether each account agrees with its venue. Nothing here decides; see `engine/outside.rs`.

mod closed;
mod executions;
mod standings;

use crate::journal::codec::fields;
pub(crate) use closed::ClosedOrder;
use closed::ClosedOrders;
pub(crate) use executions::{Booked, Executions, Seen};
pub(crate) use standings::{AtVenue, Difference};

use crate::agenda::Ticket;
use crate::input::ExternalVenue;
use model::{
    AccountId, Fill, Order, OrderId, OrderKind, Quantity, Timestamp, VenueId, VenueOrderId,
};
use std::collections::BTreeMap;

/// An open order at a venue outside, beside what [`OpenOrder`](crate::orders::OpenOrder) says.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) venue: VenueId,
    pub(crate) account: AccountId,
    /// The venue's name for it.
    pub(crate) name: Option<VenueOrderId>,
    /// The most it was ever asked to be for: a change may arrive long after it seemed refused.
    pub(crate) most: Quantity,
    /// What was filled before it was taken on, where it was not sent from here.
    pub(crate) filled_before: Quantity,
    /// The last command about it, and when that left.
    pub(crate) command: u64,
    pub(crate) at: Timestamp,
    /// Whether the venue has shown that it has the order.
    pub(crate) known: bool,
    /// Whether a cancel waits for its answer.
    pub(crate) cancelling: bool,
    /// Whether its time is over and the venue has not said so yet.
    pub(crate) lapsed: bool,
    /// Quantity and type before a change that a fill showed to be taken, until the change is answered.
    pub(crate) implied: Option<(Quantity, OrderKind)>,
    /// When its answer is due.
    pub(crate) deadline: Option<Ticket>,
    pub(crate) doubt: Option<Doubt>,
    /// The latest moment of which the venue has told, by its clock.
    pub(crate) told: Timestamp,
    /// The latest moment whose terms are known: earlier ones that come later are behind.
    pub(crate) terms_told: Timestamp,
}

/// An order whose state is not known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doubt {
    /// Whether only the order's state, told on asking, makes it clear: a report contradicted what is
    /// known, or a snapshot left the order out. Otherwise the missing answer does.
    pub(crate) needs_state: bool,
    /// Answers that know nothing of it.
    pub(crate) unknown: u8,
    /// An answer to this message or a later one may say that the order is unknown; earlier ones were
    /// asked too soon after it was sent, or were counted.
    pub(crate) counts_from: u64,
}

/// One venue outside.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) config: ExternalVenue,
    pub(crate) executions: Executions,
    closed: ClosedOrders,
}

/// Where an order is that a report names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Open(OrderId),
    Closed(OrderId),
    /// It has an id of ours, which nobody remembers.
    Forgotten(OrderId),
    /// It was not sent from here.
    Foreign,
}

/// All venues outside.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    messages: u64,
    orders: BTreeMap<OrderId, Sent>,
    names: BTreeMap<(VenueId, VenueOrderId), OrderId>,
    places: BTreeMap<VenueId, Place>,
    accounts: BTreeMap<AccountId, AtVenue>,
}

impl Outside {
    pub(crate) fn add_venue(&mut self, venue: VenueId, config: ExternalVenue) {
        let place = Place {
            config,
            executions: Executions::new(config.remembers),
            closed: ClosedOrders::new(config.remembers),
        };
        self.places.insert(venue, place);
    }

    pub(crate) fn add_account(&mut self, account: AccountId, venue: VenueId, now: Timestamp) {
        if self.places.contains_key(&venue) {
            self.accounts.insert(account, AtVenue::new(venue, now));
        }
    }

    pub(crate) fn place(&self, venue: VenueId) -> Option<&Place> {
        self.places.get(&venue)
    }

    pub(crate) fn place_mut(&mut self, venue: VenueId) -> Option<&mut Place> {
        self.places.get_mut(&venue)
    }

    pub(crate) fn account(&self, account: AccountId) -> Option<&AtVenue> {
        self.accounts.get(&account)
    }

    pub(crate) fn account_mut(&mut self, account: AccountId) -> Option<&mut AtVenue> {
        self.accounts.get_mut(&account)
    }

    /// The accounts at a venue outside.
    pub(crate) fn accounts_at(&self, venue: VenueId) -> Vec<AccountId> {
        let at = self.accounts.iter().filter(|(_, at)| at.venue == venue);
        at.map(|(account, _)| *account).collect()
    }

    /// The number of the next message.
    pub(crate) fn next_message(&mut self) -> u64 {
        self.messages += 1;
        self.messages
    }

    /// The number of the last message.
    pub(crate) fn last_message(&self) -> u64 {
        self.messages
    }

    pub(crate) fn get(&self, order: OrderId) -> Option<&Sent> {
        self.orders.get(&order)
    }

    pub(crate) fn get_mut(&mut self, order: OrderId) -> Option<&mut Sent> {
        self.orders.get_mut(&order)
    }

    /// Open orders at a venue outside, oldest first.
    pub(crate) fn orders(&self) -> impl Iterator<Item = (OrderId, &Sent)> {
        self.orders.iter().map(|(order, sent)| (*order, sent))
    }

    pub(crate) fn add(&mut self, order: OrderId, sent: Sent) {
        if let Some(name) = &sent.name {
            self.names.insert((sent.venue, name.clone()), order);
        }
        self.orders.insert(order, sent);
    }

    /// What counts of all executions that are remembered.
    pub(crate) fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.places
            .values()
            .flat_map(|place| place.executions.fills())
    }

    /// Learns the venue's name for an order; fails where the order, or another, has it already.
    pub(crate) fn learn(&mut self, order: OrderId, name: &VenueOrderId) -> bool {
        let Some(sent) = self.orders.get_mut(&order) else {
            return true;
        };
        if let Some(known) = &sent.name {
            return known == name;
        }
        let key = (sent.venue, name.clone());
        if self.names.contains_key(&key) {
            return false;
        }
        sent.name = Some(name.clone());
        self.names.insert(key, order);
        true
    }

    /// Which order a report means.
    pub(crate) fn find(
        &self,
        venue: VenueId,
        order: Option<OrderId>,
        name: Option<&VenueOrderId>,
    ) -> Found {
        let named = name.and_then(|name| self.names.get(&(venue, name.clone())));
        let Some(id) = order.or(named.copied()) else {
            return Found::Foreign;
        };
        if self.orders.contains_key(&id) {
            Found::Open(id)
        } else if self.closed(venue, id).is_some() {
            Found::Closed(id)
        } else {
            Found::Forgotten(id)
        }
    }

    pub(crate) fn closed(&self, venue: VenueId, order: OrderId) -> Option<&ClosedOrder> {
        self.places.get(&venue)?.closed.get(order)
    }

    pub(crate) fn closed_mut(
        &mut self,
        venue: VenueId,
        order: OrderId,
    ) -> Option<&mut ClosedOrder> {
        self.places.get_mut(&venue)?.closed.get_mut(order)
    }

    /// An order that is open no longer: remembered, so that late reports find it. Gives what waited
    /// for its answer.
    pub(crate) fn close(&mut self, order: &Order) -> Option<Ticket> {
        let sent = self.orders.remove(&order.id)?;
        let place = self.places.get_mut(&sent.venue)?;
        let closed = ClosedOrder {
            order: *order,
            most: order.quantity.max(sent.most),
            name: sent.name,
            closed: sent.told,
            message: self.messages,
            given_up: false,
        };
        if let Some(forgotten) = place.closed.add(closed)
            && let Some(name) = forgotten.name
        {
            self.names.remove(&(sent.venue, name));
        }
        sent.deadline
    }
}

fields! {
    Sent {
        venue, account, name, most, filled_before, command, at, known, cancelling, lapsed,
        implied, deadline, doubt, told, terms_told,
    }
    Doubt { needs_state, unknown, counts_from }
    Place { config, executions, closed }
    Outside { messages, orders, names, places, accounts }
}
