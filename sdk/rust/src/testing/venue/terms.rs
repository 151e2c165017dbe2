//! Which orders the venue of the harness takes, and what their terms come to.

use crate::testing::{Harness, SentOrder};
use crate::{
    Amendment, Links, NewOrder, OrderId, OrderKind, OrderList, Price, Quantity, Strategy,
    TimeInForce, Timestamp, TriggerBy,
};

/// P05.
const QUANTITY: u8 = 5;
/// P28: no price is known to value it.
const CONVERSION: u8 = 28;
/// It contradicts its list, or has links and no list.
pub(super) const LIST: u8 = 31;

const NANOS_PER_DAY: u64 = 86_400_000_000_000;

impl<S: Strategy> Harness<S> {
    /// Refuses what the host would; fails the test over what this venue does not play.
    pub(super) fn judge(&mut self, order: OrderId) -> Result<(), u8> {
        let sent = self.sent(order);
        assert_playable(&sent.order);
        self.size(&sent)?;
        match sent.list {
            Some(first) if first == sent.id => {
                let orders = self.desk.orders.iter();
                let list = orders.filter(|other| other.list == Some(first));
                let list: Vec<NewOrder> = list.map(|other| other.order).collect();
                if is_consistent(&list) {
                    Ok(())
                } else {
                    Err(LIST)
                }
            }
            None if sent.order.links != Links::NONE => Err(LIST),
            _ => Ok(()),
        }
    }

    /// An order for an amount of the quote currency becomes one for a quantity.
    fn size(&mut self, sent: &SentOrder) -> Result<(), u8> {
        let order = &sent.order;
        if order.terms.quote_quantity {
            let market = self.markets.get(&order.instrument);
            let touch = market.map(|market| market.touch(order.side));
            let price = order.kind.price().or(touch).ok_or(CONVERSION)?;
            let quantity = self.worth(order, price).ok_or(CONVERSION)?;
            let new = self.sent_mut(sent.id);
            new.order.quantity = quantity;
            new.order.terms.quote_quantity = false;
        }
        if self.sent(sent.id).order.quantity.is_zero() {
            return Err(QUANTITY);
        }
        Ok(())
    }

    /// How much the order's amount buys at `price`, in whole lots.
    fn worth(&self, order: &NewOrder, price: Price) -> Option<Quantity> {
        let instrument = self.setup.instrument_of(order.instrument)?;
        let units = i128::from(Price::SCALE) * i128::from(Quantity::SCALE);
        let each = i128::from(price.raw()) * i128::from(instrument.multiplier.raw());
        let amount = i128::from(order.quantity.raw()).checked_mul(units)?;
        let quantity = u64::try_from(amount.checked_div(each)?).ok()?;
        Some(Quantity::from_raw(quantity).floor(instrument.lot))
    }

    /// When an order sent now runs out of time; a day ends at midnight UTC here.
    pub(super) fn expiry(&self, time_in_force: TimeInForce) -> Option<Timestamp> {
        match time_in_force {
            TimeInForce::Gtd(until) => Some(until),
            TimeInForce::Day => {
                let days = self.desk.now.nanos() / NANOS_PER_DAY + 1;
                Some(Timestamp::from_nanos(days * NANOS_PER_DAY))
            }
            _ => None,
        }
    }
}

fn assert_playable(order: &NewOrder) {
    let time_in_force = order.time_in_force;
    assert!(
        !matches!(
            time_in_force,
            TimeInForce::AtTheOpen | TimeInForce::AtTheClose
        ),
        "the venue of the harness has no auctions: answer {time_in_force:?} orders by hand, without \
         Setup::fills"
    );
    let trigger = order.kind.trigger().map(|trigger| trigger.by);
    let trail = order.kind.trail().map(|trail| trail.by);
    let hold = order.terms.hold.map(|trigger| trigger.by);
    for by in [trigger, trail, hold].into_iter().flatten() {
        assert!(
            !matches!(by, TriggerBy::Mark | TriggerBy::Index),
            "the venue of the harness has no {by:?} prices: answer such orders by hand, without \
             Setup::fills"
        );
    }
}

/// Whether the links of a list make sense, as the host sees it: parents come before their children,
/// and a group's orders have one rule and one parent.
fn is_consistent(list: &[NewOrder]) -> bool {
    let alike = |one: &NewOrder, other: &NewOrder| match (one.links.peers, other.links.peers) {
        (Some(own), Some(peers)) if own.group == peers.group => {
            own.rule == peers.rule && one.links.parent == other.links.parent
        }
        _ => true,
    };
    let fits = |(place, order): (usize, &NewOrder)| {
        let parent = order.links.parent.map(usize::from);
        parent.is_none_or(|parent| parent < place) && list.iter().all(|other| alike(order, other))
    };
    list.len() <= OrderList::MAX_ORDERS && list.iter().enumerate().all(fits)
}

/// Whether a change asks for something, and for nothing the order does not have.
pub(super) fn is_amendable(sent: &SentOrder, wanted: &Amendment) -> bool {
    let kind: OrderKind = sent.kind();
    let has_all = (wanted.price.is_none() || kind.price().is_some())
        && (wanted.trigger.is_none() || kind.trigger().is_some());
    let quantity = wanted.quantity.unwrap_or(sent.order.quantity);
    let price = wanted.price.or(kind.price());
    let trigger = wanted.trigger.or(sent.trigger);
    let same = (quantity, price, trigger) == (sent.order.quantity, kind.price(), sent.trigger);
    has_all && !same && quantity > sent.filled
}
