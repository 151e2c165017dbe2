//! Lists: orders that are sent together and depend on each other. The host watches over them, also
//! while the strategy is busy, swapped or broken.

use crate::NewOrder;

/// What a fill, or the end, of one order of a group does to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeerRule {
    /// OCO: one fills or ends, the others are cancelled.
    Cancel,
    /// OUO: one fills in part, the others shrink by as much; one ends, the others are cancelled.
    Reduce,
}

/// A group of orders within one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peers {
    /// The group's number within the list.
    pub group: u8,
    /// How its orders depend on each other.
    pub rule: PeerRule,
}

/// How an order depends on others of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Links {
    /// OTO: the place in the list of the order whose fill sends this one.
    pub parent: Option<u8>,
    /// OCO or OUO.
    pub peers: Option<Peers>,
}

impl Links {
    /// On none.
    pub const NONE: Self = Self {
        parent: None,
        peers: None,
    };
}

/// Orders to send together; all are taken or none. At most [`OrderList::MAX_ORDERS`].
///
/// ```
/// use argonaut_sdk::{InstrumentId, NewOrder, OrderList, Price, Quantity, Side};
/// # let instrument = InstrumentId::new(0);
/// # let price = |text: &str| text.parse::<Price>().unwrap();
/// let entry = NewOrder::limit(instrument, Side::Buy, Quantity::whole(10), price("100"));
/// let list = OrderList::bracket(entry, entry.stop_loss(price("95")), entry.take_profit(price("110")));
/// assert_eq!(list.orders().len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderList {
    orders: Vec<NewOrder>,
    groups: u8,
}

impl OrderList {
    /// The most orders that a list may have; a longer one is denied.
    pub const MAX_ORDERS: usize = 32;

    /// An entry with its two exits: they wait for it, grow as it fills, and what fills of one is
    /// taken off the other. A bracket protects from the first fill on, and never by too much.
    ///
    /// The exits are often [`NewOrder::stop_loss`] and [`NewOrder::take_profit`] of the entry.
    pub fn bracket(entry: NewOrder, stop: NewOrder, target: NewOrder) -> Self {
        let mut list = Self::default();
        list.add(entry);
        list.add_group(Some(0), PeerRule::Reduce, [stop, target]);
        list
    }

    /// OTO: `children` wait for `parent`. One that closes what the parent opened goes at its first
    /// fill, for as much as is filled, and grows with it; any other goes when all of it is filled.
    /// They end with a parent that ends without a fill.
    pub fn one_triggers_other(
        parent: NewOrder,
        children: impl IntoIterator<Item = NewOrder>,
    ) -> Self {
        let mut list = Self::default();
        list.add(parent);
        for child in children {
            list.add_child(0, child);
        }
        list
    }

    /// OCO: the first fill or end of one cancels the others.
    pub fn one_cancels_other(orders: impl IntoIterator<Item = NewOrder>) -> Self {
        let mut list = Self::default();
        list.add_group(None, PeerRule::Cancel, orders);
        list
    }

    /// OUO: what fills of one is taken off the others; the end of one cancels them.
    pub fn one_updates_other(orders: impl IntoIterator<Item = NewOrder>) -> Self {
        let mut list = Self::default();
        list.add_group(None, PeerRule::Reduce, orders);
        list
    }

    /// Adds an order that depends on no other; returns its place.
    pub fn add(&mut self, order: NewOrder) -> u8 {
        self.push(order, Links::NONE)
    }

    /// Adds an order that waits for the one at the place `parent`; returns its own place.
    pub fn add_child(&mut self, parent: u8, order: NewOrder) -> u8 {
        let parent = Some(parent);
        self.push(
            order,
            Links {
                parent,
                peers: None,
            },
        )
    }

    /// Adds a group of peers, all of which wait for the order at the place `parent` if there is one.
    pub fn add_group(
        &mut self,
        parent: Option<u8>,
        rule: PeerRule,
        orders: impl IntoIterator<Item = NewOrder>,
    ) {
        let group = self.groups;
        self.groups = group.saturating_add(1);
        let peers = Some(Peers { group, rule });
        for order in orders {
            self.push(order, Links { parent, peers });
        }
    }

    /// The orders, in the order of their places.
    pub fn orders(&self) -> &[NewOrder] {
        &self.orders
    }

    fn push(&mut self, order: NewOrder, links: Links) -> u8 {
        self.orders.push(NewOrder { links, ..order });
        // The host denies lists that are longer than a place can say.
        u8::try_from(self.orders.len() - 1).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InstrumentId, Quantity, Side};

    /// A parent's place; a group's number and rule.
    type Expected = (Option<u8>, Option<(u8, PeerRule)>);

    fn check(list: &OrderList, expect: &[Expected]) {
        let links = list.orders().iter().map(|order| {
            let Links { parent, peers } = order.links;
            (parent, peers.map(|peers| (peers.group, peers.rule)))
        });
        assert_eq!(links.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn lists_say_who_depends_on_whom() {
        let order = NewOrder::market(InstrumentId::new(0), Side::Buy, Quantity::ONE);
        let (cancel, reduce) = (PeerRule::Cancel, PeerRule::Reduce);
        let exits = Some((0, reduce));
        check(
            &OrderList::bracket(order, order, order),
            &[(None, None), (Some(0), exits), (Some(0), exits)],
        );
        check(
            &OrderList::one_triggers_other(order, [order, order]),
            &[(None, None), (Some(0), None), (Some(0), None)],
        );
        let mut two = OrderList::one_cancels_other([order, order]);
        two.add_group(Some(1), reduce, [order, order]);
        let (first, second) = (Some((0, cancel)), Some((1, reduce)));
        check(
            &two,
            &[
                (None, first),
                (None, first),
                (Some(1), second),
                (Some(1), second),
            ],
        );
    }
}
