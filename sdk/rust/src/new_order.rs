//! What a strategy asks for: an order with its type, its life time and its terms, or a change of one.

use crate::{
    InstrumentId, Links, Offset, OrderKind, PositionId, Price, Quantity, Side, Tag, TimeInForce,
    Timestamp, Trail, Trigger, TriggerBy,
};

/// Everything about an order that most orders do not need. Set by the methods of [`NewOrder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Never takes liquidity.
    pub post_only: bool,
    /// Never opens or adds to a position.
    pub reduce_only: bool,
    /// The quantity is an amount of the quote currency.
    pub quote_quantity: bool,
    /// How much of it the book shows at a time.
    pub display: Option<Quantity>,
    /// Held by the host until the market crosses this price.
    pub hold: Option<Trigger>,
    /// The strategy's own label.
    pub tag: Tag,
    /// In a hedging account, the position that it adds to or closes.
    pub position: Option<PositionId>,
}

impl Terms {
    /// None of them.
    pub const NONE: Self = Self {
        post_only: false,
        reduce_only: false,
        quote_quantity: false,
        display: None,
        hold: None,
        tag: Tag::NONE,
        position: None,
    };
}

/// An order to send. Built by the function named after its type, such as [`NewOrder::limit`], and
/// the methods for its terms; good till cancelled unless said otherwise.
///
/// ```
/// use argonaut_sdk::{InstrumentId, NewOrder, Offset, Quantity, Side};
/// # let (instrument, quantity) = (InstrumentId::new(0), Quantity::whole(10));
/// # let price = argonaut_sdk::Price::from_raw(1);
/// let quote = NewOrder::limit(instrument, Side::Buy, quantity, price).post_only();
/// let exit = NewOrder::trailing_stop(instrument, Side::Sell, quantity, Offset::BasisPoints(50))
///     .reduce_only()
///     .tag("exit");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOrder {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// Type and prices.
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: TimeInForce,
    /// A number of the strategy's own: a second order with the same non-zero number is denied as a
    /// duplicate. Zero means no such check.
    pub intent: u64,
    /// The rest.
    pub terms: Terms,
    /// How it depends on others of its list; set by [`OrderList`](crate::OrderList).
    pub links: Links,
}

/// One function for each type of order.
impl NewOrder {
    /// An order of any type.
    pub const fn of(
        kind: OrderKind,
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
    ) -> Self {
        Self {
            instrument,
            side,
            quantity,
            kind,
            time_in_force: TimeInForce::Gtc,
            intent: 0,
            terms: Terms::NONE,
            links: Links::NONE,
        }
    }

    /// A market order.
    pub const fn market(instrument: InstrumentId, side: Side, quantity: Quantity) -> Self {
        Self::of(OrderKind::Market, instrument, side, quantity)
    }

    /// A limit order at `price` or better.
    pub const fn limit(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        price: Price,
    ) -> Self {
        Self::of(OrderKind::Limit { price }, instrument, side, quantity)
    }

    /// A market order once the market reaches `trigger`: at or above for buys, at or below for
    /// sells.
    pub const fn stop_market(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        trigger: Price,
    ) -> Self {
        Self::of(OrderKind::stop_market(trigger), instrument, side, quantity)
    }

    /// A limit order at `price` once the market reaches `trigger`, like a stop.
    pub const fn stop_limit(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        trigger: Price,
        price: Price,
    ) -> Self {
        let trigger = Trigger::at(trigger);
        let kind = OrderKind::StopLimit { trigger, price };
        Self::of(kind, instrument, side, quantity)
    }

    /// Takes the touch; what is left rests at the price it got.
    pub const fn market_to_limit(instrument: InstrumentId, side: Side, quantity: Quantity) -> Self {
        Self::of(OrderKind::MarketToLimit, instrument, side, quantity)
    }

    /// A market order once the market is as good as `trigger`: at or below for buys, at or above for
    /// sells.
    pub const fn market_if_touched(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        trigger: Price,
    ) -> Self {
        let trigger = Trigger::at(trigger);
        let kind = OrderKind::MarketIfTouched { trigger };
        Self::of(kind, instrument, side, quantity)
    }

    /// A limit order at `price` once the market is as good as `trigger`.
    pub const fn limit_if_touched(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        trigger: Price,
        price: Price,
    ) -> Self {
        let trigger = Trigger::at(trigger);
        let kind = OrderKind::LimitIfTouched { trigger, price };
        Self::of(kind, instrument, side, quantity)
    }

    /// A stop that follows the market `offset` behind it and never goes back; then a market order.
    pub const fn trailing_stop(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        offset: Offset,
    ) -> Self {
        let trail = Trail::by(offset);
        let kind = OrderKind::TrailingStopMarket { trail };
        Self::of(kind, instrument, side, quantity)
    }

    /// The same, then a limit order up to `limit` worse than where it was triggered.
    pub const fn trailing_stop_limit(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        offset: Offset,
        limit: Offset,
    ) -> Self {
        let trail = Trail::by(offset);
        let kind = OrderKind::TrailingStopLimit { trail, limit };
        Self::of(kind, instrument, side, quantity)
    }

    /// What would close this order at a loss: a stop of its size on the other side that only
    /// reduces.
    #[must_use]
    pub const fn stop_loss(&self, trigger: Price) -> Self {
        let side = self.side.opposite();
        Self::stop_market(self.instrument, side, self.quantity, trigger).reduce_only()
    }

    /// What would close this order at a profit: a limit order of its size on the other side that
    /// only reduces.
    #[must_use]
    pub const fn take_profit(&self, price: Price) -> Self {
        let side = self.side.opposite();
        Self::limit(self.instrument, side, self.quantity, price).reduce_only()
    }
}

/// One method for each term.
impl NewOrder {
    /// The same order with another life time.
    #[must_use]
    pub const fn time_in_force(self, time_in_force: TimeInForce) -> Self {
        Self {
            time_in_force,
            ..self
        }
    }

    /// The same order, open until a moment, which must lie ahead.
    #[must_use]
    pub const fn good_till(self, date: Timestamp) -> Self {
        self.time_in_force(TimeInForce::Gtd(date))
    }

    /// The same order with an intent number.
    #[must_use]
    pub const fn intent(self, intent: u64) -> Self {
        Self { intent, ..self }
    }

    /// The same order, never taking liquidity: rejected by the venue where it would.
    #[must_use]
    pub const fn post_only(mut self) -> Self {
        self.terms.post_only = true;
        self
    }

    /// The same order, never opening or adding to a position: it shrinks with the position, and is
    /// cancelled when that is gone.
    #[must_use]
    pub const fn reduce_only(mut self) -> Self {
        self.terms.reduce_only = true;
        self
    }

    /// The same order for an amount of the quote currency. It becomes a quantity, rounded down to
    /// the lot, at the price known when it is judged; the first event about it says how much.
    #[must_use]
    pub const fn for_quote_amount(mut self) -> Self {
        self.terms.quote_quantity = true;
        self
    }

    /// The same order as an iceberg: the book shows so much of it at a time.
    #[must_use]
    pub const fn display(mut self, quantity: Quantity) -> Self {
        self.terms.display = Some(quantity);
        self
    }

    /// The same order, good till triggered: held by the host, seen by nobody, and sent once the
    /// market crosses a price, from whichever side it is on.
    #[must_use]
    pub const fn hold_until(mut self, trigger: Trigger) -> Self {
        self.terms.hold = Some(trigger);
        self
    }

    /// The same order with its trigger, or its trail, watching another price than the touch. No
    /// change where the type has neither.
    #[must_use]
    pub const fn triggered_by(mut self, by: TriggerBy) -> Self {
        if let Some(trigger) = self.kind.trigger() {
            self.kind = self.kind.with_trigger(Trigger { by, ..trigger });
        } else if let Some(trail) = self.kind.trail() {
            self.kind = self.kind.with_trail(Trail { by, ..trail });
        }
        self
    }

    /// The same trailing order, following only once the market has been at `price`. No change where
    /// the type does not trail.
    #[must_use]
    pub const fn activated_at(mut self, price: Price) -> Self {
        if let Some(trail) = self.kind.trail() {
            let activation = Some(price);
            self.kind = self.kind.with_trail(Trail {
                activation,
                ..trail
            });
        }
        self
    }

    /// The same order for a position of a hedging account: one on its side adds to it, one on the other
    /// side closes it. Without this an order opens a position of its own; in an account that does not
    /// hedge, an order with it is denied.
    #[must_use]
    pub const fn position(mut self, position: PositionId) -> Self {
        self.terms.position = Some(position);
        self
    }

    /// The same order for an execution algorithm, which sends it in parts: by the name under which the
    /// host knows the algorithm, with parameters that stand over those the host gives it. To be sent by
    /// [`Context::submit_by`](crate::Context::submit_by).
    #[must_use]
    pub const fn by_algorithm<'a>(
        self,
        algorithm: &'a str,
        parameters: &'a [(&'a str, &'a str)],
    ) -> WorkedOrder<'a> {
        WorkedOrder {
            order: self,
            algorithm,
            parameters,
        }
    }

    /// The same order with a label. Stops the strategy where `text` is not a [`Tag`]; one that is
    /// not known in advance can be parsed first.
    #[must_use]
    #[track_caller]
    #[allow(
        clippy::panic,
        reason = "a label the author wrote wrongly must not be lost"
    )]
    pub fn tag(mut self, text: &str) -> Self {
        match text.parse() {
            Ok(tag) => self.terms.tag = tag,
            Err(error) => panic!("{error}"),
        }
        self
    }
}

/// An order for an execution algorithm to send in parts.
///
/// ```
/// use argonaut_sdk::{InstrumentId, NewOrder, Quantity, Side};
/// let order = NewOrder::market(InstrumentId::new(0), Side::Buy, Quantity::whole(10_000));
/// let slow = order.by_algorithm("twap", &[("minutes", "20")]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkedOrder<'a> {
    /// The whole.
    pub order: NewOrder,
    /// The name under which the host knows the algorithm.
    pub algorithm: &'a str,
    /// Parameters by name, as text.
    pub parameters: &'a [(&'a str, &'a str)],
}

/// A change wanted in an open order; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amendment {
    /// How much in all, what is filled included.
    pub quantity: Option<Quantity>,
    /// The limit price.
    pub price: Option<Price>,
    /// The trigger price.
    pub trigger: Option<Price>,
}

impl Amendment {
    /// Another quantity in all, what is filled included.
    pub const fn quantity(quantity: Quantity) -> Self {
        Self {
            quantity: Some(quantity),
            price: None,
            trigger: None,
        }
    }

    /// Another limit price.
    pub const fn price(price: Price) -> Self {
        Self {
            quantity: None,
            price: Some(price),
            trigger: None,
        }
    }

    /// Another trigger price.
    pub const fn trigger(trigger: Price) -> Self {
        Self {
            quantity: None,
            price: None,
            trigger: Some(trigger),
        }
    }

    /// Both changes; where they differ, `other` counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            quantity: other.quantity.or(self.quantity),
            price: other.price.or(self.price),
            trigger: other.trigger.or(self.trigger),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price::from_raw(5);

    fn sell(kind: OrderKind) -> NewOrder {
        NewOrder::of(kind, InstrumentId::new(1), Side::Sell, Quantity::ONE)
    }

    #[test]
    fn terms_change_what_they_name_and_nothing_else() {
        let plain = sell(OrderKind::Limit { price: PRICE });
        let terms = plain
            .post_only()
            .tag("quote")
            .good_till(Timestamp::from_nanos(9));
        assert_eq!(terms.terms.tag, "quote");
        assert_eq!(
            terms.time_in_force,
            TimeInForce::Gtd(Timestamp::from_nanos(9))
        );
        assert!(terms.terms.post_only && !terms.terms.reduce_only);
        assert_eq!((terms.kind, terms.quantity), (plain.kind, plain.quantity));
        assert_eq!(plain.triggered_by(TriggerBy::Mark), plain);
    }

    #[test]
    fn what_wakes_an_order_can_be_chosen() {
        let by = TriggerBy::Last;
        let stop = sell(OrderKind::stop_market(PRICE)).triggered_by(by);
        let trigger = Trigger { price: PRICE, by };
        assert_eq!(stop.kind, OrderKind::StopMarket { trigger });
        let (id, offset) = (InstrumentId::new(1), Offset::Ticks(3));
        let trailing = NewOrder::trailing_stop(id, Side::Sell, Quantity::ONE, offset);
        let trail = Trail {
            offset,
            activation: Some(PRICE),
            by,
        };
        let kind = OrderKind::TrailingStopMarket { trail };
        assert_eq!(trailing.triggered_by(by).activated_at(PRICE), sell(kind));
    }

    #[test]
    fn exits_are_of_the_entrys_size_on_the_other_side() {
        let entry = NewOrder::market(InstrumentId::new(1), Side::Buy, Quantity::ONE);
        let stop = sell(OrderKind::stop_market(PRICE)).reduce_only();
        let target = sell(OrderKind::Limit { price: PRICE }).reduce_only();
        assert_eq!(
            (entry.stop_loss(PRICE), entry.take_profit(PRICE)),
            (stop, target)
        );
    }

    #[test]
    #[should_panic(expected = "is not a tag")]
    fn a_label_that_is_none_stops_the_strategy() {
        let _ = sell(OrderKind::Market).tag("entré");
    }

    #[test]
    fn amendments_add_up() {
        let both = Amendment::price(PRICE).and(Amendment::quantity(Quantity::ONE));
        assert_eq!(
            (both.price, both.quantity, both.trigger),
            (Some(PRICE), Some(Quantity::ONE), None)
        );
    }
}
