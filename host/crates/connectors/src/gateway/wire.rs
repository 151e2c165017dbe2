//! The lines of the protocol. Amounts and moments are text, so that no reader rounds them; moments
//! are nanoseconds since the epoch. Unknown fields are refused.

use model::{
    Liquidity, Money, Offset, OrderKind, Price, Quantity, Side, SignedQuantity, Trail, Trigger,
    TriggerBy, VenueOrderStatus,
};
use serde::{Deserialize, Serialize};
use serde_with::{DisplayFromStr, serde_as};

/// What the host says.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The first line.
    Hello {
        /// [`PROTOCOL`](super::PROTOCOL).
        protocol: String,
        /// The name of the journal: how client ids begin.
        journal: String,
        /// The venue, as the host's configuration names it.
        venue: String,
    },
    /// Are you there? Answered by a pong.
    Ping,
    /// Take an order. Comes once; whoever has seen its client id must not act on it again.
    Insert {
        /// Of the message.
        number: u64,
        /// Whose.
        account: String,
        /// What.
        order: NewOrder,
    },
    /// Change an order; what is `null` stays.
    Modify {
        /// Of the message.
        number: u64,
        /// Whose.
        account: String,
        /// Our id.
        client_id: String,
        /// The venue's, where known.
        venue_id: Option<String>,
        /// How much in all.
        #[serde_as(as = "Option<DisplayFromStr>")]
        quantity: Option<Quantity>,
        /// The limit.
        #[serde_as(as = "Option<DisplayFromStr>")]
        price: Option<Price>,
        /// The trigger.
        #[serde_as(as = "Option<DisplayFromStr>")]
        trigger: Option<Price>,
    },
    /// Withdraw an order.
    Cancel(Which),
    /// What has become of it? Answered by a report of kind `state` or `unknown`.
    Query(Which),
    /// What is there? Answered by a snapshot.
    Snapshot {
        /// Of the message: the answer's `request`.
        number: u64,
        /// Whose.
        account: String,
        /// Executions up to this moment of the venue's clock are known.
        #[serde_as(as = "DisplayFromStr")]
        since_ns: u64,
    },
}

/// An order that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Of the message: the answer's `request`.
    pub number: u64,
    /// Whose.
    pub account: String,
    /// Our id; `null` where the order was not sent from here.
    pub client_id: Option<String>,
    /// The venue's, where known.
    pub venue_id: Option<String>,
}

/// An order to take.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Our id, unique for ever.
    pub client_id: String,
    /// Which instrument.
    pub instrument: String,
    /// Buy or sell.
    #[serde(with = "SideDef")]
    pub side: Side,
    /// Type and prices.
    #[serde(with = "OrderKindDef")]
    pub kind: OrderKind,
    /// How much.
    #[serde_as(as = "DisplayFromStr")]
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: Lasting,
    /// Never takes liquidity.
    pub post_only: bool,
    /// Never opens or adds to a position.
    pub reduce_only: bool,
    /// Iceberg: how much is shown at a time.
    #[serde_as(as = "Option<DisplayFromStr>")]
    pub display: Option<Quantity>,
}

/// How long an order lives.
#[serde_as]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Lasting {
    /// Until filled or cancelled.
    Gtc,
    /// What is there now.
    Ioc,
    /// All of it now, or nothing.
    Fok,
    /// Until the day ends.
    Day,
    /// Until a moment.
    Gtd {
        /// When.
        #[serde_as(as = "DisplayFromStr")]
        until_ns: u64,
    },
    /// In the opening auction.
    AtTheOpen,
    /// In the closing auction.
    AtTheClose,
}

/// What the venue's side says.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// The first line.
    Hello {
        /// [`PROTOCOL`](super::PROTOCOL).
        protocol: String,
    },
    /// Answers a ping.
    Pong,
    /// Whether the gateway reaches the venue; until it says otherwise it does.
    Reachable {
        /// Whether.
        reachable: bool,
    },
    /// About an order or an execution.
    Report {
        /// Whose.
        account: String,
        /// Our id, where the venue knows it.
        client_id: Option<String>,
        /// The venue's, where it gives one.
        venue_id: Option<String>,
        /// What.
        what: What,
        /// When, by the venue's clock.
        #[serde_as(as = "DisplayFromStr")]
        ts_ns: u64,
    },
    /// All there is.
    Snapshot(Holdings),
}

/// What a report says.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// It has the order.
    Accepted,
    /// It refused the order, or what is left of it.
    Rejected {
        /// In its own words.
        reason: String,
    },
    /// The trigger was reached.
    Triggered,
    /// An execution.
    Filled {
        /// Which.
        execution: Execution,
    },
    /// An execution never happened.
    Busted {
        /// Which.
        execution_id: String,
        /// Above that of the execution it takes back.
        revision: u32,
    },
    /// An execution was other than reported.
    Corrected {
        /// As it is now.
        execution: Execution,
    },
    /// The terms are these now.
    Updated {
        /// How much in all.
        #[serde_as(as = "DisplayFromStr")]
        quantity: Quantity,
        /// The limit.
        #[serde_as(as = "Option<DisplayFromStr>")]
        price: Option<Price>,
        /// The trigger.
        #[serde_as(as = "Option<DisplayFromStr>")]
        trigger: Option<Price>,
    },
    /// It refused a change.
    UpdateRejected {
        /// In its own words.
        reason: String,
    },
    /// What was left is withdrawn.
    Canceled,
    /// It refused a cancel.
    CancelRejected {
        /// In its own words.
        reason: String,
    },
    /// Its time ran out.
    Expired,
    /// Answers a query: no such order.
    Unknown {
        /// The query's number.
        request: u64,
    },
    /// Answers a query.
    State {
        /// The query's number.
        request: u64,
        /// The order as it is.
        order: OrderState,
    },
}

/// An execution.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// Unique for the account together with the revision.
    pub id: String,
    /// Zero as first reported.
    pub revision: u32,
    /// On what.
    pub instrument: String,
    /// Buy or sell.
    #[serde(with = "SideDef")]
    pub side: Side,
    /// At what price.
    #[serde_as(as = "DisplayFromStr")]
    pub price: Price,
    /// How much.
    #[serde_as(as = "DisplayFromStr")]
    pub quantity: Quantity,
    /// What it cost, in the quote currency; `null` where the venue does not say.
    #[serde_as(as = "Option<DisplayFromStr>")]
    pub fee: Option<Money>,
    /// Maker or taker.
    #[serde(with = "LiquidityDef")]
    pub liquidity: Liquidity,
}

/// An order as the venue holds it.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderState {
    /// Our id, where the venue knows it.
    pub client_id: Option<String>,
    /// The venue's.
    pub venue_id: String,
    /// On what.
    pub instrument: String,
    /// Buy or sell.
    #[serde(with = "SideDef")]
    pub side: Side,
    /// Type and prices.
    #[serde(with = "OrderKindDef")]
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: Lasting,
    /// How much in all.
    #[serde_as(as = "DisplayFromStr")]
    pub quantity: Quantity,
    /// How much is done.
    #[serde_as(as = "DisplayFromStr")]
    pub filled: Quantity,
    /// Where it is in its life.
    #[serde(with = "StatusDef")]
    pub status: VenueOrderStatus,
}

/// All a venue holds for an account.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdings {
    /// Whose.
    pub account: String,
    /// The request's number.
    pub request: u64,
    /// The moment it shows: every execution up to and including it, none after.
    #[serde_as(as = "DisplayFromStr")]
    pub as_of_ns: u64,
    /// All open orders.
    pub orders: Vec<OrderState>,
    /// All executions made or revised after the moment the request named, in their order.
    pub executions: Vec<PastExecution>,
    /// What is held; what is not listed is not held.
    pub positions: Vec<Position>,
    /// Total balances, where the venue gives them.
    pub balances: Vec<Balance>,
}

/// An execution in a snapshot.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastExecution {
    /// Our id of its order, where known.
    pub client_id: Option<String>,
    /// The venue's, where it gives one.
    pub venue_id: Option<String>,
    /// In its latest revision.
    pub execution: Execution,
    /// Whether that says that it never happened.
    pub busted: bool,
    /// When it happened.
    #[serde_as(as = "DisplayFromStr")]
    pub ts_ns: u64,
}

/// A position.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// In what.
    pub instrument: String,
    /// Long is positive.
    #[serde_as(as = "DisplayFromStr")]
    pub quantity: SignedQuantity,
    /// What it cost on average, where the venue says.
    #[serde_as(as = "Option<DisplayFromStr>")]
    pub average_price: Option<Price>,
}

/// A balance.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// Of what.
    pub currency: String,
    /// How much in all.
    #[serde_as(as = "DisplayFromStr")]
    pub total: Money,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Side", rename_all = "SCREAMING_SNAKE_CASE")]
enum SideDef {
    Buy,
    Sell,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Liquidity", rename_all = "SCREAMING_SNAKE_CASE")]
enum LiquidityDef {
    Maker,
    Taker,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "VenueOrderStatus", rename_all = "SCREAMING_SNAKE_CASE")]
enum StatusDef {
    Working,
    Triggered,
    Filled,
    Canceled,
    Rejected,
    Expired,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TriggerBy", rename_all = "SCREAMING_SNAKE_CASE")]
enum TriggerByDef {
    BidAsk,
    Last,
    Mid,
    Mark,
    Index,
}

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Trigger", deny_unknown_fields)]
struct TriggerDef {
    #[serde_as(as = "DisplayFromStr")]
    price: Price,
    #[serde(with = "TriggerByDef")]
    by: TriggerBy,
}

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Offset", rename_all = "SCREAMING_SNAKE_CASE")]
enum OffsetDef {
    Price(#[serde_as(as = "DisplayFromStr")] Price),
    BasisPoints(u32),
    Ticks(u32),
}

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Trail", deny_unknown_fields)]
struct TrailDef {
    #[serde(with = "OffsetDef")]
    offset: Offset,
    #[serde_as(as = "Option<DisplayFromStr>")]
    activation: Option<Price>,
    #[serde(with = "TriggerByDef")]
    by: TriggerBy,
}

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(
    remote = "OrderKind",
    tag = "type",
    rename_all = "SCREAMING_SNAKE_CASE",
    deny_unknown_fields
)]
enum OrderKindDef {
    Market,
    Limit {
        #[serde_as(as = "DisplayFromStr")]
        price: Price,
    },
    StopMarket {
        #[serde(with = "TriggerDef")]
        trigger: Trigger,
    },
    StopLimit {
        #[serde(with = "TriggerDef")]
        trigger: Trigger,
        #[serde_as(as = "DisplayFromStr")]
        price: Price,
    },
    MarketToLimit,
    MarketIfTouched {
        #[serde(with = "TriggerDef")]
        trigger: Trigger,
    },
    LimitIfTouched {
        #[serde(with = "TriggerDef")]
        trigger: Trigger,
        #[serde_as(as = "DisplayFromStr")]
        price: Price,
    },
    TrailingStopMarket {
        #[serde(with = "TrailDef")]
        trail: Trail,
    },
    TrailingStopLimit {
        #[serde(with = "TrailDef")]
        trail: Trail,
        #[serde(with = "OffsetDef")]
        limit: Offset,
    },
}
