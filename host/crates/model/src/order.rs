//! What a strategy or a person asks for, and the order it becomes.

use crate::{
    AccountId, AlgorithmId, InstrumentId, Money, OrderId, OrderKind, OrderStatus, PositionId,
    Price, Quantity, SignedQuantity, StrategyId, Tag, Timestamp, Trigger,
};

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Adds to the position.
    Buy,
    /// Takes from the position.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// `quantity` with the sign this side gives it.
    pub fn signed(self, quantity: Quantity) -> SignedQuantity {
        match self {
            Side::Buy => quantity.long(),
            Side::Sell => quantity.short(),
        }
    }
}

/// How long an order lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeInForce {
    /// Until filled or cancelled.
    Gtc,
    /// Fill what is there now, cancel the rest.
    Ioc,
    /// Fill all of it now, or cancel all of it.
    Fok,
    /// Until the instrument's day ends.
    Day,
    /// Until this moment, which must lie ahead.
    Gtd(Timestamp),
    /// In the opening auction only.
    AtTheOpen,
    /// In the closing auction only.
    AtTheClose,
}

impl TimeInForce {
    /// Whether the order may rest on the book while trading goes on.
    pub const fn rests(&self) -> bool {
        matches!(self, Self::Gtc | Self::Day | Self::Gtd(_))
    }

    /// Whether the order takes part in an auction and nothing else.
    pub const fn is_auction(&self) -> bool {
        matches!(self, Self::AtTheOpen | Self::AtTheClose)
    }
}

/// What the end, or a fill, of one order of a group does to the others.
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
    /// Whether the order depends on none.
    pub const fn is_none(&self) -> bool {
        self.parent.is_none() && self.peers.is_none()
    }
}

/// Everything about an order that most orders do not need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Never takes liquidity: refused by the venue where it would.
    pub post_only: bool,
    /// Never opens or adds to a position: shrinks with it, and is cancelled when it is gone.
    pub reduce_only: bool,
    /// `quantity` is an amount of the quote currency; it becomes a quantity at the price known
    /// when the order is judged.
    pub quote_quantity: bool,
    /// Iceberg: how much of it the book shows at a time.
    pub display: Option<Quantity>,
    /// Good till triggered: held by the host, and sent once the market crosses this price.
    pub hold: Option<Trigger>,
    /// What it depends on within its list.
    pub links: Links,
    /// The sender's own label.
    pub tag: Tag,
    /// Of a hedging account: the position that it adds to or closes. Without one its fills open a
    /// new position, which the engine then names here.
    pub position: Option<PositionId>,
}

/// What somebody asks for. It becomes an [`Order`] only by passing the risk gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderRequest {
    /// The id given to the asker; assigned when it is handed in, whatever stands here before.
    pub id: OrderId,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices.
    pub kind: OrderKind,
    /// How much.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// The rest.
    pub terms: Terms,
    /// A number of the asker's own; two requests of one strategy with the same non-zero number
    /// are the same intent, and the second is denied.
    pub intent: u64,
}

impl OrderRequest {
    /// A request without special terms that lives until filled or cancelled.
    pub fn new(instrument: InstrumentId, side: Side, kind: OrderKind, quantity: Quantity) -> Self {
        Self {
            id: OrderId::default(),
            instrument,
            side,
            kind,
            quantity,
            time_in_force: TimeInForce::Gtc,
            terms: Terms::default(),
            intent: 0,
        }
    }

    /// The same with another time in force.
    #[must_use]
    pub const fn lasting(mut self, time_in_force: TimeInForce) -> Self {
        self.time_in_force = time_in_force;
        self
    }

    /// The same with other terms.
    #[must_use]
    pub const fn with(mut self, terms: Terms) -> Self {
        self.terms = terms;
        self
    }
}

/// A change somebody wants in an open order; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amendment {
    /// Which order.
    pub order: OrderId,
    /// How much in all, what is filled included.
    pub quantity: Option<Quantity>,
    /// The limit price.
    pub price: Option<Price>,
    /// The trigger price.
    pub trigger: Option<Price>,
}

/// An order known to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Client order id.
    pub id: OrderId,
    /// Who owns it.
    pub strategy: StrategyId,
    /// Whose money it uses.
    pub account: AccountId,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices.
    pub kind: OrderKind,
    /// How much in all.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// The rest of what was asked for.
    pub terms: Terms,
    /// The asker's own number, zero for none.
    pub intent: u64,
    /// The first order of the list it came in.
    pub list: Option<OrderId>,
    /// The order of which an algorithm sent this one as a part.
    pub parent: Option<OrderId>,
    /// The algorithm that works it; it then goes to no venue itself, its children do.
    pub algorithm: Option<AlgorithmId>,
    /// The price that wakes it now, where it waits for one: fixed, or trailed so far.
    pub trigger: Option<Price>,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// How much is done.
    pub filled: Quantity,
    /// What the fills were worth in all, in the quote currency; the average price follows.
    pub filled_value: Money,
    /// When it was made.
    pub ts_created: Timestamp,
    /// When DAY and GTD orders lapse; [`Timestamp::MAX`] otherwise.
    pub expires: Timestamp,
}

impl Order {
    /// How much is still to do.
    pub fn remaining(&self) -> Quantity {
        self.quantity.saturating_sub(self.filled)
    }
}
