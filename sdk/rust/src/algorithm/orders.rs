//! The order an algorithm does, and the orders it does it with.

use crate::{InstrumentId, NewOrder, OrderId, OrderKind, Price, Quantity, Side, Tag, TimeInForce};

/// The order to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentOrder {
    /// Its id.
    pub order: OrderId,
    /// Buy or sell.
    pub side: Side,
    /// How much in all, what is filled included.
    pub quantity: Quantity,
    /// Filled so far.
    pub filled: Quantity,
    /// No child may be worse than this; `None`: any price.
    pub limit_price: Option<Price>,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// The label it was sent with.
    pub tag: Tag,
}

impl ParentOrder {
    /// How much is not filled yet.
    pub const fn remaining(&self) -> Quantity {
        self.quantity.saturating_sub(self.filled)
    }

    /// The better of `price` and the parent's limit, for whoever must not be worse than the limit.
    pub fn within_limit(&self, price: Price) -> Price {
        match (self.limit_price, self.side) {
            (Some(limit), Side::Buy) => price.min(limit),
            (Some(limit), Side::Sell) => price.max(limit),
            (None, _) => price,
        }
    }
}

/// A part of the parent: of its instrument and side. Good till cancelled unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildOrder {
    /// Type and prices.
    pub kind: OrderKind,
    /// How much.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// Never takes liquidity.
    pub post_only: bool,
    /// How much of it the book shows at a time.
    pub display: Option<Quantity>,
    /// A label.
    pub tag: Tag,
}

impl ChildOrder {
    /// A child of any type.
    pub const fn of(kind: OrderKind, quantity: Quantity) -> Self {
        Self {
            kind,
            quantity,
            time_in_force: TimeInForce::Gtc,
            post_only: false,
            display: None,
            tag: Tag::NONE,
        }
    }

    /// A market order.
    pub const fn market(quantity: Quantity) -> Self {
        Self::of(OrderKind::Market, quantity)
    }

    /// A limit order at `price` or better.
    pub const fn limit(quantity: Quantity, price: Price) -> Self {
        Self::of(OrderKind::Limit { price }, quantity)
    }

    /// What takes liquidity now, whatever it costs within the parent's limit: a market order, or
    /// where the parent has a limit, a limit order there that is cancelled as far as it does not
    /// fill at once.
    pub const fn taking(quantity: Quantity, parent: &ParentOrder) -> Self {
        match parent.limit_price {
            None => Self::market(quantity),
            Some(limit) => Self::limit(quantity, limit).time_in_force(TimeInForce::Ioc),
        }
    }

    /// The same with another life time.
    #[must_use]
    pub const fn time_in_force(self, time_in_force: TimeInForce) -> Self {
        Self {
            time_in_force,
            ..self
        }
    }

    /// The same, never taking liquidity: rejected by the venue where it would.
    #[must_use]
    pub const fn post_only(self) -> Self {
        Self {
            post_only: true,
            ..self
        }
    }

    /// The same as an iceberg: the book shows so much of it at a time.
    #[must_use]
    pub const fn display(self, quantity: Quantity) -> Self {
        Self {
            display: Some(quantity),
            ..self
        }
    }

    /// The same with a label.
    #[must_use]
    pub const fn tag(self, tag: Tag) -> Self {
        Self { tag, ..self }
    }

    /// The order it is for its venue.
    pub(crate) fn as_order(&self, instrument: InstrumentId, side: Side) -> NewOrder {
        let mut order = NewOrder::of(self.kind, instrument, side, self.quantity);
        order.time_in_force = self.time_in_force;
        order.terms.post_only = self.post_only;
        order.terms.display = self.display;
        order.terms.tag = self.tag;
        order
    }
}
