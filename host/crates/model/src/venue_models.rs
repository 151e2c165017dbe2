//! The ports of the simulated exchange: how orders fill, what fills cost, and how long commands and
//! data take. The exchange offers, a model answers; plain values go in and plain values come out, so
//! that a model can also be a component.
//!
//! A model must be a function of what it was asked so far: no clock, no chance but from a seed. A
//! replay asks the same questions in the same order and must get the same answers. A fault, or an
//! answer outside of what was offered, fills nothing: the exchange's host stops the instrument.

use crate::{
    AccountId, Duration, Fault, Fees, Instrument, InstrumentId, Liquidity, Money, OrderId, Price,
    Quantity, Side, Stateful, Timestamp,
};

/// The three ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelKind {
    /// How orders fill.
    Fill,
    /// What fills cost.
    Fee,
    /// How long commands and data take.
    Latency,
}

impl ModelKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fill, Self::Fee, Self::Latency];

    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Fee => "fee",
            Self::Latency => "latency",
        }
    }
}

/// A model that is not built in, as a definition names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelSpec {
    /// By which whoever stages it knows it; of a component the hash of its bytes.
    pub name: String,
    /// What it was made with, in order.
    pub parameters: Vec<(String, String)>,
}

/// A model ready to be put to use.
pub enum VenueModel {
    /// How orders fill.
    Fill(Box<dyn FillModel>),
    /// What fills cost.
    Fee(Box<dyn FeeModel>),
    /// How long commands and data take.
    Latency(Box<dyn LatencyModel>),
}

impl VenueModel {
    /// Which port it serves.
    pub const fn kind(&self) -> ModelKind {
        match self {
            Self::Fill(_) => ModelKind::Fill,
            Self::Fee(_) => ModelKind::Fee,
            Self::Latency(_) => ModelKind::Latency,
        }
    }
}

/// An instrument that begins to trade at the venue.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    /// By which queries name it.
    pub id: InstrumentId,
    /// What it is.
    pub instrument: &'a Instrument,
    /// The name of its quote currency.
    pub currency: &'a str,
}

/// What lets an order fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It takes what the touch, a level or a point of a bar's way has.
    Take,
    /// It takes what must be behind the touch: nobody showed it.
    Beyond,
    /// It rests, and the other side shows its very price.
    Touched,
    /// It rests, and the market went through its price.
    Crossed,
    /// It rests, and a trade at its price has passed those before it.
    Traded,
    /// It takes part in an auction.
    Auction,
}

/// An order that may fill now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillQuery {
    /// Which.
    pub order: OrderId,
    /// On what.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// The worst price at which it may fill; none for market orders.
    pub limit: Option<Price>,
    /// What of it is open.
    pub remaining: Quantity,
    /// What lets it fill.
    pub occasion: Occasion,
    /// Where the market is: the touch or level for takers, the order's own price for what rests.
    pub price: Price,
    /// The most it can get there.
    pub offered: Quantity,
    /// For [`Occasion::Traded`]: others' quantity still before it, where the line is known.
    pub queue: Option<Quantity>,
    /// The price grid.
    pub tick: Price,
    /// Counts the market's visits: it grows whenever a best price moves, and is the same while the
    /// market stays where it is.
    pub visit: u64,
    /// Engine time.
    pub now: Timestamp,
}

/// What fills. Nothing is an answer too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillAnswer {
    /// At most what was offered. Fill-or-kill orders take all that is offered whatever this says.
    pub quantity: Quantity,
    /// Positive, and no worse than the order's limit.
    pub price: Price,
}

/// How orders fill. Asked once for each fill that is possible, never for a quote by itself.
pub trait FillModel: Send {
    /// Takes in an instrument, before anything is asked of it. A fault refuses its definition.
    fn list(&mut self, listing: &Listing<'_>) -> Result<(), Fault> {
        let _ = listing;
        Ok(())
    }

    /// How much fills, and at what price.
    fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, Fault>;

    /// Its state, if that can be kept in a snapshot of the engine.
    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        None
    }
}

/// A fill to be charged, and its order before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeQuery {
    /// The order.
    pub order: OrderId,
    /// On what.
    pub instrument: InstrumentId,
    /// Whose.
    pub account: AccountId,
    /// Its side.
    pub side: Side,
    /// Whether it took or made liquidity.
    pub liquidity: Liquidity,
    /// Price of the fill.
    pub price: Price,
    /// Quantity of the fill.
    pub quantity: Quantity,
    /// Value of the fill.
    pub value: Money,
    /// What the order had filled before.
    pub filled: Quantity,
    /// The value of that.
    pub filled_value: Money,
    /// What the order has been charged so far.
    pub charged: Money,
    /// What the model said last time of the order; zero at first.
    pub accrued: Money,
    /// What the account traded at the venue within thirty days, in its base currency.
    pub turnover: Money,
    /// Engine time.
    pub now: Timestamp,
}

/// What a fill costs, in the quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charge {
    /// The fee; negative for a rebate.
    pub fee: Money,
    /// What to be told at the order's next fill.
    pub accrued: Money,
}

/// What fills cost. Asked once for each fill.
pub trait FeeModel: Send {
    /// Takes in an instrument; gives fees that no order on it exceeds, for the risk gate to hold back.
    /// A charge above them is a fault. A fault refuses the instrument's definition.
    fn ceiling(&mut self, listing: &Listing<'_>) -> Result<Fees, Fault>;

    /// What a fill costs.
    fn charge(&mut self, query: &FeeQuery) -> Result<Charge, Fault>;

    /// Its state, if that can be kept in a snapshot of the engine.
    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        None
    }
}

/// What travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A new order.
    Insert,
    /// A change of an order.
    Modify,
    /// The withdrawal of an order.
    Cancel,
    /// Market data, to the host.
    Data,
}

/// Something that is about to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyQuery {
    /// What.
    pub message: Message,
    /// About what.
    pub instrument: InstrumentId,
    /// When it leaves.
    pub now: Timestamp,
}

/// How long commands and data take.
pub trait LatencyModel: Send {
    /// Whether data takes any time at all; asked when the venue is defined, so that a market whose
    /// data comes at once is not slowed by questions.
    fn delays_data(&self) -> bool;

    /// Takes in an instrument, before anything is asked of it. A fault refuses its definition.
    fn list(&mut self, listing: &Listing<'_>) -> Result<(), Fault> {
        let _ = listing;
        Ok(())
    }

    /// How long this one takes.
    fn delay(&mut self, query: &LatencyQuery) -> Result<Duration, Fault>;

    /// Its state, if that can be kept in a snapshot of the engine.
    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        None
    }
}
