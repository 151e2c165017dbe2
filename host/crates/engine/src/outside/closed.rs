//! Orders at a venue outside that are closed, so that what comes late finds them. Bounded: the ones
//! closed longest ago are forgotten.

use crate::journal::codec::fields;
use model::{Order, OrderId, Quantity, Timestamp, VenueOrderId};
use std::collections::{BTreeMap, VecDeque};

/// A closed order.
#[derive(Debug, Clone)]
pub(crate) struct ClosedOrder {
    /// As it was last.
    pub(crate) order: Order,
    /// The most it was ever asked to be for.
    pub(crate) most: Quantity,
    /// The venue's name for it.
    pub(crate) name: Option<VenueOrderId>,
    /// The latest moment of which the venue has told, by its clock.
    pub(crate) closed: Timestamp,
    /// The last message that had been sent when it was closed.
    pub(crate) message: u64,
    /// Whether it was closed because the venue did not know it.
    pub(crate) given_up: bool,
}

/// The closed orders of one venue.
#[derive(Debug)]
pub(super) struct ClosedOrders {
    most: usize,
    by_id: BTreeMap<OrderId, ClosedOrder>,
    oldest_first: VecDeque<OrderId>,
}

impl ClosedOrders {
    pub(super) fn new(most: u32) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX).max(1),
            by_id: BTreeMap::new(),
            oldest_first: VecDeque::new(),
        }
    }

    pub(super) fn get(&self, order: OrderId) -> Option<&ClosedOrder> {
        self.by_id.get(&order)
    }

    pub(super) fn get_mut(&mut self, order: OrderId) -> Option<&mut ClosedOrder> {
        self.by_id.get_mut(&order)
    }

    /// Remembers an order; gives the one that is forgotten for it.
    pub(super) fn add(&mut self, closed: ClosedOrder) -> Option<ClosedOrder> {
        let id = closed.order.id;
        if self.by_id.insert(id, closed).is_none() {
            self.oldest_first.push_back(id);
        }
        if self.by_id.len() <= self.most {
            return None;
        }
        let oldest = self.oldest_first.pop_front()?;
        self.by_id.remove(&oldest)
    }
}

fields! {
    ClosedOrder { order, most, name, closed, message, given_up }
    ClosedOrders { most, by_id, oldest_first }
}
